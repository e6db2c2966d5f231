//! What readers ask of a job.

use super::wait::Wait;
use crate::domain::job::file::FileLocation;
use crate::domain::job::progress::JobProgress;
use crate::domain::job::record::Job;
use crate::domain::job::timeline::{BodyAt, Entry};
use crate::domain::names::ObjectName;
use serde::{Deserialize, Serialize};

/// Reads the record and its result.
#[derive(Debug)]
pub struct Read;

/// Reads the record as its readers get it. The object renders it, and who asks
/// passes the text on as it is.
#[derive(Debug)]
pub struct Render;

/// The reply to [`Render`] if the result is too long for the object: who asks
/// reads it as a stream.
pub const NOT_RENDERED: &str = "null";

/// Reads the record and its result when there is news. The reply is `None` once
/// what let the reader in does not count any more.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Await(pub Wait);

/// A job that was read.
#[derive(Debug, Serialize, Deserialize)]
pub struct JobRead {
    /// The record as stored.
    pub job: Box<Job>,
    /// Its result's text, if that is in the object.
    pub result: Option<String>,
}

/// Asks where file `n` is, for the holder of the link with this nonce. The reply
/// is `None` if the link was good once, and the job's files have others now.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReadFile {
    /// The file's number.
    pub n: u32,
    /// The right to read the job's files.
    pub nonce: String,
}

/// Where a file is.
#[derive(Debug, Serialize, Deserialize)]
pub struct FileRead {
    /// Its name.
    pub name: String,
    /// Where it can be read.
    pub place: FileLocation,
}

/// Reads timeline entries after `after`, at most `limit`, with bodies that are
/// in the object and small; with `wait`, when there are any or other news. The
/// reply is `None` once what let the waiting reader in does not count any more.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReadTimeline {
    /// The last entry that is known.
    pub after: u32,
    /// Most entries.
    pub limit: u32,
    /// How long the reader waits, and for what beside entries.
    pub wait: Option<Wait>,
}

/// A part of a job's timeline.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Timeline {
    /// The object that the job lives in.
    pub home: ObjectName,
    /// Where the job stands.
    pub job: JobProgress,
    /// Entries, with their bodies if those are small and at hand.
    pub entries: Vec<(Entry, Option<String>)>,
}

/// Reads the body of timeline entry `n`; the reply is `None` if it has none.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReadBody(pub u32);

/// A body.
#[derive(Debug, Serialize, Deserialize)]
pub struct EntryBody {
    /// Where it is kept.
    pub at: BodyAt,
    /// Its text, if that is in the object.
    pub text: Option<String>,
    /// Whether it is no JSON as it came.
    #[serde(default)]
    pub mended: bool,
}
