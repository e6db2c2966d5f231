//! A delivery's body, read once: the Worker that takes it reads it whole, and
//! the job's object gets what it says. Only the text is used again, to be cut
//! and kept.

use super::fingerprint::fingerprint;
use crate::domain::file::discover::found::Discovery;
use crate::domain::file::discover::{discover_in, given};
use crate::domain::file::source_policy::SourcePolicy;
use crate::domain::job::record::Job;
use crate::domain::json::edit::{self, Edit};
use crate::domain::json::{self, Malformed};
use crate::domain::webhook::correlate::Identity;
use crate::domain::webhook::event::{Event, EventKind, Told};
use crate::domain::webhook::result;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Longest error that is kept in the record, in bytes; the body has it whole.
const MAX_ERROR_BYTES: usize = 16 * 1024;

/// What a body says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Document {
    /// What has happened.
    pub told: Told,
    /// A failure's words as written, or instead of too many where they are.
    pub error: Option<Box<RawValue>>,
    /// The result that it holds.
    pub result: Option<Output>,
    /// The body's length as it came, in bytes.
    pub bytes: usize,
    /// Whether it was mended to be read ([`json::tolerant`]).
    pub mended: bool,
    /// Why no one can read it: then it says only that there is something to be
    /// had.
    pub unreadable: Option<String>,
}

/// A result in a body.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Output {
    /// The files in it.
    pub found: Discovery,
    /// What makes two results one.
    pub fingerprint: String,
    /// Whether the sender says that it has removed what the result held.
    pub is_removed: bool,
    /// Whether it holds any value at all.
    pub speaks: bool,
    /// The edits that leave of the body the result, but for its files.
    #[serde(deserialize_with = "edit::read")]
    pub envelope: Vec<Edit>,
}

impl Document {
    /// Reads a body; also what it says of which job it is.
    ///
    /// # Errors
    /// [`Malformed`] if it is not one JSON object of bearable depth.
    pub fn read(body: &[u8], sources: &SourcePolicy) -> Result<(Self, Identity), Malformed> {
        let text = json::tolerant(body)?;
        let event = Event::of_tolerant(&text)?;
        let identity = Identity::of(&text, &event);
        let mended = matches!(text, Cow::Owned(_));
        Ok((Self { bytes: body.len(), mended, ..Self::of(&text, &event, sources) }, identity))
    }

    /// What `event` says, whose body is `text` as it came.
    #[must_use]
    pub fn of(text: &str, event: &Event<'_>, sources: &SourcePolicy) -> Self {
        let is_result = event.told.kind == EventKind::Completed;
        Self {
            told: event.told.clone(),
            error: event
                .error
                .filter(|_| event.told.kind == EventKind::Failed)
                .and_then(kept_error),
            result: is_result
                .then(|| Output::of(text, event, discover_in(text, event, sources, None))),
            bytes: text.len(),
            mended: false,
            unreadable: None,
        }
    }

    /// A body that can't be read.
    #[must_use]
    pub fn unreadable(bytes: usize, why: String) -> Self {
        let (told, error, result) = (Told::default(), None, None);
        Self { told, error, result, bytes, mended: true, unreadable: Some(why) }
    }

    /// The text of `body`, from which this was read; `{}` if it can't be.
    #[must_use]
    pub fn text<'a>(&self, body: &'a [u8]) -> Cow<'a, str> {
        let text = match self.unreadable {
            Some(_) => None,
            None if self.mended => json::tolerant(body).ok(),
            None => std::str::from_utf8(body).ok().map(Cow::Borrowed),
        };
        text.unwrap_or(Cow::Borrowed("{}"))
    }

    /// Has the result be fetched from the upstream instead.
    pub fn confirm(&mut self) {
        (self.told.kind, self.result) = (EventKind::Ready, None);
    }

    /// Finds the files by what the job was made of: a URL that was put into it is
    /// none that is missed.
    pub fn heed_input(&mut self, text: &str, job: &Job, sources: &SourcePolicy) {
        let Some(output) = self.result.as_mut().filter(|it| !it.found.skipped.is_empty()) else {
            return;
        };
        let input = job.input.as_deref();
        if !given(input).is_empty()
            && let Ok(event) = Event::of_tolerant(text)
        {
            output.found = discover_in(text, &event, sources, input);
        }
    }
}

impl Output {
    /// The result of `event` in `text`, with these files.
    #[must_use]
    pub fn of(text: &str, event: &Event<'_>, found: Discovery) -> Self {
        let envelope = result::of_event(event, text.len(), Vec::new());
        Self {
            fingerprint: fingerprint(text, &envelope),
            is_removed: event.is_removed(),
            speaks: !found.files.is_empty() || speaks(text, &envelope),
            envelope,
            found,
        }
    }

    /// The text of the result, with `urls` in the places of its files.
    #[must_use]
    pub fn text(&self, body: &str, urls: &[String]) -> String {
        let files = self.found.files.iter().zip(urls);
        let edits = files.flat_map(|(file, url)| file.edits(url));
        let all = self.envelope.iter().cloned().chain(edits).collect();
        edit::splice(body, &result::in_order(all))
    }
}

fn kept_error(written: &str) -> Option<Box<RawValue>> {
    let kept = if written.len() <= MAX_ERROR_BYTES {
        written.to_owned()
    } else {
        json::encode_string("the error is too long; see the delivery's body in the timeline")
    };
    json::from_str(&kept).ok()
}

/// Whether the result in a body holds a value: not only `null`, empty texts,
/// and objects and lists of these.
fn speaks(text: &str, envelope: &[Edit]) -> bool {
    let mut speaks = false;
    edit::pieces(text, envelope, |piece| speaks = speaks || json::holds_value(piece));
    speaks
}
