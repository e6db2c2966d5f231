//! Stores files that a delivery contains as inline data.

use crate::domain::archive::failure::{CopyFailure, FailureKind};
use crate::domain::archive::outcome::CopiedFile;
use crate::domain::file::inline::{self, InlineData};
use crate::domain::file::media_type;
use crate::domain::job::file::{File, Source};
use crate::domain::job::record::Job;
use crate::domain::job::timeline::BodyAt;
use crate::edge::bodies::{PutTarget, decode};
use crate::edge::http::pieces::Stop;
use crate::edge::job::home::Home;
use crate::edge::job::timeline::{entry, read_text_of, text_of};
use crate::edge::platform::{Failure, MemoryReservation};
use crate::edge::storage::bucket;
use crate::edge::transfer::{last, no_memory};
use std::ops::Range;
use worker::{Bucket, Object};

/// Stores an inline file.
pub async fn unpack(
    home: &Home,
    job: &Job,
    file: &File,
    bucket: &Bucket,
) -> Result<CopiedFile, CopyFailure> {
    let content_type = file.content_type.as_deref().unwrap_or(media_type::OCTET_STREAM).to_owned();
    let metadata = bucket::file_metadata(job, file);
    let object = match &file.source {
        Source::Inline { delivery, start, end, data: Some(data), .. } => {
            let content_type = content_type.clone();
            let target = PutTarget { key: file.key.clone(), content_type, metadata };
            stream(home, job, (*delivery, *start..*end), data, target).await?
        }
        source => {
            let _memory = MemoryReservation::take(source.written_bytes()).ok_or_else(no_memory)?;
            let bytes = inline_bytes(home, job, source).await?;
            let put = bucket::put(bucket, &file.key, bytes, &content_type, metadata);
            put.await.map_err(|failure| hiccup(&failure))?
        }
    };
    Ok(CopiedFile { size: object.size(), etag: object.etag(), content_type, verified: true })
}

/// Stores an inline file of a long body, in pieces.
async fn stream(
    home: &Home,
    job: &Job,
    (n, span): (u32, Range<usize>),
    data: &InlineData,
    target: PutTarget,
) -> Result<Object, CopyFailure> {
    let kept = entry(home, job, n).await.map_err(|failure| hiccup(&failure))?;
    let Some(BodyAt::Bucket(key)) = kept.and_then(|kept| kept.entry.body) else {
        return Err(hiccup(&Failure::gone("reading a delivery's body")));
    };
    decode(&home.env, (&key, span), data, target).await.map_err(|stop| match stop {
        Stop::NotPacked => broken(),
        Stop::NoMemory => no_memory(),
        other => hiccup(&other.failure("unpacking a file")),
    })
}

fn broken() -> CopyFailure {
    last("the inline data does not decode".to_owned())
}

async fn inline_bytes(home: &Home, job: &Job, source: &Source) -> Result<Vec<u8>, CopyFailure> {
    let Source::Inline { delivery, start, end, encoding, .. } = source else {
        return Err(broken());
    };
    let written =
        delivered(home, job, *delivery, *start..*end).await.map_err(|failure| hiccup(&failure))?;
    inline::decode(&written, *encoding).ok_or_else(broken)
}

/// Returns a part of a delivery's body as text.
async fn delivered(home: &Home, job: &Job, n: u32, part: Range<usize>) -> Result<String, Failure> {
    let gone = || Failure::gone("reading a delivery's body");
    let kept = entry(home, job, n).await?.ok_or_else(gone)?;
    let text = match &kept.entry.body {
        // The positions refer to the repaired text, not to the stored one.
        _ if kept.entry.mended => {
            read_text_of(home, &kept).await?.and_then(|text| text.get(part).map(str::to_owned))
        }
        Some(BodyAt::Bucket(key)) => bucket::part(&bucket::open(&home.env)?, key, part).await?,
        _ => text_of(home, &kept)?.and_then(|text| text.get(part).map(str::to_owned)),
    };
    text.ok_or_else(gone)
}

/// Makes a storage failure into one of the copy, which is retried. Its text
/// goes to the log, not into the record.
pub fn hiccup(failure: &Failure) -> CopyFailure {
    failure.log();
    CopyFailure {
        kind: FailureKind::Storage,
        message: "the vault's own storage failed".to_owned(),
        retry_after_ms: None,
    }
}
