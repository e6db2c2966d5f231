//! `POST /queue/{app}`: submits a job.

use super::idempotency::{IdempotencyGate, gate, pass, read_to_the_end};
use super::request::{UpstreamRequest, fresh_reference, unset};
use crate::domain::gateway::links::{self, RequestRoutes};
use crate::domain::gateway::submission::Submit;
use crate::domain::handoff::target;
use crate::domain::http::problem::{Code, Problem, ProblemKind};
use crate::domain::ingest::delivery::DeliveredBody;
use crate::domain::json;
use crate::domain::keys::{self, StorageKey};
use crate::domain::names::ObjectName;
use crate::domain::protocol::gateway::{Expect, SubmissionEnd, Submitted};
use crate::domain::upstream::queue::Queue;
use crate::edge::http::body::read_body;
use crate::edge::http::call::Call;
use crate::edge::http::response;
use crate::edge::platform::{self, Failure};
use crate::edge::rpc::job;
use crate::edge::storage::body;
use wasm_bindgen::JsValue;
use web_sys::Request;
use web_sys::Response;

/// The most jobs that one call may try: an earlier one may have been
/// interrupted, or refused for the moment.
const MAX_TRIES: usize = 3;
/// Where a client names its own webhook: a query parameter, or a header.
const WEBHOOK_QUERY: &str = "fal_webhook";
const WEBHOOK_HEADER: &str = "x-pipelet-webhook";

fn too_long(problem: Problem) -> Problem {
    let ProblemKind::BodyTooLarge(limit) = problem.kind() else { return problem };
    let why = format!("the submission is over {limit} bytes; pass large inputs as URLs");
    Problem::new(Code::BodyTooLarge, why)
}

/// Submits a job. A client that retries with its key, or whose connection broke
/// before the answer, gets the same job.
pub async fn submit(
    call: &Call<'_>,
    asked: &UpstreamRequest,
    request: &Request,
) -> Result<Response, Problem> {
    call.config.hook.as_ref().map_err(Clone::clone)?;
    let upstreams = &call.config.upstreams;
    let ask = upstreams.at_queue(asked.to.queue, &asked.to.app, &[], asked.scheme);
    ask.map(drop).map_err(unset)?;
    let body = read_body(request, call.config.max_held_bytes()).await.map_err(too_long)?;
    let input = String::from_utf8(body);
    let input = input
        .map_err(|_| Problem::new(Code::BadBody, "the body is not UTF-8; send JSON as UTF-8"))?;
    let (webhook, note) = webhook(call, asked)?;
    let sha256 = platform::sha256(input.as_bytes()).await?;
    let plain = read(asked, &input, &sha256, webhook.clone(), note);
    let mut gate = gate(call, asked, &sha256, webhook.as_deref())?;
    for _ in 0..MAX_TRIES {
        let reference = pass(call.env, &gate).await?;
        let name = ObjectName::Reference(reference.clone());
        match hand_in(call, &name, plain.clone(), &input).await? {
            SubmissionEnd::Answered(submitted) => {
                return respond(asked, *submitted, gate, reference);
            }
            SubmissionEnd::Again => {
                gate.request.instead_of = Some(reference);
                gate.request.reference = fresh_reference();
            }
        }
    }
    Err(Failure::new("submitting", "interrupted each time").into())
}

/// Gives a submission to its job. A long input goes to the bucket only after
/// the job has recorded it, so that the job's alarm deletes an input without a
/// submission.
async fn hand_in(
    call: &Call<'_>,
    name: &ObjectName,
    mut submit: Submit,
    input: &str,
) -> Result<SubmissionEnd, Failure> {
    if submit.is_long() {
        let key = StorageKey::Body { home: name, sha256: &submit.sha256 }.path();
        if let Some(before) = job::ask_job(call.env, name, Expect(key)).await? {
            return Ok(before);
        }
        submit.body = body::park(call.env, input.as_bytes().to_vec(), &submit.sha256, name).await?;
    }
    job::ask_job(call.env, name, Box::new(submit)).await
}

/// Reads the client's own webhook; if it is one of this vault, returns a note
/// instead.
fn webhook(
    call: &Call<'_>,
    asked: &UpstreamRequest,
) -> Result<(Option<String>, Option<String>), Problem> {
    let in_query = asked.query.iter().find(|(key, _)| key == WEBHOOK_QUERY);
    let (place, given) = match in_query {
        Some((_, url)) => (WEBHOOK_QUERY, Some(url.clone())),
        None => (WEBHOOK_HEADER, call.header(WEBHOOK_HEADER)),
    };
    let Some(given) = given.filter(|url| !url.is_empty()) else { return Ok((None, None)) };
    if target::is_own_hook(&given, &[asked.base(), &asked.origin, &call.origin()]) {
        let note = "the client's webhook is this vault's own, which gets the deliveries already";
        return Ok((None, Some(note.to_owned())));
    }
    target::check(&given, &call.config.sources).map_err(|why| {
        let shown = given.split(['?', '#']).next().unwrap_or_default();
        let shown: String = shown.chars().take(100).collect();
        Problem::bad_parameter(format!(
            "`{place}` is {shown:?}, which {why}; it must be the https URL of a public host"
        ))
    })?;
    Ok((Some(given), None))
}

/// Makes the submission from the call and its input.
fn read(
    asked: &UpstreamRequest,
    input: &str,
    sha256: &str,
    webhook: Option<String>,
    note: Option<String>,
) -> Submit {
    let mut query = asked.query.clone();
    query.retain(|(key, _)| key != WEBHOOK_QUERY);
    let mut headers = asked.headers.clone();
    let knows_output = asked.to.queue != Queue::FalAi;
    if knows_output && !headers.iter().any(|(name, _)| name == "x-pipelet-output") {
        headers.push(("x-pipelet-output".to_owned(), "binary".to_owned()));
    }
    Submit {
        at: platform::now(),
        origin: asked.origin.clone(),
        queue: asked.to.queue,
        app: asked.to.app.clone(),
        query,
        headers,
        scheme: asked.scheme,
        body: DeliveredBody::Text(input.to_owned()),
        bytes: input.len(),
        sha256: sha256.to_owned(),
        webhook,
        note,
        is_kept: asked.config.store_input,
        by_ticket: asked.ticket.is_some(),
    }
}

/// Answers with the upstream's answer, whose URLs now lead here. Without a key,
/// the gate is informed when the client has read the answer, because a client
/// whose connection broke submits again.
fn respond(
    asked: &UpstreamRequest,
    submitted: Submitted,
    gate: IdempotencyGate,
    reference: String,
) -> Result<Response, Problem> {
    let Submitted { home, name, id, nonce, queue, app, answer } = submitted;
    let mut answer = answer.masked(asked.config.secrets());
    let mut headers = vec![("x-hookvault-job", name)];
    if let Some(id) = &id {
        let place = RequestRoutes { base: asked.base(), queue, app: &app, id };
        let upstream = asked.config.upstreams.of_queue(queue).ok();
        if let Ok(members) = json::object_members(&answer.body) {
            let base = upstream.map(|upstream| &upstream.base);
            answer.body = links::point_here(&answer.body, &members, base, place);
        }
        let files = keys::files_path(&home, &nonce);
        headers.push(("x-hookvault-file", format!("{}{files}0", asked.base())));
        headers.push(("x-fal-request-id", id.clone()));
    }
    let body = if gate.request.keyed {
        JsValue::from_str(&answer.body)
    } else {
        let body = std::mem::take(&mut answer.body).into_bytes();
        read_to_the_end(body, asked.env.clone(), gate, reference)?
    };
    Ok(response::relay(&answer, &headers, &body)?)
}
