//! Values that the unit tests of this folder share.

use crate::domain::file::discover::found::{FoundAt, FoundFile};
use crate::domain::job::record::{Job, NewJob};
use crate::domain::names::ObjectName;
use crate::domain::time::Timestamp;

/// Returns a test's new job, created at 1,000 ms under `https://v`.
pub fn new_job() -> NewJob {
    NewJob {
        home: ObjectName::Id("437852".into()),
        at: Timestamp::from_millis(1_000),
        nonce: "0123456789abcdef0123456789abcdef".into(),
        origin: "https://v".into(),
    }
}

/// Returns a job without any events.
pub fn job() -> Job {
    Job::new(new_job())
}

/// Returns a file at `url`.
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
