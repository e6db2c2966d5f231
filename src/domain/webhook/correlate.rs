//! Finds the job that a delivery belongs to, as far as its body says.
//!
//! In scope: the id in the body, first where a known provider puts it, and the
//! id in the output files' names. Out of scope: references and aliases, which
//! need the objects' answers (`hook`).

use super::event::Event;
use crate::domain::json;
use crate::domain::names::{self, MAX_NAME_BYTES, is_valid_name};
use crate::domain::sender::name::SenderName;

/// The keys that hold the job's id, the upstream's own first.
const ID_KEYS: [&str; 4] = ["jobId", "job_id", "request_id", "requestId"];

/// What a body says about its job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The id in the body itself.
    pub body_id: Option<String>,
    /// The id in the output files' names, if all names with an id agree.
    pub file_id: Option<String>,
    /// The provider whose format the body has.
    pub provider: SenderName,
    /// Why the id in the body can't be used.
    pub refused: Option<String>,
}

impl Identity {
    /// Reads the ids in `text`, which was parsed into `event`.
    #[must_use]
    pub fn of(text: &str, event: &Event<'_>) -> Self {
        let mut identity = Self { provider: event.told.provider, ..Self::default() };
        if let Some(id) = event.id.and_then(id_of) {
            return identity.named("id", id);
        }
        for key in ID_KEYS {
            // Only the first id counts: a body whose id can't be used must not
            // become the job of some other number in it.
            if let Some(id) = super::event::value_of(&event.members, key).and_then(id_of) {
                identity = identity.named(key, id);
                break;
            }
        }
        if identity.body_id.is_none() && identity.refused.is_none() {
            identity.file_id = file_id(text);
        }
        identity
    }

    fn named(mut self, key: &str, id: Result<String, String>) -> Self {
        match id {
            Ok(id) => self.body_id = Some(id),
            Err(id) => self.refused = Some(refusal(key, &id)),
        }
        self
    }
}

/// Returns the id in a value as hookvault spells it, or `Err` with the value's
/// text if it can't be an id. Returns `None` if the value is neither a string nor a number. A number
/// counts by its exact value, however it is written.
pub(crate) fn id_of(value: &str) -> Option<Result<String, String>> {
    if let Some(text) = json::decode_string(value) {
        return Some(names::spelled(&text).ok_or_else(|| text.into_owned()));
    }
    let is_number = value.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    is_number.then(|| json::decimal(value).ok_or_else(|| value.to_owned()))
}

fn refusal(key: &str, id: &str) -> String {
    let shown: String = id.chars().take(40).collect();
    let cut = if shown.len() < id.len() { "…" } else { "" };
    format!(
        "`{key}` is {shown:?}{cut}, which is not a job id: 1 to {MAX_NAME_BYTES} characters, not all \
         dots, not beginning with `ref:`. Bytes except A-Z a-z 0-9 . _ : - count three times"
    )
}

fn file_id(text: &str) -> Option<String> {
    let mut agreed: Option<String> = None;
    let mut differ = false;
    json::walk(text, |_, token, _| {
        let Some(url) = json::decode_string(token) else {
            return;
        };
        let Some(id) = output_id(&url) else { return };
        match &agreed {
            Some(first) if first != id => differ = true,
            Some(_) => {}
            None => agreed = Some(id.to_owned()),
        }
    });
    agreed.filter(|id| !differ && is_valid_name(id))
}

/// Returns whether a key in the upstream's bucket is that of an output file.
#[must_use]
pub fn is_output_key(key: &str) -> bool {
    key.strip_prefix("outputs/").is_some_and(|rest| !rest.is_empty())
}

/// Returns the job id in the URL of an output file:
/// `…/outputs/{queue}/{id}_{n}_{name}`.
fn output_id(url: &str) -> Option<&str> {
    let is_url = url.starts_with("https://") || url.starts_with("http://");
    // A URL with a broken character may have a broken id too.
    if !is_url || url.contains(char::REPLACEMENT_CHARACTER) {
        return None;
    }
    let path = url.split(['?', '#']).next()?;
    let (_, output) = path.split_once("/outputs/")?;
    let (_, file) = output.split_once('/')?;
    split_output_name(file).map(|(id, _)| id)
}

/// Splits `437852_0_WanVideo.mp4` into the job's id and the file's own name.
#[must_use]
pub fn split_output_name(file: &str) -> Option<(&str, &str)> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (id, rest) = file.split_once('_')?;
    let (n, name) = rest.split_once('_')?;
    (digits(id) && digits(n) && !name.is_empty() && !name.contains('/')).then_some((id, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sender::table::Senders;

    fn identity(body: &str) -> Identity {
        Identity::of(body, &Event::parse(body, Senders::built_in()).unwrap())
    }

    #[test]
    fn the_bodys_own_id_wins_over_the_file_name() {
        let found = identity(
            r#"{"jobId":"99","v":"https://h/outputs/free/437852_0_W.mp4?X-Amz-Expires=1"}"#,
        );
        assert_eq!(found.body_id.as_deref(), Some("99"));
        assert_eq!(found.file_id, None);
    }

    #[test]
    fn numbers_and_strings_are_exact_ids() {
        assert_eq!(identity(r#"{"jobId": 437852}"#).body_id.as_deref(), Some("437852"));
        assert_eq!(
            identity(r#"{"request_id": 196619188014358660}"#).body_id.as_deref(),
            Some("196619188014358660")
        );
        assert_eq!(identity(r#"{"jobId": null, "job_id": "a"}"#).body_id.as_deref(), Some("a"));
        assert_eq!(identity(r#"{"id": "a", "eventType": "failed"}"#), Identity::default());
    }

    #[test]
    fn an_invalid_id_is_named_and_not_replaced() {
        for bad in
            ["\"a\\u0000\"", "\"\"", "\"..\"", "\"ref:a\"", &format!("\"{}\"", "9".repeat(10_000))]
        {
            let found = identity(&format!(r#"{{"jobId": {bad}, "job_id": "other"}}"#));
            assert_eq!(found.body_id, None, "{bad}");
            assert!(found.refused.is_some_and(|why| why.contains("jobId") && why.len() < 300));
        }
    }

    #[test]
    fn file_names_count_when_they_agree() {
        let url = |name: &str| format!("https://h/b/outputs/free/{name}?q=/outputs/x/1_1_a");
        let body = |names: &[&str]| {
            let urls: Vec<_> = names.iter().map(|n| format!("\"{}\"", url(n))).collect();
            format!(r#"{{"results":[{}]}}"#, urls.join(","))
        };
        let id = |names: &[&str]| identity(&body(names)).file_id;
        assert_eq!(id(&["437852_0_W.mp4"]).as_deref(), Some("437852"));
        assert_eq!(id(&["7_0_a.mp4", "7_0_preview_000.jpg"]).as_deref(), Some("7"));
        assert_eq!(id(&["7_0_a.mp4", "2DPBix_ComfyUI_00008_.png"]).as_deref(), Some("7"));
        assert_eq!(id(&["7_0_a.mp4", "8_0_b.mp4"]), None);
        assert_eq!(id(&["2DPBix_ComfyUI_00008_.png"]), None);
        assert_eq!(id(&["7_0_a/b.mp4"]), None);
    }
}
