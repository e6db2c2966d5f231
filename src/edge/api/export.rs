//! `GET /export`: every record, in the order of the last changes, as a stream.

use crate::domain::catalog::export::{Format, PAGE, Turn};
use crate::domain::catalog::{Answer, EXPORT, Question, ROOT};
use crate::domain::http::problem::Problem;
use crate::domain::time::Timestamp;
use crate::edge::http::call::Call;
use crate::edge::http::response::Head;
use crate::edge::http::streaming;
use crate::edge::platform::Failure;
use crate::edge::rpc::catalog;
use futures_util::stream;
use std::collections::VecDeque;
use web_sys::Response;
use worker::Env;

/// `GET /export?tag=&since=&format=ndjson|aria2`.
pub fn export(call: &Call<'_>) -> Result<Response, Problem> {
    let format = Format::parse(call.query("format").as_deref()).map_err(Problem::bad_parameter)?;
    let export = Export {
        env: call.env.clone(),
        format,
        tag: call.query("tag").map(|tag| call.label(&tag)),
        since: call.time("since")?.unwrap_or_default(),
        after: None,
        waiting: VecDeque::new(),
        is_over: false,
    };
    let pages = stream::try_unfold(export, Export::next);
    let head = Head::new(200)?.with("content-type", format.media_type())?;
    Ok(head.with("cache-control", "no-store")?.body(&streaming::body_of(pages)?)?)
}

/// An export on its way. It makes two subrequests a page; when the plan gives
/// no more of them, it breaks off.
struct Export {
    env: Env,
    format: Format,
    tag: Option<String>,
    since: Timestamp,
    /// The last turn that is known.
    after: Option<Turn>,
    /// Turns that are still to be written.
    waiting: VecDeque<Turn>,
    is_over: bool,
}

impl Export {
    /// Returns the next piece of text. An error breaks the answer off, so that
    /// what is not whole does not look so.
    async fn next(mut self) -> worker::Result<Option<(Vec<u8>, Self)>> {
        loop {
            if self.waiting.is_empty() {
                self.fill().await.map_err(|failure| broken_off(&failure))?;
            }
            if self.waiting.is_empty() {
                return Ok(None);
            }
            let text = self.write().await.map_err(|failure| broken_off(&failure))?;
            if !text.is_empty() {
                return Ok(Some((text.into_bytes(), self)));
            }
        }
    }

    async fn fill(&mut self) -> Result<(), Failure> {
        if self.is_over {
            return Ok(());
        }
        let question =
            Question::Turns { since: self.since, after: self.after.clone(), limit: PAGE };
        let Answer::Turns(turns) = self.ask(ROOT, &question).await? else {
            return Err(Failure::unexpected("asking for the last changes"));
        };
        self.is_over = turns.len() < PAGE;
        self.after = turns.last().cloned().or_else(|| self.after.take());
        self.waiting.extend(turns);
        Ok(())
    }

    /// Writes as many of the waiting as fit into a page.
    async fn write(&mut self) -> Result<String, Failure> {
        let question = Question::Records {
            homes: self.waiting.iter().map(|turn| turn.home.clone()).collect(),
            format: self.format,
            tag: self.tag.clone(),
        };
        let Answer::Records { text, written } = self.ask(EXPORT, &question).await? else {
            return Err(Failure::unexpected("asking for a page of records"));
        };
        self.waiting.drain(..written.clamp(1, self.waiting.len()));
        Ok(text)
    }

    async fn ask(&self, name: &str, question: &Question) -> Result<Answer, Failure> {
        catalog::ask(&self.env, name, question).await
    }
}

fn broken_off(failure: &Failure) -> worker::Error {
    failure.log();
    worker::Error::RustError("the export broke off; go on with `since`".to_owned())
}
