//! The files in a result.
//!
//! A file is an allowed https URL anywhere, a `data:` URI over 1 KiB, or bare
//! base64 over 1 KiB at a key that means one and that decodes to known media.
//! Other URLs that look like media are skipped with the reason; the rest is
//! text.

mod classify;
mod describe;

pub(super) use self::classify::unsigned;
use self::classify::{Class, classify};
use self::describe::{Beside, described};
use super::event::{ENVELOPE, Event};
use super::inline::Encoding;
use super::json::{self, Path};
use super::source::SourcePolicy;
use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::ops::Range;

/// Most files of one result; a video with a frame a second has about 60.
pub const MAX_FILES: usize = 500;
/// Most skipped entries that are named, so that a hostile body stays small.
pub const MAX_SKIPPED: usize = 50;
/// Most bytes of URLs and pointers of one result. The record holds them, and
/// the object's storage ends at 2 MB a value; 500 presigned URLs have 270 KB.
const MAX_SOURCE_BYTES: usize = 320 * 1024;
/// Most places of one file that are named.
const MAX_POINTERS: usize = 8;
/// Most further places of files that are replaced; each costs some 100 bytes
/// while the result is edited. A URL that is left loses its secret when read.
const MAX_PLACES: usize = 10_000;
/// Longest pointer that is told, in characters.
const MAX_POINTER_CHARS: usize = 300;

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
        /// From its first to after its last character.
        span: Range<usize>,
        /// How the bytes are written.
        encoding: Encoding,
    },
}

/// A file of a result, found once or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What makes it the same file within the result: the URL without what a
    /// signer adds, or the position of inline data.
    pub key: String,
    /// Where its bytes are.
    pub origin: Origin,
    /// Where in the result it stands.
    pub pointers: Vec<String>,
    /// The string tokens to replace.
    pub spans: Vec<Range<usize>>,
    /// A name that is safe in URLs and keys.
    pub name: String,
    /// The name as it was written, if that is another: [`super::title`].
    pub title: Option<String>,
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

/// Finds the files in the result of `event`, whose body is `body`.
#[must_use]
pub fn discover_in(body: &str, event: &Event<'_>, policy: &SourcePolicy) -> Discovery {
    let Some(part) = &event.result else { return discover(body, policy) };
    let text = body.get(part.clone()).unwrap_or_default();
    let mut discovery = find(text, policy, |_| false);
    discovery.files.iter_mut().for_each(|found| found.shift(part.start));
    discovery
}

/// Finds the files in a valid `completed` body, its envelope aside.
#[must_use]
pub fn discover(body: &str, policy: &SourcePolicy) -> Discovery {
    find(body, policy, |key| ENVELOPE.contains(&key))
}

/// Finds the files in a JSON text; top-level members whose key `is_aside` do
/// not count.
fn find(body: &str, policy: &SourcePolicy, is_aside: impl Fn(&str) -> bool) -> Discovery {
    let beside = described(body);
    let mut finder = Finder::default();
    let mut member = (usize::MAX, false);
    json::walk(body, |path, token, span| {
        if member.0 != path.top() {
            let in_envelope = path.top_key().is_some_and(|key| is_aside(&key));
            member = (path.top(), in_envelope);
        }
        if member.1 {
            return;
        }
        let Some(text) = json::decode_string(token) else { return };
        let beside = beside.get(&path.container());
        match classify(&text, &span, path.key().as_deref(), beside, policy) {
            Class::Text => {}
            Class::Skip { host, reason } => finder.skip(path, host, reason),
            Class::File(found) => finder.add(*found, path, span, beside),
        }
    });
    finder.discovery
}

#[derive(Default)]
struct Finder {
    discovery: Discovery,
    /// Where in `files` a key is.
    known: HashMap<String, usize>,
    source_bytes: usize,
    places: usize,
}

impl Finder {
    fn add(&mut self, found: Found, path: &Path, span: Range<usize>, beside: Option<&Beside>) {
        match self.known.get(&found.key).copied() {
            Some(at) => self.add_place(at, path, span),
            None if self.discovery.files.len() < MAX_FILES => {
                self.add_file(found, path, span, beside);
            }
            None => self.skip(path, None, "too many".to_owned()),
        }
    }

    fn add_place(&mut self, at: usize, path: &Path, span: Range<usize>) {
        let Some(file) = self.discovery.files.get_mut(at) else { return };
        if self.places < MAX_PLACES {
            self.places += 1;
            file.spans.push(span);
        }
        if file.pointers.len() < MAX_POINTERS && self.source_bytes < MAX_SOURCE_BYTES {
            let pointer = path.pointer(MAX_POINTER_CHARS);
            self.source_bytes += pointer.len();
            file.pointers.push(pointer);
        }
    }

    fn add_file(
        &mut self,
        mut found: Found,
        path: &Path,
        span: Range<usize>,
        beside: Option<&Beside>,
    ) {
        let pointer = path.pointer(MAX_POINTER_CHARS);
        self.source_bytes += found.origin.bytes() + pointer.len();
        if self.source_bytes > MAX_SOURCE_BYTES {
            return self.skip(path, None, "too many".to_owned());
        }
        found.describe(beside, &pointer);
        found.pointers.push(pointer);
        found.spans.push(span);
        self.known.insert(found.key.clone(), self.discovery.files.len());
        self.discovery.files.push(found);
    }

    fn skip(&mut self, path: &Path, host: Option<String>, reason: String) {
        if self.discovery.skipped.len() < MAX_SKIPPED {
            self.discovery.skipped.push(Skipped {
                pointer: path.pointer(MAX_POINTER_CHARS),
                host,
                reason,
            });
        }
    }
}

impl Origin {
    const fn bytes(&self) -> usize {
        match self {
            Self::Url { url, .. } => url.len(),
            Self::Inline { .. } => 0,
        }
    }
}

impl Found {
    /// What makes it the same file in a later delivery: a short digest of its
    /// key, and for inline data of the body (`sha256`) that it is in.
    #[must_use]
    pub fn identity(&self, sha256: &str) -> String {
        let body = match self.origin {
            Origin::Url { .. } => "",
            Origin::Inline { .. } => sha256,
        };
        let digest = Sha256::digest(format!("{body} {}", self.key));
        hex::encode(digest.get(..16).unwrap_or_default())
    }

    fn new(
        key: String,
        origin: Origin,
        content_type: Option<String>,
        expires_at: Option<Timestamp>,
    ) -> Self {
        let (pointers, spans, name) = (Vec::new(), Vec::new(), String::new());
        Self { key, origin, pointers, spans, name, title: None, content_type, expires_at }
    }

    /// Counts its places from the beginning of the body instead of from a part
    /// of it that begins at `by`.
    fn shift(&mut self, by: usize) {
        for span in &mut self.spans {
            *span = span.start + by..span.end + by;
        }
        if let Origin::Inline { span, .. } = &mut self.origin {
            *span = span.start + by..span.end + by;
        }
    }
}
