//! Edits the upstream's result as text: cuts it out of a `completed` body, and
//! replaces its files' URLs.

use super::event::Event;
use crate::domain::json::edit::Edit;
use crate::domain::json::{self, Member};
use crate::domain::sender::row::Row;
use crate::domain::sort;

/// Returns the edits that reduce the body of `event` to its result, with
/// `edits` in it. The body has `length` bytes.
#[must_use]
pub fn of_event(event: &Event<'_>, length: usize, edits: Vec<Edit>) -> Vec<Edit> {
    let Some(part) = &event.result else {
        return without_envelope(&event.members, event.row, edits);
    };
    // A job may end without a result.
    if part.is_empty() {
        return vec![(0..length, "null".to_owned())];
    }
    let mut all = vec![(0..part.start, String::new())];
    all.extend(edits);
    all.push((part.end..length, String::new()));
    in_order(all)
}

/// Returns the edits that reduce a `completed` body to its result: the object
/// without the members of its sender's envelope, with `edits` in the others. All
/// other bytes are kept.
#[must_use]
pub fn without_envelope(members: &[Member<'_>], row: &Row, edits: Vec<Edit>) -> Vec<Edit> {
    let mut all = removals(members, row);
    all.extend(edits);
    in_order(all)
}

/// Returns the edits in the order of their places. No two begin at the same
/// place.
#[must_use]
pub fn in_order(mut edits: Vec<Edit>) -> Vec<Edit> {
    sort::by_key(&mut edits, |(span, _)| span.start);
    edits
}

fn removals(members: &[Member<'_>], row: &Row) -> Vec<Edit> {
    let mut removals = Vec::new();
    let mut is_first = true;
    for (at, member) in members.iter().enumerate() {
        if !row.is_aside(&member.key) {
            is_first = false;
            continue;
        }
        // The separator before the member is removed too; if no member before
        // it is kept, the one after it.
        let before = at.checked_sub(1).and_then(|at| members.get(at)).filter(|_| !is_first);
        let start = before.map_or(member.span.start, |before| before.span.end);
        let behind = members.get(at + 1).filter(|_| is_first);
        let end = behind.map_or(member.span.end, |behind| behind.span.start);
        removals.push((start..end, String::new()));
    }
    removals
}

/// Makes the job's durable URLs absolute, which are stored relative. A string
/// that begins with `stored` then begins with `shown`: scheme, host and the
/// present path.
///
/// The stored path contains the job's random nonce, so no other string begins
/// with it.
#[must_use]
pub fn with_base(result: &str, stored: &str, shown: &str) -> String {
    let token = json::encode_string(stored);
    let start = token.strip_suffix('"').unwrap_or_default();
    result.replace(start, &format!("\"{shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::json::edit::splice;
    use crate::domain::sender::table::Senders;

    fn stripped(body: &str) -> String {
        let edits = without_envelope(&json::members(body), Senders::built_in().pipelet(), vec![]);
        splice(body, &edits)
    }

    #[test]
    fn only_the_envelope_is_removed() {
        let body = "{\n  \"eventType\": \"completed\",\n  \"video\": {\"a\": 1.10},\n  \"jobId\": \"1\",\n  \"seed\": 196619188014358660\n}\n";
        assert_eq!(
            stripped(body),
            "{\n  \"video\": {\"a\": 1.10},\n  \"seed\": 196619188014358660\n}\n"
        );
        assert_eq!(stripped(r#"{"z":1,"eventType":"completed"}"#), r#"{"z":1}"#);
        assert_eq!(stripped(r#"{"eventType":"completed"}"#), "{}");
        assert_eq!(stripped("{ }"), "{ }");
        let all = r#"{"jobId":1,"queueName":2,"a":3,"updatedAt":4,"b":5,"jobId":6,"webhookUrl":7}"#;
        assert_eq!(stripped(all), r#"{"a":3,"b":5}"#);
        assert_eq!(stripped(r#"{"\ud800":2,"eventType":"completed"}"#), r#"{"\ud800":2}"#);
    }

    #[test]
    fn a_missing_result_is_null() {
        let shown = |output: &str| {
            let body =
                format!(r#"{{"id":"a","status":"succeeded","input":{{}},"model":"m"{output}}}"#);
            let event = Event::parse(&body, Senders::built_in()).unwrap();
            splice(&body, &of_event(&event, body.len(), Vec::new()))
        };
        assert_eq!((shown(""), shown(r#","output":[1.10]"#)), ("null".into(), "[1.10]".into()));
    }

    #[test]
    fn an_edit_changes_only_its_token() {
        let body = r#"{"eventType":"completed","b":["x","y"],"a":"z"}"#;
        let at = |token: &str| body.find(token).map(|s| s..s + token.len()).unwrap();
        let edits = [
            (at("\"completed\""), "gone".to_owned()),
            (at("\"y\""), "\"Y!\"".to_owned()),
            (at("\"z\""), "\"\"".to_owned()),
        ];
        let edits =
            without_envelope(&json::members(body), Senders::built_in().pipelet(), edits.to_vec());
        assert_eq!(splice(body, &edits), r#"{"b":["x","Y!"],"a":""}"#);
    }

    #[test]
    fn durable_urls_become_absolute_when_read() {
        let stored = r#"{"a":"/files/7/n0nce/0-a.mp4","b":"/files/7/other/0"}"#;
        assert_eq!(
            with_base(stored, "/files/7/n0nce/", "https://v/files/7/new/"),
            r#"{"a":"https://v/files/7/new/0-a.mp4","b":"/files/7/other/0"}"#
        );
    }
}
