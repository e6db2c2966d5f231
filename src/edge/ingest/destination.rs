//! Finds the object that a delivery goes to.

use super::claim::{Destination, NamedJob, claim};
use crate::domain::access::hook_url;
use crate::domain::ingest::document::Document;
use crate::domain::ingest::rules::ReadRules;
use crate::domain::names::ObjectName;
use crate::domain::webhook::correlate::Identity;
use crate::edge::bodies::ReceivedBody;
use worker::Env;

/// The reference in the hook's URL.
pub struct Caller {
    /// The reference as the URL contains it.
    pub written: Option<String>,
    /// The object that the reference names, if it is valid.
    pub name: Option<ObjectName>,
    /// Whether a capability names the job itself. Then nothing that its holder
    /// sends leads to another job, or labels this one.
    pub decides: bool,
}

impl Caller {
    /// Makes the caller of a URL with this reference.
    pub fn of(written: Option<String>) -> Self {
        let written = written.filter(|text| !text.is_empty());
        let usable = written.as_deref().filter(|text| !hook_url::is_own_reference(text));
        let name = usable.and_then(ObjectName::reference);
        Self { name, written, decides: false }
    }

    /// Makes the caller of a URL whose capability names this job.
    pub fn of_capability(job: &ObjectName) -> Self {
        Self { written: None, name: Some(job.clone()), decides: true }
    }

    /// Returns why the reference can't be used.
    fn complaint(&self) -> Option<String> {
        let written = self.written.as_ref().filter(|_| self.name.is_none())?;
        let shown: String = written.chars().take(40).collect();
        Some(if hook_url::is_own_reference(written) {
            format!("the reference {shown:?} is this vault's own, which no hook token may use")
        } else {
            format!("the reference {shown:?} is not 1 to 128 characters of A-Z a-z 0-9 . _ : -")
        })
    }
}

/// Reads a body and the identity of its job; the error says why the body can't
/// be read.
pub fn read(body: &ReceivedBody, rules: ReadRules<'_>) -> Result<(Document, Identity), String> {
    let read = match body {
        ReceivedBody::InMemory(bytes) if bytes.is_empty() => {
            return Err("the body is empty".to_owned());
        }
        ReceivedBody::InMemory(bytes) => Document::read(bytes, rules),
        ReceivedBody::InBucket(stored) => stored.read(rules),
    };
    read.map_err(|malformed| malformed.to_string())
}

/// Finds the object: by the capability's job, else the body's id, else the id
/// in the files' names, else the reference. The error says why no object was
/// found.
pub async fn destination(
    env: &Env,
    identity: Identity,
    caller: &Caller,
) -> Result<Destination, String> {
    let is_weak = identity.body_id.is_none();
    let id = identity.body_id.or(identity.file_id);
    let there = match (id, &caller.name) {
        (named, Some(job)) if caller.decides => {
            Destination { named, ..Destination::at(job.clone()) }
        }
        (Some(id), None) => Destination::at(ObjectName::Id(id)),
        (Some(id), Some(reference)) => {
            let provider = Some(identity.provider);
            claim(env, NamedJob { id, is_weak, provider }, reference).await
        }
        (None, Some(reference)) => {
            Destination { by_reference: true, ..Destination::at(reference.clone()) }
        }
        (None, None) => {
            let why = identity.refused.or_else(|| caller.complaint());
            return Err(why.unwrap_or_else(|| NO_JOB.to_owned()));
        }
    };
    let note = identity.refused.or_else(|| caller.complaint()).or(there.note);
    Ok(Destination { note, ..there })
}

const NO_JOB: &str = "neither the body nor its files' names have a job id; add a reference to the \
                      webhook's URL: /hook/<HOOK_TOKEN>/<reference>";
