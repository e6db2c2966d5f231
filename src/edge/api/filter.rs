//! Reads from a request's parameters which jobs it selects.

use crate::domain::catalog::cursor::PageCursor;
use crate::domain::catalog::filter::{self, ARCHIVES, Filter, STATUSES};
use crate::domain::http::problem::Problem;
use crate::edge::http::call::{Call, bad_cursor};

/// Reads which jobs a request's parameters select.
pub fn filter(call: &Call<'_>) -> Result<Filter, Problem> {
    let (status, archive) = (call.list("status"), call.list("archive"));
    let label = |name| call.query(name).map(|text| call.label(&text));
    let prefix = call.query("q").map(|text| filter::prefix(&text)).transpose();
    Ok(Filter {
        status: filter::list("status", status.as_deref(), &STATUSES)
            .map_err(Problem::bad_parameter)?,
        archive: filter::list("archive", archive.as_deref(), &ARCHIVES)
            .map_err(Problem::bad_parameter)?,
        queue: call.query("queue"),
        app: label("app"),
        tag: label("tag"),
        prefix: prefix.map_err(Problem::bad_parameter)?,
        since: call.time("since")?,
        until: call.time("until")?,
        ..Filter::default()
    })
}

/// Reads `?cursor=`: the place where the next page begins.
pub fn cursor(call: &Call<'_>) -> Result<Option<PageCursor>, Problem> {
    let Some(text) = call.query("cursor") else { return Ok(None) };
    PageCursor::from_cursor(&text).map(Some).ok_or_else(bad_cursor)
}
