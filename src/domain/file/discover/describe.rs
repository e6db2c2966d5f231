//! Names a file, and reads the fields beside its URL that describe it.

use super::found::{FoundAt, FoundFile};
use crate::domain::file::skeleton::MARK;
use crate::domain::file::{filename, media_type};
use crate::domain::time::Timestamp;
use crate::domain::webhook::correlate::split_output_name;
use crate::domain::{json, percent};
use std::borrow::Cow;
use std::collections::HashMap;

/// The most objects in which descriptions of files are read.
const MAX_DESCRIBED: usize = 5_000;
/// The longest file name in a durable URL, in bytes.
const MAX_NAME_BYTES: usize = 100;

/// The fields beside a file's URL that describe the file.
#[derive(Debug, Default)]
pub(super) struct FileHints {
    name: Option<String>,
    content_type: Option<String>,
    expires_at: Option<Timestamp>,
    is_of_file: bool,
}

impl FileHints {
    /// Returns whether the fields include what only a file has: a name, a type
    /// or a size.
    pub(super) const fn is_of_file(&self) -> bool {
        self.is_of_file
    }
}

impl FoundFile {
    /// Sets the name and the title. Sets the type and the expiry from the
    /// fields beside the URL, if the file has none.
    pub(super) fn describe(&mut self, beside: Option<&FileHints>, pointer: &str) {
        if let Some(beside) = beside {
            self.content_type = self.content_type.take().or_else(|| beside.content_type.clone());
            self.expires_at = self.expires_at.or(beside.expires_at);
        }
        let given = beside.and_then(|beside| beside.name.clone());
        let (written, told) = match &self.origin {
            FoundAt::Url { url, .. } => (name_of_url(url), given.or_else(|| name_in_query(url))),
            FoundAt::Inline { .. } => (given.unwrap_or_else(|| self.name_of_place(pointer)), None),
        };
        self.name = safe_name(&written);
        let told = told.filter(|name| name.contains(char::is_alphanumeric));
        self.title = filename::of(&told.unwrap_or(written), &self.name);
    }

    /// Returns a name for inline data: `video.mp4` at `/video/data_uri`.
    fn name_of_place(&self, pointer: &str) -> String {
        let stem = pointer
            .split('/')
            .rev()
            .filter(|part| part.parse::<usize>().is_err())
            .find(|part| !matches!(*part, "" | "data_uri" | "data_url" | "b64_json" | "url"))
            .unwrap_or("file");
        let extension = self.content_type.as_deref().and_then(media_type::extension_of_type);
        format!("{stem}.{}", extension.unwrap_or("bin"))
    }
}

fn name_of_url(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    let decoded = String::from_utf8(percent::decode_bytes(last.as_bytes()));
    let last = decoded.as_deref().unwrap_or(last);
    split_output_name(last).map_or(last, |(_, name)| name).to_owned()
}

/// Returns the file name that a presigned URL's query requests for a download
/// (S3's `response-content-disposition`, Azure's `rscd`).
fn name_in_query(url: &str) -> Option<String> {
    let is_told = |key: &str| {
        ["response-content-disposition", "rscd"].iter().any(|known| key.eq_ignore_ascii_case(known))
    };
    let (_, query) = url.split_once('?')?;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| is_told(key)).and_then(|(_, value)| filename::in_disposition(&value))
}

/// Returns the name with `_` for each character that may have a meaning in a
/// URL, a key or a header. A name that is too long keeps its end, which holds
/// the extension.
fn safe_name(name: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let clean: String = name.chars().map(|c| if safe(c) { c } else { '_' }).collect();
    let start = clean.len().saturating_sub(MAX_NAME_BYTES);
    let cut = clean.get(start..).unwrap_or_default().trim_start_matches('.');
    if cut.is_empty() { "file".to_owned() } else { cut.to_owned() }
}

/// Returns the descriptions in the body, by the offset of the object that
/// contains them.
pub(super) fn described(body: &str) -> HashMap<usize, FileHints> {
    let mut found: HashMap<usize, FileHints> = HashMap::new();
    json::walk(body, |path, token, _| {
        let Some(key) = path.key() else { return };
        if !matches!(key.as_ref(), "file_name" | "content_type" | "file_size" | "expires_at") {
            return;
        }
        if found.len() < MAX_DESCRIBED && token != "null" {
            found.entry(path.container()).or_default().note(&key, token);
        }
    });
    found
}

impl FileHints {
    fn note(&mut self, key: &str, token: &str) {
        // A placeholder is no file name: it stands for a string that is too
        // long.
        let text = json::decode_string(token).filter(|text| !text.starts_with(MARK));
        self.is_of_file |= key != "expires_at";
        match key {
            "file_name" => self.name = text.map(Cow::into_owned),
            "content_type" => {
                self.content_type = text.filter(|t| media_type::is_type(t)).map(Cow::into_owned);
            }
            "expires_at" => self.expires_at = point_in_time(text.as_deref().unwrap_or(token)),
            _ => {}
        }
    }
}

/// Reads a time in ISO 8601, or in Unix seconds or milliseconds.
fn point_in_time(text: &str) -> Option<Timestamp> {
    /// Unix milliseconds of 2001. As seconds they would be the year 33658.
    const SMALLEST_MILLIS: u64 = 1_000_000_000_000;
    match json::whole(text) {
        Some(number) if number >= SMALLEST_MILLIS => Some(Timestamp::from_millis(number)),
        Some(number) => Some(Timestamp::from_seconds(number)),
        None => Timestamp::parse_iso8601(text),
    }
}
