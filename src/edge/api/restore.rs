//! `POST /restore`: rebuilds the objects, KV and the catalog from the bucket.

use crate::domain::http::problem::Problem;
use crate::domain::json::object;
use crate::domain::keys;
use crate::domain::protocol::ingest::TakenUp;
use crate::domain::protocol::manage::Restore;
use crate::edge::http::call::Call;
use crate::edge::http::response::json;
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::job;
use crate::edge::storage::bucket;
use web_sys::Response;
use worker::Object;

/// The default number of jobs in a request. Each takes a subrequest, and the
/// free plan has 50.
const USUAL: u32 = 40;
const MOST: u32 = 1_000;
/// The jobs that are restored at the same time.
const AT_ONCE: usize = 8;

/// `POST /restore?limit=&cursor=`: restores the jobs of the next manifests. The
/// caller repeats it until the answer's `cursor` is null. Doing it again is
/// harmless: an existing job stays as it is, and is only published again.
pub async fn restore(call: &Call<'_>) -> Result<Response, Problem> {
    let limit = call.number_in("limit", USUAL, 1..=MOST)?;
    let bucket = bucket::open(call.env)?;
    let mut query = bucket.list().prefix(keys::MANIFESTS).limit(limit);
    if let Some(cursor) = call.cursor()? {
        query = query.cursor(cursor);
    }
    let page = query.execute().await.during("listing the manifests");
    let page = page.map_err(|failure| call.listing_failed(failure))?;
    let found: Vec<String> = page.objects().iter().map(Object::key).collect();
    let ends = platform::at_most(AT_ONCE, found.into_iter().map(|key| one(call, key))).await;
    let of = |end| ends.iter().filter(move |(_, is)| *is == end);
    let failed: Vec<_> = of(None).map(|(key, _)| key).collect();
    let answer = object!({
        "restored": of(Some(TakenUp::New)).count(),
        "known": of(Some(TakenUp::Known)).count(),
        "deleted": of(Some(TakenUp::Deleted)).count(),
        "failed": failed,
        "cursor": page.cursor(),
    });
    Ok(json(200, answer)?)
}

async fn one(call: &Call<'_>, key: String) -> (String, Option<TakenUp>) {
    let end = try_one(call, &key).await;
    (key, end.inspect_err(Failure::log).ok())
}

async fn try_one(call: &Call<'_>, key: &str) -> Result<TakenUp, Failure> {
    let name = keys::job_of_manifest(key).ok_or_else(|| {
        Failure::new("restoring a job", &format!("{key} is not named like a manifest"))
    })?;
    job::ask(call.env, &name, Restore(key.to_owned())).await
}
