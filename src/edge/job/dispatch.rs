//! Dispatches each command to its function, and writes its reply.

use super::alias::claim;
use super::archive::{recopy, relink, restore};
use super::found::{CommandError, outcome};
use super::gateway::{answer, gate, submit, take_over};
use super::handoff::resend;
use super::healing::request;
use super::home::Home;
use super::ingest::{deliver, import, park};
use super::{delete, read};
use crate::domain::gateway::submission::Submit;
use crate::domain::ingest::import::Import;
use crate::domain::names::ObjectName;
use crate::domain::protocol::alias::{Claim, Locate, PointTo, Unlink};
use crate::domain::protocol::command::{Command, GateCommand};
use crate::domain::protocol::gate::{Admit, Count, MarkRead, Probe, TakeOver};
use crate::domain::protocol::gateway::{AwaitAnswer, Expect, TakeOverSubmission};
use crate::domain::protocol::ingest::{Deliver, RequestHealing};
use crate::domain::protocol::manage::{Archive, Delete, HandOff, Relink, Restore};
use crate::domain::protocol::outcome::{Outcome, Reply};
use crate::domain::protocol::read::{
    Await, NOT_RENDERED, ReadBody, ReadFile, ReadTimeline, Render,
};
use crate::domain::protocol::{self, Ask, ObjectRequest};
use crate::edge::platform::{During, Failure};

/// Runs a command; returns its reply as text.
pub async fn dispatch(home: &Home, text: &str) -> Result<String, Failure> {
    match protocol::read(text).during("reading a command")? {
        ObjectRequest::Job(name, command) => dispatch_to_job(home, name, command).await,
        ObjectRequest::Gate(command) => dispatch_to_gate(home, command).await,
        ObjectRequest::Park(parked) => park::park(home, &parked).await.map(|()| String::new()),
    }
}

/// Runs a command of a job, or of a name that leads to one.
async fn dispatch_to_job(
    home: &Home,
    name: ObjectName,
    command: Command,
) -> Result<String, Failure> {
    // `Read`, `Fetch` and `Await` return a text that all readers share. Rare
    // and large futures are boxed: else each command would take their space.
    match command {
        Command::Deliver(it) => reply::<Deliver>(&deliver::deliver(home, name, *it.0).await?),
        Command::Import(it) => reply::<Box<Import>>(&import::import(home, name, &it).await?),
        Command::Want(it) => end::<RequestHealing, _>(request::request(home, it.0).await),
        Command::Expect(it) => reply::<Expect>(&submit::expect(home, &it.0).await?),
        Command::Submit(it) => {
            reply::<Box<Submit>>(&Box::pin(submit::submit(home, name, *it)).await?)
        }
        Command::AwaitAnswer => reply::<AwaitAnswer>(&answer::answer(home).await?),
        Command::Inherit(it) => {
            end::<TakeOverSubmission, _>(take_over::take_over(home, *it.0).await)
        }
        Command::Fetch => Ok(Box::pin(request::fetch_result(home)).await?.text),
        Command::Read => Ok(read::read(home).await?.text),
        Command::Render => match read::render(home).await {
            Ok(Some(text)) => Ok(text),
            Ok(None) => Ok(NOT_RENDERED.to_owned()),
            Err(stop) => end::<Render, _>(Err(stop)),
        },
        Command::Await(it) => match read::await_news(home, it.0).await? {
            Some(news) => Ok(news.text.clone()),
            None => reply::<Await>(&Outcome::Here(None)),
        },
        Command::ReadFile(it) => end::<ReadFile, _>(read::file(home, &it).await),
        Command::ReadTimeline(it) => end::<ReadTimeline, _>(read::timeline(home, &it).await),
        Command::ReadBody(it) => end::<ReadBody, _>(read::body(home, it.0).await),
        Command::Archive => end::<Archive, _>(Box::pin(recopy::archive(home)).await),
        Command::HandOff => end::<HandOff, _>(Box::pin(resend::resend(home)).await),
        Command::Relink => end::<Relink, _>(relink::renew_links(home).await),
        Command::Restore(it) => {
            reply::<Restore>(&Box::pin(restore::restore(home, &name, &it.0)).await?)
        }
        Command::Delete => reply::<Delete>(&delete::delete(home).await?),
        Command::Locate => end::<Locate, _>(home.here().map(drop)),
        Command::Claim(it) => reply::<Claim>(&Box::pin(claim::claim(home, name, it)).await?),
        Command::PointTo(it) => reply::<PointTo>(&claim::point_to(home, name, it)?),
        Command::Unlink(it) => reply::<Unlink>(&claim::unlink(home, &it.0).await?),
    }
}

async fn dispatch_to_gate(home: &Home, command: GateCommand) -> Result<String, Failure> {
    match command {
        GateCommand::Admit(it) => reply::<Admit>(&gate::admit(home, &it.0).await?),
        GateCommand::TakeOver(it) => reply::<TakeOver>(&gate::take_over(home, &it).await?),
        GateCommand::Settle(it) => reply::<MarkRead>(&gate::mark_read(home, &it)?),
        GateCommand::Count(it) => reply::<Count>(&gate::count_use(home, it.0).await?),
        GateCommand::Probe(it) => reply::<Probe>(&home.store.probe(&it.0).await?),
    }
}

fn reply<A: Ask>(reply: &A::Reply) -> Result<String, Failure> {
    reply.write().during("writing an answer")
}

/// Writes the reply of a command that needs a job.
fn end<A, T>(end: Result<T, CommandError>) -> Result<String, Failure>
where
    A: Ask<Reply = Outcome<T>>,
{
    reply::<A>(&outcome(end)?)
}
