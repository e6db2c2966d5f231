//! What makes two results one: the same JSON but for white space and signatures.

use crate::domain::file::discover;
use crate::domain::file::skeleton::{self, Gap};
use crate::domain::json;
use crate::domain::json::edit::{self, Edit};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// SHA-256 of the result without the signatures of its URLs: each reading signs
/// them anew, and that makes no other result. Neither do spaces and escapes: a
/// webhook and the upstream's own answer may be written differently. Hashed as
/// it is read: a list of all edits of a large body would not fit into an
/// isolate.
///
/// Of a string that is too long to be held only its digest counts, so that the
/// result is the same where `text` is a skeleton with `gaps`.
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

/// What stands between strings, without spaces.
fn hash_syntax(hash: &mut Sha256, text: &str) {
    text.split_ascii_whitespace().for_each(|part| hash.update(part));
}

fn hash_string(hash: &mut Sha256, token: &str, gaps: &[Gap]) {
    let bare = match json::decode_string(token) {
        Some(text) => discover::comparable(&text, gaps).map_or(text, Cow::Owned),
        None => skeleton::digest_of_token(token).map_or(Cow::Borrowed(token), Cow::Owned),
    };
    // The mark keeps a string apart from what is not one, the length from the next.
    hash.update(b"\"");
    hash.update((bare.len() as u64).to_le_bytes());
    hash.update(bare.as_ref());
}
