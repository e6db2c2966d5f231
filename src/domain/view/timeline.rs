//! Renders the timeline for readers.

use super::record::readable;
use crate::domain::access::redact::Secrets;
use crate::domain::job::timeline::{Entry, EntryOutcome, MAX_INLINE_BODY, Trust};
use crate::domain::json;
use crate::domain::time::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

#[derive(Serialize)]
struct Timeline<'a> {
    events: Vec<EntryView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EntryView<'a> {
    n: u32,
    event_type: Option<&'a str>,
    received_at: Timestamp,
    trust: Option<Trust>,
    outcome: EntryOutcome,
    detail: Option<&'a str>,
    bytes: Option<usize>,
    body: Option<Box<RawValue>>,
}

/// Returns the timeline as JSON. Each entry includes its body if it is given
/// and at most 16 KiB long; a longer one is at `…/events/{n}/body`.
///
/// # Errors
/// The same as [`super::record::record`].
pub fn timeline(
    entries: &[(Entry, Option<String>)],
    secrets: &Secrets,
) -> serde_json::Result<String> {
    let events = entries.iter().map(EntryView::of).collect::<serde_json::Result<_>>()?;
    Ok(secrets.masked(serde_json::to_string(&Timeline { events })?))
}

/// Returns one entry in the form of [`timeline`].
///
/// # Errors
/// The same as [`super::record::record`].
pub fn entry(entry: &(Entry, Option<String>), secrets: &Secrets) -> serde_json::Result<String> {
    Ok(secrets.masked(serde_json::to_string(&EntryView::of(entry)?)?))
}

impl<'a> EntryView<'a> {
    fn of((entry, body): &'a (Entry, Option<String>)) -> serde_json::Result<Self> {
        let short = body.as_deref().filter(|body| body.len() <= MAX_INLINE_BODY);
        Ok(Self {
            n: entry.n,
            event_type: entry.event_type.as_deref(),
            received_at: entry.received_at,
            trust: entry.trust,
            outcome: entry.outcome,
            detail: entry.detail.as_deref(),
            bytes: entry.bytes,
            body: short.map(|body| json::from_str(&readable(body))).transpose()?,
        })
    }
}
