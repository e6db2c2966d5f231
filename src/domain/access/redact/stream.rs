//! Masks a body in pieces, which may cut a secret.

use super::find::{Kind, find};
use super::own::{begun, keep_own, own_urls};
use super::secrets::Secrets;
use super::spans::{apply, ordered};
use super::spelling::Text;

/// The most bytes that are held back until the next piece arrives.
const MAX_HELD: usize = 64 * 1024;

/// A body that is being masked.
#[derive(Debug)]
pub struct Stream {
    secrets: Secrets,
    kind: Kind,
    /// The prefix of the URLs that stay unmasked.
    own: String,
    /// Received bytes that may be the beginning of a secret.
    held: Vec<u8>,
    /// The byte before the held ones.
    before: u8,
    /// How many bytes must be held before they are searched again.
    due: usize,
}

impl Stream {
    /// Masks every secret, as [`Secrets::mask`] does.
    #[must_use]
    pub const fn of_all(secrets: Secrets) -> Self {
        Self::new(secrets, Kind::All, String::new())
    }

    /// Masks the configured secrets and capabilities alone.
    #[must_use]
    pub const fn of_values(secrets: Secrets) -> Self {
        Self::new(secrets, Kind::Values, String::new())
    }

    /// Masks the secrets in a result, as [`Secrets::mask_result`] does.
    #[must_use]
    pub const fn of_result(secrets: Secrets, own: String) -> Self {
        Self::new(secrets, Kind::Result, own)
    }

    const fn new(secrets: Secrets, kind: Kind, own: String) -> Self {
        Self { secrets, kind, own, held: Vec::new(), before: 0, due: 0 }
    }

    /// Takes the next piece, and returns the part of the body that is decided.
    ///
    /// The held bytes are searched again when a character arrives that ends a
    /// secret, or when they have doubled. Otherwise small pieces would cause
    /// many searches.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(piece);
        let ends = |byte: &u8| matches!(byte, 0..=b' ' | b'"' | b'<' | b'>');
        if self.held.len() < self.due && !piece.iter().any(ends) {
            return Vec::new();
        }
        let given = self.give(false);
        self.due = self.held.len() * 2;
        given
    }

    /// Returns the rest at the body's end.
    pub fn finish(&mut self) -> Vec<u8> {
        self.give(true)
    }

    fn give(&mut self, is_whole: bool) -> Vec<u8> {
        let text = Text { bytes: &self.held, is_whole };
        let mut found = find(&self.secrets, self.kind, text, self.before);
        if self.held.len().saturating_sub(found.until) > MAX_HELD {
            let text = Text { is_whole: true, ..text };
            found = find(&self.secrets, self.kind, text, self.before);
        }
        let own = own_urls(&self.held, self.own.as_bytes());
        let cut = begun(&self.held, self.own.as_bytes(), &own);
        let cut = cut.filter(|start| !is_whole && self.held.len() - start <= MAX_HELD);
        let until = found.until.min(cut.unwrap_or(usize::MAX)).min(self.held.len());
        let rest = self.held.split_off(until);
        let told = std::mem::replace(&mut self.held, rest);
        self.before = told.last().copied().unwrap_or(self.before);
        let mut spans = ordered(found.spans);
        spans.retain(|span| span.end <= told.len());
        keep_own(&mut spans, own);
        apply(&told, &spans).unwrap_or(told)
    }
}
