//! `GET /export`: every record, in the order of creation, as a stream.

use crate::domain::catalog::export::{ExportCursor, Format, PAGE_DAYS};
use crate::domain::catalog::filter::Filter;
use crate::domain::catalog::{CatalogReply, CatalogRequest, EXPORT, ROOT};
use crate::domain::http::problem::Problem;
use crate::domain::job::record::Job;
use crate::domain::view::long_result::LongResult;
use crate::domain::view::record::{self, Context};
use crate::edge::http::call::Call;
use crate::edge::http::response::Head;
use crate::edge::http::streaming::{self, ChunkStream};
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::catalog;
use crate::edge::storage::result::StoredResult;
use futures_util::{StreamExt, TryStreamExt, stream};
use web_sys::Response;
use worker::Env;

/// `GET /export?tag=&since=&cursor=&format=ndjson|aria2`.
///
/// The first piece is there before the answer begins: what fails then is told
/// by the status. A body that ends before its first byte would look like an
/// export of nothing.
pub async fn export(call: &Call<'_>) -> Result<Response, Problem> {
    let format = Format::parse(call.query("format").as_deref()).map_err(Problem::bad_parameter)?;
    let after = call.query("cursor").map(|cursor| ExportCursor::parse(&cursor));
    let after = after.transpose().map_err(Problem::bad_parameter)?;
    let tag = call.query("tag").map(|tag| call.label(&tag));
    let filter = Filter { tag, changed_since: call.time("since")?, ..Filter::default() };
    let first = after.as_ref().map(|turn| turn.created_at.day()).unwrap_or_default();
    let (env, days) = (call.env.clone(), Vec::new());
    let export =
        Export { env, format, filter, after, days, first, is_first_over: false, line: None };
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

    fn broken(failure: &Failure, format: Format, last: Option<&ExportCursor>) -> Self {
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
    after: Option<ExportCursor>,
    /// Days that are still to be written, the latest first.
    days: Vec<String>,
    /// The day that it has come to.
    first: String,
    /// Whether nothing of that day is left.
    is_first_over: bool,
    /// The line that comes next, if its result is too long for memory.
    line: Option<ChunkStream>,
}

/// The line of a job whose result is too long for memory. What the upstream
/// wrote may have line breaks between its tokens.
async fn long_line(env: &Env, job: &Job) -> Result<ChunkStream, Failure> {
    let config = platform::config(env);
    let context = Context { base: config.base_url(&job.origin), secrets: config.secrets() };
    let (before, behind) = record::around_result(job, context).during("rendering the record")?;
    let parts = match StoredResult::of(env, job, None).await? {
        StoredResult::Long(stored) => {
            streaming::long_parts(stored, LongResult::of(job, context), (before, behind))
        }
        StoredResult::Nothing | StoredResult::Text(_) => {
            let line = format!("{before}null{behind}");
            stream::iter([Ok(line.into_bytes())]).boxed_local()
        }
    };
    let in_line = |part: Vec<u8>| part.into_iter().filter(|b| !b"\r\n".contains(b)).collect();
    let end = stream::iter([Ok(b"\n".to_vec())]);
    Ok(parts.map_ok(in_line).chain(end).boxed_local())
}

impl Export {
    /// Returns the next piece of text.
    async fn next(mut self) -> Result<Option<(Vec<u8>, Self)>, Failure> {
        loop {
            if let Some(part) = self.line_part().await? {
                return Ok(Some((part, self)));
            }
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

    /// Returns the next part of the line that is told as a stream.
    async fn line_part(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let Some(line) = &mut self.line else { return Ok(None) };
        let part = line.next().await.transpose().during("reading a long result")?;
        if part.is_none() {
            self.line = None;
        }
        Ok(part)
    }

    /// Asks for the days that are left. There may be new ones after the last.
    async fn fill(&mut self) -> Result<(), Failure> {
        let filter = self.filter.clone().into();
        let question = CatalogRequest::Days { filter, until: None, limit: usize::MAX };
        let CatalogReply::Days(days) = catalog::ask(&self.env, ROOT, &question).await? else {
            return Err(Failure::unexpected("asking for the days"));
        };
        let is_left = |day: &String| *day > self.first || *day == self.first && !self.is_first_over;
        self.days = days.into_iter().filter(is_left).collect();
        Ok(())
    }

    /// Writes a page of the next days.
    async fn write(&mut self) -> Result<String, Failure> {
        let question = CatalogRequest::Page {
            days: self.days.iter().rev().take(PAGE_DAYS).cloned().collect(),
            filter: self.filter.clone().into(),
            after: self.after.take(),
            format: self.format,
        };
        let CatalogReply::Page { text, after, over, long } =
            catalog::ask(&self.env, EXPORT, &question).await?
        else {
            return Err(Failure::unexpected("asking for a page of records"));
        };
        if let Some(job) = long {
            self.line = Some(long_line(&self.env, &job).await?);
        }
        for _ in 0..over {
            (self.first, self.is_first_over) = (self.days.pop().unwrap_or_default(), true);
        }
        self.after = after;
        Ok(text)
    }
}
