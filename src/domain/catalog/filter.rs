//! Selects jobs of the catalog.

use crate::domain::job::record::Archive;
use crate::domain::job::status::Status;
use crate::domain::json;
use crate::domain::names::{MAX_NAME_BYTES, is_plain};
use crate::domain::time::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The conditions that a job must meet. An empty list or `None` allows any job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// The job has one of these states.
    pub status: Vec<Status>,
    /// The job's files have one of these states.
    pub archive: Vec<Archive>,
    /// The job's queue.
    pub queue: Option<String>,
    /// The job's application.
    pub app: Option<String>,
    /// A tag of the job.
    pub tag: Option<String>,
    /// The beginning of the job's id or reference.
    pub prefix: Option<String>,
    /// The job was created then or later.
    pub since: Option<Timestamp>,
    /// The job was created before then.
    pub until: Option<Timestamp>,
    /// If true, the vault has given up asking the upstream for the job's
    /// result.
    pub exhausted: bool,
    /// The job was changed then or later.
    #[serde(default)]
    pub changed_since: Option<Timestamp>,
}

impl Filter {
    /// Returns whether the sums of a day can show that it has no such job.
    #[must_use]
    pub const fn is_of_sums(&self) -> bool {
        !self.status.is_empty() || !self.archive.is_empty() || self.exhausted
    }
}

/// Reads a comma list of a parameter's values.
///
/// # Errors
/// Returns which value is unknown, and which ones are known.
pub fn list<T: DeserializeOwned>(
    name: &str,
    text: Option<&str>,
    known: &[&str],
) -> Result<Vec<T>, String> {
    let values = text.into_iter().flat_map(|text| text.split(',')).map(str::trim);
    let read = |value: &str| {
        let value_known = known.iter().find(|known| **known == value);
        let read = value_known.and_then(|_| json::from_str(&format!("\"{value}\"")).ok());
        read.ok_or_else(|| format!("`{name}` is {value:?}; it can be {}", known.join(", ")))
    };
    values.map(read).collect()
}

/// The words for [`Status`].
pub const STATUSES: [&str; 6] =
    ["queued", "acquired", "completed", "failed", "cancelled", "retried"];
/// The words for [`Archive`].
pub const ARCHIVES: [&str; 5] = ["none", "pending", "stored", "partial", "lost"];

/// Reads `?q=`: the beginning of an id or a reference, which may be written
/// with its `ref:`.
///
/// # Errors
/// Returns why no id or reference begins so.
pub fn prefix(text: &str) -> Result<String, String> {
    let bare = text.strip_prefix("ref:").filter(|bare| !bare.is_empty()).unwrap_or(text);
    let allowed = |b: u8| is_plain(b) || b == b'~';
    if !bare.is_empty() && bare.len() <= MAX_NAME_BYTES && bare.bytes().all(allowed) {
        return Ok(bare.to_owned());
    }
    Err(format!("`q` is {text:?}; no id or reference begins with it"))
}

/// Returns the least text that sorts after all names that begin with `prefix`.
/// `prefix` has only characters that a name may have.
#[must_use]
pub fn after_prefix(prefix: &str) -> String {
    // It sorts after every character that a name may have.
    format!("{prefix}\u{7f}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_accept_known_words_only() {
        let read = |text| list::<Status>("status", text, &STATUSES);
        assert_eq!(read(None), Ok(vec![]));
        assert_eq!(read(Some("failed, retried")), Ok(vec![Status::Failed, Status::Retried]));
        for bad in ["", "done", "failed,", "Failed", "failed\""] {
            assert!(read(Some(bad)).unwrap_err().contains("acquired"), "{bad}");
        }
        for word in STATUSES {
            assert_eq!(read(Some(word)).map(|all| all.len()), Ok(1), "{word}");
        }
        for word in ARCHIVES {
            let read = list::<Archive>("archive", Some(word), &ARCHIVES);
            assert_eq!(read.map(|all| all.len()), Ok(1), "{word}");
        }
    }

    #[test]
    fn a_prefix_finds_all_names_that_begin_with_it() {
        let from = prefix("order-").unwrap();
        let to = after_prefix(&from);
        for name in ["order-", "order-7", "order-:", "order-zz", "order-_"] {
            assert!(*name >= *from && *name < *to, "{name}");
        }
        for name in ["order", "ordes", "order.", "orde", "order~2F"] {
            assert!(!(*name >= *from && *name < *to), "{name}");
        }
        assert_eq!(prefix("ref:order-7").as_deref(), Ok("order-7"));
        for bad in ["", "a b", "a%", "a/b", "é"] {
            assert!(prefix(bad).is_err(), "{bad}");
        }
    }
}
