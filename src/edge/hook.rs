//! Takes deliveries: `POST /hook/{token}[/{ref}]`.

use super::http::{Call, json};
use super::platform::{self, During, Failure};
use super::{bucket, job_client, unmatched};
use crate::domain::auth;
use crate::domain::config::BadSecret;
use crate::domain::correlate::Identity;
use crate::domain::error::Problem;
use crate::domain::event::Event;
use crate::domain::keys::StorageKey;
use crate::domain::mask;
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
/// 4. Only when it is durable: 200. If the job can't be reached, the unmatched
///    box takes it too: the upstream does not send it again.
pub async fn receive(
    call: &Call<'_>,
    request: &mut Request,
    token: Option<&str>,
    reference: Option<String>,
) -> Result<Response, Problem> {
    authenticate(call, token)?; // (1)
    let body = read(request, call.config.max_body_bytes).await?; // (2)
    let caller = Caller::of(reference);
    let sha256 = hex::encode(Sha256::digest(&body));
    let found = match identify(&body) {
        Ok(identity) => destination(call, identity, &caller).await,
        Err(reason) => Err(reason),
    };
    match found {
        Ok(there) => deliver(call, body, sha256, there, &caller).await, // (4)
        Err(reason) => {
            unmatched::keep(call, body, &sha256, &reason, caller.written.as_deref()).await // (3)
        }
    }
}

/// The reference in the hook's URL.
struct Caller {
    written: Option<String>,
    name: Option<ObjectName>,
}

impl Caller {
    fn of(written: Option<String>) -> Self {
        let written = written.filter(|text| !text.is_empty());
        Self { name: written.as_deref().and_then(ObjectName::reference), written }
    }

    /// What to say of a reference that is none.
    fn complaint(&self) -> Option<String> {
        let written = self.written.as_ref().filter(|_| self.name.is_none())?;
        let shown: String = written.chars().take(40).collect();
        Some(format!("the reference {shown:?} is none: 1 to 128 characters of A-Z a-z 0-9 . _ : -"))
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
fn identify(body: &[u8]) -> Result<Identity, String> {
    if body.is_empty() {
        return Err("the body is empty".to_owned());
    }
    let text = std::str::from_utf8(body).map_err(|e| format!("the body is not UTF-8: {e}"))?;
    let event = Event::parse(text).map_err(|malformed| malformed.to_string())?;
    Ok(Identity::of(text, &event))
}

/// The object that a delivery goes to.
struct There {
    object: ObjectName,
    /// Whether the caller's reference leads to the same job.
    by_reference: bool,
    note: Option<String>,
}

/// Finds the object: the body's id, else the files' id, else the reference.
/// The error says why there is none.
async fn destination(
    call: &Call<'_>,
    identity: Identity,
    caller: &Caller,
) -> Result<There, String> {
    let is_weak = identity.body_id.is_none();
    let id = identity.body_id.or(identity.file_id);
    let there = match (id, &caller.name) {
        (Some(id), None) => There { object: ObjectName::Id(id), by_reference: false, note: None },
        (Some(id), Some(reference)) => claim(call, id, is_weak, reference).await,
        (None, Some(reference)) => {
            There { object: reference.clone(), by_reference: true, note: None }
        }
        (None, None) => {
            let why = identity.refused.or_else(|| caller.complaint());
            return Err(why.unwrap_or_else(|| NO_JOB.to_owned()));
        }
    };
    let note = identity.refused.or_else(|| caller.complaint()).or(there.note);
    Ok(There { note, ..there })
}

const NO_JOB: &str = "the body holds no job id, its files' names hold none, and the webhook's URL \
                      has no reference";

/// Links the reference to the job of `id`, or finds out where it leads. If
/// that fails the id is enough.
async fn claim(call: &Call<'_>, id: String, is_weak: bool, reference: &ObjectName) -> There {
    let name = ObjectName::Id(id.clone());
    match try_claim(call, id, is_weak, reference).await {
        Ok((object, true)) => There { object, by_reference: true, note: None },
        Ok((object, false)) => There {
            object,
            by_reference: false,
            note: Some(format!("refConflict: {reference} leads to another job")),
        },
        Err(Failure(text)) => {
            platform::log_error(&text);
            let note = Some(format!("{reference} could not be linked"));
            There { object: name, by_reference: false, note }
        }
    }
}

/// Where the job of `id` lives, and whether the reference leads there.
async fn try_claim(
    call: &Call<'_>,
    id: String,
    is_weak: bool,
    reference: &ObjectName,
) -> Result<(ObjectName, bool), Failure> {
    let (home, known) = locate(call, &ObjectName::Id(id.clone())).await?;
    let claim = Command::Claim { id, home: home.clone(), yields: is_weak && !known };
    match job_client::ask(call.env, reference, &claim).await? {
        Reply::At { home, conflict: false, .. } => Ok((home, true)),
        // Two names that were joined a moment ago may still differ.
        Reply::At { home: other, .. } => {
            let is_same = locate(call, &other).await?.0 == home;
            Ok((home, is_same))
        }
        other => Err(Failure(format!("claiming: unexpected answer {other:?}"))),
    }
}

async fn locate(call: &Call<'_>, name: &ObjectName) -> Result<(ObjectName, bool), Failure> {
    match job_client::ask(call.env, name, &Command::Locate).await? {
        Reply::At { home, known, .. } => Ok((home, known)),
        other => Err(Failure(format!("locating: unexpected answer {other:?}"))),
    }
}

async fn deliver(
    call: &Call<'_>,
    body: Vec<u8>,
    sha256: String,
    there: There,
    caller: &Caller,
) -> Result<Response, Problem> {
    let body = park(call, body, &sha256, &there.object).await?;
    let delivery = Delivery {
        received_at: platform::now(),
        body: body.clone(),
        sha256: sha256.clone(),
        origin: call.url.origin().ascii_serialization(),
        trust: Trust::Token,
        reference: caller.written.clone().filter(|_| there.by_reference),
        app: call.query("app").map(|app| label(call, &app)).filter(|app| !app.is_empty()),
        tags: tags(call),
        note: there.note,
        moved: None,
    };
    let command = Command::Deliver(Box::new(delivery));
    match job_client::ask_job(call.env, &there.object, &command).await {
        Ok(Reply::Delivered { id, event_type, duplicate }) => {
            let mask =
                |text: String| mask::plain_text(&text, call.config.hook_tokens()).into_owned();
            let answer = serde_json::json!({
                "id": id, "eventType": event_type.map(mask), "duplicate": duplicate,
            });
            Ok(json(200, answer.to_string())?)
        }
        Ok(other) => Err(Problem::Internal(format!("delivering: unexpected answer {other:?}"))),
        Err(Failure(text)) => {
            platform::log_error(&text);
            let reason = format!("job {} could not be reached", there.object.public());
            let body = unpark(call, body).await?;
            unmatched::keep(call, body, &sha256, &reason, caller.written.as_deref()).await
        }
    }
}

/// Puts a body into R2 that is too large for the job's object.
async fn park(
    call: &Call<'_>,
    body: Vec<u8>,
    sha256: &str,
    home: &ObjectName,
) -> Result<DeliveredBody, Failure> {
    if body.len() <= MAX_OBJECT_TEXT {
        return String::from_utf8(body).during("reading a delivery").map(DeliveredBody::Text);
    }
    let key = StorageKey::Body { home, sha256 }.path();
    bucket::put_json(&bucket::open(call.env)?, &key, body).await?;
    Ok(DeliveredBody::Bucket(key))
}

async fn unpark(call: &Call<'_>, body: DeliveredBody) -> Result<Vec<u8>, Failure> {
    match body {
        DeliveredBody::Text(text) => Ok(text.into_bytes()),
        DeliveredBody::Bucket(key) => {
            let text = bucket::text(&bucket::open(call.env)?, &key).await?;
            let gone = || Failure("a parked delivery is gone".to_owned());
            text.map(String::into_bytes).ok_or_else(gone)
        }
    }
}

fn tags(call: &Call<'_>) -> Vec<String> {
    let all = call.url.query_pairs().filter(|(key, _)| key == "tag");
    all.map(|(_, value)| label(call, &value)).filter(|tag| !tag.is_empty()).collect()
}

/// A label as the record keeps it; a URL in it loses its secrets first.
fn label(call: &Call<'_>, text: &str) -> String {
    let masked = mask::plain_text(text, call.config.hook_tokens());
    masked.chars().filter(|c| !c.is_control()).take(MAX_LABEL_CHARS).collect()
}
