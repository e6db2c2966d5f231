//! The content of another provider's body, and how its members are read.

use crate::domain::json::Member;
use crate::domain::time::Timestamp;
use crate::domain::webhook::event::EventKind;
use std::ops::Range;

/// The content of another provider's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedWebhook<'a> {
    /// What has happened.
    pub kind: EventKind,
    /// The value that names the job, as written. A self-hosted server sends
    /// none.
    pub id: Option<&'a str>,
    /// When it happened, by the sender's clock.
    pub sender_time: Option<Timestamp>,
    /// A failure's error as written.
    pub error: Option<&'a str>,
    /// The byte range of the result in the body; empty if the body has none.
    pub result: Range<usize>,
}

/// Returns how many of these members a body has, `null` included.
pub(super) fn count(members: &[Member<'_>], keys: &[&str]) -> usize {
    keys.iter().filter(|key| find(members, key).is_some()).count()
}

pub(super) fn find<'m, 'a>(members: &'m [Member<'a>], key: &str) -> Option<&'m Member<'a>> {
    // The last of repeated keys counts, as in `JSON.parse`.
    members.iter().rev().find(|member| member.key == key)
}

/// Returns the value of a member that is present and not `null`.
pub(super) fn value<'a>(members: &[Member<'a>], key: &str) -> Option<&'a str> {
    find(members, key).map(|member| member.value).filter(|value| *value != "null")
}

/// Returns the byte range of a member's value in the body; empty if the member
/// is absent.
pub(super) fn place(members: &[Member<'_>], key: &str) -> Range<usize> {
    let of = |member: &Member<'_>| member.span.end - member.value.len()..member.span.end;
    find(members, key).map_or(0..0, of)
}
