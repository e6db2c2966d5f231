//! Sends viewers of the live feed what they have missed. Nothing is stored for
//! absent viewers: when one returns, the days are asked for their changes since
//! its cursor.

use super::days::{self, DayPull};
use super::feed;
use super::viewers::{Viewer, attach, change_texts, end_viewers, send, viewers};
use crate::domain::alarm::plan;
use crate::domain::catalog::DayUpdate;
use crate::domain::catalog::live_feed::{self, Days};
use crate::edge::catalog::object::CatalogObject;
use crate::edge::catalog::schema;
use crate::edge::catalog::turnover;
use crate::edge::platform::{self, Failure};
use crate::edge::rpc::call::is_not_understood;
use serde::Deserialize;
use worker::WebSocket;

/// The most days of which a viewer gets what it has missed. Beyond that it
/// reads the list again, and its cursor would get too long.
const MAX_MISSED_DAYS: usize = 40;

/// A day that may have changed since a viewer's last message.
#[derive(Deserialize)]
struct DayState {
    day: String,
    generation: u64,
    dirty: u64,
    seq: u64,
}

/// Sends viewers what they have missed, closes those whose pass has ended, and
/// sets the alarm for the next end.
pub async fn serve(object: &CatalogObject) -> Result<(), Failure> {
    catch_up(object).await?;
    end_viewers(object).await
}

/// Sets the alarm for a time by which the current work must have failed.
pub async fn watchdog(object: &CatalogObject) -> Result<(), Failure> {
    let at = plan::watchdog(1, object.config.pace, platform::now());
    platform::set_alarm_at(&object.state.storage(), at).await
}

/// Sends viewers what they have missed, within one event's subrequests; several
/// events may do so at a time.
///
/// A day that has notified `root` of a change since the viewer came also
/// reports all later ones. So once each other day was asked, nothing is
/// missing.
async fn catch_up(object: &CatalogObject) -> Result<(), Failure> {
    object.tables.open(turnover::root)?;
    let storage = object.state.storage();
    let mut left = days::most_asked(object);
    loop {
        let behind = behind(object);
        if behind.is_empty() {
            return Ok(());
        }
        let mut wanted = wanted(object, behind)?;
        if wanted.is_empty() {
            greet(object)?;
            return platform::clear_alarm(&storage).await;
        }
        if left == 0 {
            return platform::set_alarm_at(&storage, platform::now()).await;
        }
        watchdog(object).await?;
        wanted.truncate(left);
        left -= wanted.len();
        let answers = days::pull(object, &wanted).await;
        for (wanted, answer) in wanted.iter().zip(answers) {
            match answer {
                Ok(update) => tell_missed(object, wanted, &update)?,
                Err(failure) if is_not_understood(&failure) => require_resync(object, wanted)?,
                Err(failure) => return Err(failure),
            }
        }
    }
}

fn behind(object: &CatalogObject) -> Vec<(WebSocket, Viewer)> {
    let mut viewers = viewers(object);
    viewers.retain(|(_, viewer)| !viewer.is_up_to_date);
    viewers
}

/// Returns the requests to days for those viewers. A viewer whose mark is
/// forgotten must read the list again, and so must one that missed too many
/// days.
fn wanted(
    object: &CatalogObject,
    behind: Vec<(WebSocket, Viewer)>,
) -> Result<Vec<DayPull>, Failure> {
    let sql = "SELECT day, generation, dirty, max(seq, told) AS seq FROM days";
    let days: Vec<DayState> = object.tables.query(sql, vec![])?;
    let mut after = Days::new();
    for (socket, mut viewer) in behind {
        let Some(at) = viewer.cursor() else { continue };
        let known = feed::known(object, &at)?;
        let missed: Vec<(String, u64)> = days
            .iter()
            .map(|day| (day, since(known.as_ref(), &day.day)))
            .filter(|(day, since)| day.dirty == schema::DIRTY || day.seq > *since)
            .map(|(day, since)| (day.day.clone(), since))
            .collect();
        if known.is_none() || missed.len() > MAX_MISSED_DAYS {
            viewer.require_resync();
            attach(&socket, &viewer)?;
            continue;
        }
        for (day, since) in missed {
            let least = after.entry(day).or_insert(since);
            *least = since.min(*least);
        }
    }
    let wanted = days.iter().filter_map(|day| {
        let after = after.get(&day.day).copied();
        let is_wanted = day.dirty == schema::DIRTY || after.is_some();
        let (name, generation) = (day.day.clone(), day.generation);
        is_wanted.then_some(DayPull { day: name, generation, after })
    });
    Ok(wanted.collect())
}

fn since(known: Option<&Days>, day: &str) -> u64 {
    known.and_then(|known| known.get(day)).copied().unwrap_or_default()
}

/// Sends a day's reply to the viewers that are behind, if their cursor still is
/// where the request began. What was pushed meanwhile may be newer.
fn tell_missed(
    object: &CatalogObject,
    wanted: &DayPull,
    update: &DayUpdate,
) -> Result<(), Failure> {
    let Some(after) = wanted.after else { return Ok(()) };
    let until = update.until.unwrap_or(update.seq);
    let texts = change_texts(object, &update.changes);
    for (socket, mut viewer) in behind(object) {
        let Some(mut at) = viewer.cursor() else { continue };
        let known = feed::known(object, &at)?;
        if since(known.as_ref(), &wanted.day) != after {
            continue; // the day is asked again for this viewer
        }
        let before = at.clone();
        at.days.insert(wanted.day.clone(), until);
        send(&socket, &texts, &before, &at);
        viewer.after = Some(at.to_string());
        attach(&socket, &viewer)?;
    }
    Ok(())
}

/// Makes all viewers that are behind read the list again, because a day of the
/// previous release does not report what was missed.
fn require_resync(object: &CatalogObject, wanted: &DayPull) -> Result<(), Failure> {
    for (socket, mut viewer) in behind(object) {
        viewer.require_resync();
        attach(&socket, &viewer)?;
    }
    let sql = "UPDATE days SET dirty = 0 WHERE day = ?";
    object.tables.run(sql, vec![wanted.day.as_str().into()])
}

/// Informs the viewers that were behind that they are up to date now.
fn greet(object: &CatalogObject) -> Result<(), Failure> {
    let all = viewers(object);
    let at = feed::catch_up_all(object, all.iter().all(|(_, viewer)| !viewer.is_up_to_date))?;
    for (socket, viewer) in all.iter().filter(|(_, viewer)| !viewer.is_up_to_date) {
        // The runtime closes a socket that can't be written to.
        let _gone = socket.send_with_str(live_feed::caught_up(&at, viewer.resync));
        let pass = viewer.pass;
        attach(socket, &Viewer { pass, is_up_to_date: true, resync: false, after: None })?;
    }
    Ok(())
}
