//! `GET /jobs`: the jobs, the newest first; `GET /stats`: their numbers.

use super::filter::{cursor, filter};
use crate::domain::catalog::costs::costs;
use crate::domain::catalog::row::Row;
use crate::domain::http::problem::Problem;
use crate::domain::json::{from_str, object};
use crate::domain::view::record::Context;
use crate::domain::view::summary::Summary;
use crate::edge::http::call::Call;
use crate::edge::http::response::{json, rendered};
use crate::edge::rpc::listing::{page, totals};
use serde::Serialize;
use serde_json::value::RawValue;
use web_sys::Response;

/// `GET
/// /jobs?status=&archive=&queue=&app=&tag=&q=&since=&until=&limit=&cursor=`.
pub async fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let limit = call.number_in("limit", 50, 1..=200)?;
    let (filter, after) = (filter(call)?, cursor(call)?);
    let (rows, cursor) = page(call.env, &filter, after, limit as usize).await?;
    let jobs: Vec<Summary> = rows.into_iter().map(|row| render(call, row)).collect();
    let cursor = cursor.map(|place| place.to_cursor());
    Ok(rendered(200, &object!({ "jobs": jobs, "cursor": cursor }))?)
}

fn render(call: &Call<'_>, row: Row) -> Summary {
    let base = call.config.base_url(&row.origin);
    row.summary.shown(Context { base, secrets: call.config.secrets() })
}

/// The number of files in each state.
#[derive(Serialize)]
struct Files {
    pending: u64,
    stored: u64,
    lost: u64,
}

/// `GET /stats`: the numbers of jobs, files and bytes.
pub async fn stats(call: &Call<'_>) -> Result<Response, Problem> {
    let (totals, days) = totals(call.env).await?;
    let numbers = &totals.numbers;
    let costs = costs(&totals, &|app| call.config.secrets().masked(app));
    let files = Files { pending: numbers.pending, stored: numbers.stored, lost: numbers.lost };
    let answer = object!({
        "jobs": totals.jobs,
        "days": days,
        "status": totals.status,
        "archive": totals.archive,
        "files": files,
        "bytes": numbers.bytes,
        "cost": from_str::<Box<RawValue>>(&costs).ok(),
    });
    Ok(json(200, answer)?)
}
