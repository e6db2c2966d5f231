//! The box of deliveries that belong to no known job: kept, never dropped.

use super::claim::locate;
use super::hook::{self, Handed};
use crate::domain::file::media_type::OCTET_STREAM;
use crate::domain::http::problem::{Code, Problem};
use crate::domain::job::timeline::Trust;
use crate::domain::keys::StorageKey;
use crate::domain::names::ObjectName;
use crate::domain::protocol::{Command, Delivery, Parked};
use crate::domain::time::Timestamp;
use crate::edge::http::call::Call;
use crate::edge::http::response::{self, json};
use crate::edge::http::unpack::unpack;
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::job;
use crate::edge::storage::bucket;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use std::collections::HashMap;
use worker::{Env, Include, Object, Response};

const PREFIX: &str = "unmatched/";

/// Keeps a delivery and answers 202.
pub async fn keep(
    call: &Call<'_>,
    body: Vec<u8>,
    sha256: &str,
    reason: &str,
    reference: Option<&str>,
) -> Result<Response, Problem> {
    let at = platform::now();
    let path = StorageKey::Unmatched { at, sha256 }.path();
    let reason = call.config.secrets().mask(reason).into_owned();
    let mut metadata = HashMap::from([
        ("reason".to_owned(), printable(&reason)),
        ("receivedAt".to_owned(), at.as_millis().to_string()),
    ]);
    if let Some(reference) = reference {
        let reference = call.config.secrets().mask(reference);
        metadata.insert("ref".to_owned(), printable(&reference));
    }
    let put = bucket::put_or_return(call.env, &path, body, OCTET_STREAM, metadata.clone());
    let key = path.trim_start_matches(PREFIX);
    if let Err((Failure(text), body)) = put.await {
        platform::log_error(&text);
        park(call, key, &path, metadata, &body).await?;
    }
    Ok(json(202, json!({ "unmatched": key, "reason": reason }).to_string())?)
}

/// While there is no bucket, an object of its own keeps the delivery, and
/// writes it there as soon as it can.
async fn park(
    call: &Call<'_>,
    key: &str,
    path: &str,
    metadata: HashMap<String, String>,
    body: &[u8],
) -> Result<(), Failure> {
    let parked = Parked {
        key: path.to_owned(),
        metadata: metadata.into_iter().collect(),
        bytes: BASE64.encode(body),
        attempts: 0,
    };
    let name = ObjectName::Id(format!("unmatched-{key}"));
    job::ask(call.env, &name, &Command::Park(Box::new(parked))).await.map(drop)
}

/// R2 keeps metadata as headers: ASCII only, and 2 KiB in all.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).take(500).collect()
}

/// `GET /unmatched?cursor=&limit=`: the oldest first.
pub async fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let limit = call.number_in("limit", 100, 1..=1_000)?;
    let bucket = bucket::open(call.env)?;
    let mut query = bucket.list().prefix(PREFIX).limit(limit);
    query = query.include(vec![Include::CustomMetadata]);
    let cursor = call.cursor()?;
    if let Some(cursor) = &cursor {
        query = query.cursor(cursor);
    }
    let page = query.execute().await.during("listing the unmatched box");
    let page = page.map_err(|failure| bucket::bad_cursor(cursor.as_deref(), failure))?;
    let rows: Vec<Value> = page.objects().iter().map(row).collect();
    Ok(json(200, json!({ "unmatched": rows, "cursor": page.cursor() }).to_string())?)
}

/// How many deliveries are in the box; 10,000 may be more.
pub async fn count(env: &Env) -> Result<u64, Failure> {
    const MAX_PAGES: usize = 10;
    let bucket = bucket::open(env)?;
    let (mut count, mut cursor) = (0, None::<String>);
    for _ in 0..MAX_PAGES {
        let mut query = bucket.list().prefix(PREFIX);
        if let Some(cursor) = cursor {
            query = query.cursor(cursor);
        }
        let page = query.execute().await.during("counting the unmatched box")?;
        count += page.objects().len() as u64;
        cursor = page.cursor();
        if cursor.is_none() {
            break;
        }
    }
    Ok(count)
}

fn row(object: &Object) -> Value {
    let metadata = object.custom_metadata().unwrap_or_default();
    json!({
        "key": object.key().trim_start_matches(PREFIX),
        "receivedAt": metadata.get("receivedAt").and_then(|at| at.parse::<u64>().ok()),
        "bytes": object.size(),
        "reason": metadata.get("reason"),
        "ref": metadata.get("ref"),
    })
}

/// `GET /unmatched/{key}`: the body as it came, secrets masked.
pub async fn body(call: &Call<'_>, key: &str) -> Result<Response, Problem> {
    let kept = find(call, key).await?;
    response::bytes(call.config.secrets().mask_bytes(kept.body)).map_err(Problem::from)
}

/// `POST /unmatched/{key}?job={id}`: delivers it to that job, which is known
/// unless `&create=true` has it made. It leaves the box only then; doing it
/// twice makes a duplicate.
pub async fn assign(call: &Call<'_>, key: &str) -> Result<Response, Problem> {
    let written = call.query("job").unwrap_or_default();
    let name = ObjectName::from_public(&written).ok_or_else(|| {
        Problem::bad_parameter(format!("`job` is {written:?}; it must be a job's id or ref:…"))
    })?;
    let may_create = may_create(call)?;
    let kept = find(call, key).await?;
    let object = match known(call, &name).await? {
        Some(home) => home,
        None if may_create => name,
        None => return Err(unknown(&written)),
    };
    let body = unpack(None, kept.body, call.config.max_body_bytes).await?.bytes;
    let sha256 = platform::sha256(&body).await?;
    let body = hook::park(call, body, &sha256, &object).await?;
    let delivery = Delivery {
        received_at: kept.received_at,
        body: body.clone(),
        sha256,
        origin: call.url.origin().ascii_serialization(),
        trust: Trust::Token,
        reference: None,
        app: None,
        tags: Vec::new(),
        keep_days: None,
        note: Some("assigned by hand".to_owned()),
        named: None,
        moved: None,
    };
    let why = match hook::hand_over(call, &object, delivery).await? {
        Handed::Answer(response) => {
            forget(call, key).await?;
            return Ok(response);
        }
        Handed::Deleted => deleted(&object),
        Handed::Refused(why) => stays(&why),
    };
    hook::drop_parked(call, &body).await?;
    Err(why)
}

fn stays(why: &str) -> Problem {
    Problem::new(Code::NotAssigned, format!("{why}; the delivery stays here"))
}

fn deleted(name: &ObjectName) -> Problem {
    stays(&format!("job {} has been deleted", name.public()))
}

fn unknown(written: &str) -> Problem {
    let detail = format!("nothing has told of job {written:?}; if it is meant, add `&create=true`");
    Problem::new(Code::NoSuchJob, detail)
}

fn may_create(call: &Call<'_>) -> Result<bool, Problem> {
    match call.query("create").as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(Problem::bad_parameter(format!(
            "`create` is {other:?}; it can be `true` or `false`"
        ))),
    }
}

/// Where the job of a name lives: the id first, then the reference, as readers
/// find it.
async fn known(call: &Call<'_>, name: &ObjectName) -> Result<Option<ObjectName>, Problem> {
    let as_reference = match name {
        ObjectName::Id(id) => ObjectName::reference(id),
        ObjectName::Reference(_) => None,
    };
    for name in [Some(name), as_reference.as_ref()].into_iter().flatten() {
        match locate(call.env, name).await? {
            Some((home, true)) => return Ok(Some(home)),
            Some((_, false)) => {}
            None => return Err(deleted(name)),
        }
    }
    Ok(None)
}

/// `DELETE /unmatched/{key}`.
pub async fn delete(call: &Call<'_>, key: &str) -> Result<Response, Problem> {
    find(call, key).await?;
    forget(call, key).await?;
    Ok(Response::empty().during("building the answer")?.with_status(204))
}

async fn forget(call: &Call<'_>, key: &str) -> Result<(), Failure> {
    let bucket = bucket::open(call.env)?;
    bucket.delete(format!("{PREFIX}{key}")).await.during("deleting from the unmatched box")
}

/// A delivery in the box.
struct Kept {
    body: Vec<u8>,
    received_at: Timestamp,
}

async fn find(call: &Call<'_>, key: &str) -> Result<Kept, Problem> {
    let is_key = key.len() <= 64 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !is_key {
        return Err(Problem::new(Code::NoSuchDelivery, "there is no such unmatched delivery"));
    }
    let missing =
        || Problem::new(Code::NoSuchDelivery, format!("there is no unmatched delivery {key:?}"));
    let get = bucket::open(call.env)?.get(format!("{PREFIX}{key}")).execute().await;
    let object = get.during("reading the unmatched box")?.ok_or_else(missing)?;
    let metadata = object.custom_metadata().unwrap_or_default();
    let received_at = metadata.get("receivedAt").and_then(|at| at.parse().ok());
    let body = object.body().ok_or_else(missing)?;
    let body = body.bytes().await.during("reading the unmatched box")?;
    let received_at = received_at.map_or_else(platform::now, Timestamp::from_millis);
    Ok(Kept { body, received_at })
}
