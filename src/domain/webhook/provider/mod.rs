//! Reads the webhooks of the known providers, one file each.
//!
//! A provider's file translates a body's members into the terms that all of
//! hookvault uses. Nothing else knows its format. A body that no other
//! provider's file recognizes is read as the upstream's own (pipelet).

mod fal;
pub mod parsed;
mod pipelet;
mod replicate;

use self::parsed::{ParsedWebhook, find};
use super::event::{Event, Provider};
use crate::domain::json::Member;

impl Provider {
    /// Returns whether a URL at this key of a result is an output, without
    /// regard to anything else.
    #[must_use]
    pub fn is_output(self, key: Option<&str>) -> bool {
        match self {
            Self::Pipelet => matches!(key, Some("data_uri" | "data_url" | "results" | "url")),
            // Each of fal's files is an object with this key.
            Self::Fal => key == Some("url"),
            // The model has produced all of a prediction's `output`.
            Self::Replicate => true,
        }
    }
}

/// Reads the members of a body in the format of their provider. Returns `None`
/// for the upstream's own format.
#[must_use]
pub fn read<'a>(members: &[Member<'a>]) -> Option<(Provider, ParsedWebhook<'a>)> {
    // Only the upstream's own format has this member.
    if find(members, "eventType").is_some() {
        return None;
    }
    let fal = || fal::read(members).map(|parsed| (Provider::Fal, parsed));
    let replicate = || replicate::read(members).map(|parsed| (Provider::Replicate, parsed));
    fal().or_else(replicate)
}

/// Reads the members of a body for which [`read`] has found no other provider.
#[must_use]
pub fn pipelet(members: Vec<Member<'_>>) -> Event<'_> {
    pipelet::read(members)
}
