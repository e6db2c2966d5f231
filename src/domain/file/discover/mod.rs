//! Finds the files in a result.
//!
//! A file is an allowed URL anywhere, a `data:` URI over 1 KiB, or bare base64
//! over 1 KiB. Bare base64 must decode to known media, and its key must name a
//! file. A string that is JSON itself is searched too.
//!
//! Other URLs are listed as skipped, with the reason, if they are outputs. A
//! URL is an output where the sender puts outputs, if it is described as a
//! file, has a media extension, or is presigned. All other strings are text.

mod classify;
mod describe;
pub mod found;
mod nested;
pub mod spot;
pub mod unsigned;

pub(crate) use self::classify::given;
use self::classify::{Class, Rules, classify};
use self::describe::described;
use self::found::{Discovery, FoundFile, Skipped, StringToken};
use self::nested::SearchScope;
use self::spot::{Candidate, is_input, pointer};
pub(crate) use self::unsigned::comparable;
use super::skeleton::{Gap, Piece, pieces};
use super::source_policy::SourcePolicy;
use crate::domain::json::escapes::Escapes;
use crate::domain::json::{self, Path};
use crate::domain::sender::row::Row;
use crate::domain::sender::table::Senders;
use crate::domain::webhook::event::Event;
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};

/// The most files of one result. A video with one frame a second has about 60.
pub const MAX_FILES: usize = 500;
/// The most skipped outputs that are listed, so that a hostile body stays
/// small.
pub const MAX_SKIPPED: usize = 50;
/// The most bytes of URLs and pointers of one result. The record holds them,
/// and a value in the object's storage has 2 MB at most. 500 presigned URLs
/// have 270 KB.
const MAX_SOURCE_BYTES: usize = 320 * 1024;
/// The most places of one file that are listed.
pub(super) const MAX_POINTERS: usize = 8;
/// The most places, beyond each file's first, that are replaced. Each takes
/// about 100 bytes while the result is edited. The secret of a URL that stays
/// is masked when the result is read.
const MAX_PLACES: usize = 10_000;

/// Finds the files in the result of `event`, which was read from `body`. The
/// URLs in `input`, which was submitted here for the job, are no outputs.
#[must_use]
pub fn discover_in(
    body: &str,
    event: &Event<'_>,
    policy: &SourcePolicy,
    input: Option<&RawValue>,
) -> Discovery {
    discover_with(body, &[], event, policy, input)
}

/// Finds files as [`discover_in`] does, in the text of a skeleton with these
/// gaps.
#[must_use]
pub fn discover_with(
    body: &str,
    gaps: &[Gap],
    event: &Event<'_>,
    policy: &SourcePolicy,
    input: Option<&RawValue>,
) -> Discovery {
    let row = event.row;
    let mut rules = Rules { policy, row, given: given(input), gaps, start: 0 };
    let Some(part) = &event.result else { return find(body, rules, Some(row)) };
    let (before, text) = (body.get(..part.start), body.get(part.clone()).unwrap_or_default());
    rules.start = written(before.unwrap_or_default(), gaps);
    let mut discovery = find(text, rules, None);
    discovery.files.iter_mut().for_each(|found| found.shift(part.start));
    discovery
}

/// Finds the files in a valid `completed` body of pipelet, outside its
/// envelope.
#[must_use]
pub fn discover(body: &str, policy: &SourcePolicy) -> Discovery {
    let (row, given) = (Senders::built_in().pipelet(), HashSet::new());
    find(body, Rules { policy, row, given, gaps: &[], start: 0 }, Some(row))
}

/// Returns how many bytes of the original body a skeleton's text stands for.
fn written(text: &str, gaps: &[Gap]) -> usize {
    let lengths = pieces(text, gaps).into_iter().map(|piece| match piece {
        Piece::Text(text) => text.len(),
        Piece::Raw(gap) => gap.span.len(),
    });
    lengths.sum()
}

/// Finds the files in a JSON text, except in the top-level members of the
/// `envelope`.
fn find<'r>(body: &str, rules: Rules<'r>, envelope: Option<&'r Row>) -> Discovery {
    let (discovery, known) = (Discovery::default(), HashMap::new());
    let mut finder = Finder { rules, envelope, discovery, known, source_bytes: 0, places: 0 };
    finder.search(body, &SearchScope::result(), &mut |at| at);
    finder.discovery
}

struct Finder<'r> {
    rules: Rules<'r>,
    envelope: Option<&'r Row>,
    discovery: Discovery,
    /// The index in `discovery.files` of each key.
    known: HashMap<String, usize>,
    source_bytes: usize,
    places: usize,
}

impl Finder<'_> {
    /// Searches a text. `locate` maps an offset in it to the offset in the
    /// body. It is called with ascending offsets.
    fn search(&mut self, text: &str, within: &SearchScope, locate: &mut dyn FnMut(usize) -> usize) {
        let described = described(text);
        let mut member = (usize::MAX, false);
        json::walk(text, |path, token, span| {
            if within.depth == 0 && member.0 != path.top() {
                member = (path.top(), self.is_aside(path));
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
            let place =
                StringToken { span: locate(span.start)..locate(span.end), depth: within.depth };
            self.look(&string, &Candidate { path, within, beside, place });
        });
    }

    /// Returns whether a value is in a member of the envelope.
    fn is_aside(&self, path: &Path<'_, '_>) -> bool {
        self.envelope.is_some_and(|row| path.top_key().is_some_and(|key| row.is_aside(&key)))
    }

    fn look(&mut self, string: &str, spot: &Candidate<'_>) {
        match classify(string, spot, &self.rules) {
            Class::Text => {}
            Class::Skip(skipped) => self.skip(spot, skipped),
            Class::File(found) => self.add(*found, spot),
        }
    }

    fn add(&mut self, found: FoundFile, spot: &Candidate<'_>) {
        match self.known.get(&found.key).copied() {
            Some(at) => self.add_place(at, spot),
            None if self.discovery.files.len() < MAX_FILES => self.add_file(found, spot),
            None => self.skip(spot, Skipped::too_many()),
        }
    }

    fn add_place(&mut self, at: usize, spot: &Candidate<'_>) {
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

    fn add_file(&mut self, mut found: FoundFile, spot: &Candidate<'_>) {
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

    fn skip(&mut self, spot: &Candidate<'_>, skipped: Skipped) {
        if self.discovery.skipped.len() < MAX_SKIPPED {
            self.discovery.skipped.push(Skipped { pointer: spot.pointer(), ..skipped });
        }
    }
}
