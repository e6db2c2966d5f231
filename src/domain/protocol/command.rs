//! What a job's object is asked.

use super::wait::Wait;
use crate::domain::gateway::idempotency::Wish;
use crate::domain::gateway::submission::Submit;
use crate::domain::ingest::delivery::{DeliveredBody, Delivery};
use crate::domain::ingest::import::Import;
use crate::domain::job::kin::Kin;
use crate::domain::job::submission::Estate;
use crate::domain::names::ObjectName;
use crate::domain::webhook::event::Provider;
use serde::{Deserialize, Serialize};

/// Something for the bucket that could not be written there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Parked {
    /// Its key.
    pub key: String,
    /// Its metadata.
    pub metadata: Vec<(String, String)>,
    /// Its bytes as base64.
    pub bytes: String,
    /// Failed tries to write it.
    pub attempts: u32,
}

/// A question to the object of a name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Command {
    /// Take this delivery.
    Deliver(Box<Delivery>),
    /// The input of this job comes to the bucket under this key, unless the job
    /// was submitted before.
    Expect(String),
    /// Submit the job of this name to the upstream, unless that was done.
    Submit(Box<Submit>),
    /// The upstream's answer to the job's submission, when it is there.
    Answer,
    /// A job that was submitted here, and that moves to this one, leaves this.
    /// One that was itself submitted takes nothing: that is a conflict.
    Inherit(Box<Estate>),
    /// Ask the upstream for the job's result now.
    Fetch,
    /// To a gate: let this submission in.
    Admit(Wish),
    /// To a gate: this submission has waited for the end of `earlier`'s.
    TakeOver {
        /// The job whose submission it has waited for.
        earlier: String,
        /// The submission.
        wish: Wish,
    },
    /// To a gate: the answer of a submission was read.
    Settle {
        /// Where it is noted: see [`Wish::place`].
        place: Option<String>,
        /// Its job's reference.
        reference: String,
    },
    /// To a gate: count a use; at most so many.
    Count(u32),
    /// To a gate that holds nothing: write, read and delete this.
    Probe(String),
    /// Know of a job that no delivery has told of, and ask the upstream for it.
    Import(Box<Import>),
    /// Ask the upstream for the job's result; the text says why.
    Want(String),
    /// Keep a delivery of no known job until the bucket can be written.
    Park(Box<Parked>),
    /// Copy what is not stored, and look for files once more.
    Archive,
    /// Hand the job's last event on again.
    HandOff,
    /// Give the files new links.
    Relink,
    /// Be the job of the manifest with this key, if there is none here.
    Restore(String),
    /// Delete the job from every store.
    Delete,
    /// To another name of a job that was deleted: do not lead to it any more.
    Unlink(ObjectName),
    /// Where does this name's job live, and is there one?
    Locate,
    /// To a reference's object: job `id`, which lives at `home`, has come in
    /// by this reference. Link it if the name is free.
    Claim {
        /// The job's id.
        id: String,
        /// The object that the id leads to.
        home: ObjectName,
        /// Whether the id is only that of a file's name and no such job is
        /// known: then a link to another job wins.
        yields: bool,
        /// Whose format the delivery has, if one came.
        provider: Option<Provider>,
    },
    /// To an id's object: the job of this id lives at `home`; lead there,
    /// unless there is a job or a link here already.
    PointTo {
        /// The object that the job lives in.
        home: ObjectName,
        /// What is known of it.
        kin: Kin,
    },
    /// The record and its result, now or when there is news.
    Read(Option<Wait>),
    /// Where file `n` is, for the holder of the link with this nonce.
    File {
        /// The file's number.
        n: u32,
        /// The right to read the job's files.
        nonce: String,
    },
    /// Timeline entries after `after`, at most `limit`, with bodies that are
    /// in the object and small; now, or when there are any or other news.
    Timeline {
        /// The last entry that is known.
        after: u32,
        /// Most entries.
        limit: u32,
        /// How long the reader waits, and for what beside entries.
        wait: Option<Wait>,
    },
    /// The body of timeline entry `n`.
    Body(u32),
}

impl Command {
    const fn body(&mut self) -> Option<&mut DeliveredBody> {
        match self {
            Self::Deliver(delivery) => Some(&mut delivery.body),
            Self::Submit(submit) => Some(&mut submit.body),
            _ => None,
        }
    }

    /// The text of the body that goes with it.
    pub(super) const fn text(&self) -> Option<&str> {
        match self {
            Self::Deliver(delivery) => delivery.body.text(),
            Self::Submit(submit) => submit.body.text(),
            _ => None,
        }
    }

    /// Gives a body that came beside the JSON its text again.
    pub(super) fn set_text(&mut self, text: &str) {
        if let Some(DeliveredBody::Text(body)) = self.body() {
            text.clone_into(body);
        }
    }
}
