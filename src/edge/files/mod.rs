//! Serves files: from the bucket or, while they are being copied, from their
//! source. The bytes stream to the client and never pass through wasm.

mod read_through;
mod request;
mod stored;

use self::request::FileRequest;
use self::stored::StoredFile;
use crate::domain::http::conditions::Conditions;
use crate::domain::http::problem::{Code, Problem, ProblemKind};
use crate::domain::job::file::FileLocation;
use crate::domain::keys::StorageKey;
use crate::domain::names::ObjectName;
use crate::domain::protocol::outcome::Resolved as Job;
use crate::domain::protocol::read::{FileRead, ReadFile};
use crate::domain::upstream::Lookup;
use crate::edge::http::call::Call;
use crate::edge::rpc::job;
use crate::edge::storage::bucket;
use web_sys::Response;

/// A durable link.
pub struct Link {
    /// The job.
    pub job: ObjectName,
    /// The secret that permits reading the job's files.
    pub nonce: String,
    /// The file's number.
    pub n: u32,
    /// The file's name; `None` in the short form.
    pub name: Option<String>,
}

/// `GET|HEAD /files/{id}/{nonce}/{n}[-{name}]`.
///
/// 1. The full link names the key in the bucket, and that object's metadata
///    holds the nonce: one read is enough.
/// 2. For the short form, or a file that is not in the bucket, it asks the job:
///    404 if unknown, 410 if lost.
/// 3. A file that is not copied yet is streamed from its source, or 503.
pub async fn serve(call: &Call<'_>, link: &Link) -> Result<Response, Problem> {
    let conditions = Conditions::from_lookup(call.head, |name| call.header(name));
    let asked = FileRequest { call, conditions, download: download(call)? };
    let bucket = bucket::open(call.env)?;
    if let Some(name) = &link.name {
        let key = StorageKey::File { home: &link.job, n: link.n, name }.path();
        if let Some(found) = StoredFile::read(&bucket, &key, &asked.conditions).await? {
            if found.is_opened_by(&link.nonce) {
                return found.answer(&bucket, &asked, name).await; // (1)
            }
            found.cancel().await;
        }
    }
    let FileRead { name, place, provider, id } = ask(call, link).await?; // (2)
    let id = id.as_deref();
    let job = Lookup { id, app: None, provider, response_url: None, is_submitted: false };
    match place {
        FileLocation::Bucket(key) => {
            let found = StoredFile::read(&bucket, &key, &asked.conditions).await?;
            found.ok_or_else(|| gone(link))?.answer(&bucket, &asked, &name).await
        }
        FileLocation::Live(file) => {
            read_through::answer(&asked, &name, &file, job).await // (3)
        }
        FileLocation::Delivery => {
            Err(ProblemKind::NotReady("the file is being unpacked; try again".to_owned(), 2).into())
        }
        FileLocation::Nowhere => Err(gone(link)),
    }
}

/// Reads `?download`, which takes no value; `1` is what form fields send.
fn download(call: &Call<'_>) -> Result<bool, Problem> {
    match call.query("download").as_deref() {
        None => Ok(false),
        Some("" | "1" | "true") => Ok(true),
        Some(other) => Err(Problem::bad_parameter(format!(
            "`download` is {other:?}; send it without a value, or leave it out"
        ))),
    }
}

async fn ask(call: &Call<'_>, link: &Link) -> Result<FileRead, Problem> {
    let no_such =
        Problem::new(Code::NoSuchFile, "the link leads to no file; take it from the job's record");
    let ask = ReadFile { n: link.n, nonce: link.nonce.clone() };
    match job::ask_job(call.env, &link.job, ask).await? {
        Job::Here(Some(file)) => {
            let is_its = link.name.as_ref().is_none_or(|link| *link == file.name);
            if is_its { Ok(file) } else { Err(no_such) }
        }
        Job::Here(None) => Err(Problem::new(
            Code::LinkReplaced,
            "the link was replaced; take the new one from the job's record",
        )),
        Job::Deleted(_) => Err(Problem::new(Code::FileDeleted, "the job has been deleted")),
        Job::Missing => Err(no_such),
    }
}

fn gone(link: &Link) -> Problem {
    let detail = format!("file {} is lost; the job's record says why", link.n);
    Problem::new(Code::FileLost, detail)
}
