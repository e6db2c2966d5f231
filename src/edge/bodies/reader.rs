//! Receives a body piece by piece: a short one stays in memory, a long one goes
//! through a [`BodyUpload`].

use super::incoming::IncomingObject;
use super::upload::{BODY_MEMORY_BYTES, BodyUpload};
use crate::domain::access::signature::check::SignatureChecks;
use crate::edge::http::body::{self, RequestBody};
use crate::edge::http::pieces::{Output, PIECE, Stop};
use crate::edge::platform::{self, Failure, MemoryReservation};
use crate::edge::storage::bucket::stream_of;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use js_sys::Uint8Array;
use worker::{Env, Object};

/// How much of a long body stays in memory, in case R2 fails: as a rule it fails
/// at once or not at all.
const REPLAY_BYTES: u64 = 2 * PIECE as u64;

/// A body that is being received.
pub struct BodyReader {
    env: Env,
    /// The length in bytes, if it is known.
    length: Option<u64>,
    /// The most bytes that it may have.
    most: u64,
    /// Checks the signatures over the body itself.
    check: Option<SignatureChecks>,
    /// The latest piece.
    piece: Vec<u8>,
    bytes: u64,
    /// All that was received, while it still fits in [`REPLAY_BYTES`].
    held: Option<Vec<u8>>,
    upload: Option<BodyUpload>,
    /// The memory that is reserved for it.
    memory: MemoryReservation,
    /// Whether R2 has failed: then the body stays in memory, however long it is.
    is_without_bucket: bool,
}

/// A body that was received.
pub enum ReceivedBody {
    /// In memory.
    InMemory(Vec<u8>),
    /// In R2.
    InBucket(Box<IncomingObject>),
}

/// A body that was received to its end. It is stored once its signature is found
/// good.
pub struct CompleteBody {
    held: Option<Vec<u8>>,
    upload: Option<BodyUpload>,
    /// Checks the signatures over the body itself.
    pub check: Option<SignatureChecks>,
    /// The SHA-256 in hex.
    pub sha256: String,
}

impl Output for BodyReader {
    fn take(&mut self, piece: Uint8Array) -> LocalBoxFuture<'_, Result<Option<Uint8Array>, Stop>> {
        self.take_in(piece).boxed_local()
    }
}

impl BodyReader {
    /// Begins to receive a body of `length` bytes, if that is known, and of `most`
    /// at most. `memory` is the memory that is reserved for it already.
    pub fn begin(env: &Env, length: Option<u64>, most: u64, memory: MemoryReservation) -> Self {
        let (env, piece, held) = (env.clone(), Vec::new(), Some(Vec::new()));
        let (check, bytes, upload, is_without_bucket) = Default::default();
        Self { env, length, most, check, piece, bytes, held, upload, memory, is_without_bucket }
    }

    /// Begins to read a body from R2.
    pub async fn of_object(object: &Object) -> Result<RequestBody, Stop> {
        let length = Some(object.size());
        let Some(stream) = stream_of(object)? else { return Ok(RequestBody::Short(Vec::new())) };
        body::of_stream(&stream, length, BODY_MEMORY_BYTES).await
    }

    /// Receives all of a body.
    pub async fn all(
        env: &Env,
        sent: RequestBody,
        most: u64,
        check: Option<SignatureChecks>,
    ) -> Result<CompleteBody, Stop> {
        let (pieces, length, memory) = match sent {
            RequestBody::Short(bytes) => return Ok(CompleteBody::of(bytes, check).await?),
            RequestBody::Long { pieces, length, memory } => (pieces, length, memory),
        };
        let mut reader = Self::begin(env, length, most, memory).checking(check);
        match pieces.through(&mut reader).await {
            Ok(()) => Ok(reader.end().await?),
            Err(stop) => {
                reader.abort().await;
                Err(stop)
            }
        }
    }

    /// Checks the signatures over the body itself while it is received.
    pub fn checking(self, check: Option<SignatureChecks>) -> Self {
        Self { check, ..self }
    }

    async fn take_in(&mut self, piece: Uint8Array) -> Result<Option<Uint8Array>, Stop> {
        self.bytes += u64::from(piece.length());
        if self.bytes > self.most {
            return Err(Stop::TooLarge);
        }
        self.piece = piece.to_vec();
        if let Some(check) = &mut self.check {
            check.update(&self.piece);
        }
        self.keep_for_replay()?;
        match self.forward(piece).await {
            // Nothing is lost yet: the body goes on in memory, without R2.
            Err(Stop::Failed(failure)) if self.held.is_some() => {
                self.continue_in_memory(failure).await
            }
            taken => taken,
        }
    }

    fn keep_for_replay(&mut self) -> Result<(), Stop> {
        if self.bytes > REPLAY_BYTES && !self.is_without_bucket {
            self.held = None;
        }
        let Some(held) = &mut self.held else { return Ok(()) };
        if self.is_without_bucket && !self.memory.grow(held.len() + self.piece.len()) {
            return Err(Stop::NoMemory);
        }
        held.extend_from_slice(&self.piece);
        Ok(())
    }

    async fn forward(&mut self, piece: Uint8Array) -> Result<Option<Uint8Array>, Stop> {
        if let Some(upload) = &mut self.upload {
            return upload.take(piece, &self.piece, &mut self.memory).await;
        }
        let held = self.held.as_deref().unwrap_or_default();
        if self.is_without_bucket || held.len() < PIECE as usize {
            return Ok(Some(piece));
        }
        let upload = self.upload.insert(BodyUpload::begin(&self.env, self.length)?);
        let all = Uint8Array::from(held);
        upload.take(all, held, &mut self.memory).await.map(|_| Some(piece))
    }

    async fn continue_in_memory(&mut self, failure: Failure) -> Result<Option<Uint8Array>, Stop> {
        failure.log();
        self.is_without_bucket = true;
        if let Some(upload) = self.upload.take() {
            upload.abort().await;
        }
        let bytes = usize::try_from(self.length.unwrap_or(self.bytes)).unwrap_or(usize::MAX);
        if self.memory.grow(bytes) { Ok(None) } else { Err(Stop::NoMemory) }
    }

    /// Ends the body, when all of it was received.
    pub async fn end(self) -> Result<CompleteBody, Failure> {
        let Self { held, upload, check, .. } = self;
        let sha256 = match (&upload, &held) {
            (Some(upload), _) => upload.sha256().await?,
            (None, held) => platform::sha256(held.as_deref().unwrap_or_default()).await?,
        };
        Ok(CompleteBody { held, upload, check, sha256 })
    }

    /// Aborts the upload. Nothing of the body stays in R2.
    pub async fn abort(self) {
        if let Some(upload) = self.upload {
            upload.abort().await;
        }
    }
}

impl ReceivedBody {
    /// Returns the first bytes, which show how the body is compressed.
    pub fn head(&self) -> &[u8] {
        match self {
            Self::InMemory(bytes) => bytes,
            Self::InBucket(stored) => &stored.head,
        }
    }

    /// Deletes the body, because no job uses it.
    pub async fn discard(&self, env: &Env) {
        let Self::InBucket(stored) = self else { return };
        if let Err(failure) = stored.discard(env).await {
            failure.log();
        }
    }
}

impl CompleteBody {
    /// Returns a short body as a complete one.
    pub async fn of(bytes: Vec<u8>, check: Option<SignatureChecks>) -> Result<Self, Failure> {
        let sha256 = platform::sha256(&bytes).await?;
        let mut check = check;
        if let Some(check) = &mut check {
            check.update(&bytes);
        }
        Ok(Self { held: Some(bytes), upload: None, check, sha256 })
    }

    /// Returns the first bytes, which show how the body is compressed.
    pub fn head(&self) -> &[u8] {
        self.upload
            .as_ref()
            .map_or_else(|| self.held.as_deref().unwrap_or_default(), BodyUpload::head)
    }

    /// Stores the body. A long one is durable when this returns.
    pub async fn keep(self) -> Result<ReceivedBody, Failure> {
        let Self { held, upload, sha256, .. } = self;
        Ok(match upload {
            Some(upload) => ReceivedBody::InBucket(Box::new(upload.store(sha256).await?)),
            None => ReceivedBody::InMemory(held.unwrap_or_default()),
        })
    }

    /// Aborts the upload. Nothing of the body stays in R2.
    pub async fn refuse(self) {
        if let Some(upload) = self.upload {
            upload.abort().await;
        }
    }
}
