//! Sends rows that deliveries have changed to the catalog's days. Those of one
//! isolate go together, so that a day gets fewer calls than its jobs change.
//!
//! One request gathers rows for all. They share plain data only, because the
//! runtime cancels a request that waits for another one's promise. If rows are
//! lost here, each job sends its own when its alarm rings.

use super::catalog;
use crate::domain::protocol::ingest::CatalogRow;
use crate::domain::time::{SECOND, Timestamp};
use crate::edge::platform::{self, Failure};
use serde_json::value::RawValue;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;
use worker::{Context, Delay, Env};

/// How long rows are gathered.
const GATHER: Duration = Duration::from_millis(50);
/// After this time, in milliseconds, a request that gathers counts as dead: the
/// runtime may end one at any time.
const DEAD_MS: u64 = 5 * SECOND;
/// The most rows that a day gets in one call.
const AT_ONCE: usize = 100;

thread_local! {
    static ROWS: RefCell<Vec<CatalogRow>> = const { RefCell::new(Vec::new()) };
    /// The time since which a request gathers.
    static GATHERS: Cell<Option<Timestamp>> = const { Cell::new(None) };
}

/// Gives a row to the request that gathers, or lets this one gather.
pub fn notify_catalog(context: &Context, env: &Env, row: CatalogRow) {
    ROWS.with_borrow_mut(|rows| rows.push(row));
    let now = platform::now();
    if GATHERS.get().is_none_or(|since| now.since(since) > DEAD_MS) {
        GATHERS.set(Some(now));
        context.wait_until(gather(env.clone(), now));
    }
}

async fn gather(env: Env, since: Timestamp) {
    Delay::from(GATHER).await;
    if GATHERS.get() == Some(since) {
        GATHERS.set(None);
    }
    let mut days: BTreeMap<String, Vec<Box<RawValue>>> = BTreeMap::new();
    for CatalogRow(day, row) in ROWS.take() {
        days.entry(day).or_default().push(row);
    }
    let batches =
        days.iter().flat_map(|(day, rows)| rows.chunks(AT_ONCE).map(move |rows| (day, rows)));
    platform::all(batches.map(|(day, rows)| send(&env, day, rows))).await;
}

async fn send(env: &Env, day: &str, rows: &[Box<RawValue>]) {
    let Err(failure) = catalog::put_many(env, day, rows).await else { return };
    failure.log();
    catalog::put_many(env, day, rows).await.unwrap_or_else(|failure: Failure| failure.log());
}
