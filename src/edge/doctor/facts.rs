//! Asks the upstreams and the catalog, each within a time limit.

use crate::domain::catalog::filter::Filter;
use crate::domain::catalog::row::Row;
use crate::domain::doctor::clocks::ClockReading;
use crate::domain::doctor::jobs::{self, Jobs};
use crate::domain::doctor::upstreams::{self, ProbeAnswer, UpstreamProbe};
use crate::domain::doctor::{PATIENCE_MS, ProbeResult, first_line};
use crate::domain::time::Timestamp;
use crate::domain::upstream::Upstreams;
use crate::domain::webhook::rejection::RefusedDelivery;
use crate::edge::platform::{self, Failure};
use crate::edge::rpc::listing;
use crate::edge::storage::unmatched;
use crate::edge::upstream;
use futures_util::future::{Either, select, try_join3};
use futures_util::join;
use std::pin::pin;
use std::time::Duration;
use worker::{Delay, Env};

/// Waits for `work`, at most [`PATIENCE_MS`].
pub async fn tried<T>(work: impl Future<Output = Result<T, Failure>>) -> ProbeResult<T> {
    let before = platform::now();
    let end = match select(pin!(work), Delay::from(Duration::from_millis(PATIENCE_MS))).await {
        Either::Left((end, _)) => end.map_err(|failure| first_line(&failure.to_string())),
        Either::Right(_) => Err(format!("no answer within {} s", PATIENCE_MS / 1_000)),
    };
    ProbeResult { end, ms: platform::now().since(before) }
}

/// Returns the reading of a clock that was read since `before`.
pub fn reading(whose: &str, theirs: Option<Timestamp>, before: Timestamp) -> Option<ClockReading> {
    let after = platform::now();
    theirs.map(|theirs| ClockReading { whose: whose.to_owned(), theirs, before, after })
}

/// A probe and its result; no result without a key.
type ProbedUpstream = (UpstreamProbe, Option<ProbeResult<ProbeAnswer>>);

/// Probes all upstreams that have a key; also returns their clocks.
pub async fn upstreams(all: &Upstreams) -> (Vec<ProbedUpstream>, Vec<ClockReading>) {
    let asked = upstreams::questions(all).into_iter().map(|question| async {
        let before = platform::now();
        let answer = match &question.ask {
            Ok(ask) => Some(tried(upstream::probe(ask)).await),
            Err(_) => None,
        };
        let answered = answer.as_ref().and_then(|tried| tried.end.as_ref().ok());
        let reading = reading(&question.host, answered.and_then(|answered| answered.at), before);
        ((question, answer), reading)
    });
    let (asked, readings): (Vec<_>, Vec<_>) = platform::all(asked).await.into_iter().unzip();
    (asked, readings.into_iter().flatten().collect())
}

/// Asks the catalog for the state of the jobs.
pub async fn jobs(env: &Env, now: Timestamp) -> Result<Jobs, String> {
    let told = try_join3(
        listing::totals(env),
        rows(env, jobs::not_whole(now)),
        rows(env, jobs::exhausted(now)),
    );
    let ((totals, _), not_whole, exhausted) = tried(told).await.end?;
    Ok(Jobs { totals, not_whole, exhausted })
}

async fn rows(env: &Env, filter: Filter) -> Result<Vec<Row>, Failure> {
    listing::page(env, &filter, None, jobs::MOST).await.map(|(rows, _)| rows)
}

/// Deliveries that were refused, or that have no job.
pub struct RejectedDeliveries {
    /// The refused deliveries, and how many there ever were.
    pub refused: Result<(Vec<RefusedDelivery>, u64), String>,
    /// The number of deliveries without a job.
    pub unmatched: Result<u64, String>,
}

/// Reads the refused and the unmatched deliveries.
pub async fn refusals(env: &Env) -> RejectedDeliveries {
    let (refused, unmatched) = join!(tried(listing::refused(env)), tried(unmatched::count(env)));
    RejectedDeliveries { refused: refused.end, unmatched: unmatched.end }
}
