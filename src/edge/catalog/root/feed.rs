//! Stores what the feed has sent, and the marks from which a returning viewer
//! resumes.

use crate::domain::catalog::live_feed::{Cursor, Days, Feed};
use crate::domain::json;
use crate::domain::time::DAY;
use crate::edge::catalog::object::CatalogObject;
use crate::edge::catalog::sql::{Text, number};
use crate::edge::platform::{self, During, Failure};
use serde::Deserialize;

/// How long a mark stays valid after the next mark, in milliseconds.
const KEPT_MS: u64 = 7 * DAY;

#[derive(Deserialize)]
struct FeedMark {
    n: u64,
    days: String,
}

/// Returns the cursor of the viewers that are up to date.
pub fn cursor(object: &CatalogObject) -> Result<Cursor, Failure> {
    with(object, |feed| Ok(feed.cursor()))
}

/// Records that viewers get a day's changes up to `until`, if that is known.
/// Returns their cursor after that.
pub fn note_sent(object: &CatalogObject, day: &str, until: Option<u64>) -> Result<Cursor, Failure> {
    with(object, |feed| {
        if let Some(until) = until {
            feed.note_sent(day, until);
        }
        mark(object, feed)
    })
}

/// Returns the cursor of viewers that become up to date. If they are the only
/// ones, all known changes of the days count as sent.
pub fn catch_up_all(object: &CatalogObject, are_alone: bool) -> Result<Cursor, Failure> {
    if are_alone {
        object.tables.run("UPDATE days SET told = seq WHERE told < seq", vec![])?;
        object.feed.take();
    }
    with(object, |feed| mark(object, feed))
}

/// Returns the changes of the days that a viewer knows; `None` if its mark is
/// forgotten.
pub fn known(object: &CatalogObject, at: &Cursor) -> Result<Option<Days>, Failure> {
    let sql = "SELECT days AS text FROM marks WHERE n = ?";
    let marks: Vec<Text> = object.tables.query(sql, vec![number(at.mark)?])?;
    let Some(mark) = marks.first() else { return Ok(None) };
    let mut days = read(&mark.text)?;
    days.extend(at.days.clone());
    Ok(Some(days))
}

/// Makes a mark if one is due; returns the viewers' cursor.
fn mark(object: &CatalogObject, feed: &mut Feed) -> Result<Cursor, Failure> {
    if feed.wants_mark() {
        let now = platform::now().as_millis();
        let (n, days) = feed.make_mark(now);
        let days = serde_json::to_string(days).during("writing a mark")?;
        object.tables.run("INSERT INTO marks VALUES (?, ?)", vec![number(n)?, days.into()])?;
        let sql = "DELETE FROM marks WHERE n < (SELECT max(n) FROM marks WHERE n <= ?)";
        object.tables.run(sql, vec![number(now.saturating_sub(KEPT_MS))?])?;
    }
    Ok(feed.cursor())
}

/// Passes the feed to `change`, which must write its own changes.
fn with<T>(
    object: &CatalogObject,
    change: impl FnOnce(&mut Feed) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let known = object.feed.take();
    let mut feed = known.map_or_else(|| load(object), Ok)?;
    let end = change(&mut feed)?;
    object.feed.replace(Some(feed));
    Ok(end)
}

fn load(object: &CatalogObject) -> Result<Feed, Failure> {
    let sql = "SELECT n, days FROM marks ORDER BY n DESC LIMIT 1";
    let marks: Vec<FeedMark> = object.tables.query(sql, vec![])?;
    let told = "SELECT json_group_object(day, told) AS text FROM days WHERE told > 0";
    let told: Vec<Text> = object.tables.query(told, vec![])?;
    let told = told.first().map_or_else(|| Ok(Days::new()), |told| read(&told.text))?;
    Ok(match marks.first() {
        Some(mark) => Feed::new(mark.n, read(&mark.days)?, told),
        None => Feed::new(0, Days::new(), told),
    })
}

fn read(days: &str) -> Result<Days, Failure> {
    json::from_str(days).during("reading a mark")
}
