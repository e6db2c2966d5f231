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
/// The first piece is ready before the response begins, so that an early
/// failure gets an error status. A body that ends before its first byte would
/// look like an empty export.
pub async fn export(call: &Call<'_>) -> Result<Response, Problem> {
    let format = Format::parse(call.query("format").as_deref()).map_err(Problem::bad_parameter)?;
    let after = call.query("cursor").map(|cursor| ExportCursor::parse(&cursor));
    let after = after.transpose().map_err(Problem::bad_parameter)?;
    let tag = call.query("tag").map(|tag| call.label(&tag));
    let filter = Filter { tag, changed_since: call.time("since")?, ..Filter::default() };
    let first = after.as_ref().map(|cursor| cursor.created_at.day()).unwrap_or_default();
    let (env, days) = (call.env.clone(), Vec::new());
    let export =
        Export { env, format, filter, after, days, first, is_first_over: false, line: None };
    let pieces = stream::try_unfold(Pieces::after(export.next().await?), Pieces::next);
    let head = Head::new(200)?.with("content-type", format.media_type())?;
    Ok(head.with("cache-control", "no-store")?.body(&streaming::body_of(pieces)?)?)
}

/// The rest of an export.
enum Pieces {
    /// A piece that is ready, and what follows.
    Here(Vec<u8>, Box<Export>),
    /// What follows must still be asked for.
    Later(Box<Export>),
    /// The last line of an export that broke off.
    Broken(Vec<u8>),
    /// The end of an export that broke off.
    Torn,
    /// The end of a complete export.
    Over,
}

impl Pieces {
    fn after(piece: Option<(Vec<u8>, Export)>) -> Self {
        piece.map_or(Self::Over, |(text, rest)| Self::Here(text, Box::new(rest)))
    }

    /// Returns the next piece of text. An incomplete export says so in its last
    /// line, and then fails: to a client the end of the stream alone looks the
    /// same.
    async fn next(self) -> worker::Result<Option<(Vec<u8>, Self)>> {
        let pieces = match self {
            Self::Later(export) => {
                let (format, place) = (export.format, export.place());
                let broken = |failure| Self::broken(&failure, format, place);
                export.next().await.map_or_else(broken, Self::after)
            }
            pieces => pieces,
        };
        match pieces {
            Self::Here(text, rest) => Ok(Some((text, Self::Later(rest)))),
            Self::Broken(text) => Ok(Some((text, Self::Torn))),
            Self::Torn => Err(worker::Error::RustError("the export ended early".to_owned())),
            Self::Later(_) | Self::Over => Ok(None),
        }
    }

    fn broken(failure: &Failure, format: Format, place: Place) -> Self {
        failure.log();
        match place {
            Place::Begin => Self::Torn,
            Place::Behind(last) => Self::Broken(format.broke_off(Some(&last)).into_bytes()),
            Place::Within(last) => {
                Self::Broken(format!("\n{}", format.broke_off(last.as_ref())).into_bytes())
            }
        }
    }
}

/// How far an export has got.
enum Place {
    /// Nothing is written.
    Begin,
    /// The last line is that of this job.
    Behind(ExportCursor),
    /// A line is written in part. The line before it is that of this job.
    Within(Option<ExportCursor>),
}

/// An export in progress. It makes a subrequest for each page; when the plan
/// allows no more, it breaks off.
struct Export {
    env: Env,
    format: Format,
    filter: Filter,
    /// The last job that was written.
    after: Option<ExportCursor>,
    /// The days that are still to be written, the latest first.
    days: Vec<String>,
    /// The day that the export has reached.
    first: String,
    /// Whether that day is written completely.
    is_first_over: bool,
    /// The next line, if its result is too long for memory.
    line: Option<LongLine>,
}

/// A line that is streamed.
struct LongLine {
    parts: ChunkStream,
    /// Whether a part of it is written.
    is_begun: bool,
    /// The job of the line before it.
    before: Option<ExportCursor>,
}

/// Returns the line of a job whose result is too long for memory. It drops line
/// breaks, which the upstream's JSON may have between its tokens.
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
    fn place(&self) -> Place {
        let last = match &self.line {
            Some(line) if line.is_begun => return Place::Within(line.before.clone()),
            Some(line) => &line.before,
            None => &self.after,
        };
        last.clone().map_or(Place::Begin, Place::Behind)
    }

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

    /// Returns the next part of a line that is streamed.
    async fn line_part(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let Some(line) = &mut self.line else { return Ok(None) };
        let part = line.parts.next().await.transpose().during("reading a long result")?;
        line.is_begun = true;
        if part.is_none() {
            self.line = None;
        }
        Ok(part)
    }

    /// Asks for the remaining days. There may be new ones after the last.
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
        let before = self.after.clone();
        let question = CatalogRequest::Page {
            days: self.days.iter().rev().take(PAGE_DAYS).cloned().collect(),
            filter: self.filter.clone().into(),
            after: self.after.take(),
            format: self.format,
        };
        let CatalogReply::Page { text, after, over, long, whole } =
            catalog::ask(&self.env, EXPORT, &question).await?
        else {
            return Err(Failure::unexpected("asking for a page of records"));
        };
        if let Some(job) = long {
            let parts = long_line(&self.env, &job).await?;
            self.line = Some(LongLine { parts, is_begun: false, before: whole.or(before) });
        }
        for _ in 0..over {
            (self.first, self.is_first_over) = (self.days.pop().unwrap_or_default(), true);
        }
        self.after = after;
        Ok(text)
    }
}
