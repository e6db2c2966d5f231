//! Reports a day's changes to `root`: once that it changes, its sums when
//! `root` asks for them, and each change while somebody watches. The alarm
//! sends the changes, so that no job waits for that and many changes go
//! together.

use super::ledger::LEDGER;
use super::update::news;
use crate::domain::alarm::plan;
use crate::domain::catalog::ledger::Ledger;
use crate::domain::catalog::recent::Recent;
use crate::domain::catalog::{CatalogReply, CatalogRequest, ROOT};
use crate::edge::catalog::object::CatalogObject;
use crate::edge::catalog::turnover;
use crate::edge::platform::{self, Failure};
use crate::edge::rpc::call::is_not_understood;
use crate::edge::rpc::catalog;

/// How often `root` is notified of one change: it may ask for the sums in
/// between.
const TRIES: usize = 3;

/// Notifies `root` that the day is about to change, unless it knows. The reply
/// is written with the next change. Until then only storage may be awaited,
/// because sums that `root` reads in between would lack that change.
pub async fn notify_root(object: &CatalogObject, day: &str) -> Result<(), Failure> {
    for _ in 0..TRIES {
        let must_tell = object.ledger.with(&object.tables, |ledger, _| {
            Ok(!day.is_empty() && ledger.must_notify_root(platform::now()))
        })?;
        if !must_tell {
            return Ok(());
        }
        if ask_root(object, day).await? {
            return Ok(());
        }
    }
    Err(Failure::new("telling the catalog's root of a change", "it pulls again and again"))
}

async fn ask_root(object: &CatalogObject, day: &str) -> Result<bool, Failure> {
    let question = CatalogRequest::Dirty(day.to_owned());
    let answer = catalog::ask_promptly(&object.env, ROOT, &question).await?;
    let CatalogReply::Dirty { generation, push_ms } = answer else {
        return Err(Failure::unexpected("telling the catalog's root of a change"));
    };
    let now = platform::now();
    object.ledger.with(&object.tables, |ledger, _| Ok(ledger.apply_reply(generation, push_ms, now)))
}

/// Runs the day's alarm: sends `root` what it waits for. It first sets a
/// watchdog. After the last look only storage is awaited, so that no change
/// goes unseen in between.
pub async fn flush(object: &CatalogObject) -> Result<(), Failure> {
    let storage = object.state.storage();
    let watchdog = plan::watchdog(1, object.config.pace, platform::now());
    platform::set_alarm_at(&storage, watchdog).await?;
    object.is_flush_scheduled.set(true);
    object.tables.open(turnover::day)?;
    while push_next(object).await? {}
    object.is_flush_scheduled.set(false);
    platform::clear_alarm(&storage).await
}

/// Sends the next changes; returns whether there may be more.
async fn push_next(object: &CatalogObject) -> Result<bool, Failure> {
    let (ledger, tables) = (&object.ledger, &object.tables);
    let waiting = ledger.with(tables, |ledger, _| {
        let waits = ledger.unpushed().is_some() && !ledger.day.is_empty();
        Ok(waits.then(|| (ledger.day.clone(), ledger.is_root_notified())))
    })?;
    let Some((day, is_told)) = waiting else { return Ok(false) };
    if !is_told {
        match ask_root(object, &day).await {
            Ok(_) => return ledger.change(tables, |_, _| Ok(true)),
            // For some minutes after a deployment `root` may run the previous
            // release, which gets each change.
            Err(failure) if is_not_understood(&failure) => {}
            Err(failure) => return Err(failure),
        }
    }
    let next = |ledger: &mut Ledger, recent: &mut Recent| match ledger.unpushed() {
        Some(after) => news(tables, ledger, recent, Some(after)).map(Some),
        None => Ok(None),
    };
    let Some(news) = ledger.with(tables, next)? else { return Ok(false) };
    let until = news.until.unwrap_or(news.seq);
    if !news.changes.is_empty() {
        catalog::ask(&object.env, ROOT, &CatalogRequest::Push(Box::new(news))).await?;
    }
    ledger.change(tables, |ledger, _| {
        ledger.push(until);
        Ok(true)
    })
}

/// Returns the sums to `root`. From now on `root` must be notified again.
pub fn sums(
    object: &CatalogObject,
    generation: u64,
    after: Option<u64>,
) -> Result<CatalogReply, Failure> {
    object.tables.open(turnover::day)?;
    object.ledger.with(&object.tables, |ledger, recent| {
        let news = news(&object.tables, ledger, recent, after)?;
        if ledger.pulled < generation {
            ledger.pulled = generation;
            object.tables.note(LEDGER, ledger)?;
        }
        Ok(CatalogReply::News(Box::new(news)))
    })
}
