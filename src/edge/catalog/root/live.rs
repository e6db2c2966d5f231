//! The live feed: days report each change to `root` while it has viewers, and
//! `root` forwards it to them.

use super::days;
use super::feed;
use super::missed::{serve, watchdog};
use super::viewers::{Viewer, attach, change_texts, send, viewers};
use crate::domain::access::pass::TokenPass;
use crate::domain::catalog::DayUpdate;
use crate::domain::catalog::live_feed::Cursor;
use crate::domain::json;
use crate::edge::catalog::object::CatalogObject;
use crate::edge::catalog::turnover;
use crate::edge::platform::{self, During, Failure};
use worker::{Request, Response, WebSocketPair};

/// The most viewers at the same time; the platform's limit is 32,768.
const MAX_VIEWERS: usize = 10_000;

/// Accepts a viewer, and sends it what it has missed. The alarm sends what does
/// not fit into one request.
pub async fn watch(object: &CatalogObject, request: &Request) -> Result<Response, Failure> {
    let url = request.url().during("reading a viewer's URL")?;
    let after = url.query_pairs().find(|(key, _)| key == "after");
    let pass = request.headers().get("x-pass").ok().flatten().unwrap_or_default();
    let pass: TokenPass = json::from_str(&pass).during("reading a viewer's pass")?;
    if !pass.counts(&object.config.reader_marks(), platform::now()) {
        return Response::error("the pass is invalid", 401).during("refusing a viewer");
    }
    object.tables.open(turnover::root)?;
    if object.state.get_websockets().len() >= MAX_VIEWERS {
        return Response::error("too many viewers", 503).during("refusing a viewer");
    }
    let pair = WebSocketPair::new().during("making a viewer's socket")?;
    object.state.accept_web_socket(&pair.server);
    let missed = after.is_some();
    let after = after.and_then(|(_, text)| Cursor::parse(&text)).map(|at| at.to_string());
    let viewer = Viewer { pass, is_up_to_date: false, resync: missed && after.is_none(), after };
    attach(&pair.server, &viewer)?;
    watchdog(object).await?;
    let served = serve(object).await;
    served.unwrap_or_else(|failure| failure.log());
    Response::from_websocket(pair.client).during("answering a viewer")
}

/// Takes a day's changes, and sends them to all viewers.
pub fn push(object: &CatalogObject, update: &DayUpdate) -> Result<(), Failure> {
    object.tables.open(turnover::root)?;
    let texts = change_texts(object, &update.changes);
    let before = feed::cursor(object)?;
    days::take_sums(object, update)?;
    let after = feed::note_sent(object, &update.day, update.until)?;
    broadcast(object, &texts, update, (&before, &after))
}

/// Sends changes to all viewers. A viewer that is catching up gets them only if
/// they continue what it knows of the day; else the day is asked later.
fn broadcast(
    object: &CatalogObject,
    texts: &[String],
    update: &DayUpdate,
    (before, after): (&Cursor, &Cursor),
) -> Result<(), Failure> {
    for (socket, mut viewer) in viewers(object) {
        let Some(mut at) = viewer.cursor() else {
            send(&socket, texts, before, after);
            continue;
        };
        let known = at.days.get(&update.day).copied();
        if let Some(known) = known
            && update.after.is_some_and(|after| after <= known)
        {
            let before = at.clone();
            at.days.insert(update.day.clone(), update.until.unwrap_or_default().max(known));
            send(&socket, texts, &before, &at);
            viewer.after = Some(at.to_string());
            attach(&socket, &viewer)?;
        }
    }
    Ok(())
}
