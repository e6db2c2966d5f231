//! Takes deliveries: `POST /hook/{token}[/{ref}]`.

use super::http::{Call, json};
use super::platform::{self, During};
use super::{bucket, job_client, unmatched};
use crate::domain::auth;
use crate::domain::config::BadSecret;
use crate::domain::correlate::Identity;
use crate::domain::error::Problem;
use crate::domain::event::Event;
use crate::domain::keys::StorageKey;
use crate::domain::names::ObjectName;
use crate::domain::protocol::{Command, DeliveredBody, Delivery, MAX_OBJECT_TEXT, Reply};
use crate::domain::timeline::Trust;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use worker::{Request, Response};

/// Longest `?app=` and `?tag=`, in characters.
const MAX_LABEL_CHARS: usize = 100;

/// Receives a delivery.
///
/// 1. The token: 401, or 503 if the secret can't be used.
/// 2. The body, up to the limit: 413.
/// 3. Its job: a delivery that can't be tied to one goes to the unmatched
///    box, 202.
/// 4. Only when it is durable: 200.
pub async fn receive(
    call: &Call<'_>,
    request: &mut Request,
    token: Option<&str>,
    reference: Option<String>,
) -> Result<Response, Problem> {
    authenticate(call, token)?; // (1)
    let body = read(request, call.config.max_body_bytes).await?; // (2)
    let reference = reference.filter(|text| !text.is_empty());
    let caller = reference.as_deref().and_then(ObjectName::reference);
    let sha256 = hex::encode(Sha256::digest(&body));
    let found = match inspect(&body) {
        Ok((text, identity)) => {
            destination(call, identity, caller.as_ref()).await?.map(|there| (text, there))
        }
        Err(reason) => Err(reason),
    };
    match found {
        Ok((text, there)) => deliver(call, text, sha256, there, caller).await, // (4)
        Err(reason) => unmatched::keep(call, body, &sha256, &reason, reference).await, // (3)
    }
}

fn authenticate(call: &Call<'_>, in_path: Option<&str>) -> Result<(), Problem> {
    let accepted = call.config.hook.as_ref().map_err(BadSecret::clone)?;
    let header = call.header("authorization");
    let given = in_path.or_else(|| header.as_deref().and_then(auth::credential));
    if accepted.accept(given.unwrap_or_default()) {
        return Ok(());
    }
    Err(Problem::Unauthorized(
        "the webhook's URL must be https://…/hook/<HOOK_TOKEN>, with a token that is in use",
    ))
}

async fn read(request: &mut Request, limit: u64) -> Result<Vec<u8>, Problem> {
    let declared = request.headers().get("content-length").ok().flatten();
    let declared: u64 = declared.and_then(|text| text.parse().ok()).unwrap_or(0);
    if declared > limit {
        return Err(Problem::BodyTooLarge(limit));
    }
    if request.inner().body().is_none() {
        return Ok(Vec::new());
    }
    let mut stream = request.stream().during("reading the delivery")?;
    let mut body = Vec::with_capacity(usize::try_from(declared).unwrap_or(0));
    while let Some(chunk) = stream.next().await {
        body.extend(chunk.during("reading the delivery")?);
        if body.len() as u64 > limit {
            return Err(Problem::BodyTooLarge(limit));
        }
    }
    Ok(body)
}

/// Reads a body's identity; the error says why it has none.
fn inspect(body: &[u8]) -> Result<(&str, Identity), String> {
    if body.is_empty() {
        return Err("the body is empty".to_owned());
    }
    let text = std::str::from_utf8(body).map_err(|e| format!("the body is not UTF-8: {e}"))?;
    let event = Event::parse(text).map_err(|malformed| malformed.to_string())?;
    Ok((text, Identity::of(text, &event)))
}

/// The object that a delivery goes to.
struct There {
    object: ObjectName,
    /// Whether the caller's reference leads to the same job.
    by_reference: bool,
    note: Option<String>,
}

/// Finds the object: the body's id, else the files' id, else the reference.
/// The inner error says why there is none.
async fn destination(
    call: &Call<'_>,
    identity: Identity,
    reference: Option<&ObjectName>,
) -> Result<Result<There, String>, Problem> {
    let is_weak = identity.body_id.is_none();
    let id = identity.body_id.or(identity.file_id);
    let there = match (id, reference) {
        (Some(id), None) => There { object: ObjectName::Id(id), by_reference: false, note: None },
        (Some(id), Some(reference)) => claim(call, id, is_weak, reference).await?,
        (None, Some(reference)) => {
            There { object: reference.clone(), by_reference: true, note: None }
        }
        (None, None) => {
            return Ok(Err(identity.refused.unwrap_or_else(|| {
                "the body holds no job id, its files' names hold none, and the webhook's URL has \
                 no reference"
                    .to_owned()
            })));
        }
    };
    let note = identity.refused.or(there.note);
    Ok(Ok(There { note, ..there }))
}

/// Links the reference to the job of `id`, or finds out where it leads.
async fn claim(
    call: &Call<'_>,
    id: String,
    is_weak: bool,
    reference: &ObjectName,
) -> Result<There, Problem> {
    let name = ObjectName::Id(id.clone());
    let (home, known) = match job_client::ask_job(call.env, &name, &Command::Locate).await? {
        Reply::At { home, known, .. } => (home, known),
        _ => (name, false),
    };
    let claim = Command::Claim { id, home: home.clone(), yields: is_weak && !known };
    match job_client::ask(call.env, reference, &claim).await? {
        Reply::At { home, conflict: false, .. } => {
            Ok(There { object: home, by_reference: true, note: None })
        }
        _ => Ok(There {
            object: home,
            by_reference: false,
            note: Some(format!("refConflict: {reference} leads to another job")),
        }),
    }
}

async fn deliver(
    call: &Call<'_>,
    text: &str,
    sha256: String,
    there: There,
    caller: Option<ObjectName>,
) -> Result<Response, Problem> {
    let body = if text.len() <= MAX_OBJECT_TEXT {
        DeliveredBody::Text(text.to_owned())
    } else {
        let key = StorageKey::Body { home: &there.object, sha256: &sha256 }.path();
        bucket::put_json(&bucket::open(call.env)?, &key, text.to_owned()).await?;
        DeliveredBody::Bucket(key)
    };
    let reference = match caller {
        Some(ObjectName::Reference(reference)) if there.by_reference => Some(reference),
        _ => None,
    };
    let delivery = Delivery {
        received_at: platform::now(),
        body,
        sha256,
        origin: call.url.origin().ascii_serialization(),
        trust: Trust::Token,
        reference,
        app: call.query("app").map(|app| label(&app)).filter(|app| !app.is_empty()),
        tags: tags(call),
        note: there.note,
        archived: Vec::new(),
    };
    let command = Command::Deliver(Box::new(delivery));
    match job_client::ask_job(call.env, &there.object, &command).await? {
        Reply::Delivered { id, event_type, duplicate } => {
            let answer = serde_json::json!({
                "id": id, "eventType": event_type, "duplicate": duplicate,
            });
            Ok(json(200, answer.to_string())?)
        }
        other => Err(Problem::Internal(format!("delivering: unexpected answer {other:?}"))),
    }
}

fn tags(call: &Call<'_>) -> Vec<String> {
    let all = call.url.query_pairs().filter(|(key, _)| key == "tag");
    all.map(|(_, value)| label(&value)).filter(|tag| !tag.is_empty()).collect()
}

fn label(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_LABEL_CHARS).collect()
}
