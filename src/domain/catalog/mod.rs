//! The catalog: which jobs there are, a day of creation at a time.
//!
//! It is derived: each job tells its day of itself (`work::Task::List`), and
//! each day tells the object `root`, so a crash can only delay a row. One
//! object a day keeps any of them from growing without bound; `root` knows
//! the days with their totals, and of each job when it last changed.

pub mod export;
pub mod filter;
pub mod live_feed;
pub mod metrics;

use self::export::{Format, Turn};
use self::filter::Filter;
use crate::domain::handoff::queue::State;
use crate::domain::job::file::FileState;
use crate::domain::job::record::Job;
use crate::domain::names::ObjectName;
use crate::domain::time::{DAY, Timestamp};
use crate::domain::view::record::{self, Summary};
use crate::domain::webhook::rejection::Refused;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The object that knows the days.
pub const ROOT: &str = "root";
/// The object of refused deliveries.
pub const REFUSED: &str = "refused";
/// The object that the doctor tries; it holds nothing.
pub const PROBED: &str = "probed";
/// The object that writes pages of an export; it holds nothing.
pub const EXPORT: &str = "export";

/// A job's row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// The job's object.
    pub home: ObjectName,
    /// [`Job::revision`]; an older row never replaces a newer one.
    pub revision: u64,
    /// The record's version: readers are told of a new one only.
    pub version: u64,
    /// Scheme and host for the URLs in the summary, which are relative.
    pub origin: String,
    /// What readers get.
    pub summary: Summary,
    /// What is counted.
    pub numbers: Numbers,
    /// Hosts that were not allowed, of its skipped media and of what redirects
    /// led to, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped_hosts: Vec<String>,
}

impl Row {
    /// The row of `job` as it is now.
    #[must_use]
    pub fn of(job: &Job) -> Self {
        Self {
            home: job.home.clone(),
            revision: job.revision(),
            version: job.version,
            origin: job.origin.clone(),
            summary: record::summary(job),
            numbers: Numbers::of(job),
            skipped_hosts: skipped_hosts(job),
        }
    }

    /// Where the row stands in a listing.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { created_at: self.summary.created_at, home: self.home.to_string() }
    }
}

/// Most hosts that a row names.
const MAX_SKIPPED_HOSTS: usize = 8;

fn skipped_hosts(job: &Job) -> Vec<String> {
    let skipped = job.skipped.iter().filter_map(|skipped| skipped.allow.as_ref());
    let led_to = job.files.iter().filter(|file| file.served);
    let led_to = led_to.filter_map(|file| file.redirect_host.as_ref());
    let mut hosts: Vec<String> = Vec::new();
    for host in skipped.chain(led_to) {
        if hosts.len() < MAX_SKIPPED_HOSTS && !hosts.contains(host) {
            hosts.push(host.clone());
        }
    }
    hosts
}

/// What is counted of a job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Numbers {
    /// Files of the served result that are to be copied.
    pub pending: u64,
    /// Those that are stored.
    pub stored: u64,
    /// Those that are lost.
    pub lost: u64,
    /// Stored bytes, those of older results included.
    pub bytes: u64,
    /// Answers that the upstream was asked for.
    pub heals: u64,
    /// 1 if the upstream was asked for long enough, in vain.
    #[serde(default)]
    pub exhausted: u64,
    /// When the oldest file was found that is still to be copied.
    pub oldest_pending: Option<Timestamp>,
    /// The least that was left of a URL's life when its file was stored, in
    /// milliseconds.
    pub smallest_slack: Option<u64>,
    /// Messages that are still to be handed on.
    #[serde(default)]
    pub handoff_pending: u64,
    /// Jobs whose last message to someone was given up.
    #[serde(default)]
    pub handoff_failed: u64,
    /// Deliveries by `type/trust/outcome`.
    pub tally: BTreeMap<String, u64>,
}

impl Numbers {
    fn of(job: &Job) -> Self {
        let served = |state| job.files.iter().filter(move |f| f.served && f.state == state);
        let stored = job.files.iter().filter(|file| file.state == FileState::Stored);
        Self {
            pending: served(FileState::Pending).count() as u64,
            stored: served(FileState::Stored).count() as u64,
            lost: served(FileState::Lost).count() as u64,
            bytes: stored.filter_map(|file| file.size).sum(),
            heals: u64::from(job.heals),
            handoff_pending: job.handoff.pending().count() as u64,
            handoff_failed: u64::from(job.handoff.state() == Some(State::Failed)),
            exhausted: u64::from(job.healing.exhausted),
            oldest_pending: served(FileState::Pending).map(|file| file.found_at).min(),
            smallest_slack: job.files.iter().filter_map(|file| file.slack_ms).min(),
            tally: job.tally.clone(),
        }
    }
}

/// The sums of many jobs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Totals {
    /// Jobs.
    pub jobs: u64,
    /// Jobs by status.
    pub status: BTreeMap<String, u64>,
    /// Jobs by the state of their files.
    pub archive: BTreeMap<String, u64>,
    /// Sums; of `oldest_pending` and `smallest_slack` the least.
    pub numbers: Numbers,
}

impl Totals {
    /// Adds a job. The least of what has one is not kept here: taking a job
    /// away could not undo it.
    pub fn add(&mut self, row: &Row) {
        self.change(row, |sum, number| *sum = sum.saturating_add(number));
    }

    /// Takes a job away that was added.
    pub fn subtract(&mut self, row: &Row) {
        self.change(row, |sum, number| *sum = sum.saturating_sub(number));
        let is_left = |_: &String, count: &mut u64| *count > 0;
        self.status.retain(is_left);
        self.archive.retain(is_left);
        self.numbers.tally.retain(is_left);
    }

    fn change(&mut self, row: &Row, change: impl Fn(&mut u64, u64)) {
        let (sum, of) = (&mut self.numbers, &row.numbers);
        change(&mut self.jobs, 1);
        change(self.status.entry(word(&row.summary.status)).or_default(), 1);
        change(self.archive.entry(word(&row.summary.archive)).or_default(), 1);
        change(&mut sum.pending, of.pending);
        change(&mut sum.stored, of.stored);
        change(&mut sum.lost, of.lost);
        change(&mut sum.bytes, of.bytes);
        change(&mut sum.heals, of.heals);
        change(&mut sum.handoff_pending, of.handoff_pending);
        change(&mut sum.handoff_failed, of.handoff_failed);
        change(&mut sum.exhausted, of.exhausted);
        for (key, count) in &of.tally {
            change(sum.tally.entry(key.clone()).or_default(), *count);
        }
    }

    /// Adds those of another day.
    pub fn merge(&mut self, other: &Self) {
        self.jobs = self.jobs.saturating_add(other.jobs);
        merge_counts(&mut self.status, &other.status);
        merge_counts(&mut self.archive, &other.archive);
        let (sum, of) = (&mut self.numbers, &other.numbers);
        sum.pending = sum.pending.saturating_add(of.pending);
        sum.stored = sum.stored.saturating_add(of.stored);
        sum.lost = sum.lost.saturating_add(of.lost);
        sum.bytes = sum.bytes.saturating_add(of.bytes);
        sum.heals = sum.heals.saturating_add(of.heals);
        sum.handoff_pending = sum.handoff_pending.saturating_add(of.handoff_pending);
        sum.handoff_failed = sum.handoff_failed.saturating_add(of.handoff_failed);
        sum.exhausted = sum.exhausted.saturating_add(of.exhausted);
        sum.oldest_pending = least(sum.oldest_pending, of.oldest_pending);
        sum.smallest_slack = least(sum.smallest_slack, of.smallest_slack);
        merge_counts(&mut sum.tally, &of.tally);
    }

    /// Whether a job may be among them that `filter` means.
    #[must_use]
    pub fn may_hold(&self, filter: &Filter) -> bool {
        let any = |counts: &BTreeMap<String, u64>, wanted: Vec<String>| {
            wanted.is_empty() || wanted.iter().any(|word| counts.contains_key(word))
        };
        self.jobs > 0
            && (!filter.exhausted || self.numbers.exhausted > 0)
            && any(&self.status, filter.status.iter().map(word).collect())
            && any(&self.archive, filter.archive.iter().map(word).collect())
    }
}

fn merge_counts(sums: &mut BTreeMap<String, u64>, counts: &BTreeMap<String, u64>) {
    for (key, count) in counts {
        let sum = sums.entry(key.clone()).or_default();
        *sum = sum.saturating_add(*count);
    }
}

fn least<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    one.into_iter().chain(other).min()
}

/// A state as JSON has it.
#[must_use]
pub fn word(state: &impl Serialize) -> String {
    let text = serde_json::to_string(state).unwrap_or_default();
    text.trim_matches('"').to_owned()
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

    /// The place after all rows of a day: what follows is of an earlier one.
    #[must_use]
    pub fn end_of(day: &str) -> Option<Self> {
        let created_at = Timestamp::parse(&format!("{day}T00:00:00Z"))?;
        Some(Self { created_at, home: String::new() })
    }

    /// The day that a listing goes on with after this place.
    #[must_use]
    pub fn day(&self) -> String {
        if self.home.is_empty() {
            return Timestamp::from_millis(self.created_at.as_millis().saturating_sub(DAY)).day();
        }
        self.created_at.day()
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

/// What a day tells `root`: its state as it is now, and what has changed since
/// it last did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct News {
    /// The day.
    pub day: String,
    /// Counts the day's changes; older news than known are no news.
    pub seq: u64,
    /// The sums of all of its jobs.
    pub totals: Totals,
    /// Rows and removals, in the order of the changes.
    pub changes: Vec<Change>,
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
pub enum Question {
    /// To a day: take this row.
    Put(Box<Row>),
    /// To a day: there is no job of this object any more.
    Remove {
        /// The object.
        home: ObjectName,
        /// The last revision that it may have told.
        revision: u64,
    },
    /// To a day: the rows after a place, at most `limit`.
    Rows {
        /// Which rows.
        filter: Box<Filter>,
        /// The last row that is known.
        after: Option<Place>,
        /// Most rows.
        limit: usize,
    },
    /// To a day: the rows of these objects, as far as there are any.
    RowsOf(Vec<ObjectName>),
    /// To `root`: what has changed on a day.
    Push(Box<News>),
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
    /// To `root`: the jobs that last changed after a turn, at most `limit`.
    Turns {
        /// Only those that changed then or later.
        since: Timestamp,
        /// The last turn that is known.
        after: Option<Turn>,
        /// Most turns.
        limit: usize,
    },
    /// To any: write these jobs, as many as fit into a page.
    Records {
        /// The jobs' objects.
        homes: Vec<ObjectName>,
        /// How.
        format: Format,
        /// Only those with this tag.
        tag: Option<String>,
    },
    /// To `refused`: note this delivery.
    Refuse(Refused),
    /// To `refused`: what is there?
    Refused,
    /// To one that holds nothing: write, read and delete this.
    Probe(String),
}

/// A catalog object's answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Answer {
    /// It is durable.
    Noted,
    /// Rows.
    Rows(Vec<Row>),
    /// Days.
    Days(Vec<String>),
    /// Sums, and of how many days.
    Totals(Box<Totals>, u64),
    /// Jobs by their last change.
    Turns(Vec<Turn>),
    /// A page of an export.
    Records {
        /// Its text.
        text: String,
        /// How many of the jobs it holds.
        written: usize,
    },
    /// The refused deliveries that are kept, the newest first.
    Refused {
        /// They.
        refused: Vec<Refused>,
        /// How many there ever were.
        total: u64,
    },
    /// What was read of what had been written.
    Probed(Option<String>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::file::discover::{Discovery, Skipped};
    use crate::domain::fixtures;
    use crate::domain::job::file::From;
    use crate::domain::job::status::Status;

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

    #[test]
    fn the_end_of_a_day_is_before_its_rows_and_after_the_day_before() {
        let end = Place::end_of("2025-12-27").unwrap();
        let at = |time| Place { created_at: Timestamp::parse(time).unwrap(), home: "id:a".into() };
        assert!(at("2025-12-27T00:00:00Z") > end);
        assert!(at("2025-12-26T23:59:59.999Z") < end);
        assert_eq!(Place::end_of("soon"), None);
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
        let from = From { delivery: 1, sha256: "", at: Timestamp::from_millis(0) };
        job.take_up(&found, from);
        job.skipped.clone_from(&skipped);
        job.files[0].redirect_host = Some("aa.example".into());
        assert_eq!(Row::of(&job).skipped_hosts, ["b.example", "a.example", "aa.example"]);
        job.files[0].note_stored();
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
