//! The box of deliveries without a known job: none is ever dropped.

use super::claim::{Located, locate};
use super::deliver::{Handed, hand_over};
use super::labels::from;
use super::open::reopen;
use super::sweep::sweep;
use crate::domain::http::problem::{Code, Problem};
use crate::domain::ingest::delivery::Delivery;
use crate::domain::job::timeline::Trust;
use crate::domain::json::object;
use crate::domain::keys::UNMATCHED;
use crate::domain::names::ObjectName;
use crate::edge::bodies::{BodyReader, park};
use crate::edge::http::call::Call;
use crate::edge::http::response::{self, json};
use crate::edge::http::streaming;
use crate::edge::platform::During;
use crate::edge::storage::unmatched::{self, UnmatchedDelivery};
use crate::edge::storage::{body, bucket};
use serde::Serialize;
use web_sys::Response;
use worker::{Include, Object};

/// `GET /unmatched?cursor=&limit=`: the oldest first.
pub async fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let limit = call.number_in("limit", 100, 1..=1_000)?;
    sweep(call.env).await;
    let bucket = bucket::open(call.env)?;
    let mut query = bucket.list().prefix(UNMATCHED).limit(limit);
    query = query.include(vec![Include::CustomMetadata]);
    if let Some(cursor) = call.cursor()? {
        query = query.cursor(cursor);
    }
    let page = query.execute().await.during("listing the unmatched box");
    let page = page.map_err(|failure| call.listing_failed(failure))?;
    let rows: Vec<Row> = page.objects().iter().map(Row::of).collect();
    Ok(json(200, object!({ "unmatched": rows, "cursor": page.cursor() }))?)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    key: String,
    received_at: Option<u64>,
    bytes: u64,
    reason: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
}

impl Row {
    fn of(object: &Object) -> Self {
        let mut metadata = object.custom_metadata().unwrap_or_default();
        Self {
            key: object.key().trim_start_matches(UNMATCHED).to_owned(),
            received_at: metadata.get("receivedAt").and_then(|at| at.parse().ok()),
            bytes: object.size(),
            reason: metadata.remove("reason"),
            reference: metadata.remove("ref"),
        }
    }
}

/// `GET /unmatched/{key}`: the body as it was received, with secrets masked.
pub async fn body(call: &Call<'_>, key: &str) -> Result<Response, Problem> {
    let kept = find(call, key).await?;
    let stream = bucket::stream_of(&kept.body)?;
    Ok(streaming::told(response::download()?, stream, call.config.secrets())?)
}

/// `POST /unmatched/{key}?job={id}`: delivers it to that job, which must exist
/// unless `&create=true` lets it be made. Only then it leaves the box; doing it
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
    let delivery = delivery(call, kept, &object).await?;
    let body = delivery.body.clone();
    let why = match hand_over(call, &object, delivery).await? {
        Handed::Answer(response) => {
            unmatched::forget(call.env, key).await?;
            return Ok(response);
        }
        Handed::Deleted => deleted(&object),
        Handed::Refused(why) => stays(&why),
    };
    body::drop_parked(call.env, &body).await?;
    Err(why)
}

/// Makes a delivery from the one in the box; a long body is parked for its job.
async fn delivery(
    call: &Call<'_>,
    kept: UnmatchedDelivery,
    object: &ObjectName,
) -> Result<Delivery, Problem> {
    let sent = BodyReader::of_object(&kept.body).await;
    let sent = sent.map_err(|stop| stop.problem(call.config.max_body_bytes))?;
    let opened = reopen(call, sent).await?;
    let parked = park(call.env, opened.body, &opened.sha256, object).await?;
    Ok(Delivery {
        received_at: kept.received_at,
        body: parked.body,
        document: None,
        skeleton: parked.skeleton,
        sha256: opened.sha256,
        origin: call.url.origin().ascii_serialization(),
        trust: Trust::Token,
        reference: None,
        app: None,
        tags: Vec::new(),
        keep_days: None,
        from: from(call).0,
        note: Some("assigned by hand".to_owned()),
        named: None,
        moved: None,
        may_tell: true,
    })
}

fn stays(why: &str) -> Problem {
    Problem::new(Code::NotAssigned, format!("{why}; the delivery stays here"))
}

fn deleted(name: &ObjectName) -> Problem {
    stays(&format!("job {} has been deleted", name.public()))
}

fn unknown(written: &str) -> Problem {
    let detail =
        format!("no delivery has named job {written:?}; add `&create=true` if it is right");
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

/// Finds where the job of a name lives: by its id first, then by the reference,
/// as readers do.
async fn known(call: &Call<'_>, name: &ObjectName) -> Result<Option<ObjectName>, Problem> {
    for name in [Some(name), name.as_reference().as_ref()].into_iter().flatten() {
        match locate(call.env, name).await? {
            Located::At { home, known: true } => return Ok(Some(home)),
            Located::At { known: false, .. } => {}
            Located::Deleted => return Err(deleted(name)),
        }
    }
    Ok(None)
}

/// `DELETE /unmatched/{key}`: deletes the delivery.
pub async fn delete(call: &Call<'_>, key: &str) -> Result<Response, Problem> {
    find(call, key).await?;
    unmatched::forget(call.env, key).await?;
    Ok(response::done()?)
}

async fn find(call: &Call<'_>, key: &str) -> Result<UnmatchedDelivery, Problem> {
    let is_key = key.len() <= 64 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !is_key {
        return Err(Problem::new(
            Code::NoSuchDelivery,
            "no unmatched delivery has this key; see GET /unmatched",
        ));
    }
    let found = unmatched::find(call.env, key).await?;
    found.ok_or_else(|| {
        Problem::new(
            Code::NoSuchDelivery,
            format!("no unmatched delivery has the key {key:?}; see GET /unmatched"),
        )
    })
}
