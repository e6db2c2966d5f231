//! The table of commands, each with its reply.

use super::alias::{AliasTarget, Claim, Locate, PointTo, Unlink};
use super::ask::Ask;
use super::gate::{Admit, Count, MarkRead, Probe, TakeOver};
use super::gateway::{AwaitAnswer, Expect, Fetch, SubmissionEnd, TakeOverSubmission};
use super::ingest::{Deliver, Delivered, RequestHealing, TakenUp};
use super::manage::{Archive, Delete, HandOff, HandedOn, Relink, Restore};
use super::outcome::{Outcome, Routed};
use super::read::{
    Await, EntryBody, FileRead, JobRead, Read, ReadBody, ReadFile, ReadTimeline, Render, Timeline,
};
use crate::domain::gateway::idempotency::Decision;
use crate::domain::gateway::submission::Submit;
use crate::domain::ingest::delivery::DeliveredBody;
use crate::domain::ingest::import::Import;
use crate::domain::job::record::Job;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

macro_rules! commands {
    (
        $(#[$about:meta])*
        $commands:ident: $($name:ident($held:ty) => $reply:ty,)*;
        $($bare:ident => $bare_reply:ty,)*
    ) => {
        $(#[$about])*
        #[derive(Debug, Serialize, Deserialize)]
        pub enum $commands {
            $(#[doc = concat!("Carries a `", stringify!($held), "`.")] $name($held),)*
            $(#[doc = concat!("See [`", stringify!($bare), "`].")] $bare,)*
        }

        $(
            impl Ask for $held {
                type Command = $commands;
                type Reply = $reply;
            }

            impl From<$held> for $commands {
                fn from(command: $held) -> Self {
                    Self::$name(command)
                }
            }
        )*

        $(
            impl Ask for $bare {
                type Command = $commands;
                type Reply = $bare_reply;
            }

            impl From<$bare> for $commands {
                fn from(_: $bare) -> Self {
                    Self::$bare
                }
            }
        )*
    };
}

commands! {
    /// A command to a job, as it is sent.
    Command:
    Deliver(Deliver) => Routed<Delivered>,
    Import(Box<Import>) => Routed<TakenUp>,
    Want(RequestHealing) => Outcome<()>,
    Expect(Expect) => Routed<Option<SubmissionEnd>>,
    Submit(Box<Submit>) => Routed<SubmissionEnd>,
    Inherit(TakeOverSubmission) => Outcome<bool>,
    Await(Await) => Outcome<Option<JobRead>>,
    ReadFile(ReadFile) => Outcome<Option<FileRead>>,
    ReadTimeline(ReadTimeline) => Outcome<Option<Timeline>>,
    ReadBody(ReadBody) => Outcome<Option<EntryBody>>,
    Restore(Restore) => TakenUp,
    Claim(Claim) => AliasTarget,
    PointTo(PointTo) => Routed<Option<AliasTarget>>,
    Unlink(Unlink) => (),
    ;
    AwaitAnswer => Routed<SubmissionEnd>,
    Fetch => Outcome<JobRead>,
    Read => Outcome<JobRead>,
    Render => Outcome<Box<RawValue>>,
    Archive => Outcome<Box<Job>>,
    HandOff => Outcome<HandedOn>,
    Relink => Outcome<Box<Job>>,
    Delete => Outcome<()>,
    Locate => Outcome<()>,
}

commands! {
    /// A command to a gate, as it is sent.
    GateCommand:
    Admit(Admit) => Decision,
    TakeOver(TakeOver) => Decision,
    Settle(MarkRead) => (),
    Count(Count) => bool,
    Probe(Probe) => Option<String>,
    ;
}

impl Command {
    const fn body(&self) -> Option<&DeliveredBody> {
        match self {
            Self::Deliver(deliver) => Some(&deliver.0.body),
            Self::Submit(submit) => Some(&submit.body),
            _ => None,
        }
    }

    const fn body_mut(&mut self) -> Option<&mut DeliveredBody> {
        match self {
            Self::Deliver(deliver) => Some(&mut deliver.0.body),
            Self::Submit(submit) => Some(&mut submit.body),
            _ => None,
        }
    }

    /// Returns the text of the body that is sent beside the JSON.
    pub(super) fn text(&self) -> Option<&str> {
        self.body().and_then(DeliveredBody::text)
    }

    /// Puts the text that came beside the JSON back into the body.
    pub(super) fn set_text(&mut self, text: &str) {
        if let Some(DeliveredBody::Text(body)) = self.body_mut() {
            text.clone_into(body);
        }
    }
}
