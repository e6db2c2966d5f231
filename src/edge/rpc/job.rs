//! Questions to job objects.

use super::call::ask_object;
use crate::domain::names::ObjectName;
use crate::domain::protocol::command::Command;
use crate::domain::protocol::reply::Reply;
use crate::domain::{json, protocol};
use crate::edge::platform::{During, Failure};
use worker::Env;

/// Most names on the way to a job. One alias is the rule; the rest is for the
/// moment in which two names are being joined.
const MAX_HOPS: usize = 4;
/// Tries to reach an object: a deployment or a reset fails one call. All
/// commands may be repeated; a delivery that arrives twice is a duplicate.
const TRIES: usize = 3;

/// Asks the object of `name` itself.
pub async fn ask(env: &Env, name: &ObjectName, command: &Command) -> Result<Reply, Failure> {
    let question = protocol::write(name, command).during("writing to a job")?;
    let mut tries = 1;
    let answer = loop {
        let answer = ask_object(env, "JOBS", &name.to_string(), &question).await;
        if answer.is_ok() || tries == TRIES {
            break answer;
        }
        tries += 1;
    };
    json::from_str(&answer?).during("reading a job's answer")
}

/// Asks the gate of this name, which is no job's.
pub async fn ask_gate(env: &Env, gate: &str, command: Command) -> Result<Reply, Failure> {
    // No job's name holds what a gate's has before its colon.
    let nameless = ObjectName::Reference("gate".to_owned());
    let question = protocol::write(&nameless, &command).during("writing to a gate")?;
    let answer = ask_object(env, "JOBS", &format!("gate:{gate}"), &question).await?;
    json::from_str(&answer).during("reading a gate's answer")
}

/// Asks the job that `name` leads to.
pub async fn ask_job(env: &Env, name: &ObjectName, command: &Command) -> Result<Reply, Failure> {
    let mut name = name.clone();
    for _ in 0..MAX_HOPS {
        match ask(env, &name, command).await? {
            Reply::Elsewhere(home) => name = home,
            reply => return Ok(reply),
        }
    }
    Err(Failure::new("asking a job", "too many names lead to it"))
}
