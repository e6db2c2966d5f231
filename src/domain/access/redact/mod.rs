//! Keeps secrets out of everything that leaves the Worker.
//!
//! Three kinds occur in text from outside: configured secrets, which are known
//! by value; capabilities and tokens in hook URLs; and presigned queries, which
//! let anyone fetch the file. Each is found in every spelling and at every
//! position. The text is masked as it is written, whether it is JSON or not.

mod find;
mod own;
pub(crate) mod secrets;
pub mod spans;
mod spelling;
mod stream;
#[cfg(test)]
mod tests;

use self::find::{Kind, find};
use self::own::{keep_own, own_urls};
pub use self::secrets::{MIN_CHARS, Secrets};
use self::spans::{apply, ordered};
use self::spelling::Text;
pub use self::stream::Stream;
use std::borrow::Cow;
use std::ops::Range;

impl Secrets {
    /// Masks every secret in a text; all other bytes stay the same.
    #[must_use]
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.mask_kind(Kind::All, text, "")
    }

    /// Masks every secret in a text. A text without secrets is not copied.
    #[must_use]
    pub fn masked(&self, text: String) -> String {
        match self.mask(&text) {
            Cow::Owned(masked) => masked,
            Cow::Borrowed(_) => text,
        }
    }

    /// Masks every secret in a rendered job, except in the vault's own URLs,
    /// which begin with `own`.
    #[must_use]
    pub fn mask_around<'a>(&self, text: &'a str, own: &str) -> Cow<'a, str> {
        self.mask_kind(Kind::All, text, own)
    }

    /// Masks in a result the configured secrets, capabilities and presigned
    /// queries, but not every token after `/hook/`. The vault's own URLs, which
    /// begin with `own`, stay the same.
    #[must_use]
    pub fn mask_result<'a>(&self, text: &'a str, own: &str) -> Cow<'a, str> {
        self.mask_kind(Kind::Result, text, own)
    }

    /// Masks every secret in bytes that a stranger has sent, text or not.
    #[must_use]
    pub fn mask_bytes(&self, body: Vec<u8>) -> Vec<u8> {
        apply(&body, &self.find(Kind::All, &body)).unwrap_or(body)
    }

    fn mask_kind<'a>(&self, kind: Kind, text: &'a str, own: &str) -> Cow<'a, str> {
        let mut spans = self.find(kind, text.as_bytes());
        if !spans.is_empty() {
            keep_own(&mut spans, own_urls(text.as_bytes(), own.as_bytes()));
        }
        let masked = apply(text.as_bytes(), &spans);
        masked.map_or(Cow::Borrowed(text), |masked| {
            Cow::Owned(String::from_utf8_lossy(&masked).into_owned())
        })
    }

    /// Returns the secrets of a whole text, in order.
    fn find(&self, kind: Kind, bytes: &[u8]) -> Vec<Range<usize>> {
        let found = find(self, kind, Text { bytes, is_whole: true }, 0);
        ordered(found.spans)
    }
}
