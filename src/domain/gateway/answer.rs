//! The upstream's answer to a submission.

use crate::domain::access::redact::Secrets;
use crate::domain::http::problem::{self, Code};
use crate::domain::job::record::Job;
use crate::domain::job::submission::SubmissionAnswer;
use crate::domain::json;
use crate::domain::names::is_valid_name;
use crate::domain::webhook::correlate;
use crate::domain::webhook::event::value_of;
use serde_json::value::RawValue;

/// The longest input of a refused submission that is stored, in bytes.
pub const MAX_REFUSED_BYTES: usize = 16 * 1024;

/// The longest answer that is stored for a client that submits again, in bytes.
pub(super) const MAX_ANSWER_BYTES: usize = 32 * 1024;

/// The longest text of a refusal in the record, in bytes.
const MAX_ERROR_BYTES: usize = 16 * 1024;

impl SubmissionAnswer {
    /// Returns the answer with its secrets masked.
    #[must_use]
    pub fn masked(self, secrets: &Secrets) -> Self {
        let content_type = self.content_type.map(|text| secrets.masked(text));
        Self { body: secrets.masked(self.body), content_type, ..self }
    }
}

/// Returns whether a request header is sent on to the upstream. The queues' own
/// headers are, except those that name the target of a webhook or a call.
#[must_use]
pub fn passes(name: &str) -> bool {
    const PLAIN: [&str; 4] = ["accept", "content-type", "user-agent", "x-user-id"];
    const KINDS: [&str; 2] = ["x-fal-", "x-pipelet-"];
    const OURS: [&str; 3] = ["x-fal-target-url", "x-fal-webhook", "x-pipelet-webhook"];
    let begins = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    PLAIN.contains(&name) || (begins(&KINDS) && !begins(&OURS))
}

impl SubmissionAnswer {
    /// Returns whether a client that submits again gets this answer too. It
    /// does not if the answer asks for a later retry.
    #[must_use]
    pub const fn is_remembered(&self) -> bool {
        self.status != 429 && self.status < 500
    }

    /// Returns whether the upstream has accepted the request.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }
}

/// Returns the timeline's text for a refusal. It removes a long input from the
/// record: otherwise a client with refused requests could fill the vault.
pub(super) fn refusal(job: &mut Job, answer: &SubmissionAnswer) -> String {
    job.input.take_if(|input| input.get().len() > MAX_REFUSED_BYTES);
    format!("the upstream refused the submission ({})", answer.status)
}

/// Returns the part of an answer that is stored. Of a long answer that names a
/// request, the request's id is enough. Any other long answer becomes one that
/// is not remembered.
pub(super) fn remembered(answer: SubmissionAnswer, id: Option<&str>) -> SubmissionAnswer {
    if answer.body.len() <= MAX_ANSWER_BYTES {
        return answer;
    }
    match id {
        Some(id) if answer.is_success() => {
            // The URLs are replaced by this vault's anyway.
            let body = json::object!({ "request_id": id, "response_url": "", "status_url": "",
                "cancel_url": "" });
            SubmissionAnswer { body, content_type: None, ..answer }
        }
        _ => SubmissionAnswer { status: 503, body: String::new(), ..answer },
    }
}

/// Returns the answer for the client when the upstream could not be reached.
#[must_use]
pub fn unreachable_upstream(why: &str) -> SubmissionAnswer {
    SubmissionAnswer {
        status: 502,
        content_type: Some("application/json".to_owned()),
        retry_after: None,
        body: problem::plain(Code::UpstreamFailed, why),
    }
}

/// Returns the id of the request that an answer names. The queues' routes have
/// no other ids than plain ones.
#[must_use]
pub fn request_id(answer: &SubmissionAnswer) -> Option<String> {
    let members = json::object_members(&answer.body).ok().filter(|_| answer.is_success())?;
    let id = value_of(&members, "request_id").and_then(correlate::id_of)?.ok();
    id.filter(|id| is_valid_name(id))
}

/// Returns the upstream's error: `detail`, `error` or `message` of its answer,
/// else the whole answer. `None` if it is empty or too long.
pub(super) fn error_in(body: &str) -> Option<Box<RawValue>> {
    let members = json::object_members(body).unwrap_or_default();
    let own = ["detail", "error", "message"].iter().find_map(|key| value_of(&members, key));
    let text = own.map_or_else(|| json::encode_string(body), str::to_owned);
    let is_some = !body.is_empty() && text.len() <= MAX_ERROR_BYTES;
    is_some.then(|| json::from_str(&text).ok())?
}
