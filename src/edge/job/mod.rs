//! The Durable Object that is one job, or a name that leads to one.
//!
//! `ask` answers commands, `alarm` does the pending work. Both read the
//! record, ask `domain` what follows, write it, and only then act.

mod alarm;
mod alias;
mod changes;
mod copy;
mod delete;
mod deliver;
mod gate;
mod handoff;
mod heal;
mod kv_copy;
mod park;
mod publish;
mod read;
mod recopy;
mod relink;
mod restore;
mod submit;
mod timeline;

use self::changes::Changes;
use crate::domain::access::pass;
use crate::domain::alarm::plan;
use crate::domain::config::Config;
use crate::domain::job::record::Job as Record;
use crate::domain::job::retention;
use crate::domain::job::timeline::Entry;
use crate::domain::protocol::{self, Command, Reply};
use crate::domain::time::Timestamp;
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::call;
use crate::edge::storage::object::Store;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// The object's class, bound as `JOBS`.
#[durable_object(alarm)]
pub struct Job {
    store: Store,
    env: Env,
    config: Rc<Config>,
    changes: Changes,
    /// Whether the upstream is being asked to take the job.
    submitting: Cell<bool>,
}

impl DurableObject for Job {
    fn new(state: State, env: Env) -> Self {
        let (config, changes) = (platform::config(&env), Changes::default());
        let store = Store::new(state.storage());
        Self { config, store, env, changes, submitting: Cell::new(false) }
    }

    /// Nobody sends requests: see `ask`.
    async fn fetch(&self, _: Request) -> Result<Response> {
        Response::error("a job's object is asked by its method `ask`", 405)
    }

    /// Always `Ok`: our own alarm is the retry, and the runtime would drop it
    /// after six failures.
    async fn alarm(&self) -> Result<Response> {
        let end = self.run().await;
        self.store.rest();
        if let Err(Failure(text)) = end {
            platform::log_error(&text);
            // An object that can't be read, or not written, is left alone for
            // a while. If this fails too, its next reader sets the alarm.
            let later = plan::watchdog(4, self.config.pace, platform::now());
            let set = platform::set_alarm_at(self.store.storage(), later).await;
            if let Err(Failure(text)) = set {
                platform::log_error(&text);
            }
        }
        Response::empty()
    }
}

#[wasm_bindgen]
impl Job {
    /// Obeys a command; its caller is `call::ask_object`.
    #[wasm_bindgen(js_name = ask)]
    pub async fn on_ask(&self, command: JsValue) -> JsValue {
        let answer = call::answer(command, async |text| self.obey(&text).await).await;
        self.store.rest();
        answer
    }
}

impl Job {
    /// Writes a change that readers may wait for, with the timeline entry that
    /// tells of it.
    fn note(&self, job: &Record, entry: Option<&Entry>) -> std::result::Result<(), Failure> {
        if let Some(entry) = entry {
            self.store.save_entry(entry)?;
        }
        self.store.save(job)?;
        self.announce();
        Ok(())
    }

    async fn obey(&self, text: &str) -> std::result::Result<String, Failure> {
        let (name, command) = protocol::read(text).during("reading a command")?;
        // What is rare and large is boxed, or each command would take its room.
        let reply = match command {
            Command::Deliver(delivery) => self.deliver(name, *delivery).await?,
            Command::Expect(key) => self.expect(&key).await?,
            Command::Submit(submit) => Box::pin(self.submit(name, *submit)).await?,
            Command::Inherit(estate) => self.inherit(*estate).await?,
            Command::Answer => self.answer().await?,
            Command::Fetch => Box::pin(self.fetch_result()).await?,
            Command::Admit(wish) => self.admit(&wish).await?,
            Command::TakeOver { earlier, wish } => self.take_over(&earlier, &wish).await?,
            Command::Settle { place, reference } => self.settle(place.as_deref(), &reference)?,
            Command::Count(most) => self.count_use(most).await?,
            Command::Probe(text) => Reply::Probed(self.store.probe(&text).await?),
            Command::Import(import) => self.import(name, &import).await?,
            Command::Want(why) => self.want(why).await?,
            Command::Park(parked) => self.park(&parked).await?,
            Command::Archive => Box::pin(self.archive()).await?,
            Command::HandOff => Box::pin(self.hand_off_again()).await?,
            Command::Relink => self.renew_links().await?,
            Command::Restore(key) => Box::pin(self.restore(&name, &key)).await?,
            Command::Delete => self.delete().await?,
            Command::Unlink(home) => self.unlink(&home).await?,
            Command::Locate => self.locate(name)?,
            Command::Claim { id, home, yields, provider } => {
                Box::pin(self.claim(name, id, home, yields, provider)).await?
            }
            Command::PointTo { home, kin } => self.point_to(name, home, kin)?,
            Command::Read(Some(wait)) | Command::Timeline { wait: Some(wait), .. }
                if !wait.pass.counts(&pass::marks(&self.config), platform::now()) =>
            {
                Reply::Barred
            }
            Command::Read(wait) => {
                let seen = self.read(wait).await?;
                if let Reply::Job { job, .. } = &seen.reply {
                    self.rearm(job).await?;
                }
                return Ok(seen.text.clone());
            }
            Command::File { n, nonce } => self.file(n, &nonce).await?,
            Command::Timeline { after, limit, wait } => {
                self.timeline(after, limit as usize, wait).await?
            }
            Command::Body(n) => self.body(n).await?,
        };
        if let Reply::Job { job, .. } = &reply {
            self.rearm(job).await?;
        }
        serde_json::to_string(&reply).during("writing an answer")
    }

    /// Sets the alarm for the pending work of `job`, if it has any.
    async fn arm(&self, job: &Record) -> std::result::Result<(), Failure> {
        match self.next_alarm(job) {
            Some(at) => platform::set_alarm_at(self.store.storage(), at).await,
            None => Ok(()),
        }
    }

    /// When the alarm must ring for `job`: its pending work, or its end.
    fn next_alarm(&self, job: &Record) -> Option<Timestamp> {
        let now = platform::now();
        let work = plan::plan(job, self.config.pace, now).alarm(now);
        let end = retention::ends_at(job, self.config.retention_days);
        work.into_iter().chain(end).min()
    }

    /// A reader of a job with pending work sets an alarm that got lost.
    async fn rearm(&self, job: &Record) -> std::result::Result<(), Failure> {
        if self.next_alarm(job).is_none() {
            return Ok(());
        }
        let set = self.store.storage().get_alarm().await.during("reading the alarm")?;
        if set.is_some() { Ok(()) } else { self.arm(job).await }
    }
}
