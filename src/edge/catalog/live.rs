//! The live feed: `root` tells its viewers of every change.
//!
//! What a viewer has missed is read from the tables again, so nothing is kept
//! for anyone who is away.

use super::object::CatalogObject;
use super::schema;
use super::sql::number;
use super::viewers::{Viewer, attach, ring_at};
use crate::domain::access::pass::Pass;
use crate::domain::catalog::live_feed::{self, Missed};
use crate::domain::catalog::row::Row;
use crate::domain::catalog::{Answer, Question};
use crate::domain::json;
use crate::domain::names::ObjectName;
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::catalog;
use futures_util::future::try_join_all;
use serde::Deserialize;
use worker::{Request, Response, WebSocket, WebSocketPair};

/// Viewers at the same time; the platform's limit is 32,768.
const MAX_VIEWERS: usize = 10_000;
/// Missed changes that are read at once: their days are asked together, 40
/// subrequests at most.
const PAGE: u64 = 40;
/// Missed changes that a viewer is told before it has to come again: they wait
/// in memory until it has connected.
const MAX_MISSED: usize = 1_000;
/// Subrequests for one viewer.
const MAX_ASKED: usize = 45;
/// "Try again later" (RFC 6455's registry).
const COME_AGAIN: u16 = 1013;
/// The objects whose rows are to be asked for, by their days.
type Days = Vec<(String, Vec<ObjectName>)>;

#[derive(Deserialize)]
struct MissedRow {
    seq: u64,
    home: String,
    day: String,
    id: String,
}

/// Takes a viewer, tells it what it has missed, and then what happens.
pub async fn watch(object: &CatalogObject, request: &Request) -> Result<Response, Failure> {
    let url = request.url().during("reading a viewer's URL")?;
    let after = url.query_pairs().find(|(key, _)| key == "after");
    let after = after.and_then(|(_, text)| text.parse::<u64>().ok());
    let pass = request.headers().get("x-pass").ok().flatten().unwrap_or_default();
    let pass: Pass = json::from_str(&pass).during("reading a viewer's pass")?;
    if !pass.counts(&object.config.reader_marks(), platform::now()) {
        return Response::error("the pass does not count", 401).during("refusing a viewer");
    }
    object.tables.open(schema::root)?;
    if object.state.get_websockets().len() >= MAX_VIEWERS {
        return Response::error("too many viewers", 503).during("refusing a viewer");
    }
    let pair = WebSocketPair::new().during("making a viewer's socket")?;
    object.state.accept_web_socket(&pair.server);
    attach(&pair.server, Viewer { pass, is_up_to_date: false })?;
    ring_at(object, pass.until).await?;
    let now = object.tables.noted::<u64>("seq")?;
    catch_up(object, &pair.server, pass, after.unwrap_or(now).min(now)).await?;
    Response::from_websocket(pair.client).during("answering a viewer")
}

/// Tells a viewer what it has missed. Between the look that finds nothing
/// more and the note that it is up to date nothing is awaited.
async fn catch_up(
    object: &CatalogObject,
    viewer: &WebSocket,
    pass: Pass,
    after: u64,
) -> Result<(), Failure> {
    let (mut after, mut told, mut asked) = (after, 0, 0);
    loop {
        let missed = missed(object, after)?;
        let Some(last) = missed.last().map(|missed| missed.seq) else { break };
        let days = by_day(&missed);
        asked += days.len();
        if told >= MAX_MISSED || asked > MAX_ASKED {
            let close = viewer.close(Some(COME_AGAIN), Some("come again for the rest"));
            return close.during("closing a viewer's socket");
        }
        for text in tell_missed(object, missed, days).await? {
            viewer.send_with_str(text).during("telling a viewer")?;
            told += 1;
        }
        after = last;
    }
    viewer.send_with_str(live_feed::here(after)).during("telling a viewer")?;
    attach(viewer, Viewer { pass, is_up_to_date: true })
}

/// Reads the changes after a number, in their order. Each job is there once.
fn missed(object: &CatalogObject, after: u64) -> Result<Vec<Missed>, Failure> {
    let sql = "SELECT seq, home, day, '' AS id FROM jobs WHERE seq > ? UNION ALL
               SELECT seq, home, '' AS day, id FROM removed WHERE seq > ?
               ORDER BY seq LIMIT ?";
    let values = vec![number(after)?, number(after)?, number(PAGE)?];
    let rows: Vec<MissedRow> = object.tables.query(sql, values)?;
    let read = |row: MissedRow| {
        let home = ObjectName::try_from(row.home).during("reading a missed change")?;
        Ok(Missed { seq: row.seq, home, day: row.day, id: row.id })
    };
    rows.into_iter().map(read).collect()
}

async fn tell_missed(
    object: &CatalogObject,
    missed: Vec<Missed>,
    days: Days,
) -> Result<Vec<String>, Failure> {
    let asked = days.into_iter().map(|(day, homes)| rows_of_day(object, day, homes));
    let rows: Vec<Row> = try_join_all(asked).await?.into_iter().flatten().collect();
    Ok(missed.iter().filter_map(|one| told(object, one, &rows)).collect())
}

/// Returns what a viewer is told of a change; `None` for a job that has been
/// removed meanwhile, which is told later.
fn told(object: &CatalogObject, missed: &Missed, rows: &[Row]) -> Option<String> {
    if missed.day.is_empty() {
        return Some(live_feed::removed(missed.seq, &missed.id));
    }
    let row = rows.iter().find(|row| row.home == missed.home)?;
    Some(live_feed::changed(missed.seq, row, object.context(row)))
}

async fn rows_of_day(
    object: &CatalogObject,
    day: String,
    homes: Vec<ObjectName>,
) -> Result<Vec<Row>, Failure> {
    match catalog::ask(&object.env, &day, &Question::RowsOf(homes)).await? {
        Answer::Rows(rows) => Ok(rows),
        _ => Err(Failure::unexpected("asking a day for rows")),
    }
}

fn by_day(missed: &[Missed]) -> Days {
    let mut days = Days::new();
    for one in missed.iter().filter(|one| !one.day.is_empty()) {
        match days.iter_mut().find(|(day, _)| *day == one.day) {
            Some((_, homes)) => homes.push(one.home.clone()),
            None => days.push((one.day.clone(), vec![one.home.clone()])),
        }
    }
    days
}
