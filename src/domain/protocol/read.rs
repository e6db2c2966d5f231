//! Commands of readers to a job.

use super::wait::Wait;
use crate::domain::job::file::FileLocation;
use crate::domain::job::progress::JobProgress;
use crate::domain::job::record::Job;
use crate::domain::job::timeline::{BodyAt, Entry};
use crate::domain::names::ObjectName;
use crate::domain::sender::name::SenderName;
use serde::{Deserialize, Serialize};

/// Reads the record and its result.
#[derive(Debug)]
pub struct Read;

/// Renders the record for readers. The Worker that asks passes the text on
/// unchanged.
#[derive(Debug)]
pub struct Render;

/// The reply to [`Render`] if the result is too long for the object. The Worker
/// that asks then streams it.
pub const NOT_RENDERED: &str = "null";

/// Reads the record and its result once the wait is over. The reply is `None`
/// once the reader's access has ended.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Await(pub Wait);

/// A job that was read.
#[derive(Debug, Serialize, Deserialize)]
pub struct JobRead {
    /// The record as stored.
    pub job: Box<Job>,
    /// The result's text, if it is in the object.
    pub result: Option<String>,
}

/// Asks where file `n` is, for a reader whose link has this nonce. The reply is
/// `None` if the link was valid once but has been replaced.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReadFile {
    /// The file's number.
    pub n: u32,
    /// The nonce, which grants the right to read the job's files.
    pub nonce: String,
}

/// Where a file is.
#[derive(Debug, Serialize, Deserialize)]
pub struct FileRead {
    /// The file's name.
    pub name: String,
    /// Where the file can be read.
    pub place: FileLocation,
    /// The job's sender.
    #[serde(default)]
    pub provider: SenderName,
    /// The job's id.
    #[serde(default)]
    pub id: Option<String>,
}

/// Reads at most `limit` timeline entries after `after`, with small bodies that
/// are in the object. With `wait`, the reply comes once there are entries or
/// the wait is over. It is `None` once the waiting reader's access has ended.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReadTimeline {
    /// The last entry that the reader knows.
    pub after: u32,
    /// The most entries to return.
    pub limit: u32,
    /// What the reader waits for beside entries, and for how long.
    pub wait: Option<Wait>,
}

/// A part of a job's timeline.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Timeline {
    /// The object that the job lives in.
    pub home: ObjectName,
    /// The job's progress.
    pub job: JobProgress,
    /// The entries, with their bodies if these are small and in the object.
    pub entries: Vec<(Entry, Option<String>)>,
}

/// Reads the body of timeline entry `n`. The reply is `None` if the entry has
/// none.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReadBody(pub u32);

/// The body of an entry.
#[derive(Debug, Serialize, Deserialize)]
pub struct EntryBody {
    /// Where the body is stored.
    pub at: BodyAt,
    /// The text, if it is in the object.
    pub text: Option<String>,
    /// Whether the stored body is malformed JSON.
    #[serde(default)]
    pub mended: bool,
}
