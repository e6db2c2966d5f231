//! `POST /queue/{app}`: submits a job.

use super::{Asked, unset};
use crate::domain::error::Problem;
use crate::domain::event::Event;
use crate::domain::gateway::Queue;
use crate::domain::gateway::links::{self, Place};
use crate::domain::gateway::pass::{Verdict, Wish};
use crate::domain::gateway::submission::{Submit, Uses};
use crate::domain::handoff::target;
use crate::domain::keys;
use crate::domain::names::ObjectName;
use crate::domain::protocol::{Command, DeliveredBody, Reply, Submitted};
use crate::domain::ticket::Ticket;
use crate::edge::hook;
use crate::edge::http::{self, Call, read_body};
use crate::edge::job_client;
use crate::edge::platform::{self, Failure};
use futures_util::stream;
use sha2::{Digest, Sha256};
use std::time::Duration;
use worker::{Delay, Env, Request, Response, ResponseBody};

/// Longest `Idempotency-Key`, in bytes.
const MAX_KEY_BYTES: usize = 255;
/// Jobs that one call may begin: an earlier one may have been interrupted, or
/// refused for the moment.
const MAX_TRIES: usize = 3;
/// How much later the last byte of an answer comes, in milliseconds.
const LAST_BYTE_MS: u64 = 5;
/// What the holder of a ticket is told that has no use left.
pub(super) const USED_UP: &str = "the ticket's submissions are used up";
/// Where a client says where its webhooks are to go.
const WEBHOOK_QUERY: &str = "fal_webhook";
pub(super) const WEBHOOK_HEADER: &str = "x-pipelet-webhook";

/// The gate of the submissions that may be one and the same.
struct Gate {
    name: String,
    wish: Wish,
}

/// Submits a job: the same one as before for who comes again with its key, or
/// whose connection broke before the answer.
pub(super) async fn submit(
    call: &Call<'_>,
    asked: &Asked,
    request: &mut Request,
) -> Result<Response, Problem> {
    call.config.hook.as_ref().map_err(Clone::clone)?;
    let upstreams = &call.config.upstreams;
    let ask = upstreams.at_queue(asked.to.queue, &asked.to.app, &[], asked.scheme);
    ask.map(drop).map_err(unset)?;
    let body = read_body(request, call.config.max_body_bytes).await?;
    let input = String::from_utf8(body);
    let input = input.map_err(|_| Problem::BadRequest("the body is not UTF-8".to_owned()))?;
    let (webhook, note) = webhook(call, asked)?;
    let sha256 = hex::encode(Sha256::digest(&input));
    let plain = read(asked, &input, &sha256, webhook.clone(), note);
    let mut gate = gate(call, asked, &sha256, webhook.as_deref())?;
    for _ in 0..MAX_TRIES {
        let reference = pass(call.env, &gate).await?;
        let name = ObjectName::Reference(reference.clone());
        let mut submit = plain.clone();
        if submit.is_kept {
            submit.body = hook::park(call, input.as_bytes().to_vec(), &sha256, &name).await?;
        }
        let command = Command::Submit(Box::new(submit));
        match job_client::ask_job(call.env, &name, &command).await? {
            Reply::Submitted(submitted) => return respond(asked, *submitted, gate, reference),
            Reply::UsedUp => {
                job_client::ask_gate(call.env, &gate.name, Command::Settle(reference)).await?;
                return Err(Problem::Forbidden(USED_UP));
            }
            Reply::Again => {
                gate.wish.instead_of = Some(reference);
                gate.wish.reference = fresh_reference();
            }
            other => return Err(Failure(format!("submitting: unexpected answer {other:?}")).into()),
        }
    }
    Err(Failure("submitting: interrupted each time".to_owned()).into())
}

/// The client's own webhook, and what to say of one that is this vault's.
fn webhook(call: &Call<'_>, asked: &Asked) -> Result<(Option<String>, Option<String>), Problem> {
    let in_query = asked.query.iter().find(|(key, _)| key == WEBHOOK_QUERY);
    let (place, given) = match in_query {
        Some((_, url)) => (WEBHOOK_QUERY, Some(url.clone())),
        None => (WEBHOOK_HEADER, call.header(WEBHOOK_HEADER)),
    };
    let Some(given) = given.filter(|url| !url.is_empty()) else { return Ok((None, None)) };
    if target::is_own_hook(&given, &[asked.base(), &asked.origin]) {
        let note = "the client's webhook is this vault's own, which gets the deliveries anyway";
        return Ok((None, Some(note.to_owned())));
    }
    target::check(&given, &call.config.sources).map_err(|why| {
        let shown = given.split(['?', '#']).next().unwrap_or_default();
        let shown: String = shown.chars().take(100).collect();
        Problem::BadRequest(format!(
            "`{place}` is {shown:?}, which {why}; it must be the https URL of a public host"
        ))
    })?;
    Ok((Some(given), None))
}

fn fresh_reference() -> String {
    format!("gw-{}", hex::encode(platform::random::<16>()))
}

/// An `Idempotency-Key` has a gate of its own; without one, what is submitted
/// has.
fn gate(
    call: &Call<'_>,
    asked: &Asked,
    sha256: &str,
    webhook: Option<&str>,
) -> Result<Gate, Problem> {
    let key = call.header("idempotency-key");
    if key.as_deref().is_some_and(|key| !is_key(key)) {
        return Err(Problem::BadRequest(format!(
            "`Idempotency-Key` can have 1 to {MAX_KEY_BYTES} characters of printable ASCII"
        )));
    }
    // What one ticket's holder has submitted is no other one's.
    let holder = asked.ticket.as_ref().map_or("", |ticket| &ticket.id);
    let to = format!("{:?} {} {:?} {webhook:?}", asked.to.queue, asked.to.app, asked.query);
    let fingerprint = hex::encode(Sha256::digest(format!("{holder}\n{to}\n{sha256}")));
    let name = match &key {
        Some(key) => format!("key:{}", hex::encode(Sha256::digest(format!("{holder}\n{key}")))),
        None => format!("body:{fingerprint}"),
    };
    let reference = fresh_reference();
    let keyed = key.is_some();
    Ok(Gate { name, wish: Wish { reference, fingerprint, keyed, instead_of: None } })
}

fn is_key(text: &str) -> bool {
    let is_printable = |b: u8| matches!(b, b' '..=b'~');
    (1..=MAX_KEY_BYTES).contains(&text.len()) && text.bytes().all(is_printable)
}

/// The reference of the job that the gate lets be submitted.
async fn pass(env: &Env, gate: &Gate) -> Result<String, Problem> {
    let mut verdict = ask_gate(env, gate, Command::Admit(gate.wish.clone())).await?;
    if let Verdict::After(earlier) = verdict {
        let name = ObjectName::Reference(earlier.clone());
        // Whatever it is: it has come to its end.
        job_client::ask_job(env, &name, &Command::Answer).await?;
        let command = Command::TakeOver { earlier, wish: gate.wish.clone() };
        verdict = ask_gate(env, gate, command).await?;
    }
    match verdict {
        Verdict::Go(reference) => Ok(reference),
        Verdict::OtherBody => Err(Problem::Unprocessable(
            "this `Idempotency-Key` was used for another submission in the last 24 hours"
                .to_owned(),
        )),
        Verdict::After(_) => Err(Failure("a gate keeps a submission waiting".to_owned()).into()),
    }
}

/// The uses of a ticket, if it has a limit.
pub(super) fn uses(ticket: &Ticket) -> Option<Uses> {
    let most = ticket.count?;
    Some(Uses { gate: format!("ticket:{}", ticket.id), most })
}

async fn ask_gate(env: &Env, gate: &Gate, command: Command) -> Result<Verdict, Failure> {
    match job_client::ask_gate(env, &gate.name, command).await? {
        Reply::Passed(verdict) => Ok(verdict),
        other => Err(Failure(format!("asking a gate: unexpected answer {other:?}"))),
    }
}

/// The submission, its input at hand.
fn read(
    asked: &Asked,
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
        sha256: sha256.to_owned(),
        webhook,
        note,
        is_kept: asked.config.store_input,
        uses: asked.ticket.as_ref().and_then(uses),
    }
}

/// The upstream's answer, its URLs led here. Without a key it is noted when
/// the client has read it: one whose connection broke comes again.
fn respond(
    asked: &Asked,
    submitted: Submitted,
    gate: Gate,
    reference: String,
) -> Result<Response, Problem> {
    let Submitted { home, id, nonce, queue, app, mut answer } = submitted;
    let mut headers = vec![("x-hookvault-job", id.clone().unwrap_or_else(|| home.public()))];
    if let Some(id) = &id {
        let place = Place { base: asked.base(), queue, app: &app, id };
        let upstream = asked.config.upstreams.of_queue(queue).ok();
        if let Ok(event) = Event::parse(&answer.body) {
            let base = upstream.map(|upstream| &upstream.base);
            answer.body = links::led_here(&answer.body, &event.members, base, place);
        }
        let files = keys::files_path(&home, &nonce);
        headers.push(("x-hookvault-file", format!("{}{files}0", asked.base())));
        headers.push(("x-fal-request-id", id.clone()));
    }
    let body = std::mem::take(&mut answer.body).into_bytes();
    let body = if gate.wish.keyed {
        ResponseBody::Body(body)
    } else {
        read_to_the_end(body, asked.env.clone(), gate.name, reference)?
    };
    Ok(http::relay(&answer, &headers, body)?)
}

/// A body that tells the gate when it was read to its end. The runtime takes
/// its parts one by one, and no more for a client that left. But of one that
/// has closed its connection in good order it learns only when what it writes
/// is sent back: so the last byte comes a moment after the others. Who leaves
/// later than that can't be told from who has read it all.
fn read_to_the_end(
    mut body: Vec<u8>,
    env: Env,
    gate: String,
    reference: String,
) -> Result<ResponseBody, Failure> {
    let last = body.split_off(body.len().saturating_sub(1));
    let parts = stream::unfold(vec![last, body], move |mut parts| {
        let (env, gate, reference) = (env.clone(), gate.clone(), reference.clone());
        async move {
            if let Some(part) = parts.pop() {
                if parts.is_empty() {
                    Delay::from(Duration::from_millis(LAST_BYTE_MS)).await;
                }
                return Some((Ok::<_, worker::Error>(part), parts));
            }
            let told = job_client::ask_gate(&env, &gate, Command::Settle(reference)).await;
            if let Err(Failure(text)) = told {
                platform::log_error(&text);
            }
            None
        }
    });
    http::body_of(parts)
}
