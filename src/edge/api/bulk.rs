//! `POST /archive`: copies missing files of many jobs again.

use super::filter::{cursor, filter};
use crate::domain::catalog::filter::Filter;
use crate::domain::catalog::row::Row;
use crate::domain::http::problem::Problem;
use crate::domain::job::record::Archive;
use crate::domain::json::object;
use crate::domain::protocol::manage;
use crate::edge::http::call::Call;
use crate::edge::http::response::json;
use crate::edge::platform::{self, Failure};
use crate::edge::rpc::job;
use crate::edge::rpc::listing::page;
use web_sys::Response;

/// The default number of jobs in a request: each takes a subrequest.
const USUAL: u32 = 20;
const MOST: u32 = 200;
/// The jobs that are asked at the same time.
const AT_ONCE: usize = 8;

/// `POST /archive?archive=&since=&until=&tag=&app=&limit=&cursor=`: asks the
/// next jobs, the newest first. The caller repeats it until the answer's
/// `cursor` is null.
pub async fn archive(call: &Call<'_>) -> Result<Response, Problem> {
    let limit = call.number_in("limit", USUAL, 1..=MOST)?;
    let filter = or_what_is_not_whole(filter(call)?);
    let after = cursor(call)?;
    let (rows, next) = page(call.env, &filter, after, limit as usize).await?;
    let ends = platform::at_most(AT_ONCE, rows.into_iter().map(|row| one(call, row))).await;
    let failed: Vec<_> = ends.iter().filter(|(_, is_told)| !is_told).map(|(id, _)| id).collect();
    let answer = object!({
        "accepted": ends.len() - failed.len(),
        "failed": failed,
        "cursor": next.map(|place| place.to_cursor()),
    });
    Ok(json(202, answer)?)
}

/// If the request has no `archive`, restricts the filter to jobs with missing
/// files.
fn or_what_is_not_whole(mut filter: Filter) -> Filter {
    if filter.archive.is_empty() {
        filter.archive = vec![Archive::Partial, Archive::Lost];
    }
    filter
}

async fn one(call: &Call<'_>, row: Row) -> (String, bool) {
    let told = job::ask_job(call.env, &row.home, manage::Archive).await;
    let told = told.inspect_err(Failure::log);
    (row.summary.id, told.is_ok())
}
