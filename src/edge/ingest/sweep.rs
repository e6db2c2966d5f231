//! Finds long bodies that no record contains: the Worker that received them
//! died before their jobs were known.

use crate::domain::file::media_type::OCTET_STREAM;
use crate::domain::keys::{self, INCOMING, StorageKey};
use crate::domain::time::{DAY, HOUR, Timestamp};
use crate::edge::bodies::{PutTarget, copy_object};
use crate::edge::platform::{self, During, Failure};
use crate::edge::storage::bucket;
use std::cell::Cell;
use std::collections::HashMap;
use worker::Env;

/// The most bodies that are moved at a time; the next sweep moves the rest.
const AT_ONCE: u32 = 20;
const REASON: &str = "the Worker stopped before it found the delivery's job";

/// Moves bodies that were received over a day ago to the unmatched box: no
/// request lasts so long.
pub async fn sweep(env: &Env) {
    if let Err(failure) = try_sweep(env).await {
        failure.log();
    }
}

/// Sweeps along with a delivery, once an hour in an isolate.
pub async fn sweep_in_passing(env: Env) {
    thread_local! {
        static LAST: Cell<Timestamp> = const { Cell::new(Timestamp::from_millis(0)) };
    }
    let now = platform::now();
    if now.since(LAST.get()) >= HOUR {
        LAST.set(now);
        sweep(&env).await;
    }
}

async fn try_sweep(env: &Env) -> Result<(), Failure> {
    let what = "looking for leftover bodies";
    let bucket = bucket::open(env)?;
    let page = bucket.list().prefix(INCOMING).limit(AT_ONCE).execute().await.during(what)?;
    let now = platform::now();
    for key in page.objects().iter().map(worker::Object::key) {
        let Some((at, nonce)) = keys::parse_incoming(&key) else { continue };
        if now.since(at) < DAY {
            break; // The keys are listed by their times.
        }
        let path = StorageKey::Unmatched { at, sha256: nonce }.path();
        let metadata = HashMap::from([
            ("reason".to_owned(), REASON.to_owned()),
            ("receivedAt".to_owned(), at.as_millis().to_string()),
        ]);
        let target = PutTarget { key: path, content_type: OCTET_STREAM.to_owned(), metadata };
        copy_object(env, &key, None, target).await?;
        bucket.delete(&key).await.during(what)?;
    }
    Ok(())
}
