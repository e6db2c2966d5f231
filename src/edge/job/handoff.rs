//! Hands events on to the client's own webhook, and to the operator's.

use super::Job;
use crate::domain::handoff::message::{self, Parts};
use crate::domain::handoff::queue::{self, Event, Message, Receiver, Tried};
use crate::domain::handoff::target;
use crate::domain::job::record::Job as Record;
use crate::domain::job::timeline::Kept;
use crate::domain::protocol::Reply;
use crate::domain::view::record::{self, Context};
use crate::edge::platform::{self, Failure};
use crate::edge::storage::object::Slot;
use crate::edge::upstream::{self, Posted};
use worker::Headers;

const NO_ONE: &str = "the job was submitted without a webhook of the client's, and HANDOFF_URL is \
                      not set, or the job has not ended";
const NOTHING: &str = "nothing has happened to the job yet that could be handed on";

impl Job {
    /// Sends the message of an entry to a receiver. What comes of it is noted
    /// in the record as it is then.
    pub(super) async fn hand_off(&self, entry: u32, receiver: Receiver) -> Result<(), Failure> {
        let Some(job) = self.store.job()? else { return Ok(()) };
        let Some(message) = job.handoff.find(entry, receiver).cloned() else { return Ok(()) };
        let tried = match self.receiver_url(&job, receiver) {
            Ok(url) => self.send_message(&job, &message, &url).await,
            Err(why) => Tried::Impossible(why),
        };
        let Some(mut job) = self.store.job()? else { return Ok(()) };
        let around = self.circumstances(Ok(()));
        let noted = queue::note(&mut job, (entry, receiver), tried, around);
        self.note(&job, noted.as_ref())
    }

    /// Hands the last event on again. Decides anew if the job goes on meanwhile:
    /// an old entry is read from the bucket.
    pub(super) async fn hand_off_again(&self) -> Result<Reply, Failure> {
        let store = &self.store;
        loop {
            let job = match store.slot()? {
                Slot::Alias(home) => return Ok(Reply::Elsewhere(home)),
                Slot::Deleted(tombstone) => return Ok(Reply::Deleted(tombstone.id)),
                Slot::Empty => return Ok(Reply::Missing),
                Slot::Job(job) => *job,
            };
            let nothing = || Ok(Reply::NoHandoff(NOTHING.to_owned()));
            let Some((number, word)) = queue::last_event(&job) else { return nothing() };
            let Some(Kept { entry, .. }) = self.entry(&job, number).await? else {
                return nothing();
            };
            let event = Event {
                entry: number,
                word,
                at: entry.received_at,
                sha256: entry.sha256.as_deref().unwrap_or_default(),
            };
            if let Some(now) = store.job()?.filter(|now| now.version == job.version) {
                return self.queue_again(now, &event).await;
            }
        }
    }

    async fn queue_again(&self, mut job: Record, event: &Event<'_>) -> Result<Reply, Failure> {
        let has_operator = self.config.handoff_url.is_some();
        let noted = queue::again(&mut job, event, has_operator, platform::now());
        if noted.is_none() {
            return Ok(Reply::NoHandoff(NO_ONE.to_owned()));
        }
        self.arm(&job).await?;
        self.note(&job, noted.as_ref())?;
        Ok(Reply::Job { job: Box::new(job), result: None })
    }

    /// Where a receiver is, if anything may be sent there.
    fn receiver_url(&self, job: &Record, receiver: Receiver) -> Result<String, &'static str> {
        let own = [self.config.base_url(&job.origin), &job.origin];
        let url = match receiver {
            Receiver::Client => job.webhook.as_deref(),
            Receiver::Operator => self.config.handoff_url.as_ref().map(worker::Url::as_str),
        };
        let url = url.ok_or("its URL is not set any more")?;
        if target::is_own_hook(url, &own) {
            return Err("its URL is a hook of this vault");
        }
        target::check(url, &self.config.sources).map(|url| url.to_string())
    }

    async fn send_message(&self, job: &Record, message: &Message, url: &str) -> Tried {
        let text = match self.message_text(job, message, url).await {
            Ok(text) => text,
            Err(Failure(text)) => {
                platform::log_error(&text);
                return Tried::Refused("the vault's own storage failed".to_owned(), None);
            }
        };
        let sent = async {
            let headers = self.message_headers(message, text.as_bytes())?;
            Ok::<_, Failure>(upstream::post(url, headers, &text, self.config.pace).await)
        };
        match sent.await {
            Ok(Ok(posted)) => read(&posted),
            Ok(Err(why)) => Tried::Refused(why, None),
            Err(Failure(text)) => {
                platform::log_error(&text);
                Tried::Impossible("the message can't be written")
            }
        }
    }

    async fn message_text(
        &self,
        job: &Record,
        message: &Message,
        url: &str,
    ) -> Result<String, Failure> {
        let body = match self.entry(job, message.entry).await? {
            Some(kept) => self.read_text_of(&kept).await?,
            None => None,
        };
        let config = &self.config;
        let context = Context { base: config.base_url(&job.origin), secrets: config.secrets() };
        let result = match message.event_type.as_str() {
            "completed" => self.whole_result(job).await?,
            _ => None,
        };
        let result = result.map(|result| record::result(job, &result, context));
        Ok(message::render(Parts {
            job,
            word: &message.event_type,
            body: body.as_deref(),
            result: result.as_deref(),
            url,
            base: context.base,
            secrets: config.secrets(),
        }))
    }

    /// Those of Standard Webhooks. Without a secret there is no signature.
    fn message_headers(&self, message: &Message, body: &[u8]) -> Result<Headers, Failure> {
        let seconds = platform::now().as_seconds();
        let secrets = self.config.handoff_secrets.as_ref();
        let signature = secrets.map(|secrets| secrets.sign(&message.id, seconds, body));
        let mut pairs = vec![
            ("content-type", "application/json".to_owned()),
            ("user-agent", concat!("hookvault/", env!("CARGO_PKG_VERSION")).to_owned()),
            ("webhook-id", message.id.clone()),
            ("webhook-timestamp", seconds.to_string()),
        ];
        pairs.extend(signature.map(|signature| ("webhook-signature", signature)));
        upstream::headers(&pairs)
    }
}

fn read(posted: &Posted) -> Tried {
    match posted.status {
        200..=299 => Tried::Delivered,
        410 => Tried::Gone,
        status @ 300..=399 => Tried::Refused(
            format!("the receiver answers {status}; a redirect is not followed"),
            posted.retry_after_ms,
        ),
        status => Tried::Refused(format!("the receiver answers {status}"), posted.retry_after_ms),
    }
}
