//! `GET /jobs/{id}/events`: the timeline, as JSON or as a stream of events.
//!
//! The Worker drives a stream by asking the job again and again. So the object
//! holds no connection of a viewer, and each of its replies has an end.

use crate::domain::access::pass::TokenPass;
use crate::domain::access::redact::Secrets;
use crate::domain::http::problem::{Code, Problem};
use crate::domain::names::ObjectName;
use crate::domain::protocol::outcome::Resolved;
use crate::domain::protocol::read::{ReadTimeline, Timeline};
use crate::domain::protocol::wait::{Wait, WaitFor};
use crate::domain::view::{sse, timeline};
use crate::edge::http::access;
use crate::edge::http::call::Call;
use crate::edge::http::response::json;
use crate::edge::http::streaming::event_stream;
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::job;
use crate::edge::rpc::lookup::ask_known;
use futures_util::stream;
use web_sys::Response;
use worker::Env;

/// The entries in one reply of the job to a stream.
const BATCH: u32 = 100;

/// Reads `?after=&limit=`. With `Accept: text/event-stream` the answer is live,
/// and `Last-Event-ID` takes precedence over `after`.
pub async fn events(call: &Call<'_>, name: &ObjectName) -> Result<Response, Problem> {
    let after = call.number("after", 0)?;
    if sse::is_wanted(call.header("accept").as_deref()) {
        return live(call, name, after).await;
    }
    let limit = call.number_in("limit", 100, 1..=1_000)?;
    let timeline = first(call, name, after, limit).await?;
    let text = timeline::timeline(&timeline.entries, call.config.secrets());
    Ok(json(200, text.during("rendering the timeline")?)?)
}

async fn live(call: &Call<'_>, name: &ObjectName, after: u32) -> Result<Response, Problem> {
    if call.query("limit").is_some() {
        let detail =
            "`limit` is for JSON; leave it out, as a stream sends all entries after `after`";
        return Err(Problem::new(Code::BadParameter, detail));
    }
    let after = match call.header("last-event-id") {
        Some(id) => sse::last_event_id(&id).map_err(Problem::bad_parameter)?,
        None => after,
    };
    let timeline = first(call, name, after, BATCH).await?;
    let pass = access::pass(call)?;
    let mut live = LiveTimeline {
        env: call.env.clone(),
        pass,
        secrets: call.config.secrets().clone(),
        home: timeline.home.clone(),
        after,
        version: None,
        asks: 1,
        is_full: false,
    };
    let head = format!("{}{}", sse::PREAMBLE, live.frames(&timeline)?);
    if call.head {
        return Ok(event_stream(stream::empty(), pass)?);
    }
    let frames = stream::unfold((live, Some(head)), |(mut live, head)| async move {
        let frames = match head {
            Some(head) => head,
            None => live.next().await?,
        };
        Some((Ok::<_, worker::Error>(frames.into_bytes()), (live, None)))
    });
    Ok(event_stream(frames, pass)?)
}

async fn first(
    call: &Call<'_>,
    name: &ObjectName,
    after: u32,
    limit: u32,
) -> Result<Timeline, Problem> {
    let part = ask_known(call.env, name, ReadTimeline { after, limit, wait: None }).await?;
    part.ok_or_else(access::gone)
}

/// A stream in progress.
struct LiveTimeline {
    env: Env,
    /// The pass that let the reader in.
    pass: TokenPass,
    secrets: Secrets,
    home: ObjectName,
    /// The last entry that was sent.
    after: u32,
    /// The last version that was sent.
    version: Option<u64>,
    asks: u32,
    /// Whether the latest reply was full: then more entries are ready.
    is_full: bool,
}

impl LiveTimeline {
    /// Returns the next frames; `None` at the end of the stream.
    async fn next(&mut self) -> Option<String> {
        if self.asks >= sse::MAX_ASKS {
            return None;
        }
        self.asks += 1;
        let frames = match self.ask().await {
            Ok(Resolved::Here(Some(timeline))) => self.frames(&timeline),
            // The job was deleted, or the reader's pass has ended.
            Ok(Resolved::Here(None) | Resolved::Deleted(_) | Resolved::Missing) => return None,
            Err(failure) => Err(failure),
        };
        // After a failure the client connects again and resumes.
        frames.inspect_err(Failure::log).ok()
    }

    async fn ask(&self) -> Result<Resolved<Option<Timeline>>, Failure> {
        let wait = Wait {
            condition: WaitFor::Version(self.version),
            until: platform::now().plus(sse::HEARTBEAT_MS),
            pass: self.pass,
        };
        let wait = Some(wait).filter(|_| !self.is_full);
        let part = ReadTimeline { after: self.after, limit: BATCH, wait };
        job::ask_job(&self.env, &self.home, part).await
    }

    /// Returns the frames of a reply: a comment if there is no news.
    fn frames(&mut self, timeline: &Timeline) -> Result<String, Failure> {
        let mut frames = String::new();
        for told in &timeline.entries {
            let text = timeline::entry(told, &self.secrets).during("rendering the timeline")?;
            frames.push_str(&sse::entry(told.0.n, &text));
            self.after = told.0.n;
        }
        self.home.clone_from(&timeline.home);
        self.is_full = timeline.entries.len() >= BATCH as usize;
        let version = Some(timeline.job.version);
        if self.version != version && !self.is_full {
            self.version = version;
            frames.push_str(&sse::job(&timeline.job).during("rendering the job")?);
        }
        if frames.is_empty() {
            frames.push_str(sse::HEARTBEAT);
        }
        Ok(frames)
    }
}
