//! Sends a message to its receiver.

use super::message::{headers, text};
use crate::domain::handoff::queue::{self, SendResult};
use crate::domain::handoff::target;
use crate::domain::job::outbox::{Message, Receiver};
use crate::domain::job::record::Job;
use crate::edge::http::outgoing::Outgoing;
use crate::edge::job::home::Home;
use crate::edge::platform::Failure;
use crate::edge::upstream::{self, PostResult};

/// Sends the message of an entry to a receiver. The result goes into the record
/// as it is after the answer.
pub async fn hand_off(home: &Home, entry: u32, receiver: Receiver) -> Result<(), Failure> {
    let Some(job) = home.store.job()? else { return Ok(()) };
    let Some(message) = job.handoff.find(entry, receiver).cloned() else { return Ok(()) };
    let tried = match receiver_url(home, &job, receiver) {
        Ok(url) => send_message(home, &job, &message, &url).await,
        Err(why) => SendResult::Impossible(why),
    };
    let Some(mut job) = home.store.job()? else { return Ok(()) };
    let context = home.retry_context(Ok(()));
    let noted = queue::note(&mut job, (entry, receiver), tried, context);
    home.note(&job, noted.as_ref())
}

/// Returns the receiver's URL, if the vault may send anything there.
fn receiver_url(home: &Home, job: &Job, receiver: Receiver) -> Result<String, &'static str> {
    let own = [home.config.base_url(&job.origin), &job.origin];
    let url = match receiver {
        Receiver::Client => job.webhook.as_deref(),
        Receiver::Operator => home.config.handoff_url.as_ref().map(worker::Url::as_str),
    };
    let url = url.ok_or("its URL is no longer set")?;
    if target::is_own_hook(url, &own) {
        return Err("its URL is a hook of this vault");
    }
    target::check(url, &home.config.sources).map(|url| url.to_string())
}

async fn send_message(home: &Home, job: &Job, message: &Message, url: &str) -> SendResult {
    let text = match text(home, job, message, url).await {
        Ok(text) => text,
        Err(failure) => {
            failure.log();
            return SendResult::Refused("the vault's own storage failed".to_owned(), None);
        }
    };
    let sent = async {
        let request = Outgoing::new("POST")?.headers(&headers(home, message, text.as_bytes()))?;
        let request = request.body(&text.as_str().into());
        Ok::<_, Failure>(upstream::post(url, request, home.config.pace).await)
    };
    match sent.await {
        Ok(Ok(posted)) => read(&posted),
        Ok(Err(why)) => SendResult::Refused(why, None),
        Err(failure) => {
            failure.log();
            SendResult::Impossible("the message can't be written")
        }
    }
}

fn read(posted: &PostResult) -> SendResult {
    match posted.status {
        200..=299 => SendResult::Delivered,
        410 => SendResult::Gone,
        status @ 300..=399 => SendResult::Refused(
            format!("the receiver answers {status}; a redirect is not followed"),
            posted.retry_after_ms,
        ),
        status => {
            SendResult::Refused(format!("the receiver answers {status}"), posted.retry_after_ms)
        }
    }
}
