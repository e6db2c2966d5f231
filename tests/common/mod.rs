//! Applies deliveries to the domain, as a job's object does.

#![allow(dead_code, missing_docs, reason = "each test file uses its part")]
#![allow(clippy::expect_used, reason = "a panic is how a test fails")]

use hookvault::domain::cost;
use hookvault::domain::file::source_policy::SourcePolicy;
use hookvault::domain::ingest::apply::{Applied, apply};
use hookvault::domain::ingest::arrival::{Arrival, Origin};
use hookvault::domain::ingest::document::{BodyText, Document};
use hookvault::domain::ingest::rules::ReadRules;
use hookvault::domain::job::record::{Job, NewJob};
use hookvault::domain::job::timeline::{BodyAt, Entry, EntryOutcome, Trust};
use hookvault::domain::names::ObjectName;
use hookvault::domain::sender::table::Senders;
use hookvault::domain::time::Timestamp;
use hookvault::domain::webhook::event::{Event, EventKind};
use std::collections::HashMap;

pub const NONCE: &str = "0123456789abcdef0123456789abcdef";

/// A job and its timeline, with a clock that advances with each delivery.
pub struct Vault {
    pub job: Option<Job>,
    pub timeline: Vec<Entry>,
    pub result: Option<String>,
    /// Whether the operator has set a receiver for hand-offs.
    pub has_operator: bool,
    seen: HashMap<String, u32>,
    moved_cost: Option<String>,
    now: u64,
}

impl Vault {
    pub fn new() -> Self {
        let (timeline, seen) = (Vec::new(), HashMap::new());
        Self {
            job: None,
            timeline,
            result: None,
            has_operator: false,
            seen,
            moved_cost: None,
            now: 1_766_867_820_000,
        }
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now)
    }

    /// Advances the clock.
    pub fn sleep_until(&mut self, at: Timestamp) {
        self.now = self.now.max(at.as_millis());
    }

    pub fn job(&self) -> &Job {
        self.job.as_ref().expect("a job")
    }

    pub fn deliver(&mut self, body: &str) -> EntryOutcome {
        self.deliver_late(body, 0)
    }

    /// Delivers as `deliver` does. The sender writes this value as the cost.
    pub fn deliver_costing(&mut self, body: &str, cost: &str) -> EntryOutcome {
        let event = Self::costing(body, cost);
        self.land(&event, body, Origin::Delivery(Trust::Token), 0)
    }

    /// Applies an answer that says what the job costs.
    pub fn heal_costing(&mut self, body: &str, cost: &str) -> EntryOutcome {
        let event = Self::costing(body, cost);
        self.land(&event, body, Origin::Healing, 0)
    }

    /// Delivers as `deliver_moved` does, from an object that knows a cost since
    /// `ago_ms` milliseconds.
    pub fn deliver_moved_costing(&mut self, body: &str, amount: &str, ago_ms: u64) -> EntryOutcome {
        self.moved_cost = Some(format!("{amount} usd {}", self.now - ago_ms));
        let outcome = self.deliver_moved(body, ago_ms);
        self.moved_cost = None;
        outcome
    }

    fn costing<'a>(body: &'a str, cost: &str) -> Event<'a> {
        let mut event = Event::parse(body, Senders::built_in()).expect("an event");
        event.told.cost = cost::read(cost, "usd");
        event
    }

    /// Delivers as `deliver` does, but applies the body `late_ms` milliseconds
    /// after it came.
    pub fn deliver_late(&mut self, body: &str, late_ms: u64) -> EntryOutcome {
        let event = Event::parse(body, Senders::built_in()).expect("an event");
        self.land(&event, body, Origin::Delivery(Trust::Token), late_ms)
    }

    /// Delivers as `deliver` does, but the body came `ago_ms` milliseconds
    /// before the last one and is moved here from another object.
    pub fn deliver_moved(&mut self, body: &str, ago_ms: u64) -> EntryOutcome {
        let event = Event::parse(body, Senders::built_in()).expect("an event");
        self.now -= ago_ms;
        let outcome = self.land(&event, body, Origin::Delivery(Trust::Token), 0);
        self.now += ago_ms;
        outcome
    }

    /// Applies the upstream's answer to a question.
    pub fn heal(&mut self, kind: EventKind, body: &str) -> EntryOutcome {
        let mut event = Event::parse(body, Senders::built_in()).expect("an answer");
        event.told.kind = kind;
        self.land(&event, body, Origin::Healing, 0)
    }

    fn land(
        &mut self,
        event: &Event<'_>,
        body: &str,
        origin: Origin,
        late_ms: u64,
    ) -> EntryOutcome {
        self.now += 1;
        let policy = SourcePolicy::parse("*.r2.cloudflarestorage.com").0;
        let mut document = Document::of(&BodyText::whole(body), event, ReadRules::of(&policy));
        if let Some(job) = &self.job {
            document.heed_input(&BodyText::whole(body), job, ReadRules::of(&policy));
        }
        let arrival = Arrival {
            at: self.now(),
            now: self.now().plus(late_ms),
            raw: body.as_bytes(),
            read: BodyText::whole(body),
            document,
            sha256: body,
            has_operator: self.has_operator,
            body: BodyAt::Object,
            seen: self.seen.get(body).copied(),
            origin,
            reference: None,
            app: None,
            tags: Vec::new(),
            keep_days: None,
            note: None,
            named: None,
            cost: self.moved_cost.as_deref(),
            archived: &[],
        };
        let Applied { job, entry, result } = apply(self.job.take(), self.new_job(), &arrival);
        let outcome = entry.outcome;
        if outcome != EntryOutcome::Duplicate {
            self.seen.insert(body.to_owned(), entry.n);
        }
        self.job = Some(job);
        self.timeline.push(entry);
        self.result = result.or(self.result.take());
        outcome
    }

    fn new_job(&self) -> NewJob {
        NewJob {
            home: ObjectName::Id("437852".into()),
            at: self.now(),
            nonce: NONCE.into(),
            origin: "https://vault.example".into(),
        }
    }
}

pub fn acquired(at: u64) -> String {
    let lease = at + 45_000;
    format!(
        r#"{{"eventType":"acquired","queueName":"free","jobId":437852,"workerName":"k8s_1","leaseExpiry":{lease},"acquiredAt":{at},"updatedAt":{at},"webhookUrl":"https://vault.example/hook/secret-hook-token-01/"}}"#
    )
}

pub fn url(name: &str, signature: &str) -> String {
    format!(
        "https://prod-batch-files.ae2b.r2.cloudflarestorage.com/outputs/free/{name}?X-Amz-Expires=7200&X-Amz-Date=20251227T203935Z&X-Amz-Signature={signature}"
    )
}

pub fn completed(name: &str, signature: &str) -> String {
    let url = url(name, signature);
    format!(
        r#"{{"eventType":"completed","video":{{"data_uri":"{url}","data_url":"{url}"}},"seed":196619188014358660,"cfg":1.10}}"#
    )
}
