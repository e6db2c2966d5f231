//! `GET /export`: every record, in the order of creation, as a stream.

use crate::domain::catalog::export::{Format, PAGE_DAYS, Turn};
use crate::domain::catalog::filter::Filter;
use crate::domain::catalog::{Answer, EXPORT, Question, ROOT};
use crate::domain::http::problem::Problem;
use crate::edge::http::call::Call;
use crate::edge::http::response::Head;
use crate::edge::http::streaming;
use crate::edge::platform::Failure;
use crate::edge::rpc::catalog;
use futures_util::stream;
use web_sys::Response;
use worker::Env;

/// `GET /export?tag=&since=&cursor=&format=ndjson|aria2`.
///
/// The first piece is there before the answer begins: what fails then is told
/// by the status. A body that ends before its first byte would look like an
/// export of nothing.
pub async fn export(call: &Call<'_>) -> Result<Response, Problem> {
    let format = Format::parse(call.query("format").as_deref()).map_err(Problem::bad_parameter)?;
    let after = call.query("cursor").map(|cursor| Turn::parse(&cursor));
    let after = after.transpose().map_err(Problem::bad_parameter)?;
    let tag = call.query("tag").map(|tag| call.label(&tag));
    let filter = Filter { tag, changed_since: call.time("since")?, ..Filter::default() };
    let first = after.as_ref().map(|turn| turn.created_at.day()).unwrap_or_default();
    let (env, days) = (call.env.clone(), Vec::new());
    let export = Export { env, format, filter, after, days, first, is_first_over: false };
    let pieces = stream::try_unfold(Pieces::after(export.next().await?), Pieces::next);
    let head = Head::new(200)?.with("content-type", format.media_type())?;
    Ok(head.with("cache-control", "no-store")?.body(&streaming::body_of(pieces)?)?)
}

/// What is still to be sent.
enum Pieces {
    /// A piece that is there, and what follows.
    Here(Vec<u8>, Box<Export>),
    /// What follows is to be asked for.
    Later(Box<Export>),
    /// The last line of one that broke off.
    Broken(Vec<u8>),
    /// Nothing: it broke off.
    Torn,
    /// Nothing.
    Over,
}

impl Pieces {
    fn after(piece: Option<(Vec<u8>, Export)>) -> Self {
        piece.map_or(Self::Over, |(text, rest)| Self::Here(text, Box::new(rest)))
    }

    /// Returns the next piece of text. What is not whole says so in its last
    /// line, and ends with an error: the runtime ends both alike.
    async fn next(self) -> worker::Result<Option<(Vec<u8>, Self)>> {
        let pieces = match self {
            Self::Later(export) => {
                let (format, last) = (export.format, export.after.clone());
                let broken = |failure| Self::broken(&failure, format, last.as_ref());
                export.next().await.map_or_else(broken, Self::after)
            }
            pieces => pieces,
        };
        match pieces {
            Self::Here(text, rest) => Ok(Some((text, Self::Later(rest)))),
            Self::Broken(text) => Ok(Some((text, Self::Torn))),
            Self::Torn => Err(worker::Error::RustError("the export broke off".to_owned())),
            Self::Later(_) | Self::Over => Ok(None),
        }
    }

    fn broken(failure: &Failure, format: Format, last: Option<&Turn>) -> Self {
        failure.log();
        last.map_or(Self::Torn, |last| Self::Broken(format.broke_off(last).into_bytes()))
    }
}

/// An export on its way. It makes a subrequest a page; when the plan gives no
/// more of them, it breaks off.
struct Export {
    env: Env,
    format: Format,
    filter: Filter,
    /// The last job that was written.
    after: Option<Turn>,
    /// Days that are still to be written, the latest first.
    days: Vec<String>,
    /// The day that it has come to.
    first: String,
    /// Whether nothing of that day is left.
    is_first_over: bool,
}

impl Export {
    /// Returns the next piece of text.
    async fn next(mut self) -> Result<Option<(Vec<u8>, Self)>, Failure> {
        loop {
            if self.days.is_empty() {
                self.fill().await?;
            }
            if self.days.is_empty() {
                return Ok(None);
            }
            let text = self.write().await?;
            if !text.is_empty() {
                return Ok(Some((text.into_bytes(), self)));
            }
        }
    }

    /// Asks for the days that are left. There may be new ones after the last.
    async fn fill(&mut self) -> Result<(), Failure> {
        let filter = self.filter.clone().into();
        let question = Question::Days { filter, until: None, limit: usize::MAX };
        let Answer::Days(days) = catalog::ask(&self.env, ROOT, &question).await? else {
            return Err(Failure::unexpected("asking for the days"));
        };
        let is_left = |day: &String| *day > self.first || *day == self.first && !self.is_first_over;
        self.days = days.into_iter().filter(is_left).collect();
        Ok(())
    }

    /// Writes a page of the next days.
    async fn write(&mut self) -> Result<String, Failure> {
        let question = Question::Page {
            days: self.days.iter().rev().take(PAGE_DAYS).cloned().collect(),
            filter: self.filter.clone().into(),
            after: self.after.take(),
            format: self.format,
        };
        let Answer::Page { text, after, over } = catalog::ask(&self.env, EXPORT, &question).await?
        else {
            return Err(Failure::unexpected("asking for a page of records"));
        };
        for _ in 0..over {
            (self.first, self.is_first_over) = (self.days.pop().unwrap_or_default(), true);
        }
        self.after = after;
        Ok(text)
    }
}
