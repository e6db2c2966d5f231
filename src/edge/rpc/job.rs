//! Commands to jobs.

use super::call::ask_again;
use crate::domain::names::{ObjectKind, ObjectName};
use crate::domain::protocol::command::Command;
use crate::domain::protocol::outcome::{Ending, Leading, Reply, led_to};
use crate::domain::protocol::{self, Ask};
use crate::edge::platform::{During, Failure};
use worker::Env;

/// Most names on the way to a job. One alias is the rule; the rest is for the
/// moment in which two names are being joined.
const MAX_HOPS: usize = 4;

const READING: &str = "reading a job's answer";

/// What a command's reply is where every name that leads elsewhere was
/// followed.
pub type End<A> = <<A as Ask>::Reply as Leading>::End;

/// Asks the object of `name` itself.
pub async fn ask<A>(env: &Env, name: &ObjectName, ask: A) -> Result<A::Reply, Failure>
where
    A: Ask<Command = Command>,
{
    let text = text_of(env, name, &ask.into()).await?;
    A::Reply::read(&text).during(READING)
}

/// Asks the job that `name` leads to.
pub async fn ask_job<A>(env: &Env, name: &ObjectName, ask: A) -> Result<End<A>, Failure>
where
    A: Ask<Command = Command, Reply: Leading>,
{
    read_end(&follow(env, name, &ask.into()).await?)
}

/// Asks the job that `name` leads to. Returns its reply as it was sent: what is
/// written here once would else be in the Worker once for each command.
pub async fn follow(env: &Env, name: &ObjectName, command: &Command) -> Result<String, Failure> {
    let mut text = text_of(env, name, command).await?;
    for _ in 1..MAX_HOPS {
        let Some(home) = led_to(&text).during(READING)? else { return Ok(text) };
        text = text_of(env, &home, command).await?;
    }
    match led_to(&text).during(READING)? {
        None => Ok(text),
        Some(_) => Err(Failure::new("asking a job", "too many names lead to it")),
    }
}

/// Reads a reply that [`follow`] has returned.
pub fn read_end<T: Ending>(text: &str) -> Result<T, Failure> {
    T::read_end(text).during(READING)
}

async fn text_of(env: &Env, name: &ObjectName, command: &Command) -> Result<String, Failure> {
    let question = protocol::to_job(name, command).during("writing to a job")?;
    ask_again(env, ObjectKind::Job(name), &question).await
}
