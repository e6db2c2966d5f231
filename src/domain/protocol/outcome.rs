//! Replies of an object that may not be the home of a job.

use crate::domain::json;
use crate::domain::names::ObjectName;
use serde::Serialize;
use serde::de::{DeserializeOwned, Error};
use serde_json::Serializer;

/// The first characters of special replies, with which no JSON begins. The name
/// of the object to ask instead follows, or the name of the deleted job.
const ELSEWHERE: char = '>';
const DELETED: char = '!';
const MISSING: &str = "?";

/// The reply to a command to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// The job is here, and this is its reply.
    Here(T),
    /// The object is only an alias: ask this one instead.
    Elsewhere(ObjectName),
    /// The job has been deleted; the text names it.
    Deleted(String),
    /// There is no such job.
    Missing,
}

/// The same reply, after all aliases were followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved<T> {
    /// The job's reply.
    Here(T),
    /// The job has been deleted; the text names it.
    Deleted(String),
    /// There is no such job.
    Missing,
}

/// The reply to a command that creates a missing job, or whose own
/// reply covers deleted and unknown jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Routed<T> {
    /// The object's reply.
    Here(T),
    /// The object is only an alias: ask this one instead.
    Elsewhere(ObjectName),
}

/// A reply as it is sent.
pub trait Reply: Sized {
    /// Writes the reply.
    ///
    /// # Errors
    /// Fails if a value can't be written as JSON.
    fn write(&self) -> serde_json::Result<String>;

    /// Reads a reply.
    ///
    /// # Errors
    /// Fails if `text` is not such a reply.
    fn read(text: &str) -> serde_json::Result<Self>;
}

/// A reply that may redirect the sender to another object.
pub trait RedirectingReply: Reply {
    /// The reply after all aliases were followed.
    type End: FinalReply;
}

/// A reply after all aliases were followed.
pub trait FinalReply: Sized {
    /// Reads the reply. The text must not be one for which [`redirected_to`]
    /// returns an object.
    ///
    /// # Errors
    /// Fails if `text` is not such a reply.
    fn read_end(text: &str) -> serde_json::Result<Self>;
}

/// Returns the object to which a reply redirects the sender, whatever the
/// command was.
///
/// # Errors
/// Fails if the reply names no valid object.
pub fn redirected_to(text: &str) -> serde_json::Result<Option<ObjectName>> {
    let name = text.strip_prefix(ELSEWHERE).map(str::to_owned);
    name.map(ObjectName::try_from).transpose().map_err(serde_json::Error::custom)
}

/// Returns whether a reply says that there is no such job.
#[must_use]
pub fn is_missing(text: &str) -> bool {
    text == MISSING
}

/// Returns the text that `write` writes. The closure lets all replies share one
/// copy of this code.
fn text_of(write: &dyn Fn(&mut Vec<u8>) -> serde_json::Result<()>) -> serde_json::Result<String> {
    let mut out = Vec::new();
    write(&mut out)?;
    String::from_utf8(out).map_err(serde_json::Error::custom)
}

fn elsewhere(home: &ObjectName) -> String {
    format!("{ELSEWHERE}{home}")
}

impl<T: Serialize + DeserializeOwned> Reply for T {
    fn write(&self) -> serde_json::Result<String> {
        text_of(&|out| self.serialize(&mut Serializer::new(out)))
    }

    fn read(text: &str) -> serde_json::Result<Self> {
        json::from_str(text)
    }
}

impl<T: Serialize + DeserializeOwned> Reply for Outcome<T> {
    fn write(&self) -> serde_json::Result<String> {
        match self {
            Self::Here(here) => here.write(),
            Self::Elsewhere(home) => Ok(elsewhere(home)),
            Self::Deleted(id) => Ok(format!("{DELETED}{id}")),
            Self::Missing => Ok(MISSING.to_owned()),
        }
    }

    fn read(text: &str) -> serde_json::Result<Self> {
        if let Some(home) = redirected_to(text)? {
            return Ok(Self::Elsewhere(home));
        }
        Ok(match Resolved::read_end(text)? {
            Resolved::Here(here) => Self::Here(here),
            Resolved::Deleted(id) => Self::Deleted(id),
            Resolved::Missing => Self::Missing,
        })
    }
}

impl<T: Serialize + DeserializeOwned> Reply for Routed<T> {
    fn write(&self) -> serde_json::Result<String> {
        match self {
            Self::Here(here) => here.write(),
            Self::Elsewhere(home) => Ok(elsewhere(home)),
        }
    }

    fn read(text: &str) -> serde_json::Result<Self> {
        match redirected_to(text)? {
            Some(home) => Ok(Self::Elsewhere(home)),
            None => T::read(text).map(Self::Here),
        }
    }
}

impl<T> Resolved<T> {
    /// Reads a reply that says that the job is deleted or missing; returns
    /// `None` for any other.
    #[must_use]
    pub fn read_word(text: &str) -> Option<Self> {
        let deleted = text.strip_prefix(DELETED).map(|id| Self::Deleted(id.to_owned()));
        deleted.or_else(|| is_missing(text).then_some(Self::Missing))
    }
}

impl<T: Serialize + DeserializeOwned> RedirectingReply for Outcome<T> {
    type End = Resolved<T>;
}

impl<T: Serialize + DeserializeOwned> RedirectingReply for Routed<T> {
    type End = T;
}

impl<T: DeserializeOwned> FinalReply for T {
    fn read_end(text: &str) -> serde_json::Result<Self> {
        json::from_str(text)
    }
}

impl<T: DeserializeOwned> FinalReply for Resolved<T> {
    fn read_end(text: &str) -> serde_json::Result<Self> {
        match Self::read_word(text) {
            Some(word) => Ok(word),
            None => json::from_str(text).map(Self::Here),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> ObjectName {
        ObjectName::Reference("id:1".to_owned())
    }

    #[test]
    fn outcomes_survive_the_round_trip() {
        let here = ["", ">ref:a", "!a", "?", "null"].map(|text| Outcome::Here(text.to_owned()));
        let gone = [Outcome::Elsewhere(name()), Outcome::Deleted("a".into()), Outcome::Missing];
        for outcome in here.into_iter().chain(gone) {
            let text = outcome.write().unwrap();
            assert_eq!(Outcome::<String>::read(&text).unwrap(), outcome, "{text}");
        }
        for routed in [Routed::Here(1), Routed::Elsewhere(name())] {
            assert_eq!(Routed::<u32>::read(&routed.write().unwrap()).unwrap(), routed);
        }
    }

    #[test]
    fn a_redirect_is_recognized_whatever_the_command() {
        for text in [
            Outcome::<u32>::Elsewhere(name()).write().unwrap(),
            Routed::<String>::Elsewhere(name()).write().unwrap(),
        ] {
            assert_eq!(redirected_to(&text).unwrap(), Some(name()));
        }
        assert_eq!(redirected_to(&Outcome::Here(()).write().unwrap()).unwrap(), None);
        assert!(redirected_to(">other:1").is_err());
        assert!(is_missing(&Outcome::<u32>::Missing.write().unwrap()));
    }

    #[test]
    fn a_reply_to_another_command_is_refused() {
        assert!(Outcome::<u32>::read("\"1\"").is_err());
        assert!(Routed::<u32>::read("?").is_err());
        assert!(Resolved::<u32>::read_end(">ref:a").is_err());
        assert_eq!(Resolved::<u32>::read_word("{}"), None);
    }
}
