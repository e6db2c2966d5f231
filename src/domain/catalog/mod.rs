//! The catalog: all jobs, by the day of their creation.
//!
//! The catalog is derived. Each job sends its row to its day
//! (`alarm::plan::Task::List`), so a crash can only delay a row. Each day is an
//! object of its own, so that none grows without bound.
//!
//! `root` knows the days. A day notifies it once before it changes, and `root`
//! pulls the sums when somebody asks for them.

pub mod costs;
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

/// The name of the object that knows the days.
pub const ROOT: &str = "root";
/// The name of the object for refused deliveries.
pub const REFUSED: &str = "refused";
/// The name of the object that the doctor tests. It stores nothing.
pub const PROBED: &str = "probed";
/// The name of the object that writes pages of an export. It stores nothing.
pub const EXPORT: &str = "export";

/// A day's message to `root`: its current state, and its changes since the last
/// message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DayUpdate {
    /// The day.
    pub day: String,
    /// The number of the day's last change.
    pub seq: u64,
    /// The sums of all its jobs.
    pub totals: Totals,
    /// Rows and removals, in the order of the changes.
    pub changes: Vec<Change>,
    /// The number of the change before `changes`. A day of the previous release
    /// does not send it.
    pub after: Option<u64>,
    /// The number of the last of `changes`. If it is less than `seq`, there are
    /// more.
    pub until: Option<u64>,
}

/// A change of a day.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Change {
    /// A job is new or has changed.
    Put(Box<Row>),
    /// A job was deleted.
    Removed {
        /// The name of the job's object.
        home: ObjectName,
        /// The id that responses gave it.
        id: String,
    },
}

/// A request to a catalog object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum CatalogRequest {
    /// To a day: store this row. Objects of the previous release send this.
    Put(Box<RawValue>),
    /// To a day: store these rows. Each is a [`Row`] as JSON.
    PutMany(Vec<Box<RawValue>>),
    /// To a day: delete this object's row, because its job was deleted.
    Remove {
        /// The name of the object.
        home: ObjectName,
        /// When the job was created. Objects of the previous release do not
        /// send it.
        created_at: Option<Timestamp>,
        /// The last revision that the object may have sent.
        revision: u64,
    },
    /// To a day: return the rows after a place, at most `limit`.
    Rows {
        /// Selects the rows.
        filter: Box<Filter>,
        /// The last row that the caller knows.
        after: Option<PageCursor>,
        /// The most rows to return.
        limit: usize,
    },
    /// To a day: return the rows of these objects, as far as they exist.
    RowsOf(Vec<ObjectName>),
    /// To a day: return the sums and, with `after`, the next changes after that
    /// one.
    Sums {
        /// The generation of the day's last [`CatalogReply::Dirty`]. The pull
        /// settles all notifications up to it, so the day must notify `root`
        /// again before its next change.
        generation: u64,
        /// The last change that the caller knows.
        after: Option<u64>,
    },
    /// To `root`: this day is about to change.
    Dirty(String),
    /// To `root`: take a day's changes. A day of the previous release sends its
    /// sums this way.
    Push(Box<DayUpdate>),
    /// To `root`: return the days that may have such jobs, the latest first.
    Days {
        /// Selects the jobs.
        filter: Box<Filter>,
        /// The latest day to return.
        until: Option<String>,
        /// The most days to return.
        limit: usize,
    },
    /// To `root`: return the sums of all days.
    Totals,
    /// To a day: return the jobs after a place in the order of their creation,
    /// at most `limit`.
    Oldest {
        /// Selects the jobs.
        filter: Box<Filter>,
        /// The last job that the caller knows.
        after: Option<ExportCursor>,
        /// The most jobs to return.
        limit: usize,
    },
    /// To any object: write the next jobs of these days, as many as fit into a
    /// page.
    Page {
        /// The days, in their order.
        days: Vec<String>,
        /// Selects the jobs.
        filter: Box<Filter>,
        /// The last job that was written.
        after: Option<ExportCursor>,
        /// The format of the page.
        format: Format,
    },
    /// To `refused`: store this refused delivery.
    Refuse(RefusedDelivery),
    /// To `refused`: return the stored deliveries.
    Refused,
    /// To [`PROBED`]: write, read and delete this text.
    Probe(String),
}

/// The reply of a catalog object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum CatalogReply {
    /// The change is durable.
    Noted,
    /// The rows.
    Rows(Vec<Row>),
    /// The days.
    Days(Vec<String>),
    /// The sums, and of how many days.
    Totals(Box<Totals>, u64),
    /// `root` knows that the day changes.
    Dirty {
        /// The number of this notification, which only grows.
        generation: u64,
        /// For how long `root` wants each change pushed, in milliseconds; 0 if
        /// it does not.
        push_ms: u64,
    },
    /// The sums and changes of a day.
    News(Box<DayUpdate>),
    /// Jobs in the order of their creation.
    #[serde(rename = "Turns")]
    Cursors(Vec<ExportCursor>),
    /// A page of an export.
    Page {
        /// The text of the page.
        text: String,
        /// The last job in the page, or the one with the long result.
        after: Option<ExportCursor>,
        /// How many of the days are finished.
        over: usize,
        /// The next job, if its result is too long for a page.
        #[serde(default)]
        long: Option<Box<Job>>,
        /// The last job before that one.
        #[serde(default)]
        whole: Option<ExportCursor>,
    },
    /// The stored refused deliveries, the newest first.
    Refused {
        /// The deliveries.
        refused: Vec<RefusedDelivery>,
        /// How many deliveries were ever refused.
        total: u64,
    },
    /// The text that was read back.
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
    fn the_end_of_a_day_is_between_its_rows_and_the_day_before() {
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
    fn sums_follow_added_and_subtracted_rows() {
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
    fn a_day_without_a_matching_job_is_skipped() {
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
