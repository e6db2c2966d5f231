//! Checks inline data as it comes, and counts the bytes that it unpacks to.

use super::data::{InlineData, is_behind};
use super::head::Head;
use super::unpack::Unpacker;
use crate::domain::file::media_type;

/// Data that is unpacked at once, to be counted and dropped.
const BLOCK: usize = 4 * 1024;

/// Counts the file in a string that comes in pieces.
#[derive(Debug, Clone)]
pub(crate) struct Counter {
    head: Head,
    /// How much of the string has come.
    at: usize,
    /// Where the data ends, if no more of it comes.
    end: usize,
    now: Count,
    /// How it stood at that end.
    at_end: Option<Count>,
    /// The first bytes of the file.
    first: Vec<u8>,
    scratch: Vec<u8>,
}

/// What has been read of the data.
#[derive(Debug, Clone)]
struct Count {
    unpacker: Unpacker,
    bytes: u64,
    /// Whether it has only characters that a URL may hold.
    is_url: bool,
    has_hash: bool,
}

impl Counter {
    /// Begins with a string of which the first `MAX_HELD` bytes are `held`;
    /// `None` if it is surely no file. They are to be pushed as well.
    pub fn of(held: &[u8]) -> Option<Self> {
        Head::of(held).map(Self::of_head)
    }

    pub(super) fn of_head(head: Head) -> Self {
        let unpacker = Unpacker::new(head.is_base64);
        let now = Count { unpacker, bytes: 0, is_url: true, has_hash: false };
        let (first, scratch) = (Vec::new(), Vec::new());
        Self { end: head.start, head, at: 0, now, at_end: None, first, scratch }
    }

    /// Takes more of the string, from its beginning on.
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

    /// Whether it is sure by now that it is no file.
    pub fn is_hopeless(&self) -> bool {
        self.at_end.is_none() && (self.now.unpacker.is_broken() || !self.now.is_sound(&self.head))
    }

    /// Ends the string; `None` if it is no file.
    pub fn finish(mut self) -> Option<InlineData> {
        let mut count = self.at_end.take().unwrap_or(self.now);
        let is_sound = count.is_sound(&self.head);
        self.scratch.clear();
        count.unpacker.finish(&mut self.scratch).ok().filter(|()| is_sound)?;
        // What has been unpacked of what stands behind the data is none of it.
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

    /// Whether data that is not base64 is encoded as URLs are, or is a document
    /// and no prose. What follows a `#` is no part of it, and is rather kept as
    /// text than lost.
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
