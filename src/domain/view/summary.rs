//! A job in a listing.

use super::record::Context;
use crate::domain::job::file::{File, FileStatus};
use crate::domain::job::record::{Archive, Job};
use crate::domain::job::status::Status;
use crate::domain::keys;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A job in short: a row of the listing, and the answer of
/// `GET /jobs/{id}/result` before there is a result.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The job's public id.
    pub id: String,
    /// The caller's reference.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// The caller's application.
    pub app: Option<String>,
    /// The caller's tags.
    pub tags: Vec<String>,
    /// The job's status.
    pub status: Status,
    /// How far the copying of its files is.
    pub archive: Archive,
    /// The queue's name.
    pub queue_name: Option<String>,
    /// When the first delivery arrived.
    pub created_at: Timestamp,
    /// When the record last changed.
    pub updated_at: Timestamp,
    /// The first four files of the served result.
    pub files: Vec<FileSummary>,
}

/// A file in short.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileSummary {
    /// The file's number.
    pub n: u32,
    /// The file's durable URL.
    pub url: String,
    /// The file's media type.
    pub content_type: Option<String>,
    /// The file's size in bytes.
    pub size: Option<u64>,
    /// The file's state.
    pub state: FileStatus,
}

impl Summary {
    /// Returns the summary for readers: URLs absolute, secrets masked.
    #[must_use]
    pub fn shown(mut self, context: Context<'_>) -> Self {
        let mask = |text| context.secrets.masked(text);
        self.id = context.secrets.masked(self.id);
        self.reference = self.reference.map(mask);
        self.app = self.app.map(mask);
        self.tags = self.tags.into_iter().map(mask).collect();
        self.queue_name = self.queue_name.map(mask);
        for file in &mut self.files {
            file.url.insert_str(0, context.base);
            file.content_type = file.content_type.take().map(mask);
        }
        self
    }
}

/// Returns the job in short, with relative URLs.
#[must_use]
pub fn summary(job: &Job) -> Summary {
    const FILES: usize = 4;
    let files = job.files.iter().filter(|file| file.served).take(FILES);
    Summary {
        id: job.public_id(),
        reference: job.reference.clone(),
        app: job.app.clone(),
        tags: job.tags.clone(),
        status: job.status,
        archive: job.archive(),
        queue_name: job.queue_name.clone(),
        created_at: job.created_at,
        updated_at: job.updated_at,
        files: files.map(|file| FileSummary::of(job, file)).collect(),
    }
}

impl FileSummary {
    fn of(job: &Job, file: &File) -> Self {
        let path = keys::file_path(&job.home, &job.nonce, file.n, &file.name);
        Self {
            n: file.n,
            url: path,
            content_type: file.content_type.clone(),
            size: file.stored().map(|object| object.size),
            state: file.status(),
        }
    }
}
