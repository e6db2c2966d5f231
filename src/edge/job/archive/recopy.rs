//! Copies missing files again, by the current rules.

use crate::domain::archive::recopy::{self, Recopy};
use crate::domain::ingest::apply::Applied;
use crate::domain::ingest::document::{BodyText, Output};
use crate::domain::job::record::Job;
use crate::domain::keys;
use crate::domain::webhook::event::Event;
use crate::edge::job::found::CommandError;
use crate::edge::job::home::Home;
use crate::edge::job::result::{self, ResultSource};
use crate::edge::job::timeline::{LoadedBody, entry};
use crate::edge::platform::{self, During, Failure};
use crate::edge::storage::bucket;
use crate::edge::storage::object::RecordExtras;
use std::collections::HashSet;

/// Reads the delivery of the current result once more, and starts the missing
/// copies. Without a delivery it asks the upstream. If the job changes
/// meanwhile, it starts over.
pub async fn archive(home: &Home) -> Result<Box<Job>, CommandError> {
    loop {
        let job = *home.here()?;
        let done = match result_delivery(home, &job).await? {
            Some((read, sha256)) => copy_again(home, &job, &read, &sha256).await?,
            None => Some(ask_again(home, job).await?),
        };
        if let Some(job) = done {
            return Ok(Box::new(job));
        }
    }
}

async fn ask_again(home: &Home, mut job: Job) -> Result<Job, Failure> {
    let entry = recopy::ask(&mut job, platform::now());
    home.commit(&mut job, Some(&entry)).await?;
    Ok(job)
}

/// Returns `None` if the job has changed since it was read.
async fn copy_again(
    home: &Home,
    read: &Job,
    delivery: &LoadedBody,
    sha256: &str,
) -> Result<Option<Job>, Failure> {
    let LoadedBody { text, gaps, is_shallow, body } = delivery;
    let event =
        Event::parse_of(text, &home.config.senders, read.provider).during("reading a delivery")?;
    let written = BodyText { text, gaps, shallow: is_shallow.then_some(sha256) };
    let found = written.discover(
        &event,
        home.config.read_rules().sources_of(&event),
        read.input.as_deref(),
    );
    let again =
        recopy::ResultDelivery { text, sha256, output: Output::of(&written, &event, found) };
    let kept = kept(home, read).await;
    let kept = kept.inspect_err(Failure::log).ok();
    // If the bucket can't be listed, the files count as stored.
    let is_kept = |key: &str| kept.as_ref().is_none_or(|kept| kept.contains(key));
    let Some(mut job) = home.store.job()?.filter(|job| job.version == read.version) else {
        return Ok(None);
    };
    let Recopy { entry, result } = recopy::copy(&mut job, &again, is_kept, platform::now());
    let mut applied = Applied { job, entry, result };
    if !result::offload(home, &mut applied, ResultSource { body, sha256, gaps }).await? {
        return Ok(None);
    }
    home.arm(&mut applied.job).await?;
    let (entry, result) = (Some(&applied.entry), applied.result.as_deref());
    home.note_with(&applied.job, RecordExtras { entry, result, ..RecordExtras::default() })?;
    Ok(Some(applied.job))
}

/// Returns the body of the current result's delivery, and the SHA-256 of the
/// body as it was received.
async fn result_delivery(home: &Home, job: &Job) -> Result<Option<(LoadedBody, String)>, Failure> {
    let Some(result) = &job.result else { return Ok(None) };
    let Some(kept) = entry(home, job, result.delivery).await? else { return Ok(None) };
    Ok(LoadedBody::of(home, &kept).await?.zip(kept.entry.sha256))
}

/// Returns the keys of the job's files that are in the bucket. A file that
/// another object handed over counts as stored.
async fn kept(home: &Home, job: &Job) -> Result<HashSet<String>, Failure> {
    let [prefix, ..] = keys::prefixes_of_job(&job.home);
    let found = bucket::keys_below(&bucket::open(&home.env)?, &prefix).await?;
    let elsewhere = job.files.iter().map(|file| file.key.clone());
    Ok(found.into_iter().chain(elsewhere.filter(|key| !key.starts_with(&prefix))).collect())
}
