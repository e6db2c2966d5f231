//! Changes the job that is submitted. The job exists as `queued` before the
//! upstream is asked. The upstream's answer then gives it an id, or ends it.

use super::answer::{error_in, refusal, remembered, request_id, unreachable_upstream};
use crate::domain::file::strict_url;
use crate::domain::ingest::delivery::{DeliveredBody, MAX_OBJECT_TEXT};
use crate::domain::job::record::{Job, NewJob};
use crate::domain::job::status::Status;
use crate::domain::job::submission::{Submission, SubmissionAnswer, SubmissionState};
use crate::domain::job::timeline::{BodyAt, Entry, EntryOutcome};
use crate::domain::json;
use crate::domain::sender::name::SenderName;
use crate::domain::time::Timestamp;
use crate::domain::upstream::queue::{Queue, Scheme};
use crate::domain::webhook::event::value_of;
use serde::{Deserialize, Serialize};

/// The longest input in the record, in bytes. A longer one is only the body of
/// the timeline's first entry.
const MAX_INPUT_BYTES: usize = 32 * 1024;

/// A submission on its way to its job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Submit {
    /// When the submission arrived.
    pub at: Timestamp,
    /// The scheme and the host of the request.
    pub origin: String,
    /// The queue.
    pub queue: Queue,
    /// The application from the path.
    pub app: String,
    /// The query without the client's webhook.
    pub query: Vec<(String, String)>,
    /// The headers that are sent to the upstream.
    pub headers: Vec<(String, String)>,
    /// How the caller wrote its token.
    pub scheme: Scheme,
    /// The input.
    pub body: DeliveredBody,
    /// The length of the input in bytes.
    pub bytes: usize,
    /// The SHA-256 of the input in hex.
    pub sha256: String,
    /// The client's own webhook.
    pub webhook: Option<String>,
    /// A remark for the timeline.
    pub note: Option<String>,
    /// Whether the input is stored.
    pub is_kept: bool,
    /// Whether the caller has a ticket instead of a token.
    pub by_ticket: bool,
}

impl Submit {
    /// Returns whether the input is stored in the bucket.
    #[must_use]
    pub const fn is_long(&self) -> bool {
        self.is_kept && self.bytes > MAX_OBJECT_TEXT
    }
}

/// The uses of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uses {
    /// The gate that counts them.
    pub gate: String,
    /// The most uses.
    pub most: u32,
}

/// Makes the job of a submission and its first timeline entry.
#[must_use]
pub fn begin(new_job: NewJob, submit: &Submit, input: &str, body: BodyAt) -> (Job, Entry) {
    let mut job = Job::new(new_job);
    job.app = Some(submit.app.clone());
    job.provider = if submit.queue == Queue::FalAi { SenderName::FAL } else { SenderName::PIPELET };
    job.submission = Some(Submission {
        queue: submit.queue,
        app: submit.app.clone(),
        at: submit.at,
        answer: None,
        by_ticket: submit.by_ticket,
    });
    job.webhook.clone_from(&submit.webhook);
    let is_short = submit.is_kept && input.len() <= MAX_INPUT_BYTES;
    let read = is_short.then(|| json::tolerant(input.as_bytes()).ok()).flatten();
    job.input = read.and_then(|text| json::from_str(&text).ok());
    job.touch(submit.at);
    job.events += 1;
    let note = submit.note.iter().map(String::as_str);
    let details: Vec<&str> = ["submitted through the gateway"].into_iter().chain(note).collect();
    let mut entry = Entry::own(job.events, submit.at, EntryOutcome::Applied, details.join("; "));
    if submit.is_kept {
        entry.bytes = Some(input.len());
        entry.sha256 = Some(submit.sha256.clone());
        entry.body = Some(body);
    }
    (job, entry)
}

/// Records the upstream's answer, or why it did not come. Returns a timeline
/// entry if the submission failed. A delivery may have arrived before the
/// answer.
pub fn end(
    job: &mut Job,
    answer: Result<SubmissionAnswer, String>,
    now: Timestamp,
) -> Option<Entry> {
    let detail = match &answer {
        Ok(answer) if answer.is_success() => accept(job, answer).err(),
        Ok(answer) => Some(refusal(job, answer)),
        Err(why) => Some(why.clone()),
    };
    job.heard_at = now;
    if let Some(detail) = &detail
        && job.status == Status::Queued
    {
        job.status = Status::Failed;
        let error = answer.as_ref().ok().and_then(|answer| error_in(&answer.body));
        job.error = error.or_else(|| json::from_str(&json::encode_string(detail)).ok());
    }
    let answer = answer.unwrap_or_else(|why| unreachable_upstream(&why));
    let kept = remembered(answer, job.id.as_deref());
    if let Some(submission) = &mut job.submission {
        submission.answer = Some(kept);
    }
    job.touch(now);
    detail.map(|detail| {
        job.events += 1;
        Entry::own(job.events, now, EntryOutcome::Applied, detail)
    })
}

/// Records that the submission was interrupted, so that its outcome is unknown.
pub fn interrupted(job: &mut Job, now: Timestamp) -> Option<Entry> {
    let why = "the submission was interrupted; the upstream may have accepted it";
    end(job, Err(why.to_owned()), now)
}

/// Returns the part of a job that moves to another job with it; `None` if the
/// job was not submitted here.
#[must_use]
pub fn submission_state(job: &Job) -> Option<SubmissionState> {
    Some(SubmissionState {
        submission: job.submission.clone()?,
        webhook: job.webhook.clone(),
        input: job.input.clone(),
        response_url: job.response_url.clone(),
    })
}

/// Takes over the submission of a job that moves here; known values stay.
/// Returns `false` for a job with another submission, which keeps its own
/// values.
pub fn take_over(job: &mut Job, state: SubmissionState, now: Timestamp) -> bool {
    if job.submission.as_ref().is_some_and(|own| *own != state.submission) {
        return false;
    }
    let SubmissionState { submission, webhook, input, response_url } = state;
    job.app.get_or_insert_with(|| submission.app.clone());
    job.submission.get_or_insert(submission);
    job.webhook = job.webhook.take().or(webhook);
    job.input = job.input.take().or(input);
    job.response_url = job.response_url.take().or(response_url);
    job.touch(now);
    true
}

/// Takes the job's id and the URL of its result from the answer.
fn accept(job: &mut Job, answer: &SubmissionAnswer) -> Result<(), String> {
    let nameless = || "the upstream's answer to the submission has no request id".to_owned();
    let id = request_id(answer).ok_or_else(nameless)?;
    let members = json::object_members(&answer.body).map_err(|_| nameless())?;
    if job.id.is_none() {
        job.unlinked_id = Some(id.clone());
        job.id = Some(id);
    }
    let url = value_of(&members, "response_url").and_then(json::decode_string);
    let url = url.filter(|url| strict_url::read(url).is_ok());
    job.response_url = url.map(std::borrow::Cow::into_owned);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access::ticket::Scope;
    use crate::domain::access::ticket::Ticket;
    use crate::domain::gateway::answer::{MAX_ANSWER_BYTES, passes};
    use crate::domain::names::ObjectName;
    use serde_json::value::RawValue;

    fn submit() -> Submit {
        Submit {
            at: Timestamp::from_millis(1_000),
            origin: "https://v".into(),
            queue: Queue::Batch,
            app: "wan22".into(),
            query: vec![],
            headers: vec![],
            scheme: Scheme::Bearer,
            body: DeliveredBody::Text(String::new()),
            bytes: 16,
            sha256: "d1".into(),
            webhook: None,
            note: None,
            is_kept: true,
            by_ticket: false,
        }
    }

    fn begun() -> Job {
        let home = ObjectName::reference("g-1").unwrap();
        let at = Timestamp::from_millis(1_000);
        let new_job = NewJob { home, at, nonce: "00".into(), origin: "https://v".into() };
        let (job, entry) = begin(new_job, &submit(), r#" {"seed":1e400} "#, BodyAt::Object);
        assert_eq!((entry.n, entry.bytes), (1, Some(16)));
        job
    }

    fn answer(status: u16, body: &str) -> SubmissionAnswer {
        SubmissionAnswer { status, content_type: None, retry_after: None, body: body.into() }
    }

    const NOW: Timestamp = Timestamp::from_millis(2_000);

    #[test]
    fn the_job_exists_before_the_upstream_is_asked() {
        let job = begun();
        assert_eq!((job.status, job.app.as_deref()), (Status::Queued, Some("wan22")));
        assert_eq!(job.input.as_deref().map(RawValue::get), Some(r#"{"seed":1e400}"#));
    }

    #[test]
    fn the_answer_names_the_job() {
        let mut job = begun();
        let body = r#"{"request_id":12,"response_url":"https://u/queue/m/requests/12"}"#;
        assert_eq!(end(&mut job, Ok(answer(200, body)), NOW), None);
        assert_eq!((job.id.as_deref(), job.unlinked_id.as_deref()), (Some("12"), Some("12")));
        assert_eq!(job.response_url.as_deref(), Some("https://u/queue/m/requests/12"));
        assert_eq!(job.status, Status::Queued);
    }

    #[test]
    fn a_numeric_id_is_its_value_and_has_a_limit() {
        for (written, id) in [("437852.0", Some("437852")), ("1e999999999", None)] {
            let mut job = begun();
            let body = format!(r#"{{"request_id":"x","request_id":{written}}}"#);
            assert_eq!(end(&mut job, Ok(answer(200, &body)), NOW).is_none(), id.is_some());
            assert_eq!(job.id.as_deref(), id);
        }
    }

    #[test]
    fn a_long_answer_is_remembered_by_its_request() {
        let mut job = begun();
        let long = format!(r#"{{"request_id":"r1","more":"{}"}}"#, "x".repeat(MAX_ANSWER_BYTES));
        assert_eq!(end(&mut job, Ok(answer(200, &long)), NOW), None);
        let kept = job.submission.unwrap().answer.unwrap();
        assert!(kept.is_remembered() && kept.body.contains(r#""request_id":"r1""#));
        let mut job = begun();
        assert!(end(&mut job, Ok(answer(422, &long)), NOW).is_some());
        assert!(!job.submission.unwrap().answer.unwrap().is_remembered());
    }

    #[test]
    fn only_headers_of_the_queues_are_sent_on() {
        for good in [
            "accept",
            "content-type",
            "user-agent",
            "x-user-id",
            "x-fal-queue-priority",
            "x-fal-object-lifecycle-preference",
            "x-pipelet-output",
        ] {
            assert!(passes(good), "{good}");
        }
        for bad in [
            "authorization",
            "proxy-authorization",
            "cookie",
            "origin",
            "x-api-key",
            "x-goog-iap-jwt-assertion",
            "x-forwarded-for",
            "x-sim",
            "x-falx",
            "idempotency-key",
            "x-fal-target-url",
            "x-pipelet-webhook",
        ] {
            assert!(!passes(bad), "{bad}");
        }
    }

    #[test]
    fn a_ticket_reads_jobs_of_its_applications_or_of_tickets() {
        let open = |queue, by_ticket, apps: Option<&[&str]>| {
            let (app, at) = ("fal-ai/flux/dev".to_owned(), NOW);
            let submission = Submission { queue, app, at, answer: None, by_ticket };
            let apps = apps.map(|apps| apps.iter().map(|app| (*app).to_owned()).collect());
            let (scope, id) = (Scope::Proxy, String::new());
            submission.is_open_to(&Ticket {
                scope,
                expires_at: NOW,
                id,
                apps,
                count: None,
                origin: None,
                signer: 0,
            })
        };
        let own = Some(&["fal-ai/flux"][..]);
        assert!(open(Queue::FalAi, false, own) && open(Queue::Fal, true, own));
        assert!(open(Queue::FalAi, true, None));
        assert!(!open(Queue::FalAi, false, None) && !open(Queue::Batch, true, None));
        assert!(!open(Queue::FalAi, true, Some(&["fal-ai/other"])));
    }

    #[test]
    fn a_refusal_ends_the_job_in_the_upstreams_words() {
        for (status, body, error) in [
            (422, r#"{"detail":[{"msg":"x"}]}"#, r#"[{"msg":"x"}]"#),
            (400, "no", r#""no""#),
            (500, "", r#""the upstream refused the submission (500)""#),
            (200, "{}", r#""{}""#),
        ] {
            let mut job = begun();
            assert!(end(&mut job, Ok(answer(status, body)), NOW).is_some());
            assert_eq!(job.status, Status::Failed, "{body}");
            assert_eq!(job.error.as_deref().map(RawValue::get), Some(error));
        }
        let mut job = begun();
        assert!(interrupted(&mut job, NOW).is_some());
        let answer = job.submission.unwrap().answer.unwrap();
        assert_eq!(
            (job.status, answer.status, answer.is_remembered()),
            (Status::Failed, 502, false)
        );
    }
}
