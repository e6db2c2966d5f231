//! The files in a result.
//!
//! A file is an allowed https URL anywhere, a `data:` URI over 1 KiB, or bare
//! base64 over 1 KiB at a key that means one and that decodes to known media.
//! It may stand in a string that is JSON itself. Other URLs are skipped with the
//! reason if they are outputs: where the sender has its outputs, described as a
//! file, of a media extension, or presigned. The rest is text.

mod classify;
mod describe;
mod nested;

use self::classify::{Class, Rules, classify, given};
use self::describe::{Beside, described};
pub(crate) use self::nested::unsigned;
use self::nested::{Escapes, Within};
use super::inline::Encoding;
use super::source_policy::SourcePolicy;
use crate::domain::json::{self, Path};
use crate::domain::time::Timestamp;
use crate::domain::webhook::event::{ENVELOPE, Event};
use crate::domain::webhook::provider::Provider;
use crate::domain::webhook::result::Edit;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
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
    pub places: Vec<Place>,
    /// A name that is safe in URLs and keys.
    pub name: String,
    /// The name as it was written, if that is another: [`super::filename`].
    pub title: Option<String>,
    /// The type that the result itself declares.
    pub content_type: Option<String>,
    /// When its URL dies.
    pub expires_at: Option<Timestamp>,
}

/// A string token of the body, or of a string in it that is JSON itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// From its first to after its last character, as the body has them.
    pub span: Range<usize>,
    /// How many strings it is in: each has escaped it once more.
    pub depth: u8,
}

/// An output that is not copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Where in the result it stands.
    pub pointer: String,
    /// Its host, if it has one.
    pub host: Option<String>,
    /// Why it is not copied.
    pub reason: String,
    /// What `ALLOWED_SOURCE_HOSTS` would have to name for it to be copied, if
    /// any entry helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<String>,
}

/// What is in a result.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// The files to copy, in order of their first place.
    pub files: Vec<Found>,
    /// Outputs that are not copied.
    pub skipped: Vec<Skipped>,
}

/// Finds the files in the result of `event`, whose body is `body`, of a job
/// whose `input` was submitted here.
#[must_use]
pub fn discover_in(
    body: &str,
    event: &Event<'_>,
    policy: &SourcePolicy,
    input: Option<&RawValue>,
) -> Discovery {
    let rules = Rules { policy, provider: event.provider, given: given(input) };
    let Some(part) = &event.result else { return find(body, rules, in_envelope) };
    let text = body.get(part.clone()).unwrap_or_default();
    let mut discovery = find(text, rules, |_| false);
    discovery.files.iter_mut().for_each(|found| found.shift(part.start));
    discovery
}

/// Finds the files in a valid `completed` body, its envelope aside.
#[must_use]
pub fn discover(body: &str, policy: &SourcePolicy) -> Discovery {
    let rules = Rules { policy, provider: Provider::Pipelet, given: HashSet::new() };
    find(body, rules, in_envelope)
}

fn in_envelope(key: &str) -> bool {
    ENVELOPE.contains(&key)
}

/// Finds the files in a JSON text; top-level members whose key `is_aside` do
/// not count.
fn find(body: &str, rules: Rules<'_>, is_aside: fn(&str) -> bool) -> Discovery {
    let (discovery, known) = (Discovery::default(), HashMap::new());
    let mut finder = Finder { rules, is_aside, discovery, known, source_bytes: 0, places: 0 };
    finder.search(body, &Within::result(), &mut |at| at);
    finder.discovery
}

struct Finder<'r> {
    rules: Rules<'r>,
    is_aside: fn(&str) -> bool,
    discovery: Discovery,
    /// Where in `files` a key is.
    known: HashMap<String, usize>,
    source_bytes: usize,
    places: usize,
}

/// A string of the text that is searched.
struct Spot<'s> {
    path: &'s Path<'s, 's>,
    within: &'s Within,
    beside: Option<&'s Beside>,
    place: Place,
}

impl Spot<'_> {
    fn pointer(&self) -> String {
        pointer(self.within, self.path)
    }

    fn is_input(&self) -> bool {
        is_input(self.within, self.path)
    }
}

/// Whether a value is a part of what was put in, as a sender tells it again.
fn is_input(within: &Within, path: &Path<'_, '_>) -> bool {
    within.is_input || path.passes("input")
}

fn pointer(within: &Within, path: &Path<'_, '_>) -> String {
    let whole = within.pointer.clone() + &path.pointer(MAX_POINTER_CHARS);
    whole.chars().take(MAX_POINTER_CHARS).collect()
}

impl Finder<'_> {
    /// Searches a text. `locate` tells where in the body a byte of it is
    /// written, and is asked in order.
    fn search(&mut self, text: &str, within: &Within, locate: &mut dyn FnMut(usize) -> usize) {
        let described = described(text);
        let mut member = (usize::MAX, false);
        json::walk(text, |path, token, span| {
            if within.depth == 0 && member.0 != path.top() {
                member = (path.top(), path.top_key().is_some_and(|key| (self.is_aside)(&key)));
            }
            if member.1 {
                return;
            }
            let Some(string) = json::decode_string(token) else { return };
            if let Some(inner) =
                within.inner(&string, || (pointer(within, path), is_input(within, path)))
            {
                let mut escapes = Escapes::new(token);
                return self
                    .search(&string, &inner, &mut |at| locate(span.start + escapes.place(at)));
            }
            let beside = described.get(&path.container());
            let place = Place { span: locate(span.start)..locate(span.end), depth: within.depth };
            self.look(&string, &Spot { path, within, beside, place });
        });
    }

    fn look(&mut self, string: &str, spot: &Spot<'_>) {
        match classify(string, spot, &self.rules) {
            Class::Text => {}
            Class::Skip(skipped) => self.skip(spot, skipped),
            Class::File(found) => self.add(*found, spot),
        }
    }

    fn add(&mut self, found: Found, spot: &Spot<'_>) {
        match self.known.get(&found.key).copied() {
            Some(at) => self.add_place(at, spot),
            None if self.discovery.files.len() < MAX_FILES => self.add_file(found, spot),
            None => self.skip(spot, Skipped::too_many()),
        }
    }

    fn add_place(&mut self, at: usize, spot: &Spot<'_>) {
        let Some(file) = self.discovery.files.get_mut(at) else { return };
        if self.places < MAX_PLACES {
            self.places += 1;
            file.places.push(spot.place.clone());
        }
        if file.pointers.len() < MAX_POINTERS && self.source_bytes < MAX_SOURCE_BYTES {
            let pointer = spot.pointer();
            self.source_bytes += pointer.len();
            file.pointers.push(pointer);
        }
    }

    fn add_file(&mut self, mut found: Found, spot: &Spot<'_>) {
        let pointer = spot.pointer();
        self.source_bytes += found.origin.bytes() + pointer.len();
        if self.source_bytes > MAX_SOURCE_BYTES {
            return self.skip(spot, Skipped::too_many());
        }
        found.describe(spot.beside, &pointer);
        found.pointers.push(pointer);
        found.places.push(spot.place.clone());
        self.known.insert(found.key.clone(), self.discovery.files.len());
        self.discovery.files.push(found);
    }

    fn skip(&mut self, spot: &Spot<'_>, skipped: Skipped) {
        if self.discovery.skipped.len() < MAX_SKIPPED {
            self.discovery.skipped.push(Skipped { pointer: spot.pointer(), ..skipped });
        }
    }
}

impl Skipped {
    fn too_many() -> Self {
        Self { pointer: String::new(), host: None, reason: "too many".to_owned(), allow: None }
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

    /// Returns the edits that put `url` in its places.
    pub fn edits(&self, url: &str) -> impl Iterator<Item = Edit> {
        let token = json::encode_string(url);
        self.places.iter().map(move |place| (place.span.clone(), place.token(&token)))
    }

    fn new(
        key: String,
        origin: Origin,
        content_type: Option<String>,
        expires_at: Option<Timestamp>,
    ) -> Self {
        let (pointers, places, name) = (Vec::new(), Vec::new(), String::new());
        Self { key, origin, pointers, places, name, title: None, content_type, expires_at }
    }

    /// Counts its places from the beginning of the body instead of from a part
    /// of it that begins at `by`.
    fn shift(&mut self, by: usize) {
        for Place { span, .. } in &mut self.places {
            *span = span.start + by..span.end + by;
        }
        if let Origin::Inline { span, .. } = &mut self.origin {
            *span = span.start + by..span.end + by;
        }
    }
}
