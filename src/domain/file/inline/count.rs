//! Checks inline data while it is read, and counts the bytes that it decodes
//! to.

use super::data::{InlineData, is_behind};
use super::head::Head;
use super::unpack::Unpacker;
use crate::domain::file::media_type;

/// The bytes of data that are decoded at once, to be counted and dropped.
const BLOCK: usize = 4 * 1024;

/// Counts the bytes of the file in a string that arrives in pieces.
#[derive(Debug, Clone)]
pub(crate) struct Counter {
    head: Head,
    /// How many bytes of the string were read.
    at: usize,
    /// The offset at which the data ends, if no more of it follows.
    end: usize,
    now: Count,
    /// The count at that end.
    at_end: Option<Count>,
    /// The first bytes of the file.
    first: Vec<u8>,
    scratch: Vec<u8>,
}

/// What was counted of the data.
#[derive(Debug, Clone)]
struct Count {
    unpacker: Unpacker,
    bytes: u64,
    /// Whether the data has only characters that a URL may contain.
    is_url: bool,
    has_hash: bool,
}

impl Counter {
    /// Begins a string whose first `MAX_HELD` bytes are `held`. Returns `None`
    /// if it is surely no file. The held bytes have to be pushed as well.
    pub fn of(held: &[u8]) -> Option<Self> {
        Head::of(held).map(Self::of_head)
    }

    pub(super) fn of_head(head: Head) -> Self {
        let unpacker = Unpacker::new(head.is_base64);
        let now = Count { unpacker, bytes: 0, is_url: true, has_hash: false };
        let (first, scratch) = (Vec::new(), Vec::new());
        Self { end: head.start, head, at: 0, now, at_end: None, first, scratch }
    }

    /// Reads more of the string, from its beginning on.
    pub fn push(&mut self, text: &[u8]) {
        let before = self.head.start.saturating_sub(self.at).min(text.len());
        self.at += before;
        let data = text.get(before..).unwrap_or_default();
        if self.at < self.head.start || data.is_empty() || self.is_hopeless() {
            return;
        }
        let is_data = |byte: &u8| !is_behind(char::from(*byte));
        let solid = data.iter().rposition(is_data).map_or(0, |last| last + 1);
        let (data, behind) = data.split_at_checked(solid).unwrap_or((data, &[]));
        if !data.is_empty() {
            self.at_end = None;
            self.read(data);
            self.end = self.at;
        }
        if !behind.is_empty() {
            self.at_end.get_or_insert_with(|| self.now.clone());
            self.read(behind);
        }
    }

    /// Returns whether the string is surely no file.
    pub fn is_hopeless(&self) -> bool {
        self.at_end.is_none() && (self.now.unpacker.is_broken() || !self.now.is_sound(&self.head))
    }

    /// Ends the string. Returns `None` if it is no file.
    pub fn finish(mut self) -> Option<InlineData> {
        let mut count = self.at_end.take().unwrap_or(self.now);
        let is_sound = count.is_sound(&self.head);
        self.scratch.clear();
        count.unpacker.finish(&mut self.scratch).ok().filter(|()| is_sound)?;
        // What was decoded from bytes after the data is no part of the file.
        self.first.truncate(usize::try_from(count.bytes).unwrap_or(usize::MAX));
        self.first.extend_from_slice(&self.scratch);
        count.bytes += self.scratch.len() as u64;
        let Head { start, is_bare, is_base64, .. } = self.head;
        let content_type = content_type(&self.head.media, &self.first);
        let is_known = content_type.is_some() || !is_bare;
        let (end, bytes) = (self.end, count.bytes);
        is_known.then_some(InlineData { start, end, bytes, content_type, is_bare, is_base64 })
    }

    fn read(&mut self, data: &[u8]) {
        self.at += data.len();
        if !self.head.is_base64 {
            self.now.look(data);
        }
        for block in data.chunks(BLOCK) {
            self.scratch.clear();
            self.now.unpacker.push(block, &mut self.scratch);
            self.now.bytes += self.scratch.len() as u64;
            let missing = media_type::HEAD_BYTES.saturating_sub(self.first.len());
            self.first.extend(self.scratch.iter().take(missing));
        }
    }
}

impl Count {
    fn look(&mut self, data: &[u8]) {
        let is_url = |b: &u8| b.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(b);
        self.is_url = self.is_url && data.iter().all(is_url);
        self.has_hash = self.has_hash || memchr::memchr(b'#', data).is_some();
    }

    /// Returns whether the data is base64, is encoded as in a URL, or is a
    /// document and no prose. A `#` would end the URI, so raw data with one
    /// stays text: else what follows the `#` would be lost.
    const fn is_sound(&self, head: &Head) -> bool {
        head.is_base64 || self.is_url || (head.may_be_raw && !self.has_hash)
    }
}

fn content_type(media: &str, first: &[u8]) -> Option<String> {
    let declared = media_type::essence(media);
    if media_type::is_vague(&declared) {
        return media_type::sniff(first).map(str::to_owned);
    }
    Some(declared)
}
