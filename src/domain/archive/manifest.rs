//! The manifest: a job as the bucket stores it, from which it can be restored.

use crate::domain::job::record::{FORMAT, Job};
use crate::domain::job::tasks::{TaskProgress, Work};
use crate::domain::job::timeline::{Entry, EntryOutcome, EntryWithBody};
use crate::domain::json;
use crate::domain::names::ObjectName;
use crate::domain::retry::RetryContext;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The most failed tries to write the manifest, which take a day. Then it waits
/// for the next change.
const MAX_PUBLISH_TRIES: u32 = 100;

/// A job's manifest: `manifests/{day}/{id}.json`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The record's format.
    pub format: u32,
    /// The record as it is stored.
    pub job: Job,
    /// The result's stored text.
    pub result: Option<Box<RawValue>>,
    /// The timeline with its short bodies. Older entries are in pages of their
    /// own.
    pub events: Vec<EntryWithBody>,
}

/// The data that restores a job's object.
#[derive(Debug)]
pub struct Restored {
    /// The record. The job is published again, except for the manifest.
    pub job: Job,
    /// The timeline, with the bodies that were in the object.
    pub events: Vec<EntryWithBody>,
    /// The result's text, if it was in the object.
    pub result: Option<String>,
    /// The reference that leads to the job, if the job lives under another
    /// name.
    pub reference: Option<ObjectName>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// Says why the manifest can't be used.
    pub fn read(text: &str) -> Result<Self, String> {
        let manifest: Self = json::from_str(text).map_err(|error| error.to_string())?;
        if manifest.job.format > FORMAT {
            return Err(format!("its format is {}, newer than {FORMAT}", manifest.job.format));
        }
        Ok(manifest)
    }

    /// Returns the data to write to the object at the job's home.
    #[must_use]
    pub fn restored(self) -> Restored {
        let mut job = self.job;
        let publish = TaskProgress { version: job.version, ..TaskProgress::default() };
        let (published_events, offloaded) = (job.events, job.work.offloaded);
        job.work = Work::default();
        (job.work.publish, job.work.published_events) = (publish, published_events);
        job.work.offloaded = offloaded;
        // The alarm points the id's object to this one.
        if matches!(job.home, ObjectName::Reference(_)) {
            job.unlinked_id.clone_from(&job.id);
        }
        let is_in_object = job.result.as_ref().is_some_and(|result| result.key.is_none());
        let result = self.result.filter(|_| is_in_object).map(|text| text.get().to_owned());
        let reference = job.reference.clone().map(ObjectName::Reference);
        let reference = reference.filter(|name| *name != job.home);
        Restored { job, events: self.events, result, reference }
    }
}

/// Returns the text before and after the result in a manifest that was written
/// without one, because a long result is not in memory.
#[must_use]
pub fn around_result(text: &str) -> Option<(&str, &str)> {
    const MEMBER: &str = "\"result\":";
    let member = json::members(text).into_iter().find(|member| member.key == "result")?;
    Some((text.get(..member.span.start + MEMBER.len())?, text.get(member.span.end..)?))
}

/// Returns whether the entry marks its body as seen, so that a repetition is
/// recognized.
#[must_use]
pub fn is_seen(entry: &Entry) -> bool {
    matches!(entry.outcome, EntryOutcome::Applied | EntryOutcome::Late | EntryOutcome::Unknown)
}

/// Notes how publishing `job`, as it was then, ended.
pub fn note_published(work: &mut Work, job: &Job, is_done: bool, context: RetryContext<'_>) {
    if is_done {
        work.publish.done(job.version);
    } else {
        work.publish.failed_at_most(MAX_PUBLISH_TRIES, job.version, context);
    }
    if work.publish.attempts == 0 {
        work.published_events = job.events;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures;
    use crate::domain::job::record::ResultRef;
    use crate::domain::job::tasks::KvCopy;

    fn manifest(change: impl Fn(&mut Job)) -> Manifest {
        let mut job = fixtures::job();
        job.version = 5;
        job.work.list.version = 5;
        change(&mut job);
        let result = RawValue::from_string("{\"seed\":196619188014358660}".to_owned()).ok();
        let text =
            serde_json::to_string(&Manifest { format: 1, job, result, events: vec![] }).unwrap();
        Manifest::read(&text).unwrap()
    }

    #[test]
    fn a_long_result_is_inserted_where_it_belongs() {
        let text = r#"{"format":1,"job":{"result":1,"a":"\"result\":"},"result":null,"events":[]}"#;
        let (before, behind) = around_result(text).unwrap();
        assert!(before.ends_with(r#"},"result":"#), "{before}");
        assert_eq!(behind, r#","events":[]}"#);
    }

    #[test]
    fn everything_but_the_manifest_is_published_again() {
        let Restored { job, .. } = manifest(|job| job.work.offloaded = 100).restored();
        assert_eq!((job.work.publish.version, job.work.list.version), (5, 0));
        assert_eq!((job.work.kv_copy(), job.work.offloaded), (KvCopy::None, 100));
    }

    #[test]
    fn a_result_is_restored_to_where_it_was() {
        let of = |key: Option<&str>| {
            let key = key.map(str::to_owned);
            let result = ResultRef {
                delivery: 1,
                fingerprint: "f".into(),
                key,
                bytes: None,
                nonce: None,
                is_empty: false,
            };
            manifest(|job| job.result = Some(result.clone())).restored().result
        };
        assert_eq!(of(None).as_deref(), Some("{\"seed\":196619188014358660}"));
        assert_eq!(of(Some("results/437852/1-ab")), None);
    }

    #[test]
    fn all_names_lead_to_it_again() {
        let restored = manifest(|job| job.reference = Some("order-7".into())).restored();
        assert_eq!(restored.reference, Some(ObjectName::Reference("order-7".into())));
        assert_eq!(restored.job.unlinked_id, None);
        let restored = manifest(|job| {
            job.home = ObjectName::Reference("order-7".into());
            job.reference = Some("order-7".into());
        });
        let restored = restored.restored();
        assert_eq!(restored.reference, None);
        assert_eq!(restored.job.unlinked_id.as_deref(), Some("437852"));
    }

    #[test]
    fn a_malformed_or_newer_manifest_is_refused() {
        assert!(Manifest::read("{}").is_err() && Manifest::read("").is_err());
        let newer = serde_json::to_string(&manifest(|job| job.format = 1)).unwrap();
        let newer = newer.replace("\"format\":1", "\"format\":2");
        assert!(Manifest::read(&newer).unwrap_err().contains('2'));
    }
}
