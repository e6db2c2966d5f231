//! Writes a page of an export. A catalog object that stores nothing does this,
//! because it has a budget of subrequests of its own.

use super::object::CatalogObject;
use crate::domain::catalog::export::{self, ExportCursor, Format, MAX_PAGE_BYTES, PAGE, PAGE_DAYS};
use crate::domain::catalog::filter::Filter;
use crate::domain::catalog::{CatalogReply, CatalogRequest};
use crate::domain::job::record::Job;
use crate::domain::names::ObjectName;
use crate::domain::protocol::outcome::Resolved;
use crate::domain::protocol::read::Read;
use crate::domain::view::record::{self, Context};
use crate::edge::platform::{During, Failure};
use crate::edge::rpc::{catalog, job};
use crate::edge::storage::bucket;

/// Writes the jobs of these days in order, until the page is full. It leaves
/// out a job that was just deleted.
pub async fn page(
    object: &CatalogObject,
    days: &[String],
    filter: &Filter,
    mut after: Option<ExportCursor>,
    format: Format,
) -> Result<CatalogReply, Failure> {
    let (mut text, mut left, mut over) = (String::new(), PAGE, 0);
    for day in days.iter().take(PAGE_DAYS) {
        let cursors = cursors(object, day, filter, after.clone(), left).await?;
        let is_last = cursors.len() < left;
        for cursor in cursors {
            let home = ObjectName::try_from(cursor.name.clone()).during("reading a cursor")?;
            let found = read(object, &home).await?;
            let whole = after.replace(cursor);
            left -= 1;
            if let Some((job, result)) = found {
                if is_long(&job, format) {
                    let long = Some(Box::new(job));
                    return Ok(CatalogReply::Page { text, after, over, long, whole });
                }
                text.push_str(&line(object, &job, result, format).await?);
            }
            if text.len() > MAX_PAGE_BYTES {
                return Ok(CatalogReply::Page { text, after, over, long: None, whole: None });
            }
        }
        if !is_last {
            break;
        }
        over += 1;
    }
    Ok(CatalogReply::Page { text, after, over, long: None, whole: None })
}

/// Returns whether the caller must stream the job's line, because its result is
/// too long.
fn is_long(job: &Job, format: Format) -> bool {
    format == Format::Ndjson && job.result.as_ref().is_some_and(|result| result.long().is_some())
}

async fn cursors(
    object: &CatalogObject,
    day: &str,
    filter: &Filter,
    after: Option<ExportCursor>,
    limit: usize,
) -> Result<Vec<ExportCursor>, Failure> {
    let question = CatalogRequest::Oldest { filter: filter.clone().into(), after, limit };
    match catalog::ask(&object.env, day, &question).await? {
        CatalogReply::Cursors(cursors) => Ok(cursors),
        _ => Err(Failure::unexpected("asking a day for its jobs")),
    }
}

async fn read(
    object: &CatalogObject,
    home: &ObjectName,
) -> Result<Option<(Job, Option<String>)>, Failure> {
    Ok(match job::ask_job(&object.env, home, Read).await? {
        Resolved::Here(read) => Some((*read.job, read.result)),
        Resolved::Deleted(_) | Resolved::Missing => None,
    })
}

async fn line(
    object: &CatalogObject,
    job: &Job,
    result: Option<String>,
    format: Format,
) -> Result<String, Failure> {
    let config = &object.config;
    let base = config.base_url(&job.origin);
    if format == Format::Aria2 {
        return Ok(export::aria2(job, base));
    }
    let result = match job.result.as_ref().and_then(|result| result.key.as_deref()) {
        Some(key) => bucket::text(&bucket::open(&object.env)?, key).await?,
        None => result,
    };
    let context = Context { base, secrets: config.secrets() };
    let record = record::record(job, result.as_deref(), context);
    // The upstream's JSON may have line breaks between its tokens.
    Ok(format!("{}\n", record::one_line(&record.during("rendering the record")?)))
}
