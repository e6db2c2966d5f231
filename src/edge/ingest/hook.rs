//! Takes deliveries: `POST /hook/{token}[/{ref}]`.

use super::claim::{Named, There, claim, locate};
use super::{signature, unmatched};
use crate::domain::access::hook_url;
use crate::domain::access::tokens;
use crate::domain::config::BadSecret;
use crate::domain::http::problem::{Code, Problem};
use crate::domain::job::retention;
use crate::domain::job::timeline::Trust;
use crate::domain::json::{into_tolerant, tolerant};
use crate::domain::keys::StorageKey;
use crate::domain::names::ObjectName;
use crate::domain::protocol::{Command, DeliveredBody, Delivery, MAX_OBJECT_TEXT, Reply};
use crate::domain::webhook::correlate::Identity;
use crate::domain::webhook::event::Event;
use crate::edge::http::access;
use crate::edge::http::body::read_sent;
use crate::edge::http::call::Call;
use crate::edge::http::response::json;
use crate::edge::http::unpack::unpack;
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::job;
use crate::edge::storage::bucket;
use web_sys::Request;
use worker::Response;

/// Receives a delivery.
///
/// 1. The token or the capability: 401, or 503 if the secret can't be used.
/// 2. The body, unpacked and up to the limit: 415 or 413, and the job asks the
///    upstream itself. A signature that is not good: 401.
/// 3. Its job: a delivery that can't be tied to one goes to the unmatched
///    box, 202.
/// 4. Only when it is durable: 200. If the job can't be reached, the unmatched
///    box takes it too: the upstream does not send it again.
pub async fn receive(
    call: &Call<'_>,
    request: &Request,
    token: Option<&str>,
    reference: Option<String>,
) -> Result<Response, Problem> {
    let door = authenticate(call, token)?; // (1)
    let caller = match &door {
        Door::Token => Caller::of(reference),
        // What follows a capability means nothing: it names its job itself.
        Door::Capability(job) => Caller::of_capability(job),
    };
    let letter = match open(call, request, &door).await {
        Ok(letter) => letter,
        Err(problem) => return Err(refuse(call, problem, &caller).await), // (2)
    };
    let found = match identify(&letter.body) {
        Ok(identity) => destination(call, identity, &caller).await,
        Err(reason) => {
            want(call, &caller, "a delivery that can't be read is kept as unmatched (202)").await;
            Err(reason)
        }
    };
    match found {
        Ok(there) => deliver(call, letter, there, &caller).await, // (4)
        Err(reason) => {
            let Letter { body, sha256, note, .. } = letter;
            let reason = joined([Some(reason), note]).unwrap_or_default();
            unmatched::keep(call, body, &sha256, &reason, caller.written.as_deref()).await // (3)
        }
    }
}

/// What let a delivery in.
enum Door {
    /// A hook token.
    Token,
    /// The capability of the job that lives at this name.
    Capability(ObjectName),
}

impl Door {
    const fn trust(&self) -> Trust {
        match self {
            Self::Token => Trust::Token,
            Self::Capability(_) => Trust::Capability,
        }
    }
}

/// A delivery that was let in.
struct Letter {
    /// Its body, unpacked.
    body: Vec<u8>,
    sha256: String,
    trust: Trust,
    /// How it was packed.
    note: Option<String>,
}

/// Reads what was sent. It may be signed as it was sent, or as it was before it
/// was packed.
async fn open(call: &Call<'_>, request: &Request, door: &Door) -> Result<Letter, Problem> {
    let limit = call.config.max_body_bytes;
    let sent = read_sent(request, limit).await?;
    let mut sha256 = platform::sha256(&sent).await?;
    let mut signed = signature::check(call, &sent, &sha256).await;
    let body = unpack(call.header("content-encoding").as_deref(), sent, limit).await?;
    let note = body.note();
    if note.is_some() {
        sha256 = platform::sha256(&body.bytes).await?;
        if signed.is_err() {
            signed = signature::check(call, &body.bytes, &sha256).await;
        }
    }
    let trust = signed?.unwrap_or(door.trust());
    Ok(Letter { body: body.bytes, sha256, trust, note })
}

fn joined(notes: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    let notes: Vec<String> = notes.into_iter().flatten().collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// The reference in the hook's URL.
struct Caller {
    written: Option<String>,
    name: Option<ObjectName>,
    /// Whether a capability names the very job: nothing that its holder writes
    /// leads to another, or labels this one.
    decides: bool,
}

impl Caller {
    fn of(written: Option<String>) -> Self {
        let written = written.filter(|text| !text.is_empty());
        let usable = written.as_deref().filter(|text| !hook_url::is_own_reference(text));
        let name = usable.and_then(ObjectName::reference);
        Self { name, written, decides: false }
    }

    fn of_capability(job: &ObjectName) -> Self {
        Self { written: None, name: Some(job.clone()), decides: true }
    }

    /// What to say of a reference that can't be used.
    fn complaint(&self) -> Option<String> {
        let written = self.written.as_ref().filter(|_| self.name.is_none())?;
        let shown: String = written.chars().take(40).collect();
        Some(if hook_url::is_own_reference(written) {
            format!("the reference {shown:?} is this vault's own, which no hook token opens")
        } else {
            format!("the reference {shown:?} is none: 1 to 128 characters of A-Z a-z 0-9 . _ : -")
        })
    }
}

fn authenticate(call: &Call<'_>, in_path: Option<&str>) -> Result<Door, Problem> {
    let accepted = call.config.hook.as_ref().map_err(BadSecret::clone)?;
    let header = call.header("authorization");
    let given = in_path.or_else(|| header.as_deref().and_then(tokens::credential));
    let given = given.unwrap_or_default();
    if accepted.accept(given) {
        return Ok(Door::Token);
    }
    if let Some(text) = in_path.filter(|token| hook_url::is_one(token)) {
        let wrong = "the capability in the webhook's URL is of no token in use";
        let door = hook_url::read(text, accepted).map(Door::Capability);
        return door.ok_or_else(|| Problem::new(Code::WrongToken, wrong));
    }
    Err(access::refused(given, "the webhook's URL must be https://…/hook/<HOOK_TOKEN>"))
}

async fn refuse(call: &Call<'_>, problem: Problem, caller: &Caller) -> Problem {
    let why = match &problem {
        Problem::BodyTooLarge(limit) => format!("of more than {limit} bytes was refused (413)"),
        Problem::UnknownCoding(names) => format!("packed as {names} was refused (415)"),
        _ => return problem,
    };
    want(call, caller, &format!("a delivery {why}")).await;
    problem
}

/// A delivery that can't be read tells one thing: that there is something to be
/// had. The job, where it is known, asks the upstream for it.
async fn want(call: &Call<'_>, caller: &Caller, why: &str) {
    let Some(name) = &caller.name else { return };
    let asked = async {
        let Some((home, true)) = locate(call.env, name).await? else { return Ok(()) };
        job::ask_job(call.env, &home, &Command::Want(why.to_owned())).await.map(drop)
    };
    if let Err(Failure(text)) = asked.await {
        platform::log_error(&text);
    }
}

/// Reads a body's identity; the error says why it has none.
fn identify(body: &[u8]) -> Result<Identity, String> {
    if body.is_empty() {
        return Err("the body is empty".to_owned());
    }
    let text = tolerant(body).map_err(|malformed| malformed.to_string())?;
    let event = Event::of_tolerant(&text).map_err(|malformed| malformed.to_string())?;
    Ok(Identity::of(&text, &event))
}

/// Finds the object: the capability's job, else the body's id, else the files'
/// id, else the reference. The error says why there is none.
async fn destination(
    call: &Call<'_>,
    identity: Identity,
    caller: &Caller,
) -> Result<There, String> {
    let is_weak = identity.body_id.is_none();
    let id = identity.body_id.or(identity.file_id);
    let there = match (id, &caller.name) {
        (named, Some(job)) if caller.decides => There { named, ..There::at(job.clone()) },
        (Some(id), None) => There::at(ObjectName::Id(id)),
        (Some(id), Some(reference)) => {
            let provider = Some(identity.provider);
            claim(call.env, Named { id, is_weak, provider }, reference).await
        }
        (None, Some(reference)) => There { by_reference: true, ..There::at(reference.clone()) },
        (None, None) => {
            let why = identity.refused.or_else(|| caller.complaint());
            return Err(why.unwrap_or_else(|| NO_JOB.to_owned()));
        }
    };
    let note = identity.refused.or_else(|| caller.complaint()).or(there.note);
    Ok(There { note, ..there })
}

const NO_JOB: &str = "the body holds no job id, its files' names hold none, and the webhook's URL \
                      has no reference; append one of your own to it: /hook/<HOOK_TOKEN>/<reference>";

async fn deliver(
    call: &Call<'_>,
    letter: Letter,
    there: There,
    caller: &Caller,
) -> Result<Response, Problem> {
    let Letter { body, sha256, trust, note } = letter;
    let labels = if caller.decides { Labels::default() } else { labels(call) };
    let body = park(call, body, &sha256, &there.object).await?;
    let delivery = Delivery {
        received_at: platform::now(),
        body: body.clone(),
        sha256: sha256.clone(),
        origin: call.url.origin().ascii_serialization(),
        trust,
        reference: caller.written.clone().filter(|_| there.by_reference),
        app: labels.app,
        tags: labels.tags,
        keep_days: labels.keep_days,
        note: joined([there.note.or(labels.note), note]),
        named: there.named,
        moved: None,
    };
    match hand_over(call, &there.object, delivery).await {
        Ok(Handed::Answer(response)) => Ok(response),
        Ok(Handed::Deleted) => Ok(of_deleted(call, &there.object, &body).await?),
        Ok(Handed::Refused(reason)) => {
            let bytes = unpark(call, body.clone()).await?;
            let written = caller.written.as_deref();
            let kept = unmatched::keep(call, bytes, &sha256, &reason, written).await?;
            drop_parked(call, &body).await?; // it is in the box now
            Ok(kept)
        }
        Err(Failure(text)) => {
            platform::log_error(&text);
            let reason = format!("job {} could not be reached", there.object.public());
            let body = unpark(call, body).await?;
            unmatched::keep(call, body, &sha256, &reason, caller.written.as_deref()).await
        }
    }
}

/// What came of giving a delivery to a job.
pub enum Handed {
    /// It took it.
    Answer(Response),
    /// It has been deleted.
    Deleted,
    /// It is of another provider; the text says so.
    Refused(String),
}

/// Gives a delivery to its job.
pub async fn hand_over(
    call: &Call<'_>,
    object: &ObjectName,
    delivery: Delivery,
) -> Result<Handed, Failure> {
    let command = Command::Deliver(Box::new(delivery));
    let (id, event_type, duplicate) = match job::ask_job(call.env, object, &command).await? {
        Reply::Delivered { id, event_type, duplicate } => (id, event_type, duplicate),
        Reply::Deleted(_) => return Ok(Handed::Deleted),
        Reply::OtherProvider(why) => return Ok(Handed::Refused(why)),
        _ => return Err(Failure::unexpected("delivering")),
    };
    let mask = |text: String| call.config.secrets().masked(text);
    let answer = serde_json::json!({
        "id": id, "eventType": event_type.map(mask), "duplicate": duplicate,
    });
    json(200, answer.to_string()).map(Handed::Answer)
}

/// A delivery for a job that has been deleted is answered, so that it does not
/// come again, and nothing of it stays.
async fn of_deleted(
    call: &Call<'_>,
    object: &ObjectName,
    body: &DeliveredBody,
) -> Result<Response, Failure> {
    drop_parked(call, body).await?;
    let answer = serde_json::json!({
        "id": object.public(), "eventType": null, "duplicate": false, "deleted": true,
    });
    json(200, answer.to_string())
}

/// Puts a body into R2 that is long, or no text. While there is no R2 the job's
/// object takes it, as what it can be read as: a delivery comes once.
pub async fn park(
    call: &Call<'_>,
    body: Vec<u8>,
    sha256: &str,
    home: &ObjectName,
) -> Result<DeliveredBody, Failure> {
    let body = match String::from_utf8(body) {
        Ok(text) if text.len() <= MAX_OBJECT_TEXT => return Ok(DeliveredBody::Text(text)),
        Ok(text) => text.into_bytes(),
        Err(other) => other.into_bytes(),
    };
    let key = StorageKey::Body { home, sha256 }.path();
    match bucket::put_json_or_return(call.env, &key, body).await {
        Ok(()) => Ok(DeliveredBody::Bucket(key)),
        Err((Failure(text), body)) => {
            platform::log_error(&text);
            let text = String::from_utf8(body).or_else(|other| into_tolerant(other.into_bytes()));
            let lossy = |body: Vec<u8>| String::from_utf8_lossy(&body).into_owned();
            Ok(DeliveredBody::Text(text.unwrap_or_else(lossy)))
        }
    }
}

async fn unpark(call: &Call<'_>, body: DeliveredBody) -> Result<Vec<u8>, Failure> {
    match body {
        DeliveredBody::Text(text) => Ok(text.into_bytes()),
        DeliveredBody::Bucket(key) => {
            let body = bucket::bytes(&bucket::open(call.env)?, &key).await?;
            body.ok_or_else(|| Failure("a parked delivery is gone".to_owned()))
        }
    }
}

/// Deletes a parked body that no job has taken.
pub async fn drop_parked(call: &Call<'_>, body: &DeliveredBody) -> Result<(), Failure> {
    let DeliveredBody::Bucket(key) = body else { return Ok(()) };
    let bucket = bucket::open(call.env)?;
    bucket.delete(key).await.during("deleting a delivery that no job has taken")
}

/// What a webhook's URL says of its job.
#[derive(Default)]
struct Labels {
    app: Option<String>,
    tags: Vec<String>,
    keep_days: Option<u32>,
    /// What to say of a `?keep=` that can't be read.
    note: Option<String>,
}

fn labels(call: &Call<'_>) -> Labels {
    let (keep_days, note) = match call.query("keep").as_deref().map(retention::parse_keep) {
        None => (None, None),
        Some(Ok(days)) => (Some(days), None),
        Some(Err(why)) => (None, Some(why)),
    };
    let app = call.query("app").map(|app| call.label(&app)).filter(|app| !app.is_empty());
    Labels { app, tags: tags(call), keep_days, note }
}

fn tags(call: &Call<'_>) -> Vec<String> {
    let all = call.url.query_pairs().filter(|(key, _)| key == "tag");
    all.map(|(_, value)| call.label(&value)).filter(|tag| !tag.is_empty()).collect()
}
