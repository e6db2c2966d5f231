//! The queues whose webhooks are understood, one file each.
//!
//! A provider's file reads a body's members and says what they mean in the
//! words that all of hookvault uses; nothing else knows its format. The upstream
//! itself, pipelet, is whoever no other file claims.

mod fal;
pub mod parsed;
mod pipelet;
mod replicate;

use self::parsed::{ParsedWebhook, find};
use super::event::{Event, Provider};
use crate::domain::json::Member;

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

/// Reads the members of a body as those of the provider that they are of;
/// `None` if that is the upstream's own format.
#[must_use]
pub fn read<'a>(members: &[Member<'a>]) -> Option<(Provider, ParsedWebhook<'a>)> {
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
