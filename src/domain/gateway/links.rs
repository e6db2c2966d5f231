//! Replaces the URLs in the upstream's answers by this vault's. Clients follow
//! them with the key that they have, which is this vault's.

use crate::domain::json::edit::{self, Edit};
use crate::domain::json::{self, Member};
use crate::domain::upstream::queue::Queue;
use crate::domain::upstream::template::encode_app;
use std::ops::Range;
use url::Url;

/// The members that contain a URL of a request, and how such a URL ends.
const KEYS: [(&str, &str); 3] =
    [("response_url", ""), ("status_url", "/status"), ("cancel_url", "/cancel")];

/// The routes of a request at this vault.
#[derive(Debug, Clone, Copy)]
pub struct RequestRoutes<'a> {
    /// The scheme and the host.
    pub base: &'a str,
    /// The queue.
    pub queue: Queue,
    /// The application.
    pub app: &'a str,
    /// The request's id.
    pub id: &'a str,
}

impl RequestRoutes<'_> {
    /// Returns the URL of the result. The URLs of status and cancel are below
    /// it.
    #[must_use]
    pub fn url(&self) -> String {
        let app = encode_app(self.app).unwrap_or_default();
        format!("{}{}/{app}/requests/{}", self.base, self.queue.prefix(), self.id)
    }
}

/// Returns `body`, an object with these `members`, with its URLs replaced. A
/// URL below `upstream` keeps its path; any other becomes the URL of `place`.
#[must_use]
pub fn point_here(
    body: &str,
    members: &[Member<'_>],
    upstream: Option<&Url>,
    place: RequestRoutes<'_>,
) -> String {
    let mut edits: Vec<Edit> = Vec::new();
    for member in members {
        let Some((_, end)) = KEYS.iter().find(|(key, _)| member.key == *key) else { continue };
        let Some(url) = json::decode_string(member.value) else { continue };
        let here = same_path(&url, upstream, place);
        let here = here.unwrap_or_else(|| format!("{}{end}", place.url()));
        edits.push((value_span(member), json::encode_string(&here)));
    }
    edit::splice(body, &edits)
}

/// Returns the range of a member's value.
#[must_use]
pub fn value_span(member: &Member<'_>) -> Range<usize> {
    member.span.end - member.value.len()..member.span.end
}

fn same_path(url: &str, upstream: Option<&Url>, place: RequestRoutes<'_>) -> Option<String> {
    let (url, upstream) = (Url::parse(url).ok()?, upstream?);
    if url.origin() != upstream.origin() {
        return None;
    }
    let rest = url.path().strip_prefix(upstream.path().trim_end_matches('/'))?;
    let rest = rest.strip_prefix('/')?;
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    Some(format!("{}{}/{rest}{query}", place.base, place.queue.prefix()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: RequestRoutes<'_> =
        RequestRoutes { base: "https://v", queue: Queue::Fal, app: "o/m/sub", id: "12" };

    fn led(body: &str) -> String {
        let upstream = Url::parse("https://u.example/fal/queue").unwrap();
        point_here(body, &json::members(body), Some(&upstream), PLACE)
    }

    #[test]
    fn urls_of_the_upstream_keep_their_path() {
        let body = r#"{"request_id":"12","status_url":"https:\/\/u.example/fal/queue/o/m/requests/12/status","seed":196619188014358660}"#;
        let want = r#"{"request_id":"12","status_url":"https://v/fal/queue/o/m/requests/12/status","seed":196619188014358660}"#;
        assert_eq!(led(body), want);
    }

    #[test]
    fn other_urls_are_replaced_by_this_vaults() {
        for url in ["http://10.0.0.1/queue/m/requests/12/cancel", "https://u.example/x", "?"] {
            let body = format!(r#"{{"cancel_url":"{url}"}}"#);
            assert_eq!(
                led(&body),
                r#"{"cancel_url":"https://v/fal/queue/o/m/sub/requests/12/cancel"}"#
            );
        }
        assert_eq!(
            led(r#"{"cancel_url":null,"a":"https://u.example/fal/queue/x"}"#),
            r#"{"cancel_url":null,"a":"https://u.example/fal/queue/x"}"#
        );
    }
}
