//! Reads the head of inline data, which says how the data is encoded.

use super::data::MAX_HELD;
use crate::domain::file::media_type;

/// The beginning of a string that may be a file.
#[derive(Debug, Clone)]
pub(super) struct Head {
    /// The declared media type, as it is written.
    pub media: String,
    /// The offset in the string at which the data begins.
    pub start: usize,
    pub is_base64: bool,
    /// Whether the data is no `data:` URI.
    pub is_bare: bool,
    /// Whether the data may be a document without a URL's encoding.
    pub may_be_raw: bool,
}

impl Head {
    /// Reads the head of a string from its first [`MAX_HELD`] bytes. Returns
    /// `None` if the string is surely no file.
    pub fn of(text: &[u8]) -> Option<Self> {
        let text = beginning(text);
        let bare = text.trim_start_matches(is_before);
        let before = text.len() - bare.len();
        match bare.split_at_checked(5) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("data:") => {
                Self::of_uri(rest, before + scheme.len())
            }
            _ => (!bare.is_empty()).then(|| Self::bare(before)),
        }
    }

    fn bare(start: usize) -> Self {
        Self { media: String::new(), start, is_base64: true, is_bare: true, may_be_raw: false }
    }

    /// Reads what follows `data:`. Returns `None` for prose that begins with
    /// it.
    fn of_uri(rest: &str, before: usize) -> Option<Self> {
        let comma = comma(rest)?;
        let head = rest.get(..comma)?;
        let (types, is_base64) = without_base64(head);
        let media = types.split(';').next().unwrap_or_default().trim_ascii();
        let is_sound = media.is_empty() || media_type::is_type(media);
        is_sound.then(|| Self {
            may_be_raw: is_document(media) && head.starts_with(media),
            media: media.to_owned(),
            start: before + comma + 1,
            is_base64,
            is_bare: false,
        })
    }
}

/// Returns the part of a text that is held, without a character that is cut
/// off.
fn beginning(text: &[u8]) -> &str {
    let held = text.get(..MAX_HELD).unwrap_or(text);
    match std::str::from_utf8(held) {
        Ok(text) => text,
        Err(error) => {
            let valid = held.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(valid).unwrap_or_default()
        }
    }
}

/// Returns whether a character may precede a file without being part of it.
fn is_before(c: char) -> bool {
    c.is_control() || c.is_whitespace() || c == '\u{feff}'
}

/// Returns whether a media type means a document and no prose.
fn is_document(media: &str) -> bool {
    let media = media_type::essence(media);
    let kinds = ["application/", "audio/", "image/", "model/", "text/", "video/"];
    media != "text/plain" && kinds.iter().any(|kind| media.starts_with(kind))
}

/// Returns the offset of the comma that ends the head of a `data:` URI. Skips
/// commas in quotes, which the standard does not do: it would cut a file name
/// with a comma in two.
fn comma(rest: &str) -> Option<usize> {
    let mut is_quoted = false;
    let outside = rest.find(|c| {
        is_quoted ^= c == '"';
        c == ',' && !is_quoted
    });
    outside
        .filter(|at| rest.get(..*at).is_some_and(|head| without_base64(head).1))
        .or_else(|| rest.find(','))
}

/// Returns a head without its `;base64`, and whether it had one.
fn without_base64(head: &str) -> (&str, bool) {
    let is_mark = |mark: &str| {
        let spaced = |byte: &u8| byte.is_ascii_whitespace();
        mark.bytes()
            .filter(|byte| !spaced(byte))
            .map(|byte| byte.to_ascii_lowercase())
            .eq(*b"base64")
    };
    match head.rsplit_once(';') {
        Some((types, mark)) if is_mark(mark) => (types, true),
        _ => (head, false),
    }
}
