//! The upstream's result as text: what of a `completed` body is the result,
//! and the result with its files' URLs replaced.

use super::event::ENVELOPE;
use super::json::{self, Member};
use std::ops::Range;

/// A replacement of the bytes of one string token.
pub type Edit = (Range<usize>, String);

/// The result in a `completed` body: the object without the envelope's
/// members, with `edits` (in order, inside the members that stay) applied.
/// Every other byte is kept.
#[must_use]
pub fn without_envelope(body: &str, members: &[Member<'_>], edits: &[Edit]) -> String {
    let kept: Vec<usize> = (0..members.len())
        .filter(|at| members.get(*at).is_some_and(|m| !ENVELOPE.contains(&m.key.as_ref())))
        .collect();
    let span = |at: usize| members.get(at).map_or(0..0, |member| member.span.clone());
    let slice = |range: Range<usize>| body.get(range).unwrap_or_default();
    let (Some(first), Some(last)) = (members.first(), members.last()) else {
        return body.trim().to_owned();
    };
    let mut out = slice(0..first.span.start).trim_start().to_owned();
    for (position, at) in kept.iter().copied().enumerate() {
        if position > 0 {
            out.push_str(slice(span(at.saturating_sub(1)).end..span(at).start));
        }
        out.push_str(&splice_range(body, span(at), edits));
    }
    out.push_str(slice(last.span.end..body.len()).trim_end());
    out
}

/// `text` with `edits` (in order, not overlapping) applied.
#[must_use]
pub fn splice(text: &str, edits: &[Edit]) -> String {
    splice_range(text, 0..text.len(), edits)
}

fn splice_range(text: &str, range: Range<usize>, edits: &[Edit]) -> String {
    let mut out = String::new();
    let mut at = range.start;
    for (span, new) in edits.iter().filter(|(s, _)| range.start <= s.start && s.end <= range.end) {
        out.push_str(text.get(at..span.start).unwrap_or_default());
        out.push_str(new);
        at = span.end;
    }
    out.push_str(text.get(at..range.end).unwrap_or_default());
    out
}

/// Puts `base` (such as `https://vault.example`) before each durable URL of
/// the job that is stored relative: a string that begins with `files_path`.
///
/// The path holds the job's random nonce, so no other string begins with it.
#[must_use]
pub fn with_base(result: &str, files_path: &str, base: &str) -> String {
    let token = json::encode_string(files_path);
    let start = token.strip_suffix('"').unwrap_or_default();
    result.replace(start, &format!("\"{base}{files_path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(body: &str) -> String {
        without_envelope(body, &json::members(body), &[])
    }

    #[test]
    fn only_the_envelope_goes() {
        let body = "{\n  \"eventType\": \"completed\",\n  \"video\": {\"a\": 1.10},\n  \"jobId\": \"1\",\n  \"seed\": 196619188014358660\n}\n";
        assert_eq!(
            stripped(body),
            "{\n  \"video\": {\"a\": 1.10},\n  \"seed\": 196619188014358660\n}"
        );
        assert_eq!(stripped(r#"{"z":1,"eventType":"completed"}"#), r#"{"z":1}"#);
        assert_eq!(stripped(r#"{"eventType":"completed"}"#), "{}");
        assert_eq!(stripped("{ }"), "{ }");
    }

    #[test]
    fn edits_touch_their_token_alone() {
        let body = r#"{"eventType":"completed","b":["x","y"],"a":"z"}"#;
        let at = |token: &str| body.find(token).map(|s| s..s + token.len()).unwrap();
        let edits = [(at("\"y\""), "\"Y!\"".to_owned()), (at("\"z\""), "\"\"".to_owned())];
        assert_eq!(
            without_envelope(body, &json::members(body), &edits),
            r#"{"b":["x","Y!"],"a":""}"#
        );
    }

    #[test]
    fn durable_urls_get_their_origin_when_read() {
        let stored = r#"{"a":"/files/7/n0nce/0-a.mp4","b":"/files/7/other/0"}"#;
        assert_eq!(
            with_base(stored, "/files/7/n0nce/", "https://v"),
            r#"{"a":"https://v/files/7/n0nce/0-a.mp4","b":"/files/7/other/0"}"#
        );
    }
}
