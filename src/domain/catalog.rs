//! The catalog: which jobs there are, a day of creation at a time.
//!
//! It is derived: each job tells it of itself (`work::Task::List`), so a crash
//! can only delay a row. One object a day keeps any of them from growing
//! without bound; the object `root` knows which days there are.

use super::job::Job;
use super::names::ObjectName;
use super::refused::Refused;
use super::time::Timestamp;
use super::view::{self, Summary};
use serde::{Deserialize, Serialize};

/// The object that knows the days.
pub const ROOT: &str = "root";
/// The object of refused deliveries.
pub const REFUSED: &str = "refused";

/// A job's row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// The job's object.
    pub home: ObjectName,
    /// The record's version; an older row never replaces a newer one.
    pub version: u64,
    /// Scheme and host for the URLs in the summary, which are relative.
    pub origin: String,
    /// What readers get.
    pub summary: Summary,
}

impl Row {
    /// The row of `job` as it is now.
    #[must_use]
    pub fn of(job: &Job) -> Self {
        Self {
            home: job.home.clone(),
            version: job.version,
            origin: job.origin.clone(),
            summary: view::summary(job, ""),
        }
    }

    /// Where the row stands in a listing.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { created_at: self.summary.created_at, home: self.home.to_string() }
    }
}

/// A place in the listing, newest first: what follows was created earlier, or
/// at the same time with a smaller name. Rows never move, so a cursor that
/// holds the last place neither repeats nor skips one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// When the job was created.
    pub created_at: Timestamp,
    /// Its object.
    pub home: String,
}

impl Place {
    /// As text for `?cursor=`.
    #[must_use]
    pub fn to_cursor(&self) -> String {
        hex::encode(format!("{} {}", self.created_at.as_millis(), self.home))
    }

    /// The inverse of [`Place::to_cursor`].
    #[must_use]
    pub fn from_cursor(cursor: &str) -> Option<Self> {
        let text = String::from_utf8(hex::decode(cursor).ok()?).ok()?;
        let (created_at, home) = text.split_once(' ')?;
        let millis = created_at.parse().ok().filter(|millis| *millis < 1 << 53)?;
        let created_at = Timestamp::from_millis(millis);
        Some(Self { created_at, home: home.to_owned() })
    }
}

/// A question to a catalog object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Question {
    /// To a day: take this row.
    Put(Box<Row>),
    /// To a day: the job of this object lives elsewhere now.
    Remove(ObjectName),
    /// To a day: the rows after a place, at most `limit`.
    Rows {
        /// The last row that is known.
        after: Option<Place>,
        /// Most rows.
        limit: usize,
    },
    /// To `refused`: note this delivery.
    Refuse(Refused),
    /// To `refused`: what is there?
    Refused,
    /// To `root`: there is this day.
    AddDay(String),
    /// To `root`: the days up to one, the latest first, at most `limit`.
    Days {
        /// The latest day of interest.
        until: Option<String>,
        /// Most days.
        limit: usize,
    },
}

/// A catalog object's answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Answer {
    /// Taken; whether the day must still be told to `root`.
    Taken {
        /// The day is not known to be in `root`.
        is_new_day: bool,
    },
    /// Rows.
    Rows(Vec<Row>),
    /// Days.
    Days(Vec<String>),
    /// It is noted.
    Noted,
    /// The refused deliveries that are kept, the newest first.
    Refused {
        /// They.
        refused: Vec<Refused>,
        /// How many there ever were.
        total: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_the_round_trip() {
        let place = Place { created_at: Timestamp::from_millis(7), home: "ref:a b".into() };
        assert_eq!(Place::from_cursor(&place.to_cursor()), Some(place));
        for bad in [
            "",
            "zz",
            "00",
            &hex::encode("9007199254740992 x"),
            &hex::encode("x y"),
            &hex::encode("7"),
        ] {
            assert_eq!(Place::from_cursor(bad), None, "{bad}");
        }
    }
}
