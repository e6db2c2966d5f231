//! The messages of the live feed.

use super::row::Row;
use crate::domain::names::ObjectName;
use crate::domain::view::record::Context;
use serde_json::json;

/// A change that a viewer has missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// Its number.
    pub seq: u64,
    /// The job's object.
    pub home: ObjectName,
    /// The day that has the job's row; empty if it was removed.
    pub day: String,
    /// The job's id, if it was removed.
    pub id: String,
}

/// Says that the viewer knows everything up to `seq`.
#[must_use]
pub fn here(seq: u64) -> String {
    json!({ "seq": seq }).to_string()
}

/// Says that a job is new or has changed; `base` is the scheme and host of its
/// files' URLs.
#[must_use]
pub fn changed(seq: u64, row: &Row, context: Context<'_>) -> String {
    json!({ "seq": seq, "job": row.summary.clone().shown(context) }).to_string()
}

/// Says that a job is gone.
#[must_use]
pub fn removed(seq: u64, id: &str) -> String {
    json!({ "seq": seq, "deleted": id }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access::redact::Secrets;
    use crate::domain::fixtures;

    #[test]
    fn messages_hold_their_number_and_what_happened() {
        let secrets = Secrets::default();
        let context = Context { base: "https://v", secrets: &secrets };
        assert_eq!(here(7), r#"{"seq":7}"#);
        assert_eq!(removed(8, "ref:a"), r#"{"deleted":"ref:a","seq":8}"#);
        let text = changed(9, &Row::of(&fixtures::job()), context);
        assert!(text.contains("\"seq\":9") && text.contains("\"id\":\"437852\""), "{text}");
    }
}
