//! Asks a job by the name that readers and owners use: its id, or a reference
//! without its prefix.

use super::job::{follow, follow_as_is, read_end};
use crate::domain::http::problem::{Code, Problem};
use crate::domain::names::ObjectName;
use crate::domain::protocol::Ask;
use crate::domain::protocol::command::Command;
use crate::domain::protocol::outcome::{Outcome, Resolved, is_missing};
use crate::domain::protocol::read::{NOT_RENDERED, Render};
use crate::edge::platform::Failure;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use worker::Env;

/// Sends a command to the job of this name: by its id first, then by the
/// reference.
pub async fn ask<A, T>(env: &Env, name: &ObjectName, ask: A) -> Result<Resolved<T>, Failure>
where
    A: Ask<Command = Command, Reply = Outcome<T>>,
    T: Serialize + DeserializeOwned,
{
    read_end(&text_of(env, name, &ask.into()).await?)
}

/// Sends a command to the job of this name, which must exist.
pub async fn ask_known<A, T>(env: &Env, name: &ObjectName, command: A) -> Result<T, Problem>
where
    A: Ask<Command = Command, Reply = Outcome<T>>,
    T: Serialize + DeserializeOwned,
{
    known(ask(env, name, command).await?, name)
}

async fn text_of(env: &Env, name: &ObjectName, command: &Command) -> Result<String, Failure> {
    let text = follow(env, name, command).await?;
    match name.as_reference().filter(|_| is_missing(&text)) {
        Some(reference) => follow(env, &reference, command).await,
        None => Ok(text),
    }
}

/// Asks the job of this name for its record as readers get it. `None` in the
/// cases of [`follow_as_is`], or if the result is too long for that.
pub async fn rendered(env: &Env, name: &ObjectName) -> Option<Resolved<JsValue>> {
    let is_rendered =
        |found: &Resolved<JsValue>| !matches!(found, Resolved::Here(text) if *text == NOT_RENDERED);
    ask_for_record(env, name).await.filter(is_rendered)
}

async fn ask_for_record(env: &Env, name: &ObjectName) -> Option<Resolved<JsValue>> {
    match (name.as_reference(), follow_as_is(env, name, &Render.into()).await?) {
        (Some(reference), Resolved::Missing) => follow_as_is(env, &reference, &Render.into()).await,
        (_, found) => Some(found),
    }
}

/// Returns the reply of a job that must exist.
pub fn known<T>(found: Resolved<T>, name: &ObjectName) -> Result<T, Problem> {
    match found {
        Resolved::Here(here) => Ok(here),
        Resolved::Deleted(_) => Err(deleted(name)),
        Resolved::Missing => Err(missing(name)),
    }
}

/// Returns the problem for a reader whose job was deleted.
pub fn deleted(name: &ObjectName) -> Problem {
    Problem::new(
        Code::JobDeleted,
        format!("job {} has been deleted; submit it again", name.public()),
    )
}

/// Returns the problem for a reader whose job no delivery has named.
pub fn missing(name: &ObjectName) -> Problem {
    let detail = format!(
        "no delivery has named job {}; check the webhook URL that the queue has",
        name.public()
    );
    Problem::new(Code::NoSuchJob, detail)
}
