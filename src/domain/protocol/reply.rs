//! What a job's object answers.

use crate::domain::gateway::idempotency::Verdict;
use crate::domain::job::file::Place;
use crate::domain::job::news::JobNews;
use crate::domain::job::record::Job;
use crate::domain::job::submission::Answer;
use crate::domain::job::timeline::{BodyAt, Entry};
use crate::domain::names::ObjectName;
use crate::domain::upstream::queue::Queue;
use serde::{Deserialize, Serialize};

/// A part of a job's timeline.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Timeline {
    /// The object that the job lives in.
    pub home: ObjectName,
    /// Where the job stands.
    pub job: JobNews,
    /// Entries, with their bodies if those are small and at hand.
    pub entries: Vec<(Entry, Option<String>)>,
}

/// A submission that has come to its end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Submitted {
    /// The object that the job lives in.
    pub home: ObjectName,
    /// How answers name the job.
    pub name: String,
    /// The id in the upstream's answer, if it took the job.
    pub id: Option<String>,
    /// The nonce of the files' links.
    pub nonce: String,
    /// The queue it went to.
    pub queue: Queue,
    /// The application.
    pub app: String,
    /// The upstream's answer.
    pub answer: Answer,
}

/// An object's answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Reply {
    /// The delivery is durable.
    Delivered {
        /// The job, as answers name it.
        id: String,
        /// `eventType` as sent.
        event_type: Option<String>,
        /// Whether it repeated an earlier one.
        duplicate: bool,
    },
    /// The job is another provider's; nothing was stored. The text says so.
    OtherProvider(String),
    /// The job has been deleted; nothing was stored. The text names it.
    Deleted(String),
    /// Where the job is.
    At {
        /// The object that it lives in.
        home: ObjectName,
        /// Whether there is a job.
        known: bool,
        /// Whether the reference leads to another job than asked for.
        conflict: bool,
    },
    /// The name only leads to this object: ask there.
    Elsewhere(ObjectName),
    /// The upstream's answer to the submission.
    Submitted(Box<Submitted>),
    /// No one knows whether the upstream took the submission, or it has asked
    /// to try again: submit as another job.
    Again,
    /// What the gate says.
    Passed(Verdict),
    /// Whether a use was left.
    Counted(bool),
    /// What was read of what had been written.
    Probed(Option<String>),
    /// The upstream's answer to the question for the result, while there is none.
    Told(Answer),
    /// It is kept.
    Parked,
    /// The link was good once; the job's files have others now.
    Replaced,
    /// The job is known from now on.
    Known {
        /// Whether it was not before.
        is_new: bool,
    },
    /// What let the reader in does not count any more.
    Barred,
    /// There is no such job, entry, body or file.
    Missing,
    /// There is nothing that could be handed on, or no one who would get it;
    /// the text says which.
    NoHandoff(String),
    /// The record as stored.
    Job {
        /// The record.
        job: Box<Job>,
        /// Its result's text, if that is in the object.
        result: Option<String>,
    },
    /// Where a file is.
    File {
        /// Its name.
        name: String,
        /// Where it can be read.
        place: Place,
    },
    /// A part of the timeline.
    Timeline(Box<Timeline>),
    /// A body.
    Body {
        /// Where it is kept.
        at: BodyAt,
        /// Its text, if that is in the object.
        text: Option<String>,
    },
}
