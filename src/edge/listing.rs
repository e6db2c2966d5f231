//! `GET /jobs`: the newest first.

use super::catalog_client;
use super::http::{Call, json};
use super::platform::Failure;
use crate::domain::catalog::{Answer, Place, Question, ROOT, Row};
use crate::domain::error::Problem;
use crate::domain::view::Summary;
use serde_json::json;
use worker::Response;

/// Most days that one page looks into. Each holds at least a row when it is
/// listed, so a page only ends early where there are many small days.
const MAX_DAYS: usize = 30;

/// `GET /jobs?limit=1..200&cursor=`.
pub async fn list(call: &Call<'_>) -> Result<Response, Problem> {
    refuse_unknown(call)?;
    let limit = call.number("limit", 50)?;
    if !(1..=200).contains(&limit) {
        return Err(Problem::BadRequest(format!("`limit` is {limit}; it can be 1 to 200")));
    }
    let after = cursor(call)?;
    let (rows, cursor) = page(call, after, limit as usize).await?;
    let jobs: Vec<Summary> = rows.into_iter().map(|row| render(call, row)).collect();
    let cursor = cursor.map(|place| place.to_cursor());
    Ok(json(200, json!({ "jobs": jobs, "cursor": cursor }).to_string())?)
}

/// A filter that is not known must not look as if it had matched everything.
fn refuse_unknown(call: &Call<'_>) -> Result<(), Problem> {
    let unknown = call.url.query_pairs().find(|(key, _)| key != "limit" && key != "cursor");
    match unknown {
        None => Ok(()),
        Some((key, _)) => Err(Problem::BadRequest(format!(
            "`{key}` is no parameter of this listing; it takes `limit` and `cursor`"
        ))),
    }
}

fn cursor(call: &Call<'_>) -> Result<Option<Place>, Problem> {
    let Some(text) = call.query("cursor") else { return Ok(None) };
    Place::from_cursor(&text)
        .map(Some)
        .ok_or_else(|| Problem::BadRequest("`cursor` is none that this route has given".to_owned()))
}

async fn page(
    call: &Call<'_>,
    after: Option<Place>,
    limit: usize,
) -> Result<(Vec<Row>, Option<Place>), Failure> {
    let until = after.as_ref().map(|place| place.created_at.day());
    let days = Question::Days { until, limit: MAX_DAYS + 1 };
    let Answer::Days(days) = catalog_client::ask(call.env, ROOT, &days).await? else {
        return Err(Failure("the catalog's root has no days".to_owned()));
    };
    let mut rows: Vec<Row> = Vec::new();
    for day in days.iter().take(MAX_DAYS) {
        let wanted = limit + 1 - rows.len();
        let question = Question::Rows { after: after.clone(), limit: wanted };
        let Answer::Rows(more) = catalog_client::ask(call.env, day, &question).await? else {
            return Err(Failure("a catalog's day has no rows".to_owned()));
        };
        rows.extend(more);
        if rows.len() > limit {
            break;
        }
    }
    let is_more = rows.len() > limit || days.len() > MAX_DAYS;
    rows.truncate(limit);
    let last = rows.last().map(Row::place).filter(|_| is_more);
    Ok((rows, last))
}

fn render(call: &Call<'_>, row: Row) -> Summary {
    let base = call.config.base_url(&row.origin);
    row.summary.with_base(base)
}
