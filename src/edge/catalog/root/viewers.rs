//! The viewers of the live feed: their sockets, and until when each may watch.
//!
//! The sockets hibernate, so that an idle feed costs nothing. A socket's
//! attachment holds the pass that let its viewer in. When the pass ends the
//! alarm rings; a deployment may have ended the pass before.

use crate::domain::access::pass::TokenPass;
use crate::domain::catalog::Change;
use crate::domain::catalog::live_feed::{self, Cursor};
use crate::domain::json;
use crate::domain::time::{SECOND, Timestamp};
use crate::edge::catalog::object::CatalogObject;
use crate::edge::platform::{self, During, Failure};
use serde::{Deserialize, Serialize};
use worker::WebSocket;
use worker_sys::ext::WebSocketExt;

/// "Policy violation" (RFC 6455).
const MAY_NOT: u16 = 1008;
/// How long after its ticket's end a viewer is closed, in milliseconds, so that
/// ends in the same second need one alarm.
const GATHER_MS: u64 = SECOND;

/// A socket's attachment.
#[derive(Clone, Serialize, Deserialize)]
pub struct Viewer {
    /// The pass that let the viewer in.
    pub pass: TokenPass,
    /// Whether the viewer gets changes as they happen.
    pub is_up_to_date: bool,
    /// Whether the viewer will have to read the list again.
    #[serde(default)]
    pub resync: bool,
    /// The cursor of a viewer that is catching up.
    pub after: Option<String>,
}

impl Viewer {
    /// Returns the cursor, if the viewer is catching up.
    pub fn cursor(&self) -> Option<Cursor> {
        self.after.as_deref().and_then(Cursor::parse)
    }

    /// Gives up catching up: it is no longer known what the viewer has missed.
    pub fn require_resync(&mut self) {
        (self.after, self.resync) = (None, self.resync || self.after.is_some());
    }
}

/// Sets the alarm for the end of a ticket, unless it rings earlier.
pub async fn set_alarm(object: &CatalogObject, end: Option<Timestamp>) -> Result<(), Failure> {
    let Some(at) = end.map(|end| end.plus(GATHER_MS)) else { return Ok(()) };
    let storage = object.state.storage();
    if platform::alarm(&storage).await?.is_some_and(|set| set <= at) {
        return Ok(());
    }
    platform::set_alarm_at(&storage, at).await
}

/// Closes the sockets whose pass has ended, and sets the alarm for the next
/// end.
pub async fn end_viewers(object: &CatalogObject) -> Result<(), Failure> {
    let viewers = viewers(object);
    set_alarm(object, viewers.iter().filter_map(|(_, viewer)| viewer.pass.until).min()).await
}

/// Returns the sockets of the viewers that may watch, and closes the others.
pub fn viewers(object: &CatalogObject) -> Vec<(WebSocket, Viewer)> {
    let (marks, now) = (object.config.reader_marks(), platform::now());
    let sockets = object.state.get_websockets().into_iter();
    let admitted = sockets.map(|socket| (admitted(&socket, &marks, now), socket));
    admitted.filter_map(|(viewer, socket)| Some((socket, viewer?))).collect()
}

/// Answers a viewer's `ping`.
pub fn pong(object: &CatalogObject, socket: &WebSocket) -> worker::Result<()> {
    match admitted(socket, &object.config.reader_marks(), platform::now()) {
        Some(_) => socket.send_with_str("pong"),
        None => Ok(()),
    }
}

/// Returns the viewer of a socket. If its pass has ended, it closes the socket.
fn admitted(socket: &WebSocket, marks: &[u64], now: Timestamp) -> Option<Viewer> {
    let text = socket.as_ref().deserialize_attachment().ok()?.as_string()?;
    let viewer: Viewer = json::from_str(&text).ok()?;
    if viewer.pass.counts(marks, now) {
        return Some(viewer);
    }
    // From now on the socket has no viewer, whether or not it answers the
    // close.
    let _noted = socket.as_ref().serialize_attachment("".into());
    let _gone = socket.close(Some(MAY_NOT), Some("the ticket has ended"));
    None
}

/// Writes a viewer into its socket's attachment.
pub fn attach(socket: &WebSocket, viewer: &Viewer) -> Result<(), Failure> {
    let text = serde_json::to_string(viewer).during("noting a viewer")?;
    let noted = socket.as_ref().serialize_attachment(text.into());
    noted.map_err(worker::Error::from).during("noting a viewer")
}

/// Returns the messages to viewers about changes.
pub fn change_texts(object: &CatalogObject, changes: &[Change]) -> Vec<String> {
    changes.iter().map(|change| live_feed::change_text(change, |row| object.context(row))).collect()
}

/// Sends changes to a viewer; only the last message moves its cursor to
/// `after`. A failure is ignored, so that the other viewers get the changes
/// too: the runtime closes a socket that can't be written to.
pub fn send(socket: &WebSocket, texts: &[String], before: &Cursor, after: &Cursor) {
    let last = texts.len().saturating_sub(1);
    let _gone = texts.iter().enumerate().try_for_each(|(n, text)| {
        let at = if n < last { before } else { after };
        socket.send_with_str(live_feed::message(text, at))
    });
}
