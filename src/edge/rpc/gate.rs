//! Commands to objects without a job: gates, and the boxes of deliveries.

use super::call::{ask_again, ask_object};
use crate::domain::names::ObjectKind;
use crate::domain::protocol::command::GateCommand;
use crate::domain::protocol::outcome::Reply;
use crate::domain::protocol::parked::Parked;
use crate::domain::protocol::{self, Ask};
use crate::edge::platform::{During, Failure};
use worker::Env;

/// Sends a command to the gate of this name, once: a retry could count a use
/// twice.
pub async fn ask<A>(env: &Env, gate: &str, ask: A) -> Result<A::Reply, Failure>
where
    A: Ask<Command = GateCommand>,
{
    let text = text_of(env, gate, &ask.into()).await?;
    A::Reply::read(&text).during("reading a gate's answer")
}

async fn text_of(env: &Env, gate: &str, command: &GateCommand) -> Result<String, Failure> {
    let question = protocol::to_gate(command).during("writing to a gate")?;
    ask_object(env, "JOBS", &ObjectKind::Gate(gate).to_string(), &question).await
}

/// Stores a delivery in a box of its own; `key` is its key in the list of
/// unmatched deliveries.
pub async fn park(env: &Env, key: &str, parked: &Parked) -> Result<(), Failure> {
    let question = protocol::to_box(parked).during("writing to a box")?;
    ask_again(env, ObjectKind::Parked(key), &question).await.map(drop)
}
