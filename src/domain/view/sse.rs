//! Writes the timeline as server-sent events, and reads where a stream resumes.
//!
//! The format is that of `EventSource` in the HTML standard. Only entries have
//! ids, so a client resumes after the last entry that it received.

use crate::domain::job::progress::JobProgress;
use crate::domain::time::SECOND;

/// The beginning of a stream. A client whose connection breaks reconnects after
/// 2 s.
pub const PREAMBLE: &str = "retry: 2000\n\n";

/// A comment that keeps the connection alive.
pub const HEARTBEAT: &str = ":\n\n";

/// The longest time between two frames, in milliseconds. Proxies close
/// connections that are idle for longer.
pub const HEARTBEAT_MS: u64 = 15 * SECOND;

/// The most requests of one stream to its job. On the free plan a request may
/// make 50 subrequests, and the first one to the job may need several. After
/// that the stream ends; the client reconnects and misses nothing.
pub const MAX_ASKS: u32 = 40;

/// Returns whether `Accept` names event streams; `*/*` does not.
#[must_use]
pub fn is_wanted(accept: Option<&str>) -> bool {
    let kind = |range: &str| range.split(';').next().unwrap_or_default().trim().to_owned();
    accept
        .unwrap_or_default()
        .split(',')
        .map(kind)
        .any(|kind| kind.eq_ignore_ascii_case("text/event-stream"))
}

/// Reads the entry after which the stream resumes, from `Last-Event-ID`.
///
/// # Errors
/// Returns an error for the caller if the header is no entry's number.
pub fn last_event_id(header: &str) -> Result<u32, String> {
    let number = Some(header).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    number.and_then(|text| text.parse().ok()).ok_or_else(|| {
        let shown: String = header.chars().take(40).collect();
        format!("`Last-Event-ID` is {shown:?}; it must be the id of an event of this stream")
    })
}

/// Returns the frame of timeline entry `n`, whose JSON is `json`.
#[must_use]
pub fn entry(n: u32, json: &str) -> String {
    format!("id: {n}\nevent: entry\ndata: {}\n\n", one_line(json))
}

/// Returns the frame with the job's progress.
///
/// # Errors
/// Returns an error if the progress can't be written as JSON, which never
/// happens in practice.
pub fn job(progress: &JobProgress) -> serde_json::Result<String> {
    Ok(format!("event: job\ndata: {}\n\n", serde_json::to_string(progress)?))
}

/// Returns the same JSON on one line: line breaks between its tokens become
/// spaces. Its tokens contain no line breaks.
fn one_line(json: &str) -> String {
    json.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::job::record::Archive;
    use crate::domain::job::status::Status;

    #[test]
    fn accept_must_name_event_streams() {
        let wanted = ["text/event-stream", "TEXT/Event-Stream", "a/b, text/event-stream;q=1"];
        for accept in wanted {
            assert!(is_wanted(Some(accept)), "{accept}");
        }
        for accept in ["", "*/*", "text/*", "application/json", "text/event-stream2"] {
            assert!(!is_wanted(Some(accept)), "{accept}");
        }
        assert!(!is_wanted(None));
    }

    #[test]
    fn a_stream_resumes_after_a_number_only() {
        for (header, n) in [("0", 0), ("7", 7), ("007", 7), ("4294967295", u32::MAX)] {
            assert_eq!(last_event_id(header), Ok(n));
        }
        for header in ["", " 7", "+7", "-1", "1.5", "x", "4294967296", "7\u{e9}"] {
            let why = last_event_id(header).unwrap_err();
            assert!(why.contains("`Last-Event-ID`") && why.contains(&format!("{header:?}")));
        }
        assert!(last_event_id(&"x".repeat(9_000)).unwrap_err().len() < 200);
    }

    #[test]
    fn frames_are_pinned() {
        assert_eq!(entry(3, r#"{"n":3}"#), "id: 3\nevent: entry\ndata: {\"n\":3}\n\n");
        let progress =
            JobProgress { version: 2, status: Status::Completed, archive: Archive::Pending };
        let want = r#"{"version":2,"status":"completed","archive":"pending"}"#;
        assert_eq!(job(&progress).unwrap(), format!("event: job\ndata: {want}\n\n"));
    }

    #[test]
    fn a_body_on_several_lines_keeps_its_frame() {
        let frame = entry(1, "{\"body\": {\r\n\t\"a\": \"x\\ny\"\r}\n}");
        assert_eq!(frame.lines().count(), 4);
        assert_eq!(frame.matches(['\r', '\n']).count(), 4);
        let data = frame.lines().nth(2).and_then(|line| line.strip_prefix("data: ")).unwrap();
        let body: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(body["body"]["a"], "x\ny");
    }
}
