//! Reads a file through from its source, for a client that can't wait for the
//! copy.

use super::source::{Source, reach};
use super::{Wanted, content_type};
use crate::domain::range::Asked;
use crate::domain::retry::CopyFailure;
use crate::domain::through::{Passed, Told, judge};
use worker::ResponseBody;

/// A file that is being read from its source.
pub struct Reading {
    source: Source,
    /// What of it comes.
    pub passed: Passed,
    /// Its media type, found as that of a stored file is.
    pub content_type: String,
    /// Whether the source says that it has ranges.
    pub has_ranges: bool,
}

/// Opens the file, or what is asked for of it, at its source.
///
/// # Errors
/// Why it can't be had from there just now, without secrets.
pub async fn read(wanted: &Wanted<'_>, asked: Option<Asked>) -> Result<Reading, String> {
    let range = asked.map(|asked| asked.to_string());
    let mut source = reach(wanted, range.as_deref()).await.map_err(why)?;
    let mut passed = judge(&source.told(), asked, wanted.max_bytes);
    if passed == Ok(Passed::SizeUnknown) {
        // Only the whole file's answer tells how long it is.
        source.abort.abort();
        source = reach(wanted, None).await.map_err(why)?;
        passed = judge(&source.told(), asked, wanted.max_bytes);
    }
    match passed {
        Ok(passed) => Reading::of(source, passed, wanted).await,
        Err(why) => {
            source.abort.abort();
            Err(why)
        }
    }
}

impl Reading {
    async fn of(source: Source, passed: Passed, wanted: &Wanted<'_>) -> Result<Self, String> {
        let has_ranges = matches!(passed, Passed::Part { .. })
            || source.header("accept-ranges").is_some_and(|ranges| ranges.trim() == "bytes");
        match content_type(&source, wanted).await {
            Ok(content_type) => Ok(Self { source, passed, content_type, has_ranges }),
            Err(failure) => {
                source.abort.abort();
                Err(why(failure))
            }
        }
    }

    /// The bytes, as they come. The runtime ends the connection to the source
    /// when there are bytes for a client that has left.
    pub fn into_body(self) -> ResponseBody {
        self.source.response.into_parts().1
    }

    /// Ends the connection to the source without its bytes.
    pub fn leave(self) {
        self.source.abort.abort();
    }
}

fn why(failure: CopyFailure) -> String {
    failure.message
}

impl Source {
    fn told(&self) -> Told {
        Told {
            status: self.response.status_code(),
            length: self.header("content-length").and_then(|text| text.parse().ok()),
            range: self.header("content-range"),
            encoding: self.header("content-encoding"),
        }
    }
}
