//! Recognizes equal results: the same JSON apart from white space and
//! signatures.

use crate::domain::file::discover;
use crate::domain::file::skeleton::{self, Gap};
use crate::domain::json;
use crate::domain::json::edit::{self, Edit};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// Returns the SHA-256 of the result without the signatures in its URLs. The
/// upstream signs them again for each answer, which does not make a new result.
/// Spaces and escapes do not count either, because a webhook and the upstream's
/// own answer may be written differently. The text is hashed while it is read:
/// a list of all edits of a large body would not fit into an isolate.
///
/// Of a string that is too long to hold, only its digest counts, so that a
/// skeleton with `gaps` has the same fingerprint as the whole text.
pub(super) fn fingerprint(text: &str, gaps: &[Gap], envelope: &[Edit]) -> String {
    let mut hash = Sha256::new();
    edit::pieces(text, envelope, |piece| {
        let mut at = 0;
        json::strings(piece, |token, span| {
            hash_syntax(&mut hash, piece.get(at..span.start).unwrap_or_default());
            hash_string(&mut hash, token, gaps);
            at = span.end;
        });
        hash_syntax(&mut hash, piece.get(at..).unwrap_or_default());
    });
    hex::encode(hash.finalize())
}

/// Hashes the text between strings, without spaces.
fn hash_syntax(hash: &mut Sha256, text: &str) {
    text.split_ascii_whitespace().for_each(|part| hash.update(part));
}

fn hash_string(hash: &mut Sha256, token: &str, gaps: &[Gap]) {
    let bare = match json::decode_string(token) {
        Some(text) => discover::comparable(&text, gaps).map_or(text, Cow::Owned),
        None => skeleton::digest_of_token(token).map_or(Cow::Borrowed(token), Cow::Owned),
    };
    // The mark separates strings from other text, the length from the next
    // string.
    hash.update(b"\"");
    hash.update((bare.len() as u64).to_le_bytes());
    hash.update(bare.as_ref());
}
