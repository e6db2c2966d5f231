//! Calls to catalog objects.

use super::call::{ask_object, is_not_understood};
use crate::domain::catalog::row::Row;
use crate::domain::catalog::{CatalogReply, CatalogRequest};
use crate::domain::json;
use crate::domain::names::ObjectName;
use crate::domain::time::Timestamp;
use crate::edge::platform::{During, Failure};
use futures_util::future::{Either, select};
use serde_json::value::{RawValue, to_raw_value};
use std::pin::pin;
use std::time::Duration;
use worker::{Delay, Env};

/// How long a call to an object may take. The catalog is derived, so nobody
/// waits long for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long `root` may take while a day waits for it, and a job's sender for
/// the day.
const SHORT_PATIENCE: Duration = Duration::from_secs(2);

/// Asks a catalog object: a day, or one of the named ones.
pub async fn ask(
    env: &Env,
    name: &str,
    question: &CatalogRequest,
) -> Result<CatalogReply, Failure> {
    ask_within(PATIENCE, env, name, write(question)?).await
}

/// Asks a catalog object with a shorter limit, for a caller that others wait
/// for.
pub async fn ask_promptly(
    env: &Env,
    name: &str,
    question: &CatalogRequest,
) -> Result<CatalogReply, Failure> {
    ask_within(SHORT_PATIENCE, env, name, write(question)?).await
}

/// Sends a row to the catalog.
pub async fn put(env: &Env, row: Row) -> Result<(), Failure> {
    let day = row.summary.created_at.day();
    // Only the text is kept while waiting, because many jobs may wait at once.
    let text = to_raw_value(&row).during("writing to the catalog")?;
    drop(row);
    put_many(env, &day, &[text]).await
}

/// Sends rows, each a `Row` as JSON, to the object of their day.
pub async fn put_many(env: &Env, day: &str, rows: &[Box<RawValue>]) -> Result<(), Failure> {
    let rows: Vec<&str> = rows.iter().map(|row| row.get()).collect();
    let question = format!(r#"{{"PutMany":[{}]}}"#, rows.join(","));
    match ask_in(env, day, question).await {
        Err(failure) if is_not_understood(&failure) => {
            // For some minutes after a deployment the object may run the
            // previous release.
            for row in rows {
                ask_in(env, day, format!(r#"{{"Put":{row}}}"#)).await?;
            }
            Ok(())
        }
        end => end.map(drop),
    }
}

/// Removes a job from the object of its day. `revision` is the latest that the
/// object may have received.
pub async fn remove(
    env: &Env,
    day: &str,
    home: &ObjectName,
    created_at: Option<Timestamp>,
    revision: u64,
) -> Result<(), Failure> {
    let question = CatalogRequest::Remove { home: home.clone(), created_at, revision };
    ask(env, day, &question).await.map(drop)
}

fn write(question: &CatalogRequest) -> Result<String, Failure> {
    serde_json::to_string(question).during("writing to the catalog")
}

async fn ask_in(env: &Env, name: &str, question: String) -> Result<CatalogReply, Failure> {
    ask_within(PATIENCE, env, name, question).await
}

async fn ask_within(
    patience: Duration,
    env: &Env,
    name: &str,
    question: String,
) -> Result<CatalogReply, Failure> {
    let asked = pin!(ask_object(env, "CATALOG", name, &question));
    let answer = match select(asked, Delay::from(patience)).await {
        Either::Left((answer, _)) => answer?,
        Either::Right(_) => {
            return Err(Failure::new("asking the catalog", &format!("{name} does not answer")));
        }
    };
    json::from_str(&answer).during("reading the catalog's answer")
}
