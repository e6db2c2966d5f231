//! What comes in for a job, and what makes two bodies one: the same JSON but for
//! white space and signatures.

use super::document::Document;
use crate::domain::file::discover;
use crate::domain::job::file::Archived;
use crate::domain::job::timeline::{BodyAt, Trust};
use crate::domain::json;
use crate::domain::json::edit::{self, Edit};
use crate::domain::time::Timestamp;
use crate::domain::webhook::event::EventKind;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// How a body came here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Someone sent it, who is believed so far.
    Delivery(Trust),
    /// The vault asked the upstream for it.
    Healing,
}

impl Arrival<'_> {
    /// Whether no one can read its body.
    #[must_use]
    pub const fn is_unreadable(&self) -> bool {
        self.document.unreadable.is_some()
    }

    /// What has happened.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        self.document.told.kind
    }
}

impl Origin {
    /// Returns how much its sender is believed, if someone sent it.
    #[must_use]
    pub const fn trust(self) -> Option<Trust> {
        match self {
            Self::Delivery(trust) => Some(trust),
            Self::Healing => None,
        }
    }
}

/// A delivery that belongs to this job, or the upstream's answer about it.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// When it came.
    pub at: Timestamp,
    /// When it is applied: later, if it was assigned by hand or moved here.
    pub now: Timestamp,
    /// Its body as it came.
    pub raw: &'a [u8],
    /// Its body as it is read; `{}` if no one can read it.
    pub text: &'a str,
    /// What its body says.
    pub document: Document,
    /// SHA-256 of its body in hex.
    pub sha256: &'a str,
    /// Where its body is kept.
    pub body: BodyAt,
    /// The entry of an equal body that was not itself a duplicate.
    pub seen: Option<u32>,
    /// How it came here.
    pub origin: Origin,
    /// The caller's reference, if it leads to this job.
    pub reference: Option<String>,
    /// The caller's application.
    pub app: Option<String>,
    /// The caller's tags.
    pub tags: Vec<String>,
    /// Days that the caller has it kept.
    pub keep_days: Option<u32>,
    /// Whether the operator has the ends of jobs handed on.
    pub has_operator: bool,
    /// Something odd about its correlation, for the timeline.
    pub note: Option<String>,
    /// The job that its body names, if it came by a capability: that is of one
    /// job, whatever the body says.
    pub named: Option<String>,
    /// Files of its result that are stored already.
    pub archived: &'a [Archived],
}

/// SHA-256 of the result without the signatures of its URLs: each reading signs
/// them anew, and that makes no other result. Neither do spaces and escapes: a
/// webhook and the upstream's own answer may be written differently. Hashed as
/// it is read: a list of all edits of a large body would not fit into an
/// isolate.
pub(super) fn fingerprint(text: &str, envelope: &[Edit]) -> String {
    let mut hash = Sha256::new();
    edit::pieces(text, envelope, |piece| {
        let mut at = 0;
        json::strings(piece, |token, span| {
            hash_syntax(&mut hash, piece.get(at..span.start).unwrap_or_default());
            hash_string(&mut hash, token);
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

fn hash_string(hash: &mut Sha256, token: &str) {
    let text = json::decode_string(token).unwrap_or(Cow::Borrowed(token));
    let bare = discover::unsigned(&text).map_or(text, Cow::Owned);
    // The mark keeps a string apart from what is not one, the length from the next.
    hash.update(b"\"");
    hash.update((bare.len() as u64).to_le_bytes());
    hash.update(bare.as_ref());
}
