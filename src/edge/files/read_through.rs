//! Streams files that are not copied yet from their source.
//!
//! The response has no validator. The stored file's validator is not known yet,
//! and with any other a client that resumes later would find the file changed.
//! For the same reason conditions are ignored, and with an `If-Range` so is the
//! range.

use super::request::{FileRequest, build};
use crate::domain::alarm::budget::Budget;
use crate::domain::http::headers::{self, Served};
use crate::domain::http::problem::{Problem, ProblemKind};
use crate::domain::http::range::{self, Slice};
use crate::domain::http::read_through::SourceBody;
use crate::domain::job::file::UncopiedFile;
use crate::domain::time::SECOND;
use crate::domain::upstream::Lookup;
use crate::edge::platform;
use crate::edge::transfer::{self, ReadThrough, SourceFile};
use web_sys::Response;

/// Answers a request for a file that is still at its source.
pub async fn answer(
    asked: &FileRequest<'_>,
    name: &str,
    file: &UncopiedFile,
    job: Lookup<'_>,
) -> Result<Response, Problem> {
    let config = asked.call.config;
    let budget = Budget::of_a_run(config.max_subrequests);
    let wanted = SourceFile {
        url: &file.url,
        sources: config.all_sources().of(job.provider),
        keys: config.download_keys(job),
        name,
        declared_type: file.declared_type.as_deref(),
        max_bytes: config.max_file_bytes,
        stall_ms: config.pace.stall(),
        budget: &budget,
    };
    let reading = transfer::read(&wanted, asked.conditions.asked_blindly()).await;
    let reading = reading.map_err(|why| not_yet(file, &why))?;
    let (slice, size) = match reading.passed {
        SourceBody::Whole(size) => (Slice::Whole, size),
        SourceBody::Part { first, last, size } => (Slice::Part { first, last }, Some(size)),
        SourceBody::Unsatisfiable(size) => {
            reading.cancel();
            return Err(ProblemKind::NoSuchRange(size).into());
        }
        SourceBody::SizeUnknown => {
            reading.cancel();
            return Err(not_yet(file, "the source does not state its length"));
        }
    };
    send(asked, name, file, reading, (slice, size))
}

fn send(
    asked: &FileRequest<'_>,
    name: &str,
    file: &UncopiedFile,
    reading: ReadThrough,
    (slice, size): (Slice, Option<u64>),
) -> Result<Response, Problem> {
    let mut headers = headers::headers(&Served {
        content_type: &reading.content_type,
        name,
        title: file.title.as_deref(),
        encoding: reading.encoding.as_deref(),
        stored: None,
        download: asked.download,
    });
    headers.extend(size.into_iter().flat_map(|size| range::headers(slice, size)));
    if reading.has_ranges {
        headers.push(("accept-ranges", "bytes".to_owned()));
    }
    let head = build(slice.status(), headers)?;
    if asked.conditions.head {
        reading.cancel();
        return Ok(head.empty()?);
    }
    Ok(head.body(&reading.into_body())?)
}

/// Returns the problem of a file that is not available yet. The earliest time
/// at which it can be is the next try to copy it.
fn not_yet(file: &UncopiedFile, why: &str) -> Problem {
    /// In seconds.
    const SOONEST: u64 = 2;
    const LATEST: u64 = 60;
    let seconds = file.not_before.since(platform::now()).div_ceil(SECOND).clamp(SOONEST, LATEST);
    let detail = format!("the file is not copied yet, and its source can't be read: {why}");
    ProblemKind::NotReady(detail, u32::try_from(seconds).unwrap_or_default()).into()
}
