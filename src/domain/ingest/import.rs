//! Imports: jobs that the caller reports, without a webhook.

use super::apply;
use crate::domain::access::hook_url::is_own_reference;
use crate::domain::file::strict_url;
use crate::domain::healing;
use crate::domain::job::record::{Job, NewJob};
use crate::domain::job::retention;
use crate::domain::job::timeline::Entry;
use crate::domain::json::{self, Member};
use crate::domain::names::{ObjectName, is_valid_id, is_valid_name};
use crate::domain::sender::name::SenderName;
use crate::domain::time::Timestamp;
use crate::domain::webhook::correlate;
use crate::domain::webhook::event::value_of;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What [`is_valid_name`] accepts, in words.
const NAME_RULE: &str = "it must be 1 to 128 of A-Z a-z 0-9 . _ : -";
/// What an id must be, in words.
const ID_RULE: &str =
    "it must be 1 to 128 characters, three for each byte except A-Z a-z 0-9 . _ : -";

/// The most jobs of one import.
pub const MAX_LINES: usize = 1_000;

/// A line of an import: `{"id","app","ref"?,"tags"?,"response_url"?,"from"?}`. The
/// upstream's answer to a submission, with its `request_id`, is also a valid
/// line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The upstream's id.
    pub id: String,
    /// The application, as written in the upstream's URLs.
    pub app: Option<String>,
    /// The caller's reference.
    pub reference: Option<String>,
    /// The caller's tags.
    pub tags: Vec<String>,
    /// The days for which the job is kept; 0 keeps it for good.
    pub keep: Option<u32>,
    /// The URL where the upstream said that the result would be.
    pub response_url: Option<String>,
    /// The job's sender.
    pub from: Option<SenderName>,
}

/// Reads an import's lines; skips empty ones.
///
/// # Errors
/// Says which line is wrong, and why. Then no line is imported.
pub fn parse(body: &[u8]) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    let written = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).enumerate();
    for (at, text) in written.filter(|(_, text)| !text.is_empty()) {
        if lines.len() == MAX_LINES {
            return Err(format!("the import is over {MAX_LINES} lines; send it in parts"));
        }
        lines.push(line(text).map_err(|why| format!("line {}: {why}", at + 1))?);
    }
    if lines.is_empty() {
        Err("the body is empty; send a line of JSON for each job".to_owned())
    } else {
        Ok(lines)
    }
}

/// Reads an id in hookvault's own spelling, as an export has it, or in the
/// sender's.
fn id_of(value: &str) -> Option<Result<String, String>> {
    let own = json::decode_string(value).filter(|text| is_valid_id(text));
    own.map(|text| Ok(text.into_owned())).or_else(|| correlate::id_of(value))
}

fn line(text: &[u8]) -> Result<Line, String> {
    let refusal = |why: &dyn fmt::Display| {
        format!("{why}; it must be like {{\"id\":\"437852\",\"app\":\"wan22-fast-t2v\"}}")
    };
    let text = json::tolerant(text).map_err(|why| refusal(&why))?;
    json::check(&text).map_err(|why| refusal(&why))?;
    let members = json::members(&text);
    let id = ["id", "request_id"].iter().find_map(|key| value_of(&members, key));
    let id = id.and_then(id_of).ok_or_else(|| refusal(&"`id` is missing"))?;
    let line = Line {
        id: id.map_err(|id| format!("`id` is {id:?}, which is not a job id; {ID_RULE}"))?,
        app: field(&members, "app")?,
        reference: field(&members, "ref")?,
        tags: field(&members, "tags")?.unwrap_or_default(),
        keep: days(&members)?,
        response_url: match field(&members, "response_url")? {
            Some(url) => Some(url),
            None => field(&members, "responseUrl")?,
        },
        from: field::<String>(&members, "from")?.as_deref().map(sender).transpose()?,
    };
    if let Some(reference) = line.reference.as_deref().filter(|text| !is_valid_name(text)) {
        return Err(format!("`ref` is {reference:?}, which is not a reference; {NAME_RULE}"));
    }
    if line.reference.as_deref().is_some_and(is_own_reference) {
        return Err(
            "`ref` looks like one of this vault's own (`gw-` and 32 hex digits); choose another"
                .to_owned(),
        );
    }
    Ok(line)
}

/// Reads a member of a line; `null` counts as absent.
fn field<T: DeserializeOwned>(members: &[Member<'_>], key: &str) -> Result<Option<T>, String> {
    let written = value_of(members, key).unwrap_or("null");
    json::from_str(written).map_err(|why| format!("`{key}`: {why}"))
}

fn sender(name: &str) -> Result<SenderName, String> {
    SenderName::parse(name).ok_or_else(|| unknown_sender(name))
}

/// Returns why a line's `from` can't be used.
#[must_use]
pub fn unknown_sender(name: &str) -> String {
    let shown: String = name.chars().take(40).collect();
    format!("`from` is {shown:?}, which is the name of no known sender")
}

/// Reads `keep`: a whole number, however JSON writes it.
fn days(members: &[Member<'_>]) -> Result<Option<u32>, String> {
    let Some(written) = value_of(members, "keep").filter(|token| *token != "null") else {
        return Ok(None);
    };
    let days = json::decimal(written).and_then(|days| days.parse().ok());
    days.filter(|days| *days <= retention::MAX_DAYS).map(Some).ok_or_else(|| {
        let shown: String = written.chars().take(40).collect();
        format!("`keep` is {shown}; it can be 0 to {} days", retention::MAX_DAYS)
    })
}

impl Line {
    /// Returns the name of the object for the id.
    #[must_use]
    pub fn name(&self) -> ObjectName {
        ObjectName::Id(self.id.clone())
    }
}

/// Creates a job from an import, or adds what the caller says to a known job.
/// Requests the result from the upstream at once, unless the job has ended.
#[must_use]
pub fn take(job: Option<Job>, new_job: NewJob, import: &Import) -> (Job, Option<Entry>) {
    let mut job = job.unwrap_or_else(|| Job::new(new_job));
    let labels = apply::Labels {
        app: import.app.as_ref(),
        reference: import.reference.as_ref(),
        tags: &import.tags,
        keep_days: import.keep_days,
    };
    apply::describe(&mut job, labels, import.at);
    if job.response_url.is_none() {
        // A text that is not a URL can't be fetched, and must not fill the
        // record.
        let is_url = |url: &String| strict_url::read(url).is_ok();
        job.response_url = import.response_url.clone().filter(is_url);
    }
    let is_other = take_sender(&mut job, import);
    let note = if is_other { "; `from` names another sender and is ignored" } else { "" };
    let entry = (!job.status.has_ended()).then(|| {
        healing::request(&mut job, ["imported; the upstream is asked", note].concat(), import.at)
    });
    (job, entry)
}

/// Takes the job's sender from an import, if it is not known yet. Returns whether
/// the job is known to be another sender's.
fn take_sender(job: &mut Job, import: &Import) -> bool {
    let Some(from) = import.from else { return false };
    if !job.is_of_known_provider() {
        job.provider = from;
    }
    job.provider != from
}

/// A job that the caller reports.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Import {
    /// When the import came.
    pub at: Timestamp,
    /// The scheme and host of the request.
    pub origin: String,
    /// The caller's reference, if it leads to this job.
    pub reference: Option<String>,
    /// The caller's application.
    pub app: Option<String>,
    /// The caller's tags.
    pub tags: Vec<String>,
    /// The days for which the caller wants the job kept.
    pub keep_days: Option<u32>,
    /// The URL where the upstream said that the result would be.
    pub response_url: Option<String>,
    /// The job's sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<SenderName>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let text = "{\"id\":437852,\"app\":\"m\",\"tags\":[\"a\"]}\n\n{\"request_id\":\"x\",\"response_url\":\"u\",\"status_url\":\"s\"}\r\n";
        let lines = parse(text.as_bytes()).unwrap();
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[0].name(), lines[0].tags.len()), (ObjectName::Id("437852".into()), 1));
        assert_eq!(lines[1].response_url.as_deref(), Some("u"));
    }

    #[test]
    fn odd_lines_are_read() {
        let text =
            b"\xef\xbb\xbf{\"id\":437852.0,\"app\":\"caf\xe9\",\"score\":NaN,\"keep\":130.0}\n\
            \xef\xbb\xbf{\"request_id\":\"a\",\"id\":4.37853e5,\"tags\":null}\r\n\
            {\"id\":\"437854.0\",\"app\":\"a\",\"app\":\"b\"}\n\
            {\"id\":1,\"id\":196619188014358661.0}";
        let lines = parse(text).unwrap();
        let ids: Vec<_> = lines.iter().map(|line| line.id.as_str()).collect();
        assert_eq!(ids, ["437852", "437853", "437854.0", "196619188014358661"]);
        assert_eq!(lines[0].app.as_deref(), Some("caf\u{fffd}"));
        assert_eq!(lines[0].keep, Some(130));
        assert_eq!(lines[2].app.as_deref(), Some("b"), "the last counts");
    }

    #[test]
    fn an_id_is_in_either_spelling() {
        for (id, want) in [("a/b", "a~2Fb"), ("a~2Fb", "a~2Fb"), ("a~2fb", "a~7E2fb"), ("a", "a")] {
            let lines = parse(format!("{{\"id\":\"{id}\"}}").as_bytes()).unwrap();
            assert_eq!(lines[0].id, want);
        }
    }

    #[test]
    fn a_bad_line_is_reported() {
        for (bad, word) in [
            ("", "is empty"),
            ("{\"id\":\"a\"}\n{\"app\":\"a\"}", "line 2"),
            ("{\"id\":\"ref:a/b\"}", "ref:a/b"),
            ("{\"id\":\"a\",\"ref\":\"..\"}", "`ref`"),
            ("{\"id\":\"a\",\"ref\":\"gw-0123456789abcdef0123456789abcdef\"}", "vault's own"),
            ("[1]", "line 1"),
            ("{\"id\":1e999999999}", "`id` is \"1e999999999\""),
            ("{\"id\":\"a\",\"tags\":7}", "`tags`"),
            ("{\"id\":null}", "`id` is missing"),
            ("{\"id\":\"a\u{fffd}\"}", "not a job id"),
            ("{\"id\":1,\"keep\":36501}", "`keep` is 36501"),
            ("{\"id\":1,\"keep\":1.5}", "`keep` is 1.5"),
            ("{\"id\":1,\"keep\":\"7\"}", "`keep` is \"7\""),
            (&"{\"id\":1}\n".repeat(1_001), "over 1000 lines"),
        ] {
            let why = parse(bad.as_bytes()).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
    }
}
