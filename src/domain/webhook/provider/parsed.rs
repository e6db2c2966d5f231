//! What a body of another provider says, and how its members are read.

use crate::domain::json::Member;
use crate::domain::time::Timestamp;
use crate::domain::webhook::event::EventKind;
use std::ops::Range;

/// What a body of another provider says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedWebhook<'a> {
    /// What has happened.
    pub kind: EventKind,
    /// The value that names the job, as written; none in what a server of one's
    /// own sends.
    pub id: Option<&'a str>,
    /// When, by the sender's clock.
    pub sender_time: Option<Timestamp>,
    /// A failure's error as written.
    pub error: Option<&'a str>,
    /// Where the result stands in the body; empty if there is none.
    pub result: Range<usize>,
}

/// How many of these members a body has, be they `null`.
pub(super) fn count(members: &[Member<'_>], keys: &[&str]) -> usize {
    keys.iter().filter(|key| find(members, key).is_some()).count()
}

pub(super) fn find<'m, 'a>(members: &'m [Member<'a>], key: &str) -> Option<&'m Member<'a>> {
    // Of repeated keys the last counts, as in `JSON.parse`.
    members.iter().rev().find(|member| member.key == key)
}

/// The value of a member that is there and not `null`.
pub(super) fn value<'a>(members: &[Member<'a>], key: &str) -> Option<&'a str> {
    find(members, key).map(|member| member.value).filter(|value| *value != "null")
}

/// Where the value of a member stands in the body.
pub(super) fn place(members: &[Member<'_>], key: &str) -> Range<usize> {
    let of = |member: &Member<'_>| member.span.end - member.value.len()..member.span.end;
    find(members, key).map_or(0..0, of)
}
