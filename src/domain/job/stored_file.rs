//! A file as the record's JSON holds it: flat, and with members for all states.

use super::file::{File, FileState, FileStatus, Source, StoredObject};
use crate::domain::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::ops::Not;

/// The members of [`File`], and after them or among them those of its state.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredFile {
    n: u32,
    served: bool,
    pointers: Vec<String>,
    state: FileStatus,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    key: String,
    source: Source,
    identity: String,
    content_type: Option<String>,
    size: Option<u64>,
    etag: Option<String>,
    verified: Option<bool>,
    expires_at: Option<Timestamp>,
    slack_ms: Option<u64>,
    found_at: Timestamp,
    attempts: u32,
    md5_refusals: u32,
    actual_md5: Option<String>,
    not_before: Timestamp,
    error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redirect_host: Option<String>,
    #[serde(default, skip_serializing_if = "Not::not")]
    needs_url: bool,
    #[serde(default, skip_serializing_if = "Not::not")]
    relink: bool,
}

impl Serialize for File {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        StoredFile::from(self.clone()).serialize(writer)
    }
}

impl<'de> Deserialize<'de> for File {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        StoredFile::deserialize(reader).map(Self::from)
    }
}

impl From<StoredFile> for File {
    fn from(flat: StoredFile) -> Self {
        let state = match flat.state {
            FileStatus::Pending => FileState::Pending { needs_url: flat.needs_url },
            FileStatus::Stored => FileState::Stored(StoredObject {
                size: flat.size.unwrap_or_default(),
                etag: flat.etag.unwrap_or_default(),
                verified: flat.verified.unwrap_or_default(),
                slack_ms: flat.slack_ms,
                relink: flat.relink,
            }),
            FileStatus::Lost => FileState::Lost,
        };
        Self {
            n: flat.n,
            served: flat.served,
            pointers: flat.pointers,
            state,
            name: flat.name,
            title: flat.title,
            key: flat.key,
            source: flat.source,
            identity: flat.identity,
            content_type: flat.content_type,
            expires_at: flat.expires_at,
            found_at: flat.found_at,
            attempts: flat.attempts,
            md5_refusals: flat.md5_refusals,
            actual_md5: flat.actual_md5,
            not_before: flat.not_before,
            error: flat.error,
            redirect_host: flat.redirect_host,
        }
    }
}

impl From<File> for StoredFile {
    fn from(file: File) -> Self {
        let state = file.status();
        let needs_url = file.waits_for_url();
        let object = match file.state {
            FileState::Stored(object) => Some(object),
            _ => None,
        };
        let slack_ms = object.as_ref().and_then(|object| object.slack_ms);
        let relink = object.as_ref().is_some_and(|object| object.relink);
        let verified = object.as_ref().map(|object| object.verified);
        Self {
            n: file.n,
            served: file.served,
            pointers: file.pointers,
            state,
            name: file.name,
            title: file.title,
            key: file.key,
            source: file.source,
            identity: file.identity,
            content_type: file.content_type,
            size: object.as_ref().map(|object| object.size),
            etag: object.map(|object| object.etag),
            verified,
            expires_at: file.expires_at,
            slack_ms,
            found_at: file.found_at,
            attempts: file.attempts,
            md5_refusals: file.md5_refusals,
            actual_md5: file.actual_md5,
            not_before: file.not_before,
            error: file.error,
            redirect_host: file.redirect_host,
            needs_url,
            relink,
        }
    }
}
