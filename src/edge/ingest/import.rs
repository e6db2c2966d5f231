//! Imports jobs: `POST /jobs`.

use super::claim::{NamedJob, claim};
use crate::domain::http::problem::{Problem, ProblemKind};
use crate::domain::ingest::import::{self, Import, Line};
use crate::domain::json::object;
use crate::domain::names::ObjectName;
use crate::domain::protocol::ingest::TakenUp;
use crate::domain::sender::name::SenderName;
use crate::edge::http::body::read_body;
use crate::edge::http::call::Call;
use crate::edge::http::response::json;
use crate::edge::platform::{self, Failure};
use crate::edge::rpc::job;
use web_sys::{Request, Response};

/// The jobs that are imported at the same time.
const AT_ONCE: usize = 16;
/// The longest import, in bytes: 1,000 lines with their URLs.
const MAX_BYTES: u64 = 2 * 1024 * 1024;

/// `POST /jobs`: imports jobs that no webhook has named, and lets the upstream
/// be asked for each. One wrong line refuses all lines. Jobs that fail later
/// are named, and importing them again is harmless.
pub async fn import(call: &Call<'_>, request: &Request) -> Result<Response, Problem> {
    let body = read_body(request, MAX_BYTES).await.map_err(|problem| match problem.kind() {
        ProblemKind::BodyTooLarge(_) => {
            Problem::bad_body(format!("the import is over {MAX_BYTES} bytes; send it in parts"))
        }
        _ => problem,
    })?;
    let lines = import::parse(&body).map_err(Problem::bad_body)?;
    let is_unknown = |name: &SenderName| call.config.senders.row(*name).is_none();
    if let Some(name) = lines.iter().filter_map(|line| line.from).find(is_unknown) {
        return Err(Problem::bad_body(import::unknown_sender(name.as_str())));
    }
    let takes = lines.into_iter().map(|line| take(call, line));
    let outcomes = platform::at_most(AT_ONCE, takes).await;
    let of = |taken| outcomes.iter().filter(move |(_, end)| *end == taken).map(|(id, _)| id);
    let answer = object!({
        "imported": of(Some(TakenUp::New)).count(),
        "known": of(Some(TakenUp::Known)).count(),
        "deleted": of(Some(TakenUp::Deleted)).collect::<Vec<_>>(),
        "failed": of(None).collect::<Vec<_>>(),
    });
    Ok(json(200, answer)?)
}

async fn take(call: &Call<'_>, line: Line) -> (String, Option<TakenUp>) {
    let id = line.id.clone();
    let outcome = try_take(call, line).await;
    (id, outcome.inspect_err(Failure::log).ok())
}

async fn try_take(call: &Call<'_>, line: Line) -> Result<TakenUp, Failure> {
    let (mut object, mut reference) = (line.name(), None);
    if let Some(written) = line.reference {
        let name = ObjectName::Reference(written.clone());
        let named = NamedJob { id: line.id, is_weak: false, provider: line.from };
        let there = claim(call.env, named, &name).await;
        object = there.object;
        reference = Some(written).filter(|_| there.by_reference);
    }
    let labels = |text: &String| Some(call.label(text)).filter(|text| !text.is_empty());
    let import = Import {
        at: platform::now(),
        origin: call.url.origin().ascii_serialization(),
        reference,
        app: line.app.as_ref().and_then(labels),
        tags: line.tags.iter().filter_map(labels).collect(),
        keep_days: line.keep,
        response_url: line.response_url,
        from: line.from,
    };
    job::ask_job(call.env, &object, Box::new(import)).await
}
