//! The weight of a result: a smaller result never replaces a larger one.
//!
//! Upstreams forget: Replicate removes a prediction's output an hour after its
//! end, and then its webhooks and answers no longer contain it. So a result
//! that the vault has stays, until one with as much comes.

use super::document::Output;
use crate::domain::job::file::FileStatus;
use crate::domain::job::record::Job;
use crate::domain::words;
use std::fmt;

/// The amount that a result contains. Fields are in the order of importance, so
/// that the smaller of two weights is that of the smaller result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResultWeight {
    /// The number of files.
    files: usize,
    /// The number of media that are not copied.
    skipped: usize,
    /// Whether the result contains any value at all.
    speaks: bool,
}

impl ResultWeight {
    /// Returns the weight of a result in a body.
    #[must_use]
    pub fn of(output: &Output) -> Self {
        if output.is_removed {
            return Self::default();
        }
        let (files, skipped) = (output.found.files.len(), output.found.skipped.len());
        Self { files, skipped, speaks: output.speaks }
    }

    /// Returns whether the result contains any value at all.
    #[must_use]
    pub const fn speaks(&self) -> bool {
        self.speaks
    }

    /// Returns the weight of the result that `job` serves. If all files are
    /// lost, they weigh nothing.
    #[must_use]
    pub fn served(job: &Job) -> Self {
        let is_there =
            job.files.iter().any(|file| file.served && file.status() != FileStatus::Lost);
        let files = job.files.iter().filter(|file| file.served && is_there).count();
        let speaks = job.result.as_ref().is_some_and(|result| !result.is_empty);
        Self { files, skipped: job.skipped.len(), speaks }
    }
}

impl fmt::Display for ResultWeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { files: 0, skipped: 0, speaks: false } => f.write_str("nothing"),
            Self { files, skipped: 0, .. } => f.write_str(&words::files(*files)),
            Self { files, skipped, .. } => {
                write!(f, "{}, and {skipped} not copied", words::files(*files))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::file::discover::found::Discovery;
    use crate::domain::fixtures;
    use crate::domain::ingest::document::BodyText;
    use crate::domain::job::file::{DeliveryRef, FileState};
    use crate::domain::job::record::ResultRef;
    use crate::domain::sender::table::Senders;
    use crate::domain::time::Timestamp;
    use crate::domain::webhook::event::Event;

    fn found(files: usize, skipped: usize) -> Discovery {
        let skip = crate::domain::file::discover::found::Skipped {
            pointer: String::new(),
            host: None,
            reason: String::new(),
            allow: None,
        };
        Discovery {
            files: (0..files).map(|n| fixtures::found(&format!("https://h/{n}"))).collect(),
            skipped: vec![skip; skipped],
        }
    }

    fn come(body: &str, files: usize, skipped: usize) -> ResultWeight {
        let event = Event::parse(body, Senders::built_in()).unwrap();
        ResultWeight::of(&Output::of(&BodyText::whole(body), &event, found(files, skipped)))
    }

    fn replicate(output: &str, more: &str) -> String {
        format!(
            r#"{{"id":"a","status":"succeeded","input":{{"n":1}},"urls":{{}},"output":{output}{more}}}"#
        )
    }

    #[test]
    fn a_smaller_result_weighs_less() {
        let text = r#"{"eventType":"completed","jobId":1,"text":"a"}"#;
        let nothing = [
            r#"{"eventType":"completed","jobId":"1"}"#,
            r#"{"eventType":"completed","updatedAt":1,"video":null}"#,
            r#"{"eventType":"completed","images":[],"more":{"a":[null,""]}}"#,
            &replicate("null", ""),
            &replicate("[]", ""),
            &replicate("{}", ""),
            &replicate(r#""""#, ""),
            &replicate(r#"["https://h/a"]"#, r#","data_removed":true"#),
            r#"{"request_id":"a","gateway_request_id":"a","status":"OK","payload":{}}"#,
        ];
        for body in nothing {
            assert_eq!(come(body, 0, 0), ResultWeight::default(), "{body}");
            assert!(come(body, 0, 0) < come(text, 0, 0), "{body}");
        }
        let full = r#"{"eventType":"completed","a":"https://h/0"}"#;
        let rising = [come(text, 0, 0), come(text, 0, 1), come(full, 1, 0), come(full, 1, 2)];
        assert!(rising.is_sorted() && rising[3] < come(full, 2, 0));
        for same in [r#"{"eventType":"completed","a":false}"#, r#"{"eventType":"completed","a":0}"#]
        {
            assert_eq!(come(same, 0, 0), come(text, 0, 0), "{same}");
        }
    }

    #[test]
    fn a_served_result_weighs_as_much_as_it_has() {
        let mut job = fixtures::job();
        assert_eq!(ResultWeight::served(&job), ResultWeight::default());
        let from = DeliveryRef { delivery: 1, sha256: "", at: Timestamp::default() };
        job.take_up(&found(2, 1), from);
        let fingerprint = String::new();
        let result = ResultRef {
            delivery: 1,
            fingerprint,
            key: None,
            bytes: None,
            nonce: None,
            is_empty: false,
        };
        job.result = Some(result);
        assert_eq!(ResultWeight::served(&job).to_string(), "2 files, and 1 not copied");
        job.files[0].state = FileState::Lost;
        assert_eq!(ResultWeight::served(&job).files, 2);
        job.files[1].state = FileState::Lost;
        assert_eq!(ResultWeight::served(&job).files, 0, "all is lost");
    }
}
