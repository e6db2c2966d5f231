//! The live feed: `root` tells its viewers of every change.
//!
//! The sockets hibernate: a feed on which nothing happens costs nothing. What
//! a viewer has missed is read from the tables again, so nothing is kept for
//! anyone who is away. A socket's attachment holds what let its viewer in: at
//! its end the alarm rings, and a deployment may have ended it already.

use super::Catalog;
use super::sql::number;
use crate::domain::access::pass::{self, Pass};
use crate::domain::catalog::live_feed::{self, Missed};
use crate::domain::catalog::{Answer, Question, Row};
use crate::domain::json;
use crate::domain::names::ObjectName;
use crate::domain::time::{SECOND, Timestamp};
use crate::domain::view::record::Context;
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::catalog;
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
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
/// "Policy violation" (RFC 6455).
const MAY_NOT: u16 = 1008;
/// How long after its end a ticket's viewer is closed, in milliseconds: ends of
/// the same second ring once.
const GATHER_MS: u64 = SECOND;

/// A socket's attachment.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Viewer {
    pass: Pass,
    /// Whether it gets what happens.
    is_up_to_date: bool,
}

/// The objects whose rows are to be asked for, by their days.
type Days = Vec<(String, Vec<ObjectName>)>;

#[derive(Deserialize)]
struct MissedRow {
    seq: u64,
    home: String,
    day: String,
    id: String,
}

impl Catalog {
    /// Takes a viewer, tells it what it has missed, and then what happens.
    pub(super) async fn watch(&self, request: &Request) -> Result<Response, Failure> {
        let url = request.url().during("reading a viewer's URL")?;
        let after = url.query_pairs().find(|(key, _)| key == "after");
        let after = after.and_then(|(_, text)| text.parse::<u64>().ok());
        let pass = request.headers().get("x-pass").ok().flatten().unwrap_or_default();
        let pass: Pass = json::from_str(&pass).during("reading a viewer's pass")?;
        if !pass.counts(&pass::marks(&self.config), platform::now()) {
            return Response::error("the pass does not count", 401).during("refusing a viewer");
        }
        self.open_root()?;
        if self.state.get_websockets().len() >= MAX_VIEWERS {
            return Response::error("too many viewers", 503).during("refusing a viewer");
        }
        let pair = WebSocketPair::new().during("making a viewer's socket")?;
        self.state.accept_web_socket(&pair.server);
        attach(&pair.server, Viewer { pass, is_up_to_date: false })?;
        self.ring_at(pass.until).await?;
        let now = self.noted::<u64>("seq")?;
        self.catch_up(&pair.server, pass, after.unwrap_or(now).min(now)).await?;
        Response::from_websocket(pair.client).during("answering a viewer")
    }

    /// Sets the alarm for the end of a ticket, unless it rings before.
    async fn ring_at(&self, end: Option<Timestamp>) -> Result<(), Failure> {
        let Some(at) = end.map(|end| end.plus(GATHER_MS)) else { return Ok(()) };
        let storage = self.state.storage();
        let set = storage.get_alarm().await.during("reading the alarm")?;
        let rings_before = set.and_then(|set| u64::try_from(set).ok());
        if rings_before.is_some_and(|set| set <= at.as_millis()) {
            return Ok(());
        }
        platform::set_alarm_at(&storage, at).await
    }

    /// Closes the sockets whose pass has ended, and sets the alarm for the next.
    pub(super) async fn end_viewers(&self) -> Result<(), Failure> {
        let viewers = self.viewers();
        self.ring_at(viewers.iter().filter_map(|(_, viewer)| viewer.pass.until).min()).await
    }

    /// The sockets of those who may watch; the others are closed.
    fn viewers(&self) -> Vec<(WebSocket, Viewer)> {
        let (marks, now) = (pass::marks(&self.config), platform::now());
        let sockets = self.state.get_websockets().into_iter();
        let admitted = sockets.map(|socket| (admitted(&socket, &marks, now), socket));
        admitted.filter_map(|(viewer, socket)| Some((socket, viewer?))).collect()
    }

    /// Answers a viewer who shows that it is there.
    pub(super) fn pong(&self, socket: &WebSocket) -> worker::Result<()> {
        match admitted(socket, &pass::marks(&self.config), platform::now()) {
            Some(_) => socket.send_with_str("pong"),
            None => Ok(()),
        }
    }

    /// Tells a viewer what it has missed. Between the look that finds nothing
    /// more and the note that it is up to date nothing is awaited.
    async fn catch_up(&self, viewer: &WebSocket, pass: Pass, after: u64) -> Result<(), Failure> {
        let (mut after, mut told, mut asked) = (after, 0, 0);
        loop {
            let missed = self.missed(after)?;
            let Some(last) = missed.last().map(|missed| missed.seq) else { break };
            let days = by_day(&missed);
            asked += days.len();
            if told >= MAX_MISSED || asked > MAX_ASKED {
                let close = viewer.close(Some(COME_AGAIN), Some("come again for the rest"));
                return close.during("closing a viewer's socket");
            }
            for text in self.tell_missed(missed, days).await? {
                viewer.send_with_str(text).during("telling a viewer")?;
                told += 1;
            }
            after = last;
        }
        viewer.send_with_str(live_feed::here(after)).during("telling a viewer")?;
        attach(viewer, Viewer { pass, is_up_to_date: true })
    }

    /// The changes after a number, in their order. Each job is there once.
    fn missed(&self, after: u64) -> Result<Vec<Missed>, Failure> {
        let sql = "SELECT seq, home, day, '' AS id FROM jobs WHERE seq > ? UNION ALL
                   SELECT seq, home, '' AS day, id FROM removed WHERE seq > ?
                   ORDER BY seq LIMIT ?";
        let values = vec![number(after)?, number(after)?, number(PAGE)?];
        let rows: Vec<MissedRow> = self.query(sql, values)?;
        let read = |row: MissedRow| {
            let home = ObjectName::try_from(row.home).during("reading a missed change")?;
            Ok(Missed { seq: row.seq, home, day: row.day, id: row.id })
        };
        rows.into_iter().map(read).collect()
    }

    async fn tell_missed(&self, missed: Vec<Missed>, days: Days) -> Result<Vec<String>, Failure> {
        let asked = days.into_iter().map(|(day, homes)| self.rows_of_day(day, homes));
        let rows: Vec<Row> = try_join_all(asked).await?.into_iter().flatten().collect();
        Ok(missed.iter().filter_map(|one| self.told(one, &rows)).collect())
    }

    /// `None` for a job that has been removed meanwhile: that is told later.
    fn told(&self, missed: &Missed, rows: &[Row]) -> Option<String> {
        if missed.day.is_empty() {
            return Some(live_feed::removed(missed.seq, &missed.id));
        }
        let row = rows.iter().find(|row| row.home == missed.home)?;
        Some(live_feed::changed(missed.seq, row, self.context(row)))
    }

    /// How a row is shown.
    pub(super) fn context<'a>(&'a self, row: &'a Row) -> Context<'a> {
        Context { base: self.config.base_url(&row.origin), secrets: self.config.secrets() }
    }

    async fn rows_of_day(&self, day: String, homes: Vec<ObjectName>) -> Result<Vec<Row>, Failure> {
        match catalog::ask(&self.env, &day, &Question::RowsOf(homes)).await? {
            Answer::Rows(rows) => Ok(rows),
            _ => Err(Failure("a catalog's day has no rows".to_owned())),
        }
    }

    /// Tells all viewers that are up to date. One that is gone does not keep
    /// the others from hearing it.
    pub(super) fn broadcast(&self, texts: &[String]) {
        if texts.is_empty() {
            return;
        }
        for (socket, _) in self.viewers().iter().filter(|(_, viewer)| viewer.is_up_to_date) {
            // The runtime closes what can't be written to.
            let _gone = texts.iter().try_for_each(|text| socket.send_with_str(text));
        }
    }
}

/// The viewer of a socket, unless its pass has ended: then the socket is closed.
fn admitted(socket: &WebSocket, marks: &[u64], now: Timestamp) -> Option<Viewer> {
    let text = socket.deserialize_attachment::<String>().ok().flatten()?;
    let viewer: Viewer = json::from_str(&text).ok()?;
    if viewer.pass.counts(marks, now) {
        return Some(viewer);
    }
    // It is no viewer any more, whether or not it answers the close.
    let _noted = socket.serialize_attachment("");
    let _gone = socket.close(Some(MAY_NOT), Some("the ticket has ended"));
    None
}

fn attach(socket: &WebSocket, viewer: Viewer) -> Result<(), Failure> {
    let text = serde_json::to_string(&viewer).during("noting a viewer")?;
    socket.serialize_attachment(text).during("noting a viewer")
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
