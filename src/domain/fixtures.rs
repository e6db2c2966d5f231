//! Shared by the unit tests of this folder.

use crate::domain::file::discover::found::{FoundAt, FoundFile};
use crate::domain::job::record::{Job, NewJob};
use crate::domain::names::ObjectName;
use crate::domain::time::Timestamp;

/// Where and when a test's job is born: at 1,000 ms, under `https://v`.
pub fn new_job() -> NewJob {
    NewJob {
        home: ObjectName::Id("437852".into()),
        at: Timestamp::from_millis(1_000),
        nonce: "0123456789abcdef0123456789abcdef".into(),
        origin: "https://v".into(),
    }
}

/// A job that has just been heard of.
pub fn job() -> Job {
    Job::new(new_job())
}

/// A file at `url`.
pub fn found(url: &str) -> FoundFile {
    FoundFile {
        key: url.into(),
        origin: FoundAt::Url { url: url.into(), host: "h".into() },
        pointers: vec!["/video/data_uri".into()],
        places: vec![],
        name: "a.mp4".into(),
        title: None,
        content_type: None,
        expires_at: None,
    }
}
