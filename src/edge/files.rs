//! Serves files: one read of the bucket, whose body streams to the client.

use super::bucket;
use super::http::Call;
use super::job_client;
use super::platform::{During, Failure};
use crate::domain::auth;
use crate::domain::error::Problem;
use crate::domain::file::{File, FileState};
use crate::domain::keys::StorageKey;
use crate::domain::links;
use crate::domain::media;
use crate::domain::names::ObjectName;
use crate::domain::protocol::{Command, Reply};
use crate::domain::range::{self, Asked, Slice};
use crate::domain::serve::{self, Served};
use worker::{Bucket, Object, Range, Response, ResponseBody, ResponseBuilder};

/// A durable link.
pub struct Link {
    /// The job.
    pub job: ObjectName,
    /// The right to read its files.
    pub nonce: String,
    /// The file's number.
    pub n: u32,
    /// Its name; none in the short form.
    pub name: Option<String>,
}

/// `GET|HEAD /files/{id}/{nonce}/{n}[-{name}]`.
///
/// 1. The full link names the key in the bucket, whose metadata holds the
///    nonce: one read.
/// 2. The short form, and a file that is not there, are asked of the job:
///    404 unknown, 410 lost, 503 not yet.
pub async fn serve(call: &Call<'_>, link: &Link) -> Result<Response, Problem> {
    let bucket = bucket::open(call.env)?;
    if let Some(name) = &link.name {
        let key = StorageKey::File { home: &link.job, n: link.n, name }.path();
        if let Some(object) = read(call, &bucket, &key).await?
            && holds_nonce(&object, &link.nonce)
        {
            return respond(call, &Found { bucket: &bucket, object, name: name.clone() }).await; // (1)
        }
    }
    let file = ask(call, link).await?; // (2)
    let object = read(call, &bucket, &file.key).await?.ok_or_else(|| gone(link))?;
    respond(call, &Found { bucket: &bucket, object, name: file.name }).await
}

/// A file in the bucket, with or without its body.
struct Found<'a> {
    bucket: &'a Bucket,
    object: Object,
    name: String,
}

fn holds_nonce(object: &Object, nonce: &str) -> bool {
    let metadata = object.custom_metadata().unwrap_or_default();
    metadata.get("nonce").is_some_and(|stored| auth::is_same_secret(stored, nonce))
}

async fn ask(call: &Call<'_>, link: &Link) -> Result<File, Problem> {
    let missing = || Problem::NotFound("there is no such file, or the link is not its".to_owned());
    let reply = job_client::ask_job(call.env, &link.job, &Command::Read(None)).await?;
    let Reply::Job { job, .. } = reply else {
        return Err(missing());
    };
    if links::was_replaced(&job, &link.nonce) {
        return Err(Problem::Gone(
            "the job's files have new links; this one is replaced".to_owned(),
        ));
    }
    let file = job.file(link.n).filter(|file| {
        let is_named = link.name.as_ref().is_none_or(|name| *name == file.name);
        is_named && auth::is_same_secret(&job.nonce, &link.nonce)
    });
    let file = file.ok_or_else(missing)?;
    match file.state {
        FileState::Stored => Ok(file.clone()),
        FileState::Pending => Err(Problem::NotReady("the file is being copied".to_owned(), 2)),
        FileState::Lost => Err(gone(link)),
    }
}

fn gone(link: &Link) -> Problem {
    Problem::Gone(format!("file {} can't be had any more; the job's record says why", link.n))
}

/// Reads the object. Its body comes along unless the answer may do without,
/// which its size or tag must tell first.
async fn read(call: &Call<'_>, bucket: &Bucket, key: &str) -> Result<Option<Object>, Failure> {
    let may_do_without =
        ["if-match", "if-none-match", "if-range"].iter().any(|name| call.header(name).is_some());
    if call.head || may_do_without {
        return bucket.head(key).await.during("reading a file's head");
    }
    let asked = call.header("range").as_deref().and_then(range::parse);
    match asked.and_then(as_bucket_range) {
        None => bucket.get(key).execute().await.during("reading a file"),
        Some(part) => match bucket.get(key).range(part).execute().await {
            Ok(object) => Ok(object),
            // The bucket refuses a range that the file does not have.
            Err(_) => bucket.head(key).await.during("reading a file's head"),
        },
    }
}

const fn as_bucket_range(asked: Asked) -> Option<Range> {
    Some(match asked {
        Asked::From(offset) => Range::OffsetToEnd { offset },
        Asked::Between(offset, last) => {
            Range::OffsetWithLength { offset, length: last.saturating_sub(offset) + 1 }
        }
        // The bucket's client would send all of the file.
        Asked::Last(0) => return None,
        Asked::Last(suffix) => Range::Suffix { suffix },
    })
}

async fn respond(call: &Call<'_>, found: &Found<'_>) -> Result<Response, Problem> {
    let (size, etag) = (found.object.size(), found.object.http_etag());
    let if_range = call.header("if-range");
    let range = call.header("range").filter(|_| range::range_holds(if_range.as_deref(), &etag));
    let slice = range::slice(range.as_deref().filter(|_| !call.head), size);
    if !range::matches(call.header("if-match").as_deref(), &etag) {
        return Err(Problem::PreconditionFailed);
    }
    let builder = head(call, found, &etag).during("building the answer")?;
    if range::is_known(call.header("if-none-match").as_deref(), &etag) {
        return Ok(builder.with_status(304).empty());
    }
    let (builder, length) = match slice {
        Slice::Whole => (Ok(builder.with_status(200)), size),
        Slice::Part { first, last } => {
            let value = format!("bytes {first}-{last}/{size}");
            (builder.with_status(206).with_header("content-range", &value), last - first + 1)
        }
        Slice::Unsatisfiable => return Err(Problem::RangeNotSatisfiable(size)),
    };
    let builder = builder.and_then(|b| b.with_header("content-length", &length.to_string()));
    let builder = builder.during("building the answer")?;
    if call.head {
        return Ok(builder.empty());
    }
    Ok(builder.body(body(found, slice).await?))
}

fn head(call: &Call<'_>, found: &Found<'_>, etag: &str) -> worker::Result<ResponseBuilder> {
    let content_type = found.object.http_metadata().content_type;
    let served = Served {
        content_type: content_type.as_deref().unwrap_or(media::OCTET_STREAM),
        name: &found.name,
        etag,
        max_age: call.config.files_max_age,
        download: call.query("download").is_some(),
    };
    serve::headers(&served)
        .into_iter()
        .try_fold(Response::builder(), |builder, (key, value)| builder.with_header(key, &value))
}

/// The body that came with the object, or a second read if only its head did.
async fn body(found: &Found<'_>, slice: Slice) -> Result<ResponseBody, Problem> {
    if let Some(body) = found.object.body() {
        return Ok(body.response_body().during("streaming a file")?);
    }
    let get = found.bucket.get(found.object.key());
    let get = match slice {
        Slice::Part { first, last } => {
            get.range(Range::OffsetWithLength { offset: first, length: last - first + 1 })
        }
        _ => get,
    };
    let object = get.execute().await.during("reading a file")?;
    let body = object.as_ref().and_then(Object::body);
    let body = body.ok_or_else(|| Problem::Gone("the file has just been deleted".to_owned()))?;
    Ok(body.response_body().during("streaming a file")?)
}
