//! Writes jobs for `GET /export`, which lists all of them.

use crate::domain::job::record::Job;
use crate::domain::json::encode_string;
use crate::domain::keys;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// The most jobs of a page. Each is read from its object, and a long result
/// from the bucket.
pub const PAGE: usize = 16;
/// The most days of a page. With its jobs a page takes 44 of the 50 subrequests
/// that the free plan has.
pub const PAGE_DAYS: usize = 12;
/// The size in bytes at which a page ends early. So a page takes no more memory
/// than this and one job's record.
pub const MAX_PAGE_BYTES: usize = 1024 * 1024;

/// The format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// One record per line.
    Ndjson,
    /// The input of `aria2c -i`: every stored file of the served results.
    Aria2,
}

impl Format {
    /// Reads `?format=`.
    ///
    /// # Errors
    /// Returns what is wrong with it, for the client.
    pub fn parse(text: Option<&str>) -> Result<Self, String> {
        match text {
            None | Some("ndjson") => Ok(Self::Ndjson),
            Some("aria2") => Ok(Self::Aria2),
            Some(other) => Err(format!("`format` is {other:?}; it can be `ndjson` or `aria2`")),
        }
    }

    /// Returns the media type of the format.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Aria2 => "text/plain; charset=utf-8",
        }
    }

    /// Returns the last line of an export that broke off after this job, or
    /// within its first line. The client needs it, because the runtime ends
    /// such a body like a complete one.
    #[must_use]
    pub fn broke_off(self, after: Option<&ExportCursor>) -> String {
        let place = |at: &ExportCursor| format!("{}:{}", at.created_at.as_millis(), at.name);
        let cursor = after.map_or("null".to_owned(), |at| encode_string(&place(at)));
        match self {
            Self::Ndjson => format!("{{\"brokeOff\":{{\"cursor\":{cursor}}}}}\n"),
            Self::Aria2 => format!("# broke off; go on with cursor {cursor}\n"),
        }
    }
}

/// A job's place in an export, which is in the order of creation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportCursor {
    /// When the job was created.
    pub created_at: Timestamp,
    /// The name of the job's object, or its id, because a reader of the record
    /// knows only that.
    pub name: String,
}

impl ExportCursor {
    /// Reads `?cursor=`: `createdAt` and `id` of a record.
    ///
    /// # Errors
    /// Returns what is wrong with it, for the client.
    pub fn parse(cursor: &str) -> Result<Self, String> {
        let parts = cursor.split_once(':').filter(|(_, id)| !id.is_empty());
        let read = parts.and_then(|(at, id)| {
            let at = at.parse().ok().filter(|at| *at < 1 << 53)?;
            Some(Self { created_at: Timestamp::from_millis(at), name: id.to_owned() })
        });
        read.ok_or_else(|| {
            format!("`cursor` is {cursor:?}; it must be `createdAt`, a colon and `id` of a record")
        })
    }
}

/// Returns the stored files of a job's served result as `aria2c -i` reads them.
/// If the bucket's `ETag` is an MD5, `aria2c` checks the download with it.
#[must_use]
pub fn aria2(job: &Job, base: &str) -> String {
    let mut list = String::new();
    for file in job.files.iter().filter(|file| file.served) {
        let Some(object) = file.stored() else { continue };
        let path = keys::file_path(&job.home, &job.nonce, file.n, &file.name);
        let out = format!("{}/{}-{}", job.public_id(), file.n, file.name);
        // Writing to a string does not fail.
        let _ = write!(list, "{base}{path}\n  out={out}\n");
        let is_md5 = |tag: &&String| tag.len() == 32 && tag.bytes().all(|b| b.is_ascii_hexdigit());
        if let Some(md5) = Some(&object.etag).filter(is_md5) {
            let _ = writeln!(list, "  checksum=md5={md5}");
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures;
    use crate::domain::job::file::{DeliveryRef, File, FileState, StoredObject};

    #[test]
    fn a_download_list_has_stored_and_served_files() {
        let mut job = fixtures::job();
        let from = DeliveryRef { delivery: 1, sha256: "ab", at: Timestamp::from_millis(1) };
        for n in 0..4 {
            let mut file = File::pending(&job.home, n, &fixtures::found("https://h/a.mp4"), from);
            let etag = if n == 0 { "0".repeat(32) } else { "0-2".to_owned() };
            let object = StoredObject { etag, ..StoredObject::default() };
            file.state = if n == 1 { FileState::Lost } else { FileState::Stored(object) };
            file.served = n != 2;
            job.files.push(file);
        }
        let nonce = &job.nonce;
        let want = format!(
            "https://v/files/437852/{nonce}/0-a.mp4\n  out=437852/0-a.mp4\n  checksum=md5={}\n\
             https://v/files/437852/{nonce}/3-a.mp4\n  out=437852/3-a.mp4\n",
            "0".repeat(32)
        );
        assert_eq!(aria2(&job, "https://v"), want);
    }

    #[test]
    fn a_cursor_is_made_of_a_records_fields() {
        let cursor = |at, name: &str| {
            Ok(ExportCursor { created_at: Timestamp::from_millis(at), name: name.to_owned() })
        };
        assert_eq!(ExportCursor::parse("7:437852"), cursor(7, "437852"));
        assert_eq!(ExportCursor::parse("7:ref:a:b"), cursor(7, "ref:a:b"));
        for bad in ["", "7", "7:", ":a", "x:a", "9007199254740992:a", "-1:a"] {
            assert!(ExportCursor::parse(bad).unwrap_err().contains("`cursor`"), "{bad}");
        }
    }

    #[test]
    fn an_export_that_broke_off_names_its_cursor() {
        let after = ExportCursor::parse("7:ref:a b").unwrap();
        let line = Format::Ndjson.broke_off(Some(&after));
        assert_eq!(line, "{\"brokeOff\":{\"cursor\":\"7:ref:a b\"}}\n");
        let comment = Format::Aria2.broke_off(Some(&after));
        assert_eq!(comment, "# broke off; go on with cursor \"7:ref:a b\"\n");
        assert_eq!(Format::Ndjson.broke_off(None), "{\"brokeOff\":{\"cursor\":null}}\n");
    }

    #[test]
    fn a_format_is_read_by_its_name() {
        assert_eq!(Format::parse(None), Ok(Format::Ndjson));
        assert_eq!(Format::parse(Some("aria2")), Ok(Format::Aria2));
        assert!(Format::parse(Some("csv")).unwrap_err().contains("\"csv\""));
    }
}
