//! `GET …/requests/{id}/status/stream`: each status as it changes, as
//! server-sent events. The vault does not forward the upstream's stream: not
//! every queue has one, and its texts would have to be translated for the
//! caller's client.

use super::request::{UpstreamRequest, known};
use super::status::told_status;
use crate::domain::gateway::dialect;
use crate::domain::http::problem::Problem;
use crate::domain::job::record::Job;
use crate::domain::protocol::outcome::Resolved;
use crate::domain::protocol::read::Await;
use crate::domain::protocol::wait::{Wait, WaitFor};
use crate::domain::time::SECOND;
use crate::domain::view::record::one_line;
use crate::domain::view::sse;
use crate::edge::http::{response, streaming};
use crate::edge::platform;
use crate::edge::rpc::job;
use futures_util::stream;
use std::time::Duration;
use web_sys::Response;
use worker::Delay;

/// The first pause between two questions, in milliseconds: short, because most
/// jobs are. A delivery ends each pause.
const FIRST_PAUSE_MS: u64 = SECOND / 2;
const MAX_PAUSE_MS: u64 = 5 * SECOND;

/// A stream in progress.
struct Stream {
    asked: UpstreamRequest,
    id: String,
    /// The latest status that was sent.
    last: String,
    pause_ms: u64,
    is_over: bool,
}

/// Sends the current status, and each different one up to the last.
pub async fn follow(asked: UpstreamRequest, id: String) -> Result<Response, Problem> {
    let (last, pause_ms) = (String::new(), FIRST_PAUSE_MS);
    let mut stream = Stream { asked, id, last, pause_ms, is_over: false };
    let job = known(&stream.asked, &stream.id).await?.map(|(job, _)| job);
    let first = told_status(&stream.asked, &stream.id, job.as_ref()).await?;
    // fal.ai answers 202 while the job is running.
    if !first.is_success() {
        return Ok(response::relay(&first, &[], &first.body.as_str().into())?);
    }
    let (head, pass) = (stream.frame(&first.body), stream.asked.pass());
    let frames = stream::unfold((stream, head), |(mut stream, head)| async move {
        let frame = match head {
            Some(frame) => frame,
            None => stream.next().await?,
        };
        Some((Ok::<_, worker::Error>(frame.into_bytes()), (stream, None)))
    });
    Ok(streaming::event_stream(frames, pass)?)
}

impl Stream {
    /// Returns the next frame; `None` at the end of the stream. A client whose
    /// stream ends early connects again, or asks for the status.
    async fn next(&mut self) -> Option<String> {
        if self.is_over {
            return None;
        }
        let job = known(&self.asked, &self.id).await.ok()?.map(|(job, _)| job);
        self.pause(job.as_ref()).await;
        if self.is_over {
            return None;
        }
        let job = known(&self.asked, &self.id).await.ok()?.map(|(job, _)| job);
        let answer = told_status(&self.asked, &self.id, job.as_ref()).await.ok()?;
        let frame = if answer.is_success() { self.frame(&answer.body) } else { None };
        Some(frame.unwrap_or_else(|| sse::HEARTBEAT.to_owned()))
    }

    /// Returns the frame of a status, if it differs from the previous one.
    fn frame(&mut self, status: &str) -> Option<String> {
        self.is_over = dialect::word(status).is_some_and(|word| dialect::is_last(&word));
        let is_news = self.last != status;
        status.clone_into(&mut self.last);
        is_news.then(|| format!("data: {}\n\n", one_line(status)))
    }

    /// Waits until the job changes, or until it is time to ask again.
    async fn pause(&mut self, job: Option<&Job>) {
        let pause = self.pause_ms;
        self.pause_ms = (pause * 3 / 2).min(MAX_PAUSE_MS);
        let Some(job) = job else {
            return Delay::from(Duration::from_millis(pause)).await;
        };
        let until = platform::now().plus(pause);
        let pass = self.asked.pass();
        let wait = Wait { condition: WaitFor::Version(Some(job.version)), until, pass };
        match job::ask_job(&self.asked.env, &job.home, Await(wait)).await {
            Ok(read) => self.is_over |= matches!(read, Resolved::Here(None)),
            Err(failure) => failure.log(),
        }
    }
}
