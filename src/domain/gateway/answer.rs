//! The upstream's answer to a submission.

use crate::domain::access::redact::Secrets;
use crate::domain::http::problem::{self, Code};
use crate::domain::job::record::Job;
use crate::domain::job::submission::SubmissionAnswer;
use crate::domain::json;
use crate::domain::webhook::correlate;
use crate::domain::webhook::event::{Event, value_of};
use serde_json::value::RawValue;

/// Longest input that is kept of what the upstream has refused, in bytes.
pub const MAX_REFUSED_BYTES: usize = 16 * 1024;

/// Longest answer that is kept for who submits again, in bytes.
pub(super) const MAX_ANSWER_BYTES: usize = 32 * 1024;

/// Longest text of a refusal in the record, in bytes.
const MAX_ERROR_BYTES: usize = 16 * 1024;

impl SubmissionAnswer {
    /// The answer with its secrets masked.
    #[must_use]
    pub fn masked(self, secrets: &Secrets) -> Self {
        let content_type = self.content_type.map(|text| secrets.masked(text));
        Self { body: secrets.masked(self.body), content_type, ..self }
    }
}

/// Whether a request header goes along to the upstream: those that the queues
/// know, but for where a webhook or a call is to go.
#[must_use]
pub fn passes(name: &str) -> bool {
    const PLAIN: [&str; 4] = ["accept", "content-type", "user-agent", "x-user-id"];
    const KINDS: [&str; 2] = ["x-fal-", "x-pipelet-"];
    const OURS: [&str; 3] = ["x-fal-target-url", "x-fal-webhook", "x-pipelet-webhook"];
    let begins = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    PLAIN.contains(&name) || (begins(&KINDS) && !begins(&OURS))
}

impl SubmissionAnswer {
    /// Whether it is also the answer to who submits again: one that asks for
    /// patience is not.
    #[must_use]
    pub const fn is_remembered(&self) -> bool {
        self.status != 429 && self.status < 500
    }

    /// Whether the upstream has taken what it was asked for.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }
}

/// Tells of a refusal. A long input is not kept, or who is refused could fill
/// the vault.
pub(super) fn refusal(job: &mut Job, answer: &SubmissionAnswer) -> String {
    job.input.take_if(|input| input.get().len() > MAX_REFUSED_BYTES);
    format!("the upstream refused the submission ({})", answer.status)
}

/// What is remembered of an answer. One that is too long and a refusal is not;
/// of one that names a request, that is what matters.
pub(super) fn remembered(answer: SubmissionAnswer, id: Option<&str>) -> SubmissionAnswer {
    if answer.body.len() <= MAX_ANSWER_BYTES {
        return answer;
    }
    match id {
        Some(id) if answer.is_success() => {
            // The URLs are those of this vault anyway.
            let body = json::object!({ "request_id": id, "response_url": "", "status_url": "",
                "cancel_url": "" });
            SubmissionAnswer { body, content_type: None, ..answer }
        }
        _ => SubmissionAnswer { status: 503, body: String::new(), ..answer },
    }
}

/// What the client is told when the upstream gave no answer.
#[must_use]
pub fn unreachable_upstream(why: &str) -> SubmissionAnswer {
    SubmissionAnswer {
        status: 502,
        content_type: Some("application/json".to_owned()),
        retry_after: None,
        body: problem::plain(Code::UpstreamFailed, why),
    }
}

/// The id of the request that an answer names.
#[must_use]
pub fn request_id(answer: &SubmissionAnswer) -> Option<String> {
    let event = Event::parse(&answer.body).ok().filter(|_| answer.is_success())?;
    value_of(&event.members, "request_id").and_then(correlate::id_of)?.ok()
}

/// The upstream's own words: `detail`, `error` or `message` of its answer, else
/// all of it.
pub(super) fn error_in(body: &str) -> Option<Box<RawValue>> {
    let members = Event::parse(body).map(|event| event.members).unwrap_or_default();
    let own = ["detail", "error", "message"].iter().find_map(|key| value_of(&members, key));
    let text = own.map_or_else(|| json::encode_string(body), str::to_owned);
    let is_some = !body.is_empty() && text.len() <= MAX_ERROR_BYTES;
    is_some.then(|| json::from_str(&text).ok())?
}
