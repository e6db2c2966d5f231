//! Commands to jobs.

use super::call::{ask_again, ask_as_is};
use crate::domain::names::{ObjectKind, ObjectName};
use crate::domain::protocol::command::Command;
use crate::domain::protocol::outcome::{
    FinalReply, RedirectingReply, Reply, Resolved, redirected_to,
};
use crate::domain::protocol::{self, Ask};
use crate::edge::platform::{During, Failure};
use js_sys::JsString;
use std::borrow::Cow;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Response;
use worker::Env;

/// The most names on the way to a job. One alias is usual; more exist only
/// while two names are being joined.
const MAX_HOPS: usize = 4;

const READING: &str = "reading a job's answer";

/// The reply of a command after all aliases were followed.
pub type End<A> = <<A as Ask>::Reply as RedirectingReply>::End;

/// Sends a command to the object of `name` itself.
pub async fn ask<A>(env: &Env, name: &ObjectName, ask: A) -> Result<A::Reply, Failure>
where
    A: Ask<Command = Command>,
{
    let text = text_of(env, name, &ask.into()).await?;
    A::Reply::read(&text).during(READING)
}

/// Sends a command to the job that `name` leads to.
pub async fn ask_job<A>(env: &Env, name: &ObjectName, ask: A) -> Result<End<A>, Failure>
where
    A: Ask<Command = Command, Reply: RedirectingReply>,
{
    read_end(&follow(env, name, &ask.into()).await?)
}

/// Sends a command to the job that `name` leads to, and returns the reply's
/// text. It is not generic, so that the Worker contains its code once and not
/// once for each command.
pub async fn follow(env: &Env, name: &ObjectName, command: &Command) -> Result<String, Failure> {
    let mut text = text_of(env, name, command).await?;
    for _ in 1..MAX_HOPS {
        let Some(home) = redirected_to(&text).during(READING)? else { return Ok(text) };
        text = text_of(env, &home, command).await?;
    }
    match redirected_to(&text).during(READING)? {
        None => Ok(text),
        Some(_) => Err(Failure::new("asking a job", "too many names lead to it")),
    }
}

/// Asks the job that `name` leads to for a body, which is passed on without
/// being read here. `None` if that does not work: an object of the previous
/// release does not know the command. The caller then uses [`ask_job`], which
/// also reports errors better.
pub async fn follow_as_is(
    env: &Env,
    name: &ObjectName,
    command: &Command,
) -> Option<Resolved<JsValue>> {
    let mut name = Cow::Borrowed(name);
    for _ in 0..MAX_HOPS {
        let question = protocol::to_job(&name, command).ok()?;
        let reply = ask_as_is(env, ObjectKind::Job(&name), &question).await.ok()?;
        if let Some(body) = body_of(&reply) {
            return Some(Resolved::Here(body));
        }
        let word = reply.as_string()?;
        let Some(home) = redirected_to(&word).ok()? else { return Resolved::read_word(&word) };
        name = Cow::Owned(home);
    }
    None
}

/// Returns the body in a reply, if the reply is a JSON object.
fn body_of(reply: &JsValue) -> Option<JsValue> {
    match reply.dyn_ref::<JsString>() {
        Some(text) => text.starts_with("{", 0).then(|| reply.clone()),
        None => reply.dyn_ref::<Response>().map(|long| long.body().into()),
    }
}

/// Reads a reply that [`follow`] has returned.
pub fn read_end<T: FinalReply>(text: &str) -> Result<T, Failure> {
    T::read_end(text).during(READING)
}

async fn text_of(env: &Env, name: &ObjectName, command: &Command) -> Result<String, Failure> {
    let question = protocol::to_job(name, command).during("writing to a job")?;
    ask_again(env, ObjectKind::Job(name), &question).await
}
