//! The timeline as server-sent events: the frames, and where a stream resumes.
//!
//! The format is that of the HTML standard's `EventSource`. Only entries have
//! ids, so that a client resumes after the last entry it has got.

use crate::domain::job::progress::JobProgress;
use crate::domain::time::SECOND;

/// What a stream begins with: a client that loses it comes back after 2 s.
pub const PREAMBLE: &str = "retry: 2000\n\n";

/// A comment: it shows that the connection lives.
pub const HEARTBEAT: &str = ":\n\n";

/// Most milliseconds between two frames; proxies close what is idle for longer.
pub const HEARTBEAT_MS: u64 = 15 * SECOND;

/// Most questions of one stream to its job. A request may make 50 subrequests
/// on the free plan, and the first question may take several. Then the stream
/// ends; the client comes back and misses nothing.
pub const MAX_ASKS: u32 = 40;

/// Whether `Accept` names event streams; `*/*` does not.
#[must_use]
pub fn is_wanted(accept: Option<&str>) -> bool {
    let kind = |range: &str| range.split(';').next().unwrap_or_default().trim().to_owned();
    accept
        .unwrap_or_default()
        .split(',')
        .map(kind)
        .any(|kind| kind.eq_ignore_ascii_case("text/event-stream"))
}

/// The entry after which the stream resumes, from `Last-Event-ID`.
///
/// # Errors
/// If it is no number of an entry.
pub fn last_event_id(header: &str) -> Result<u32, String> {
    let number = Some(header).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    number.and_then(|text| text.parse().ok()).ok_or_else(|| {
        let shown: String = header.chars().take(40).collect();
        format!("`Last-Event-ID` is {shown:?}; it must be the id of an event of this stream")
    })
}

/// The frame of timeline entry `n`, whose JSON is `json`.
#[must_use]
pub fn entry(n: u32, json: &str) -> String {
    format!("id: {n}\nevent: entry\ndata: {}\n\n", one_line(json))
}

/// The frame that tells where the job stands.
///
/// # Errors
/// None in practice; the types can't say so.
pub fn job(progress: &JobProgress) -> serde_json::Result<String> {
    Ok(format!("event: job\ndata: {}\n\n", serde_json::to_string(progress)?))
}

/// The same JSON on one line: between its tokens a line break is a space, and
/// within them there is none.
fn one_line(json: &str) -> String {
    json.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::job::record::Archive;
    use crate::domain::job::status::Status;

    #[test]
    fn accept_must_name_it() {
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
    fn a_body_on_several_lines_breaks_no_frame() {
        let frame = entry(1, "{\"body\": {\r\n\t\"a\": \"x\\ny\"\r}\n}");
        assert_eq!(frame.lines().count(), 4);
        assert_eq!(frame.matches(['\r', '\n']).count(), 4);
        let data = frame.lines().nth(2).and_then(|line| line.strip_prefix("data: ")).unwrap();
        let body: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(body["body"]["a"], "x\ny");
    }
}
