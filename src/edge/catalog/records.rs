//! A page of an export, written by a catalog object that holds nothing: its
//! subrequests are not those of the request that asks for it.

use super::object::CatalogObject;
use crate::domain::catalog::Answer;
use crate::domain::catalog::export::{self, Format, MAX_PAGE_BYTES};
use crate::domain::job::record::Job;
use crate::domain::names::ObjectName;
use crate::domain::protocol::outcome::Found;
use crate::domain::protocol::read::Read;
use crate::domain::view::record::{self, Context};
use crate::edge::platform::{During, Failure};
use crate::edge::rpc::job;
use crate::edge::storage::bucket;

/// Writes these jobs, one after the other, until the page is full. A job
/// that has just been deleted is left out.
pub async fn records(
    object: &CatalogObject,
    homes: &[ObjectName],
    format: Format,
    tag: Option<&str>,
) -> Result<Answer, Failure> {
    let (mut text, mut written) = (String::new(), 0);
    for home in homes {
        if let Some((job, result)) = read(object, home).await?
            && tag.is_none_or(|tag| job.tags.iter().any(|has| has == tag))
        {
            text.push_str(&line(object, &job, result, format).await?);
        }
        written += 1;
        if text.len() > MAX_PAGE_BYTES {
            break;
        }
    }
    Ok(Answer::Records { text, written })
}

async fn read(
    object: &CatalogObject,
    home: &ObjectName,
) -> Result<Option<(Job, Option<String>)>, Failure> {
    Ok(match job::ask_job(&object.env, home, Read).await? {
        Found::Here(read) => Some((*read.job, read.result)),
        Found::Deleted(_) | Found::Missing => None,
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
    // What the upstream wrote may have line breaks between its tokens.
    Ok(format!("{}\n", record::one_line(&record.during("rendering the record")?)))
}
