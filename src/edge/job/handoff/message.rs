//! Writes the text and the headers of a message.

use crate::domain::handoff::message::{self, MessageInput};
use crate::domain::job::outbox::Message;
use crate::domain::job::record::Job;
use crate::domain::view::record::{self, Context};
use crate::edge::http::outgoing::USER_AGENT;
use crate::edge::job::home::Home;
use crate::edge::job::result;
use crate::edge::job::timeline::{LoadedBody, entry};
use crate::edge::platform::{self, Failure, MemoryReservation};

/// How many copies of a long result are in memory while its message is written.
const COPIES: usize = 3;

/// Returns the message's text, as JSON.
pub async fn text(home: &Home, job: &Job, message: &Message, url: &str) -> Result<String, Failure> {
    let read = match entry(home, job, message.entry).await? {
        Some(kept) => LoadedBody::of(home, &kept).await?,
        None => None,
    };
    let long = job.result.as_ref().filter(|result| result.long().is_some());
    let bytes = long.and_then(|result| result.bytes).unwrap_or(0);
    let full = || Failure::new("writing a message", "the isolate has no memory left for it");
    let _memory = MemoryReservation::take(bytes.saturating_mul(COPIES)).ok_or_else(full)?;
    let config = &home.config;
    let context = Context { base: config.base_url(&job.origin), secrets: config.secrets() };
    let result = match message.event_type.as_str() {
        "completed" => result::whole(home, job).await?,
        _ => None,
    };
    let result = result.map(|result| record::result(job, &result, context));
    let text = message::render(MessageInput {
        job,
        word: &message.event_type,
        body: read.as_ref().map(|read| read.text.as_str()),
        result: result.as_deref(),
        url,
        base: context.base,
        secrets: config.secrets(),
        senders: &config.senders,
    });
    match read {
        Some(read) => read.filled(home, text).await,
        None => Ok(text),
    }
}

/// Returns the headers of Standard Webhooks. Without a secret there is no
/// signature.
pub fn headers(home: &Home, message: &Message, body: &[u8]) -> Vec<(&'static str, String)> {
    let seconds = platform::now().as_seconds();
    let secrets = home.config.handoff_secrets.as_ref();
    let signature = secrets.map(|secrets| secrets.sign(&message.id, seconds, body));
    let mut pairs = vec![
        ("content-type", "application/json".to_owned()),
        ("user-agent", USER_AGENT.to_owned()),
        ("webhook-id", message.id.clone()),
        ("webhook-timestamp", seconds.to_string()),
    ];
    pairs.extend(signature.map(|signature| ("webhook-signature", signature)));
    pairs
}
