//! The catalog: which jobs there are, a day of creation at a time.
//!
//! It is derived: each job tells its day of itself (`work::Task::List`), so a
//! crash can only delay a row. One object a day keeps any of them from growing
//! without bound. `root` knows the days; a day tells it once that it changes,
//! and `root` pulls the sums when somebody asks.

pub mod cursor;
pub mod export;
pub mod filter;
pub mod ledger;
pub mod live_feed;
pub mod metrics;
pub mod recent;
pub mod row;
pub mod totals;

use self::cursor::PageCursor;
use self::export::{ExportCursor, Format};
use self::filter::Filter;
use self::row::Row;
use self::totals::Totals;
use crate::domain::job::record::Job;
use crate::domain::names::ObjectName;
use crate::domain::time::Timestamp;
use crate::domain::webhook::rejection::RefusedDelivery;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The object that knows the days.
pub const ROOT: &str = "root";
/// The object of refused deliveries.
pub const REFUSED: &str = "refused";
/// The object that the doctor tries; it holds nothing.
pub const PROBED: &str = "probed";
/// The object that writes pages of an export; it holds nothing.
pub const EXPORT: &str = "export";

/// What a day tells `root`: its state as it is now, and what has changed since
/// it last did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DayUpdate {
    /// The day.
    pub day: String,
    /// Counts the day's changes.
    pub seq: u64,
    /// The sums of all of its jobs.
    pub totals: Totals,
    /// Rows and removals, in the order of the changes.
    pub changes: Vec<Change>,
    /// After which change these are. A day of the release before does not tell.
    pub after: Option<u64>,
    /// The last of them; there are more if it is less than `seq`.
    pub until: Option<u64>,
}

/// A change of a day.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Change {
    /// A job is new or has changed.
    Put(Box<Row>),
    /// A job is gone.
    Removed {
        /// Its object.
        home: ObjectName,
        /// As answers named it.
        id: String,
    },
}

/// A question to a catalog object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum CatalogRequest {
    /// To a day: take this row. Objects of the release before ask so.
    Put(Box<RawValue>),
    /// To a day: take these rows, each of which is a [`Row`] as JSON.
    PutMany(Vec<Box<RawValue>>),
    /// To a day: there is no job of this object any more.
    Remove {
        /// The object.
        home: ObjectName,
        /// When the job was created; objects of the release before don't tell.
        created_at: Option<Timestamp>,
        /// The last revision that it may have told.
        revision: u64,
    },
    /// To a day: the rows after a place, at most `limit`.
    Rows {
        /// Which rows.
        filter: Box<Filter>,
        /// The last row that is known.
        after: Option<PageCursor>,
        /// Most rows.
        limit: usize,
    },
    /// To a day: the rows of these objects, as far as there are any.
    RowsOf(Vec<ObjectName>),
    /// To a day: its sums, and with `after` the next changes after that one.
    Sums {
        /// The last [`CatalogReply::Dirty`] of the day: from now on `root` knows of
        /// none that it was told before.
        generation: u64,
        /// The last change that is known.
        after: Option<u64>,
    },
    /// To `root`: this day is about to change.
    Dirty(String),
    /// To `root`: what has changed on a day. One of the release before tells
    /// its sums so.
    Push(Box<DayUpdate>),
    /// To `root`: the days that may hold such jobs, the latest first.
    Days {
        /// Which jobs.
        filter: Box<Filter>,
        /// The latest day of interest.
        until: Option<String>,
        /// Most days.
        limit: usize,
    },
    /// To `root`: the sums of all days.
    Totals,
    /// To a day: the jobs after a turn in the order of their creation, at most
    /// `limit`.
    Oldest {
        /// Which jobs.
        filter: Box<Filter>,
        /// The last one that is known.
        after: Option<ExportCursor>,
        /// Most jobs.
        limit: usize,
    },
    /// To any: write the next jobs of these days, as many as fit into a page.
    Page {
        /// The days, in their order.
        days: Vec<String>,
        /// Which jobs.
        filter: Box<Filter>,
        /// The last job that was written.
        after: Option<ExportCursor>,
        /// How.
        format: Format,
    },
    /// To `refused`: note this delivery.
    Refuse(RefusedDelivery),
    /// To `refused`: what is there?
    Refused,
    /// To one that holds nothing: write, read and delete this.
    Probe(String),
}

/// A catalog object's answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum CatalogReply {
    /// It is durable.
    Noted,
    /// Rows.
    Rows(Vec<Row>),
    /// Days.
    Days(Vec<String>),
    /// Sums, and of how many days.
    Totals(Box<Totals>, u64),
    /// `root` knows that the day changes.
    Dirty {
        /// The number of this time, which only grows.
        generation: u64,
        /// For how long `root` wants to hear of each change, in milliseconds.
        push_ms: u64,
    },
    /// What a day has.
    News(Box<DayUpdate>),
    /// Jobs in the order of their creation.
    Turns(Vec<ExportCursor>),
    /// A page of an export.
    Page {
        /// Its text.
        text: String,
        /// The last job that is in it.
        after: Option<ExportCursor>,
        /// How many of the days are over.
        over: usize,
        /// The job that comes next, if its result is too long for a page.
        #[serde(default)]
        long: Option<Box<Job>>,
    },
    /// The refused deliveries that are kept, the newest first.
    Refused {
        /// They.
        refused: Vec<RefusedDelivery>,
        /// How many there ever were.
        total: u64,
    },
    /// What was read of what had been written.
    Probed(Option<String>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::file::discover::found::{Discovery, Skipped};
    use crate::domain::fixtures;
    use crate::domain::job::file::{DeliveryRef, StoredObject};
    use crate::domain::job::status::Status;
    use std::collections::BTreeMap;

    #[test]
    fn cursors_survive_the_round_trip() {
        let place = PageCursor { created_at: Timestamp::from_millis(7), home: "ref:a b".into() };
        assert_eq!(PageCursor::from_cursor(&place.to_cursor()), Some(place));
        for bad in [
            "",
            "zz",
            "00",
            &hex::encode("9007199254740992 x"),
            &hex::encode("x y"),
            &hex::encode("7"),
        ] {
            assert_eq!(PageCursor::from_cursor(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_end_of_a_day_is_before_its_rows_and_after_the_day_before() {
        let end = PageCursor::end_of("2025-12-27").unwrap();
        let at =
            |time| PageCursor { created_at: Timestamp::parse(time).unwrap(), home: "id:a".into() };
        assert!(at("2025-12-27T00:00:00Z") > end);
        assert!(at("2025-12-26T23:59:59.999Z") < end);
        assert_eq!(PageCursor::end_of("soon"), None);
    }

    fn rows() -> Vec<Row> {
        let mut job = fixtures::job();
        let first = Row::of(&job);
        job.status = Status::Failed;
        job.heals = 2;
        job.tally.insert("failed/token/applied".into(), 3);
        vec![first, Row::of(&job)]
    }

    #[test]
    fn sums_are_what_is_there() {
        let (rows, mut totals) = (rows(), Totals::default());
        for row in &rows {
            totals.add(row);
        }
        assert_eq!((totals.jobs, totals.numbers.heals), (2, 2));
        assert_eq!(totals.status, BTreeMap::from([("failed".into(), 1), ("queued".into(), 1)]));
        let mut all = totals.clone();
        all.merge(&totals);
        assert_eq!((all.jobs, all.status["failed"]), (4, 2));
        for row in &rows {
            totals.subtract(row);
        }
        assert_eq!(totals, Totals::default());
    }

    #[test]
    fn a_row_names_the_hosts_that_were_not_allowed() {
        let mut job = fixtures::job();
        let skip = |host: &str, allow: Option<&str>| Skipped {
            pointer: "/a".into(),
            host: Some(host.into()),
            reason: "not allowed".into(),
            allow: allow.map(str::to_owned),
        };
        job.skipped = vec![skip("b", Some("b.example")), skip("odd.example", None)];
        job.skipped.extend((0..20).map(|_| skip("a", Some("a.example"))));
        let skipped = job.skipped.clone();
        assert_eq!(Row::of(&job).skipped_hosts, ["b.example", "a.example"]);
        let found = Discovery { files: vec![fixtures::found("https://h/a")], skipped: vec![] };
        let from = DeliveryRef { delivery: 1, sha256: "", at: Timestamp::from_millis(0) };
        job.take_up(&found, from);
        job.skipped.clone_from(&skipped);
        job.files[0].redirect_host = Some("aa.example".into());
        assert_eq!(Row::of(&job).skipped_hosts, ["b.example", "a.example", "aa.example"]);
        job.files[0].note_stored(StoredObject::default());
        assert_eq!(Row::of(&job).skipped_hosts, ["b.example", "a.example"]);
        job.skipped.extend((0..20).map(|n| skip("c", Some(&format!("c{n}.example")))));
        assert_eq!(Row::of(&job).skipped_hosts.len(), 8);
    }

    #[test]
    fn a_day_without_such_a_job_is_not_asked() {
        let mut totals = Totals::default();
        totals.add(&rows()[1]);
        let with = |status: &[Status]| Filter { status: status.to_vec(), ..Filter::default() };
        assert!(totals.may_hold(&with(&[])) && totals.may_hold(&with(&[Status::Failed])));
        assert!(!totals.may_hold(&with(&[Status::Queued])));
        let exhausted = Filter { exhausted: true, ..Filter::default() };
        assert!(!totals.may_hold(&exhausted));
        let mut job = fixtures::job();
        job.healing.exhausted = true;
        totals.add(&Row::of(&job));
        assert!(totals.may_hold(&exhausted));
        assert!(!Totals::default().may_hold(&with(&[])));
    }
}
