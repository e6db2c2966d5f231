//! `GET /jobs`: the newest first; `GET /stats`: how many there are.

use crate::domain::catalog::filter::{self, ARCHIVES, Filter, STATUSES};
use crate::domain::catalog::{Answer, Place, Question, ROOT, Row, Totals};
use crate::domain::http::problem::Problem;
use crate::domain::view::record::{Context, Summary};
use crate::edge::http::call::{BAD_CURSOR, Call};
use crate::edge::http::response::{json, rendered};
use crate::edge::platform::Failure;
use crate::edge::rpc::catalog;
use futures_util::future::try_join_all;
use serde_json::json;
use worker::{Env, Response};

/// Most days that one page looks into: with `root` that is fewer subrequests
/// than the 50 of the free plan.
const MAX_DAYS: usize = 40;
/// Days that are asked at the same time, at most.
const AT_ONCE: usize = 8;

/// `GET /jobs?status=&archive=&queue=&app=&tag=&q=&since=&until=&limit=&cursor=`.
pub async fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let limit = call.number_in("limit", 50, 1..=200)?;
    let (filter, after) = (filter(call)?, cursor(call)?);
    let (rows, cursor) = page(call.env, &filter, after, limit as usize).await?;
    let jobs: Vec<Summary> = rows.into_iter().map(|row| render(call, row)).collect();
    let cursor = cursor.map(|place| place.to_cursor());
    Ok(rendered(200, json!({ "jobs": jobs, "cursor": cursor }).to_string())?)
}

/// The jobs that a request's parameters mean.
pub fn filter(call: &Call<'_>) -> Result<Filter, Problem> {
    let (status, archive) = (call.list("status"), call.list("archive"));
    let label = |name| call.query(name).map(|text| call.label(&text));
    let prefix = call.query("q").map(|text| filter::prefix(&text)).transpose();
    Ok(Filter {
        status: filter::list("status", status.as_deref(), &STATUSES)
            .map_err(Problem::bad_parameter)?,
        archive: filter::list("archive", archive.as_deref(), &ARCHIVES)
            .map_err(Problem::bad_parameter)?,
        queue: call.query("queue"),
        app: label("app"),
        tag: label("tag"),
        prefix: prefix.map_err(Problem::bad_parameter)?,
        since: call.time("since")?,
        until: call.time("until")?,
        exhausted: false,
    })
}

/// `?cursor=`: where to go on.
pub fn cursor(call: &Call<'_>) -> Result<Option<Place>, Problem> {
    let Some(text) = call.query("cursor") else { return Ok(None) };
    Place::from_cursor(&text).map(Some).ok_or(BAD_CURSOR)
}

/// The next rows, and where to go on if there may be more. Where few jobs are
/// meant on many days, a page ends before it is full.
pub async fn page(
    env: &Env,
    filter: &Filter,
    after: Option<Place>,
    limit: usize,
) -> Result<(Vec<Row>, Option<Place>), Failure> {
    let until = after.as_ref().map(Place::day);
    let question = Question::Days { filter: filter.clone().into(), until, limit: MAX_DAYS + 1 };
    let Answer::Days(days) = catalog::ask(env, ROOT, &question).await? else {
        return Err(Failure("the catalog's root has no days".to_owned()));
    };
    let question = Question::Rows { filter: filter.clone().into(), after, limit: limit + 1 };
    let (mut rows, mut asked, mut at_once) = (Vec::new(), 0, 1);
    while rows.len() <= limit && asked < days.len().min(MAX_DAYS) {
        // A day that is full needs no other; empty ones are passed quickly.
        let some = days.iter().take(MAX_DAYS).skip(asked).take(at_once);
        let found = try_join_all(some.map(|day| rows_of(env, day, &question))).await?;
        asked += found.len();
        rows.extend(found.into_iter().flatten());
        at_once = (at_once * 2).min(AT_ONCE);
    }
    let next = if rows.len() > limit {
        rows.get(limit.saturating_sub(1)).map(Row::place)
    } else {
        days.get(MAX_DAYS).and(days.get(MAX_DAYS - 1)).and_then(|day| Place::end_of(day))
    };
    rows.truncate(limit);
    Ok((rows, next))
}

async fn rows_of(env: &Env, day: &str, question: &Question) -> Result<Vec<Row>, Failure> {
    match catalog::ask(env, day, question).await? {
        Answer::Rows(rows) => Ok(rows),
        _ => Err(Failure("a catalog's day has no rows".to_owned())),
    }
}

fn render(call: &Call<'_>, row: Row) -> Summary {
    let base = call.config.base_url(&row.origin);
    row.summary.shown(Context { base, secrets: call.config.secrets() })
}

/// `GET /stats`.
pub async fn stats(call: &Call<'_>) -> Result<Response, Problem> {
    let (totals, days) = totals(call.env).await?;
    let numbers = totals.numbers;
    let answer = json!({
        "jobs": totals.jobs,
        "days": days,
        "status": totals.status,
        "archive": totals.archive,
        "files": { "pending": numbers.pending, "stored": numbers.stored, "lost": numbers.lost },
        "bytes": numbers.bytes,
    });
    Ok(json(200, answer.to_string())?)
}

/// The sums of all jobs, and on how many days they were created.
pub async fn totals(env: &Env) -> Result<(Totals, u64), Failure> {
    match catalog::ask(env, ROOT, &Question::Totals).await? {
        Answer::Totals(totals, days) => Ok((*totals, days)),
        _ => Err(Failure("the catalog's root has no sums".to_owned())),
    }
}
