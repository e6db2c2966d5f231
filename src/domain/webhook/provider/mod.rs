//! The queues whose webhooks are understood, one file each.
//!
//! A provider's file reads a body's members and says what they mean in the
//! words that all of hookvault uses; nothing else knows its format. The upstream
//! itself, whose format is [`super::event`]'s, is what no other one claims.

mod fal;
mod pipelet;
mod replicate;

use super::event::{Event, EventKind, Provider};
use crate::domain::json::Member;
use crate::domain::time::Timestamp;
use std::ops::Range;

impl Provider {
    /// Returns whether a URL below this key of a result is an output, whatever
    /// else is known of it.
    #[must_use]
    pub fn is_output(self, key: Option<&str>) -> bool {
        match self {
            Self::Pipelet => matches!(key, Some("data_uri" | "data_url" | "results" | "url")),
            // Each of its files is an object with this key.
            Self::Fal => key == Some("url"),
            // A prediction's `output` is what the model has put out.
            Self::Replicate => true,
        }
    }
}

/// What a body of another provider says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading<'a> {
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

/// Reads the members of a body as those of the provider that they are of;
/// `None` if that is the upstream's own format.
#[must_use]
pub fn read<'a>(members: &[Member<'a>]) -> Option<(Provider, Reading<'a>)> {
    // What calls itself an event is the upstream's.
    if find(members, "eventType").is_some() {
        return None;
    }
    let fal = || fal::read(members).map(|reading| (Provider::Fal, reading));
    let replicate = || replicate::read(members).map(|reading| (Provider::Replicate, reading));
    fal().or_else(replicate)
}

/// Reads the members of a body that [`read`] finds to be of no other provider.
#[must_use]
pub fn pipelet(members: Vec<Member<'_>>) -> Event<'_> {
    pipelet::read(members)
}

/// How many of these members a body has, be they `null`.
fn count(members: &[Member<'_>], keys: &[&str]) -> usize {
    keys.iter().filter(|key| find(members, key).is_some()).count()
}

fn find<'m, 'a>(members: &'m [Member<'a>], key: &str) -> Option<&'m Member<'a>> {
    // Of repeated keys the last counts, as in `JSON.parse`.
    members.iter().rev().find(|member| member.key == key)
}

/// The value of a member that is there and not `null`.
fn value<'a>(members: &[Member<'a>], key: &str) -> Option<&'a str> {
    find(members, key).map(|member| member.value).filter(|value| *value != "null")
}

/// Where the value of a member stands in the body.
fn place(members: &[Member<'_>], key: &str) -> Range<usize> {
    let of = |member: &Member<'_>| member.span.end - member.value.len()..member.span.end;
    find(members, key).map_or(0..0, of)
}
