//! A delivery's body, parsed once: the Worker that receives it parses it whole,
//! and sends its contents to the job's object. Only the text is used again, to
//! cut the result from it and to store it.

use super::fingerprint::fingerprint;
use super::rules::ReadRules;
use crate::domain::file::discover::found::{Discovery, Skipped};
use crate::domain::file::discover::{discover_with, given};
use crate::domain::file::skeleton::{Gap, Piece, Skeleton, gap, pieces};
use crate::domain::file::source_policy::SourcePolicy;
use crate::domain::job::record::Job;
use crate::domain::json::edit::{self, Edit};
use crate::domain::json::{self, Malformed};
use crate::domain::sender::fact::Fact;
use crate::domain::sender::table::Hint;
use crate::domain::webhook::correlate::Identity;
use crate::domain::webhook::event::{Event, EventFacts, EventKind};
use crate::domain::webhook::{event, result};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The longest error that the record stores, in bytes. A longer one is in the
/// body only.
const MAX_ERROR_BYTES: usize = 16 * 1024;

/// The reason given for a body whose skeleton is too large to keep.
const TOO_LARGE: &str = "too large: without its long strings, its top level is over 2 MiB";

/// The contents of a body.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Document {
    /// The facts about the event.
    pub told: EventFacts,
    /// The error of a failure as written, or a note if it is too long.
    pub error: Option<Box<RawValue>>,
    /// The result that the body contains.
    pub result: Option<Output>,
    /// The body's length as received, in bytes.
    pub bytes: usize,
    /// Whether the body was repaired to be parsed ([`json::tolerant`]).
    pub mended: bool,
    /// Why the body is unreadable. Such a body says only that the upstream may
    /// have something new.
    pub unreadable: Option<String>,
}

/// A result in a body.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Output {
    /// The files in the result.
    pub found: Discovery,
    /// A digest that two equal results share.
    pub fingerprint: String,
    /// Whether the sender says that it has removed the result's data.
    pub is_removed: bool,
    /// Whether the result contains any value at all.
    pub speaks: bool,
    /// How many seconds the files live whose URLs do not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life: Option<u64>,
    /// The edits that reduce the body to its result, except those for the
    /// files.
    pub envelope: Vec<Edit>,
}

impl Document {
    /// Parses a body; also returns which job it names.
    ///
    /// # Errors
    /// [`Malformed`] if the body is not one JSON object, or is nested too
    /// deeply.
    pub fn read(body: &[u8], rules: ReadRules<'_>) -> Result<(Self, Identity), Malformed> {
        let text = json::tolerant(body)?;
        let event = Event::of_tolerant(&text, rules.senders, rules.hint)?;
        let identity = Identity::of(&text, &event);
        let mended = matches!(text, Cow::Owned(_));
        Ok((
            Self { bytes: body.len(), mended, ..Self::of(&BodyText::whole(&text), &event, rules) },
            identity,
        ))
    }

    /// Parses the skeleton of a body with `bytes` bytes and the digest
    /// `sha256`; also returns which job it names.
    ///
    /// # Errors
    /// [`Malformed`] if the body is not one JSON object, is nested too deeply,
    /// or is too large.
    pub fn read_skeleton(
        skeleton: &Skeleton,
        bytes: usize,
        sha256: &str,
        rules: ReadRules<'_>,
    ) -> Result<(Self, Identity), Malformed> {
        if !skeleton.is_whole {
            return Err(Malformed::OtherFormat(TOO_LARGE));
        }
        let text = json::tolerant(&skeleton.text)?;
        let event = Event::of_tolerant(&text, rules.senders, rules.hint)?;
        let identity = Identity::of(&text, &event);
        let is_rough = skeleton.gaps.iter().any(|gap| !gap.is_plain);
        let mended = is_rough || matches!(text, Cow::Owned(_));
        let shallow = skeleton.is_shallow.then_some(sha256);
        let body = BodyText { text: &text, gaps: &skeleton.gaps, shallow };
        Ok((Self { bytes, mended, ..Self::of(&body, &event, rules) }, identity))
    }

    /// Returns the contents of `body`, which `event` was parsed from.
    #[must_use]
    pub fn of(body: &BodyText<'_>, event: &Event<'_>, rules: ReadRules<'_>) -> Self {
        let (told, is) = (body.facts(event), |kind| event.told.kind == kind);
        let error = event.error.filter(|_| is(EventKind::Failed));
        Self {
            told,
            error: error.and_then(|error| kept_error(error, body.gaps)),
            result: is(EventKind::Completed).then(|| {
                Output::of(body, event, body.discover(event, rules.sources_of(event), None))
            }),
            bytes: body.text.len(),
            mended: false,
            unreadable: None,
        }
    }

    /// Returns the contents of an unreadable body.
    #[must_use]
    pub fn unreadable(bytes: usize, why: String) -> Self {
        let (told, error, result) = (EventFacts::default(), None, None);
        Self { told, error, result, bytes, mended: true, unreadable: Some(why) }
    }

    /// Returns the text of `body`, which these contents were parsed from; `{}`
    /// if it is unreadable.
    #[must_use]
    pub fn text<'a>(&self, body: &'a [u8]) -> Cow<'a, str> {
        let text = match self.unreadable {
            Some(_) => None,
            None if self.mended => json::tolerant(body).ok(),
            None => std::str::from_utf8(body).ok().map(Cow::Borrowed),
        };
        text.unwrap_or(Cow::Borrowed("{}"))
    }

    /// Drops the result and the cost, so that they are fetched from the upstream
    /// instead.
    pub fn confirm(&mut self) {
        (self.told.kind, self.told.cost, self.result) = (EventKind::Ready, None, None);
    }

    /// Looks for files again, with the job's input: a URL from the input that
    /// the result repeats is not a skipped output.
    pub fn heed_input(&mut self, body: &BodyText<'_>, job: &Job, rules: ReadRules<'_>) {
        if body.shallow.is_some() {
            return;
        }
        let Some(output) = self.result.as_mut().filter(|it| !it.found.skipped.is_empty()) else {
            return;
        };
        let input = job.input.as_deref();
        if !given(input).is_empty()
            && let Ok(event) =
                Event::of_tolerant(body.text, rules.senders, Hint::of(self.told.provider))
        {
            output.found = body.discover(&event, rules.sources_of(&event), input);
        }
    }
}

/// A body as text.
#[derive(Debug, Clone, Copy)]
pub struct BodyText<'a> {
    /// The JSON text, with placeholders for the parts that are left out.
    pub text: &'a str,
    /// The parts that the placeholders stand for.
    pub gaps: &'a [Gap],
    /// The body's digest, if only its top level is known.
    pub shallow: Option<&'a str>,
}

impl<'a> BodyText<'a> {
    /// Returns a body of which nothing is left out.
    #[must_use]
    pub const fn whole(text: &'a str) -> Self {
        Self { text, gaps: &[], shallow: None }
    }

    /// Returns the facts about an event, without names that are implausibly
    /// long.
    fn facts(&self, event: &Event<'_>) -> EventFacts {
        let mut told = event.told.clone();
        for name in [&mut told.type_name, &mut told.queue_name, &mut told.worker_name] {
            *name = name.take().filter(|name| gap(self.gaps, name).is_none());
        }
        told
    }

    /// Returns the files in the body's result, given the job's submitted
    /// `input`.
    #[must_use]
    pub fn discover(
        &self,
        event: &Event<'_>,
        sources: &SourcePolicy,
        input: Option<&RawValue>,
    ) -> Discovery {
        match self.shallow {
            Some(_) => Discovery { files: vec![], skipped: vec![Skipped::not_known()] },
            None => discover_with(self.text, self.gaps, event, sources, input),
        }
    }

    fn fingerprint(&self, envelope: &[Edit]) -> String {
        let whole = || fingerprint(self.text, self.gaps, envelope);
        self.shallow.map_or_else(whole, str::to_owned)
    }
}

impl Output {
    /// Returns the result of `event` in its body, with the files `found`.
    #[must_use]
    pub fn of(body: &BodyText<'_>, event: &Event<'_>, found: Discovery) -> Self {
        let envelope = result::of_event(event, body.text.len(), Vec::new());
        Self {
            fingerprint: body.fingerprint(&envelope),
            is_removed: event::is_removed(&event.members),
            speaks: !found.files.is_empty() || speaks(body.text, &envelope),
            envelope,
            found,
            life: event.row.number(Fact::Life),
        }
    }

    /// Returns the result's text, with `urls` in place of its files. In a
    /// skeleton, long strings that are not files stay placeholders.
    #[must_use]
    pub fn text(&self, body: &str, urls: &[String]) -> String {
        let files = self.found.files.iter().zip(urls);
        let edits = files.flat_map(|(file, url)| file.edits(url));
        let all = self.envelope.iter().cloned().chain(edits).collect();
        edit::splice(body, &result::in_order(all))
    }
}

fn kept_error(written: &str, gaps: &[Gap]) -> Option<Box<RawValue>> {
    let is_whole = !pieces(written, gaps).iter().any(|piece| matches!(piece, Piece::Raw(_)));
    let kept = if written.len() <= MAX_ERROR_BYTES && is_whole {
        written.to_owned()
    } else {
        json::encode_string("the error is too long; see the delivery's body in the timeline")
    };
    json::from_str(&kept).ok()
}

/// Returns whether the result in a body contains a value other than `null`,
/// empty texts, and objects and lists of these.
fn speaks(text: &str, envelope: &[Edit]) -> bool {
    let mut speaks = false;
    edit::pieces(text, envelope, |piece| speaks = speaks || json::holds_value(piece));
    speaks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::file::skeleton::{MAX_BYTES, MAX_HELD, Scanner};
    use crate::domain::fixtures;

    fn read(body: &str) -> Result<(Document, Skeleton), Malformed> {
        let mut scanner = Scanner::new();
        scanner.push(body.as_bytes());
        let skeleton = scanner.finish();
        let sources = SourcePolicy::parse("h").0;
        let rules = ReadRules::of(&sources);
        let read = Document::read_skeleton(&skeleton, body.len(), "5ha256", rules);
        read.map(|(document, _)| (document, skeleton))
    }

    #[test]
    fn a_long_error_becomes_a_note() {
        let long = "x".repeat(MAX_HELD + 1);
        for error in [format!("\"{long}\""), format!("{{\"a\":[\"{long}\"]}}")] {
            let (document, _) =
                read(&format!(r#"{{"eventType":"failed","error":{error}}}"#)).unwrap();
            assert!(document.error.unwrap().get().contains("too long; see the delivery's body"));
        }
        let (document, _) = read(&format!(r#"{{"eventType":"{long}"}}"#)).unwrap();
        assert_eq!(document.told.type_name, None, "no name is so long");
        let (document, _) = read(r#"{"eventType":"failed","error":{"a":"no"}}"#).unwrap();
        assert_eq!(document.error.unwrap().get(), r#"{"a":"no"}"#);
    }

    #[test]
    fn the_result_of_a_wide_body_is_served_whole() {
        let list = vec![r#""https://h/a.mp4""#; MAX_BYTES / 17].join(",");
        let body = format!(r#"{{"eventType":"completed","jobId":"7","a":[{list}],"n":1.10}}"#);
        let (mut document, skeleton) = read(&body).unwrap();
        let mut job = fixtures::job();
        job.input = RawValue::from_string(r#"["https://h/b.mp4"]"#.to_owned()).ok();
        let text = document.text(&skeleton.text).into_owned();
        let held = BodyText { text: &text, gaps: &skeleton.gaps, shallow: Some("5ha256") };
        document.heed_input(&held, &job, ReadRules::of(&SourcePolicy::parse("h").0));
        let result = document.result.as_ref().unwrap();
        assert!(skeleton.is_shallow && result.found.files.is_empty() && result.speaks);
        assert!(result.found.skipped[0].reason.contains("over 2 MiB"));
        assert_eq!(result.fingerprint, "5ha256");
        let text = result.text(&document.text(&skeleton.text), &[]);
        let whole: String = pieces(&text, &skeleton.gaps)
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) => text,
                Piece::Raw(gap) => body.get(gap.span.clone()).unwrap(),
            })
            .collect();
        assert_eq!(whole, format!(r#"{{"a":[{list}],"n":1.10}}"#));
        let why = read(&format!("[{list}]")).unwrap_err().to_string();
        assert!(why.contains("too large:"), "{why}");
    }
}
