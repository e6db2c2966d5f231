//! The files in a result.
//!
//! A file is an allowed https URL anywhere, a `data:` URI over 1 KiB, or bare
//! base64 over 1 KiB at a key that means one and that decodes to known media.
//! Other URLs that look like media are skipped with the reason; the rest is
//! text.

use super::correlate::split_output_name;
use super::event::ENVELOPE;
use super::expiry;
use super::inline::{self, Encoding};
use super::json;
use super::media;
use super::source::{self, Refusal, SourcePolicy};
use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::ops::Range;
use url::Url;

/// Most files of one result; a video with a frame a second has about 60.
pub const MAX_FILES: usize = 500;
/// Most skipped entries that are named, so that a hostile body stays small.
pub const MAX_SKIPPED: usize = 50;
/// Longest file name in a durable URL, in bytes.
const MAX_NAME_BYTES: usize = 100;

/// Where a file's bytes are to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// At a URL that was allowed when it came.
    Url {
        /// The URL as written, with its query.
        url: String,
        /// Its host, with the port if it has one.
        host: String,
    },
    /// In the delivery itself, at these byte positions of the body.
    Inline {
        /// From the first to after the last character of the data.
        span: Range<usize>,
        /// How the bytes are written.
        encoding: Encoding,
    },
}

/// A file of a result, found once or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What makes it the same file: the URL without a presigned query, or the
    /// position of inline data.
    pub key: String,
    /// Where its bytes are.
    pub origin: Origin,
    /// Where in the result it stands.
    pub pointers: Vec<String>,
    /// The string tokens to replace.
    pub spans: Vec<Range<usize>>,
    /// A name that is safe in URLs and keys.
    pub name: String,
    /// The type that the result itself declares.
    pub content_type: Option<String>,
    /// When its URL dies.
    pub expires_at: Option<Timestamp>,
}

/// A URL that looks like media and is not copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Where in the result it stands.
    pub pointer: String,
    /// Its host, if it has one.
    pub host: Option<String>,
    /// Why it is not copied.
    pub reason: String,
}

/// What is in a result.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// The files to copy, in order of their first place.
    pub files: Vec<Found>,
    /// Media that is not copied.
    pub skipped: Vec<Skipped>,
}

/// Fields that stand beside a file's URL and describe it.
#[derive(Debug, Default)]
struct Beside {
    name: Option<String>,
    content_type: Option<String>,
    expires_at: Option<Timestamp>,
}

/// Finds the files in a valid `completed` body, its envelope aside.
#[must_use]
pub fn discover(body: &str, policy: &SourcePolicy) -> Discovery {
    let beside = described(body);
    let mut discovery = Discovery::default();
    let mut known: HashMap<String, usize> = HashMap::new();
    json::walk(body, |path, token, span| {
        if path.top_key().is_some_and(|key| ENVELOPE.contains(&key.as_ref())) {
            return;
        }
        let Some(text) = json::decode_string(token) else {
            return;
        };
        let key = path.key();
        match classify(&text, token, &span, key.as_deref(), policy) {
            Class::Text => {}
            Class::Skip { host, reason } => discovery.skip(path.pointer(), host, reason),
            Class::File(mut found) => {
                if let Some(at) = known.get(&found.key) {
                    discovery.add_place(*at, path.pointer(), span);
                } else if discovery.files.len() >= MAX_FILES {
                    discovery.skip(path.pointer(), None, "too many".to_owned());
                } else {
                    found.describe(beside.get(&path.parent()), &path.pointer());
                    known.insert(found.key.clone(), discovery.files.len());
                    discovery.files.push(*found);
                    discovery.add_place(discovery.files.len() - 1, path.pointer(), span);
                }
            }
        }
    });
    discovery
}

impl Discovery {
    fn add_place(&mut self, at: usize, pointer: String, span: Range<usize>) {
        if let Some(file) = self.files.get_mut(at) {
            file.pointers.push(pointer);
            file.spans.push(span);
        }
    }

    fn skip(&mut self, pointer: String, host: Option<String>, reason: String) {
        if self.skipped.len() < MAX_SKIPPED {
            self.skipped.push(Skipped { pointer, host, reason });
        }
    }
}

enum Class {
    Text,
    Skip { host: Option<String>, reason: String },
    File(Box<Found>),
}

fn classify(
    text: &str,
    token: &str,
    span: &Range<usize>,
    key: Option<&str>,
    policy: &SourcePolicy,
) -> Class {
    if let Some(data) = inline::find(text, token, key) {
        let at = span.start + data.span.start..span.start + data.span.end;
        let key = format!("inline:{}", at.start);
        let origin = Origin::Inline { span: at, encoding: data.encoding };
        return Class::File(Box::new(Found::new(key, origin, data.content_type, None)));
    }
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    if !lower.starts_with("https://") && !lower.starts_with("http://") {
        return Class::Text;
    }
    match policy.check(text) {
        Ok(url) => Class::File(Box::new(Found::at_url(text, &url))),
        Err(refusal) => refused(text, refusal),
    }
}

/// A refused URL is worth a word only if it is media.
fn refused(text: &str, refusal: Refusal) -> Class {
    match source::read(text) {
        Ok(url) if expiry::is_presigned(&url) || media::type_of_name(url.path()).is_some() => {
            Class::Skip { host: url.host_str().map(str::to_owned), reason: refusal.to_string() }
        }
        _ => Class::Text,
    }
}

impl Found {
    fn new(
        key: String,
        origin: Origin,
        content_type: Option<String>,
        expires_at: Option<Timestamp>,
    ) -> Self {
        let (pointers, spans, name) = (Vec::new(), Vec::new(), String::new());
        Self { key, origin, pointers, spans, name, content_type, expires_at }
    }

    fn at_url(text: &str, url: &Url) -> Self {
        let host = match (url.host_str().unwrap_or_default(), url.port()) {
            (host, Some(port)) => format!("{host}:{port}"),
            (host, None) => host.to_owned(),
        };
        let origin = Origin::Url { url: text.to_owned(), host };
        Self::new(identity(url), origin, None, expiry::deadline(url))
    }

    fn describe(&mut self, beside: Option<&Beside>, pointer: &str) {
        if let Some(beside) = beside {
            self.content_type = self.content_type.take().or_else(|| beside.content_type.clone());
            self.expires_at = self.expires_at.or(beside.expires_at);
        }
        let given = beside.and_then(|beside| beside.name.as_deref());
        self.name = match &self.origin {
            Origin::Url { url, .. } => name_of_url(url),
            Origin::Inline { .. } => given.map_or_else(|| self.name_of_place(pointer), safe_name),
        };
    }

    /// `video.mp4` for inline data at `/video/data_uri`.
    fn name_of_place(&self, pointer: &str) -> String {
        let stem = pointer
            .split('/')
            .rev()
            .filter(|part| part.parse::<usize>().is_err())
            .find(|part| !matches!(*part, "" | "data_uri" | "data_url" | "b64_json" | "url"))
            .unwrap_or("file");
        let extension = self.content_type.as_deref().and_then(media::extension_of_type);
        safe_name(&format!("{stem}.{}", extension.unwrap_or("bin")))
    }
}

/// The URL without its query if that is only a signature: the same object
/// signed twice is one file.
#[must_use]
pub fn identity(url: &Url) -> String {
    let mut bare = url.clone();
    bare.set_fragment(None);
    if expiry::is_presigned(url) {
        bare.set_query(None);
    }
    bare.into()
}

fn name_of_url(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    let own = split_output_name(last).map_or(last, |(_, name)| name);
    safe_name(own)
}

/// A name with only characters that mean nothing in a URL, a key or a header.
/// The end is kept when it is too long: it holds the extension.
fn safe_name(name: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let clean: String = name.chars().map(|c| if safe(c) { c } else { '_' }).collect();
    let start = clean.len().saturating_sub(MAX_NAME_BYTES);
    let cut = clean.get(start..).unwrap_or_default().trim_start_matches('.');
    if cut.is_empty() { "file".to_owned() } else { cut.to_owned() }
}

/// The descriptions in the body, by the pointer of the object they stand in.
fn described(body: &str) -> HashMap<String, Beside> {
    let mut found: HashMap<String, Beside> = HashMap::new();
    json::walk(body, |path, token, _| {
        let Some(key) = path.key() else { return };
        if !matches!(key.as_ref(), "file_name" | "content_type" | "expires_at") {
            return;
        }
        let beside = found.entry(path.parent()).or_default();
        let text = json::decode_string(token);
        match key.as_ref() {
            "file_name" => beside.name = text.map(std::borrow::Cow::into_owned),
            "content_type" => {
                beside.content_type =
                    text.filter(|t| media::is_type(t)).map(std::borrow::Cow::into_owned);
            }
            _ => beside.expires_at = point_in_time(text.as_deref().unwrap_or(token)),
        }
    });
    found
}

/// RFC 3339, seconds or milliseconds.
fn point_in_time(text: &str) -> Option<Timestamp> {
    /// Epoch milliseconds of 2001; as seconds that is the year 33658.
    const SMALLEST_MILLIS: u64 = 1_000_000_000_000;
    match text.parse() {
        Ok(number) if number >= SMALLEST_MILLIS => Some(Timestamp::from_millis(number)),
        Ok(number) => Some(Timestamp::from_seconds(number)),
        Err(_) => Timestamp::parse_rfc3339(text),
    }
}
