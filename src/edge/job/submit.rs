//! Submits the job to the upstream. It runs here, so that a client that leaves
//! does not lose the job.

use super::Job;
use super::deliver::birth;
use crate::domain::access::hook_url;
use crate::domain::gateway::submission::{
    self, Answer, MAX_REFUSED_BYTES, Submit, unreachable_upstream,
};
use crate::domain::job::record::Job as Record;
use crate::domain::job::timeline::BodyAt;
use crate::domain::keys::StorageKey;
use crate::domain::names::ObjectName;
use crate::domain::protocol::{Estate, Reply, Submitted};
use crate::domain::time::SECOND;
use crate::edge::platform::{self, During, Failure};
use crate::edge::storage::object::Slot;
use crate::edge::upstream;
use worker::Method;

/// Longest wait for the end of another request's submission, in milliseconds.
const MAX_WAIT_MS: u64 = 90 * SECOND;

impl Job {
    /// Submits this job, once: who asks again gets the same answer.
    ///
    /// 1. The job is there, queued, before the upstream is asked: a run that
    ///    dies leaves a job that says so, and a capability that is good.
    /// 2. The upstream's answer, whatever it is, is written before it is told.
    /// 3. Its id leads here: the client's next question is by that.
    pub(super) async fn submit(
        &self,
        name: ObjectName,
        mut submit: Submit,
    ) -> Result<Reply, Failure> {
        let (input, body) = self.body_of(&mut submit.body).await?;
        let input = String::from_utf8(input).during("reading a submission")?;
        let slot = self.free_slot().await?;
        let Slot::Empty = slot else {
            self.drop_input(&slot, &body).await?;
            return self.as_before(slot).await;
        };
        self.submitting.set(true);
        let reply = self.submit_new(name, &submit, &input, body).await;
        self.submitting.set(false);
        if self.changes.count() {
            self.changes.announce(None);
        }
        reply
    }

    /// Tells whether the job can begin, whose input then comes to the bucket. If
    /// no submission follows, the alarm deletes it.
    pub(super) async fn expect(&self, key: &str) -> Result<Reply, Failure> {
        let slot = self.free_slot().await?;
        let Slot::Empty = slot else { return self.as_before(slot).await };
        platform::set_alarm_at(
            self.store.storage(),
            platform::now().plus(self.config.pace.silence()),
        )
        .await?;
        self.store.doom(key)?;
        Ok(Reply::Parked)
    }

    /// Deletes an input that came twice, the second time after the first was
    /// refused.
    async fn drop_input(&self, slot: &Slot, body: &BodyAt) -> Result<(), Failure> {
        let is_of_no_use = match slot {
            Slot::Job(_) => self.store.entry(1)?.is_some_and(|first| first.body.is_none()),
            Slot::Deleted(_) => true,
            Slot::Alias(_) | Slot::Empty => false,
        };
        match body {
            BodyAt::Bucket(key) if is_of_no_use => self.discard(key).await,
            _ => Ok(()),
        }
    }

    async fn submit_new(
        &self,
        name: ObjectName,
        submit: &Submit,
        input: &str,
        body: BodyAt,
    ) -> Result<Reply, Failure> {
        self.begin(&name, submit, input, body).await?;
        let answer = self.send(&name, submit, input).await; // (2)
        self.finish(name, submit, answer).await
    }

    /// What is here, as soon as no other call is about to begin the job.
    async fn free_slot(&self) -> Result<Slot, Failure> {
        let until = platform::now().plus(MAX_WAIT_MS);
        loop {
            let change = self.changes.latest();
            let slot = self.store.slot()?;
            let is_taken = matches!(slot, Slot::Empty) && self.submitting.get();
            if !is_taken || platform::now() >= until {
                return Ok(slot);
            }
            drop(self.changes.next(change, until).await);
        }
    }

    /// What is told of a submission that another call has begun.
    async fn as_before(&self, slot: Slot) -> Result<Reply, Failure> {
        match slot {
            Slot::Alias(home) => Ok(Reply::Elsewhere(home)),
            Slot::Job(_) => self.answer().await,
            Slot::Deleted(_) | Slot::Empty => Ok(Reply::Again),
        }
    }

    async fn begin(
        &self,
        name: &ObjectName,
        submit: &Submit,
        input: &str,
        body: BodyAt,
    ) -> Result<(), Failure> {
        let birth = birth(name.clone(), submit.at, submit.origin.clone());
        let is_here = body == BodyAt::Object && submit.is_kept;
        let (job, entry) = submission::begin(birth, submit, input, body);
        self.arm(&job).await?;
        if is_here {
            self.store.save_body(entry.n, input)?;
        }
        if submit.is_long() {
            let key = StorageKey::Body { home: name, sha256: &submit.sha256 }.path();
            self.store.forget_upload(&key)?;
        }
        self.note(&job, Some(&entry)) // (1)
    }

    async fn send(
        &self,
        name: &ObjectName,
        submit: &Submit,
        input: &str,
    ) -> Result<Answer, String> {
        let config = &self.config;
        let tokens = config.hook.as_ref().map_err(|bad| format!("{} {}", bad.name, bad.why))?;
        let reference = name.public();
        let reference = reference.trim_start_matches("ref:");
        let token = hook_url::mint(reference, tokens).ok_or("there is no hook token")?;
        let mut query = submit.query.clone();
        let hook = format!("{}/hook/{token}", config.base_url(&submit.origin));
        query.push(("fal_webhook".to_owned(), hook));
        let ask = config.upstreams.at_queue(submit.queue, &submit.app, &query, submit.scheme);
        let ask = ask.map_err(|why| why.why().to_owned())?;
        let limits = (config.max_body_bytes, config.pace);
        let answered =
            upstream::pass(&ask, Method::Post, &submit.headers, Some(input), limits).await?;
        Ok(answered.into_answer())
    }

    async fn finish(
        &self,
        name: ObjectName,
        submit: &Submit,
        answer: Result<Answer, String>,
    ) -> Result<Reply, Failure> {
        let told = answer.clone().unwrap_or_else(|why| unreachable_upstream(&why));
        let Some(mut job) = self.store.job()? else {
            // It was deleted meanwhile, or has moved: the answer is still one.
            let (queue, app) = (submit.queue, submit.app.clone());
            let nonce = String::new();
            let (public, id) = (name.public(), submission::request_id(&told));
            let submitted =
                Submitted { home: name, name: public, id, nonce, queue, app, answer: told };
            return Ok(Reply::Submitted(Box::new(submitted)));
        };
        let is_refused = answer.as_ref().is_ok_and(|answer| !answer.is_success());
        let entry = submission::end(&mut job, answer, platform::now());
        self.arm(&job).await?;
        if is_refused {
            self.cut_input()?;
        }
        self.note(&job, entry.as_ref())?;
        if job.unlinked_id.is_some()
            && let Err(Failure(text)) = self.point_id_here().await
        {
            platform::log_error(&text); // (3), or else by the alarm
        }
        Ok(submitted(&self.store.job()?.unwrap_or(job), told))
    }

    /// Forgets a longer input than is kept of what the upstream has refused. The
    /// alarm of the ended job deletes it from the bucket.
    fn cut_input(&self) -> Result<(), Failure> {
        let Some(mut first) = self.store.entry(1)? else { return Ok(()) };
        if first.bytes.is_none_or(|bytes| bytes <= MAX_REFUSED_BYTES) {
            return Ok(());
        }
        match first.body.take() {
            Some(BodyAt::Bucket(key)) => self.store.doom(&key)?,
            Some(BodyAt::Object) => self.store.forget_body(1)?,
            _ => return Ok(()),
        }
        let detail = first.detail.unwrap_or_default();
        first.detail =
            Some(format!("{detail}; the upstream refused it, and so long an input goes"));
        self.store.save_entry(&first)
    }

    /// Takes over what a job has left that moves here.
    pub(super) async fn inherit(&self, estate: Estate) -> Result<Reply, Failure> {
        let mut job = match self.store.slot()? {
            Slot::Alias(home) => return Ok(Reply::Elsewhere(home)),
            Slot::Job(job) => *job,
            Slot::Empty | Slot::Deleted(_) => return Ok(Reply::Missing),
        };
        if !submission::inherit(&mut job, estate, platform::now()) {
            return Ok(Reply::At { home: job.home, known: true, conflict: true });
        }
        self.arm(&job).await?;
        self.note(&job, None)?;
        Ok(Reply::Known { is_new: false })
    }

    /// The answer to the submission, as soon as it is there.
    pub(super) async fn answer(&self) -> Result<Reply, Failure> {
        let until = platform::now().plus(MAX_WAIT_MS);
        loop {
            let change = self.changes.latest();
            let job = match self.store.slot()? {
                Slot::Alias(home) => return Ok(Reply::Elsewhere(home)),
                Slot::Job(job) => job,
                Slot::Empty | Slot::Deleted(_) => return Ok(Reply::Again),
            };
            let answer = job.submission.as_ref().and_then(|submission| submission.answer.clone());
            match answer {
                Some(answer) if answer.is_remembered() => return Ok(submitted(&job, answer)),
                Some(_) => return Ok(Reply::Again),
                None if !self.submitting.get() || platform::now() >= until => {
                    return Ok(Reply::Again);
                }
                None => drop(self.changes.next(change, until).await),
            }
        }
    }
}

fn submitted(job: &Record, answer: Answer) -> Reply {
    let submission = job.submission.as_ref();
    Reply::Submitted(Box::new(Submitted {
        home: job.home.clone(),
        name: job.public_id(),
        id: job.id.clone().or_else(|| submission::request_id(&answer)),
        nonce: job.nonce.clone(),
        queue: submission.map_or(crate::domain::gateway::Queue::Batch, |of| of.queue),
        app: submission.map(|of| of.app.clone()).unwrap_or_default(),
        answer,
    }))
}
