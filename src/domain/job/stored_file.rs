//! A file in the record's JSON: flat, with the members of all states.

use super::file::{File, FileState, FileStatus, Source, StoredObject};
use crate::domain::time::Timestamp;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Writes a file's members, with those of its state among them. It writes them
/// one by one, because a flat copy would clone all texts of all files whenever
/// the record is written.
impl Serialize for File {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        let object = self.stored();
        let mut out = writer.serialize_struct("File", 24)?;
        out.serialize_field("n", &self.n)?;
        out.serialize_field("served", &self.served)?;
        out.serialize_field("pointers", &self.pointers)?;
        out.serialize_field("state", &self.status())?;
        out.serialize_field("name", &self.name)?;
        if self.title.is_some() {
            out.serialize_field("title", &self.title)?;
        }
        out.serialize_field("key", &self.key)?;
        out.serialize_field("source", &self.source)?;
        out.serialize_field("identity", &self.identity)?;
        out.serialize_field("contentType", &self.content_type)?;
        out.serialize_field("size", &object.map(|object| object.size))?;
        out.serialize_field("etag", &object.map(|object| &object.etag))?;
        out.serialize_field("verified", &object.map(|object| object.verified))?;
        out.serialize_field("expiresAt", &self.expires_at)?;
        out.serialize_field("slackMs", &object.and_then(|object| object.slack_ms))?;
        out.serialize_field("foundAt", &self.found_at)?;
        out.serialize_field("attempts", &self.attempts)?;
        out.serialize_field("md5Refusals", &self.md5_refusals)?;
        out.serialize_field("actualMd5", &self.actual_md5)?;
        out.serialize_field("notBefore", &self.not_before)?;
        out.serialize_field("error", &self.error)?;
        if self.redirect_host.is_some() {
            out.serialize_field("redirectHost", &self.redirect_host)?;
        }
        if self.waits_for_url() {
            out.serialize_field("needsUrl", &true)?;
        }
        if object.is_some_and(|object| object.relink) {
            out.serialize_field("relink", &true)?;
        }
        out.end()
    }
}

/// The same members, for reading.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredFile {
    n: u32,
    served: bool,
    pointers: Vec<String>,
    state: FileStatus,
    name: String,
    #[serde(default)]
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
    #[serde(default)]
    redirect_host: Option<String>,
    #[serde(default)]
    needs_url: bool,
    #[serde(default)]
    relink: bool,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::file::discover::found::Discovery;
    use crate::domain::fixtures;
    use crate::domain::job::file::DeliveryRef;

    #[test]
    fn each_state_is_read_as_it_was_written() {
        let mut job = fixtures::job();
        let found = Discovery { files: vec![fixtures::found("https://h/a")], skipped: vec![] };
        job.take_up(&found, DeliveryRef { delivery: 1, sha256: "", at: Timestamp::from_millis(5) });
        let object = StoredObject {
            size: 7,
            etag: "e".into(),
            verified: true,
            slack_ms: Some(9),
            relink: true,
        };
        for (state, members) in [
            (FileState::Pending { needs_url: false }, r#""slackMs":null,"foundAt":5"#),
            (FileState::Pending { needs_url: true }, r#""error":null,"needsUrl":true}"#),
            (FileState::Stored(object), r#""size":7,"etag":"e","verified":true,"expiresAt":"#),
            (FileState::Lost, r#""state":"lost","#),
        ] {
            let file = File { state, ..job.files.remove(0) };
            let text = serde_json::to_string(&file).unwrap();
            assert!(text.contains(members), "{text}");
            assert_eq!(text.contains(r#","relink":true}"#), file.stored().is_some(), "{text}");
            assert_eq!(serde_json::from_str::<File>(&text).unwrap(), file);
            job.files.push(file);
        }
    }
}
