//! Jobs that the vault is told of by the caller instead of a webhook.

use super::apply;
use super::capability::is_own_reference;
use super::heal;
use super::job::{Birth, Job};
use super::json;
use super::names::{ObjectName, is_valid_name};
use super::protocol::Import;
use super::retention;
use super::source;
use super::timeline::Entry;
use serde::Deserialize;

/// Most jobs of one import.
pub const MAX_LINES: usize = 1_000;

/// A line of an import: `{"id","app","ref"?,"tags"?,"response_url"?}`. The
/// answer to a submission is one, too, with its `request_id`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Line {
    /// The upstream's id.
    #[serde(alias = "request_id")]
    pub id: Id,
    /// The application, as it stands in the upstream's URLs.
    pub app: Option<String>,
    /// The caller's reference.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// The caller's tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Days that it is kept, 0 for good.
    pub keep: Option<u32>,
    /// Where the upstream said that the result would be.
    #[serde(alias = "responseUrl")]
    pub response_url: Option<String>,
}

/// An id, as a string or as a number up to 2^64.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Id {
    /// As a string.
    Text(String),
    /// As a number.
    Number(u64),
}

impl Id {
    /// The id itself.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }
}

/// Reads an import's lines; empty ones do not count.
///
/// # Errors
/// Which line is wrong, and why: then none of them counts.
pub fn parse(text: &str) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    for (at, text) in text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        if lines.len() == MAX_LINES {
            return Err(format!("an import has at most {MAX_LINES} lines"));
        }
        lines.push(line(text).map_err(|why| format!("line {}: {why}", at + 1))?);
    }
    if lines.is_empty() {
        Err("there is no line; each is a job as JSON".to_owned())
    } else {
        Ok(lines)
    }
}

fn line(text: &str) -> Result<Line, String> {
    let line: Line = json::from_str(text).map_err(|error| {
        format!("{error}; it must be like {{\"id\":\"437852\",\"app\":\"wan22-fast-t2v\"}}")
    })?;
    let id = line.id.text();
    if !is_valid_name(&id) {
        return Err(format!("`id` is {id:?}, which is no job id"));
    }
    if let Some(reference) = line.reference.as_deref().filter(|text| !is_valid_name(text)) {
        return Err(format!("`ref` is {reference:?}, which is no reference"));
    }
    if line.reference.as_deref().is_some_and(is_own_reference) {
        return Err("`ref` is this vault's own reference of a job, which is no caller's".to_owned());
    }
    if let Some(days) = line.keep.filter(|days| *days > retention::MAX_DAYS) {
        return Err(format!("`keep` is {days}; it can be 0 to {} days", retention::MAX_DAYS));
    }
    Ok(line)
}

impl Line {
    /// The object of its id.
    #[must_use]
    pub fn name(&self) -> ObjectName {
        ObjectName::Id(self.id.text())
    }
}

/// Takes up a job, or what the caller says of one that is known. The upstream
/// is asked at once unless the job has ended.
#[must_use]
pub fn take(job: Option<Job>, birth: Birth, import: &Import) -> (Job, Option<Entry>) {
    let mut job = job.unwrap_or_else(|| Job::new(birth));
    let labels = apply::Labels {
        app: import.app.as_ref(),
        reference: import.reference.as_ref(),
        tags: &import.tags,
        keep_days: import.keep_days,
    };
    apply::describe(&mut job, labels, import.at);
    if job.response_url.is_none() {
        // What is no URL can't be asked, and must not fill the record.
        let is_url = |url: &String| source::read(url).is_ok();
        job.response_url = import.response_url.clone().filter(is_url);
    }
    let entry = (!job.status.has_ended())
        .then(|| heal::want(&mut job, "imported; the upstream is asked".to_owned(), import.at));
    (job, entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let text = "{\"id\":437852,\"app\":\"m\",\"tags\":[\"a\"]}\n\n{\"request_id\":\"x\",\"response_url\":\"u\",\"status_url\":\"s\"}\r\n";
        let lines = parse(text).unwrap();
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[0].name(), lines[0].tags.len()), (ObjectName::Id("437852".into()), 1));
        assert_eq!(lines[1].response_url.as_deref(), Some("u"));
    }

    #[test]
    fn a_bad_line_is_named() {
        for (bad, word) in [
            ("", "no line"),
            ("{\"id\":\"a\"}\n{\"app\":\"a\"}", "line 2"),
            ("{\"id\":\"a/b\"}", "a/b"),
            ("{\"id\":\"a\",\"ref\":\"..\"}", "`ref`"),
            ("{\"id\":\"a\",\"ref\":\"gw-0123456789abcdef0123456789abcdef\"}", "vault's own"),
            ("[1]", "line 1"),
            ("{\"id\":1.5}", "line 1"),
            ("{\"id\":1,\"keep\":36501}", "`keep` is 36501"),
            (&"{\"id\":1}\n".repeat(1_001), "at most 1000"),
        ] {
            let why = parse(bad).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
    }
}
