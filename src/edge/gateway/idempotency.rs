//! Decides which submissions are the same one: asks the gate before a
//! submission, and informs it when the client has read the answer.

use super::request::{USED_UP, UpstreamRequest, fresh_reference, uses};
use crate::domain::gateway::idempotency::{Decision, Request};
use crate::domain::gateway::submission::Uses;
use crate::domain::http::problem::{Code, Problem};
use crate::domain::names::ObjectName;
use crate::domain::protocol::gate::{Admit, MarkRead, TakeOver};
use crate::domain::protocol::gateway::AwaitAnswer;
use crate::edge::http::call::Call;
use crate::edge::http::streaming;
use crate::edge::platform::Failure;
use crate::edge::rpc::{self, job};
use futures_util::stream;
use sha2::{Digest, Sha256};
use std::time::Duration;
use wasm_bindgen::JsValue;
use worker::{Delay, Env};

/// The longest `Idempotency-Key`, in bytes.
const MAX_KEY_BYTES: usize = 255;
/// How much later the last byte of an answer is sent, in milliseconds.
const LAST_BYTE_MS: u64 = 5;

/// The gate of submissions that may be the same one.
pub struct IdempotencyGate {
    /// The gate's name.
    pub name: String,
    /// The request to the gate.
    pub request: Request,
}

/// Returns the gate of a submission. An `Idempotency-Key` has its own gate, and
/// without one the submitted content has. For a ticket with counted uses, both
/// are places in the ticket's only gate.
pub fn gate(
    call: &Call<'_>,
    asked: &UpstreamRequest,
    sha256: &str,
    webhook: Option<&str>,
) -> Result<IdempotencyGate, Problem> {
    let key = call.header("idempotency-key");
    // Each character of a header is one byte.
    let length = key.as_ref().map(|key| key.chars().count());
    if let Some(length) = length.filter(|length| !(1..=MAX_KEY_BYTES).contains(length)) {
        let detail =
            format!("`Idempotency-Key` has {length} bytes; it can have 1 to {MAX_KEY_BYTES}");
        return Err(Problem::bad_parameter(detail));
    }
    // Submissions of different ticket holders are never the same one.
    let holder = asked.ticket.as_ref().map_or("", |ticket| &ticket.id);
    let to = format!("{:?} {} {:?} {webhook:?}", asked.to.queue, asked.to.app, asked.query);
    let fingerprint = hex::encode(Sha256::digest(format!("{holder}\n{to}\n{sha256}")));
    let own = match &key {
        Some(key) => format!("key:{}", hex::encode(Sha256::digest(format!("{holder}\n{key}")))),
        None => format!("body:{fingerprint}"),
    };
    let (name, place, most) = match asked.ticket.as_ref().and_then(uses) {
        Some(Uses { gate, most }) => (gate, Some(own), Some(most)),
        None => (own, None, None),
    };
    let (reference, keyed) = (fresh_reference(), key.is_some());
    Ok(IdempotencyGate {
        name,
        request: Request { reference, fingerprint, keyed, instead_of: None, place, most },
    })
}

/// Asks the gate, and returns the reference of the job to submit.
pub async fn pass(env: &Env, gate: &IdempotencyGate) -> Result<String, Problem> {
    let mut decision = rpc::gate::ask(env, &gate.name, Admit(gate.request.clone())).await?;
    if let Decision::After(earlier) = decision {
        let name = ObjectName::Reference(earlier.clone());
        // The reply does not matter: the earlier submission has ended.
        job::ask_job(env, &name, AwaitAnswer).await?;
        let take_over = TakeOver { earlier, request: gate.request.clone() };
        decision = rpc::gate::ask(env, &gate.name, take_over).await?;
    }
    match decision {
        Decision::Go(reference) => Ok(reference),
        Decision::OtherBody => Err(Problem::new(
            Code::KeyReused,
            "this `Idempotency-Key` was used for another submission in the last 24 hours; send a \
             new key",
        )),
        Decision::UsedUp => Err(Problem::new(Code::UsedUp, USED_UP)),
        Decision::After(_) => Err(Failure::unexpected("asking a gate again").into()),
    }
}

/// Returns a body that informs the gate when the client has read it to the end.
/// The runtime takes the parts one by one, and takes no more when the client
/// has left.
///
/// But the runtime notices a properly closed connection only when a write
/// fails. So the last byte is sent a moment after the others. A client that
/// leaves later than that can't be distinguished from one that has read
/// everything.
pub fn read_to_the_end(
    mut body: Vec<u8>,
    env: Env,
    gate: IdempotencyGate,
    reference: String,
) -> Result<JsValue, Failure> {
    let IdempotencyGate { name, request: Request { place, .. } } = gate;
    let read = MarkRead { place, reference };
    let last = body.split_off(body.len().saturating_sub(1));
    let parts = stream::unfold(vec![last, body], move |mut parts| {
        let (env, name, read) = (env.clone(), name.clone(), read.clone());
        async move {
            if let Some(part) = parts.pop() {
                if parts.is_empty() {
                    Delay::from(Duration::from_millis(LAST_BYTE_MS)).await;
                }
                return Some((Ok::<_, worker::Error>(part), parts));
            }
            let told = rpc::gate::ask(&env, &name, read).await;
            if let Err(failure) = told {
                failure.log();
            }
            None
        }
    });
    streaming::body_of(parts)
}
