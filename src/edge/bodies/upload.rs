//! Uploads a long body in one pass: each piece is scanned, hashed, and written
//! to R2.
//!
//! The last piece is held back until the signature is checked. If that is wrong
//! the upload is aborted, and R2 never stores anything of it.

use super::incoming::IncomingObject;
use super::writer::{ObjectWriter, PutTarget};
use crate::domain::file::skeleton::Scanner;
use crate::domain::ingest::delivery::LongBody;
use crate::domain::keys::StorageKey;
use crate::edge::http::pieces::{PIECE, Stop};
use crate::edge::platform::{self, During, Failure, MemoryReservation};
use futures_util::future::join;
use js_sys::Uint8Array;
use wasm_bindgen_futures::JsFuture;
use web_sys::WritableStreamDefaultWriter;
use worker::Env;
use worker_sys::DigestStream;

/// The memory of an upload beside its scanner: the replay buffer, two pieces, and
/// the copy of one.
const PIECES_BYTES: usize = 5 * PIECE as usize;
/// The memory that is reserved for a long body, in bytes: as much as most ever
/// need.
pub const BODY_MEMORY_BYTES: usize = 2 * 1024 * 1024;
/// How many first bytes show how a body is compressed.
const HEAD: usize = 16;
const WHAT: &str = "hashing a body";

/// An upload in progress.
pub struct BodyUpload {
    key: String,
    /// The first bytes.
    head: Vec<u8>,
    writer: ObjectWriter,
    digest: DigestStream,
    hasher: WritableStreamDefaultWriter,
    scanner: Scanner,
    /// The latest piece, which is not written yet.
    last: Option<Uint8Array>,
    bytes: usize,
}

impl BodyUpload {
    /// Begins the upload of a body of `length` bytes, if that is known.
    pub fn begin(env: &Env, length: Option<u64>) -> Result<Self, Failure> {
        let nonce = hex::encode(platform::random::<16>());
        let key = StorageKey::Incoming { at: platform::now(), nonce: &nonce }.path();
        let writer = ObjectWriter::open(env, PutTarget::of_json(key.clone()), length)?;
        let digest = DigestStream::new("SHA-256");
        let hasher = digest.get_writer().map_err(worker::Error::from).during(WHAT)?;
        let (head, scanner, last) = (Vec::new(), Scanner::new(), None);
        Ok(Self { key, head, writer, digest, hasher, scanner, last, bytes: 0 })
    }

    /// Takes the next piece, whose bytes are `text`; returns a buffer that can be
    /// used again, if there is one.
    pub async fn take(
        &mut self,
        piece: Uint8Array,
        text: &[u8],
        memory: &mut MemoryReservation,
    ) -> Result<Option<Uint8Array>, Stop> {
        if self.bytes == 0 {
            self.head = text.iter().take(HEAD).copied().collect();
        }
        self.bytes += text.len();
        self.scanner.push(text);
        if !memory.grow(PIECES_BYTES + self.scanner.held()) {
            return Err(Stop::NoMemory);
        }
        let hashed = JsFuture::from(self.hasher.write_with_chunk(&piece));
        let before = self.last.replace(piece);
        let written = async {
            let Some(before) = &before else { return Ok(()) };
            self.writer.write(before).await
        };
        let (hashed, written) = join(hashed, written).await;
        hashed.map_err(worker::Error::from).during(WHAT)?;
        written?;
        Ok(before)
    }

    /// Returns the body's first bytes.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Returns the body's SHA-256 in hex, after its last piece.
    pub async fn sha256(&self) -> Result<String, Failure> {
        let closed = JsFuture::from(self.hasher.close()).await;
        closed.map_err(worker::Error::from).during(WHAT)?;
        let hash = JsFuture::from(self.digest.digest()).await;
        let hash = hash.map_err(worker::Error::from).during(WHAT)?;
        Ok(hex::encode(Uint8Array::new(&hash).to_vec()))
    }

    /// Writes the last piece. The body is durable when this returns.
    pub async fn store(self, sha256: String) -> Result<IncomingObject, Failure> {
        let Self { key, head, mut writer, scanner, last, bytes, .. } = self;
        if let Some(last) = last {
            writer.write(&last).await?;
        }
        writer.finish().await?;
        let read = LongBody { skeleton: scanner.finish(), bytes };
        Ok(IncomingObject { key, head, sha256, read })
    }

    /// Aborts the upload. Nothing of the body stays in R2.
    pub async fn abort(self) {
        self.writer.abort().await;
    }
}
