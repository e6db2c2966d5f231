//! A file as the record's JSON holds it: flat, and with members for all states.

use super::file::{File, FileState, FileStatus, Source, StoredObject};
use crate::domain::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::ops::Not;

/// The members of [`File`], and after them or among them those of its state.
/// Written, it borrows them: a record may have hundreds of files.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredFile<'a> {
    n: u32,
    served: bool,
    pointers: Cow<'a, [String]>,
    state: FileStatus,
    name: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<Cow<'a, str>>,
    key: Cow<'a, str>,
    source: Cow<'a, Source>,
    identity: Cow<'a, str>,
    content_type: Option<Cow<'a, str>>,
    size: Option<u64>,
    etag: Option<Cow<'a, str>>,
    verified: Option<bool>,
    expires_at: Option<Timestamp>,
    slack_ms: Option<u64>,
    found_at: Timestamp,
    attempts: u32,
    md5_refusals: u32,
    actual_md5: Option<Cow<'a, str>>,
    not_before: Timestamp,
    error: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redirect_host: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Not::not")]
    needs_url: bool,
    #[serde(default, skip_serializing_if = "Not::not")]
    relink: bool,
}

impl Serialize for File {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        StoredFile::from(self).serialize(writer)
    }
}

impl<'de> Deserialize<'de> for File {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        StoredFile::deserialize(reader).map(Self::from)
    }
}

impl From<StoredFile<'_>> for File {
    fn from(flat: StoredFile<'_>) -> Self {
        let owned = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
        let state = match flat.state {
            FileStatus::Pending => FileState::Pending { needs_url: flat.needs_url },
            FileStatus::Stored => FileState::Stored(StoredObject {
                size: flat.size.unwrap_or_default(),
                etag: owned(flat.etag).unwrap_or_default(),
                verified: flat.verified.unwrap_or_default(),
                slack_ms: flat.slack_ms,
                relink: flat.relink,
            }),
            FileStatus::Lost => FileState::Lost,
        };
        Self {
            n: flat.n,
            served: flat.served,
            pointers: flat.pointers.into_owned(),
            state,
            name: flat.name.into_owned(),
            title: owned(flat.title),
            key: flat.key.into_owned(),
            source: flat.source.into_owned(),
            identity: flat.identity.into_owned(),
            content_type: owned(flat.content_type),
            expires_at: flat.expires_at,
            found_at: flat.found_at,
            attempts: flat.attempts,
            md5_refusals: flat.md5_refusals,
            actual_md5: owned(flat.actual_md5),
            not_before: flat.not_before,
            error: owned(flat.error),
            redirect_host: owned(flat.redirect_host),
        }
    }
}

impl<'a> From<&'a File> for StoredFile<'a> {
    fn from(file: &'a File) -> Self {
        let object = file.stored();
        let lent = |text: &'a Option<String>| text.as_deref().map(Cow::Borrowed);
        Self {
            n: file.n,
            served: file.served,
            pointers: Cow::Borrowed(&file.pointers),
            state: file.status(),
            name: Cow::Borrowed(&file.name),
            title: lent(&file.title),
            key: Cow::Borrowed(&file.key),
            source: Cow::Borrowed(&file.source),
            identity: Cow::Borrowed(&file.identity),
            content_type: lent(&file.content_type),
            size: object.map(|object| object.size),
            etag: object.map(|object| Cow::Borrowed(object.etag.as_str())),
            verified: object.map(|object| object.verified),
            expires_at: file.expires_at,
            slack_ms: object.and_then(|object| object.slack_ms),
            found_at: file.found_at,
            attempts: file.attempts,
            md5_refusals: file.md5_refusals,
            actual_md5: lent(&file.actual_md5),
            not_before: file.not_before,
            error: lent(&file.error),
            redirect_host: lent(&file.redirect_host),
            needs_url: file.waits_for_url(),
            relink: object.is_some_and(|object| object.relink),
        }
    }
}
