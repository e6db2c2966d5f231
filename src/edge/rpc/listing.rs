//! Reads from the catalog: a page of jobs, sums, refused deliveries.

use super::catalog::ask;
use crate::domain::catalog::cursor::PageCursor;
use crate::domain::catalog::filter::Filter;
use crate::domain::catalog::row::Row;
use crate::domain::catalog::totals::Totals;
use crate::domain::catalog::{CatalogReply, CatalogRequest, REFUSED, ROOT};
use crate::domain::webhook::rejection::RefusedDelivery;
use crate::edge::platform::{self, Failure};
use worker::Env;

/// The most days that one page reads. With `root` that makes fewer subrequests
/// than the 50 of the free plan.
const MAX_DAYS: usize = 40;
/// How often `root` is asked for the sums of more days: enough for about 500
/// days.
const MAX_PULLS: usize = 12;
/// The most days that are asked at the same time.
const AT_ONCE: usize = 8;

/// Reads the next rows, and the cursor of the next page if there may be more.
/// If few jobs on many days match, a page ends before it is full.
pub async fn page(
    env: &Env,
    filter: &Filter,
    after: Option<PageCursor>,
    limit: usize,
) -> Result<(Vec<Row>, Option<PageCursor>), Failure> {
    let until = after.as_ref().map(PageCursor::day);
    let question =
        CatalogRequest::Days { filter: filter.clone().into(), until, limit: MAX_DAYS + 1 };
    let CatalogReply::Days(days) = ask(env, ROOT, &question).await? else {
        return Err(Failure::unexpected("asking for the days"));
    };
    let question = CatalogRequest::Rows { filter: filter.clone().into(), after, limit: limit + 1 };
    let (mut rows, mut asked, mut at_once) = (Vec::new(), 0, 1);
    while rows.len() <= limit && asked < days.len().min(MAX_DAYS) {
        // Usually one full day is enough; empty days are skipped quickly.
        let some = days.iter().take(MAX_DAYS).skip(asked).take(at_once);
        let found = platform::all(some.map(|day| rows_of(env, day, &question))).await;
        let found = found.into_iter().collect::<Result<Vec<_>, _>>()?;
        asked += found.len();
        rows.extend(found.into_iter().flatten());
        at_once = (at_once * 2).min(AT_ONCE);
    }
    let next = if rows.len() > limit {
        rows.get(limit.saturating_sub(1)).map(Row::place)
    } else {
        days.get(MAX_DAYS).and(days.get(MAX_DAYS - 1)).and_then(|day| PageCursor::end_of(day))
    };
    rows.truncate(limit);
    Ok((rows, next))
}

async fn rows_of(env: &Env, day: &str, question: &CatalogRequest) -> Result<Vec<Row>, Failure> {
    match ask(env, day, question).await? {
        CatalogReply::Rows(rows) => Ok(rows),
        _ => Err(Failure::unexpected("asking a day for rows")),
    }
}

/// Reads the sums of all jobs, and the number of days on which they were
/// created. If many days have changed, `root` fetches the sums of some of them
/// in each call.
pub async fn totals(env: &Env) -> Result<(Totals, u64), Failure> {
    let mut questions = 0;
    loop {
        let CatalogReply::Totals(totals, days) = ask(env, ROOT, &CatalogRequest::Totals).await?
        else {
            return Err(Failure::unexpected("asking for the sums"));
        };
        questions += 1;
        if totals.stale_days == 0 || questions == MAX_PULLS {
            return Ok((*totals, days));
        }
    }
}

/// Reads the stored refused deliveries, and how many there were in all.
pub async fn refused(env: &Env) -> Result<(Vec<RefusedDelivery>, u64), Failure> {
    match ask(env, REFUSED, &CatalogRequest::Refused).await? {
        CatalogReply::Refused { refused, total } => Ok((refused, total)),
        _ => Err(Failure::unexpected("asking for refused deliveries")),
    }
}
