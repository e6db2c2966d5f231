//! Reads bodies piece by piece, and names why one can't be received.

use crate::domain::http::problem::{Code, Problem, ProblemKind};
use crate::edge::platform::{Failure, MemoryReservation, Reader, buffer_of, piece};
use futures_util::FutureExt;
use futures_util::future::{Either, LocalBoxFuture, ready, select};
use js_sys::Uint8Array;
use std::time::Duration;
use web_sys::ReadableStream;
use worker::Delay;

/// The bytes of a piece. A larger piece means fewer calls, but more memory. A
/// shorter body is read as a whole.
pub const PIECE: u32 = 256 * 1024;

/// Why a body can't be received.
pub enum Stop {
    /// The body has more bytes than it may have.
    TooLarge,
    /// The body ended early. Usually its sender has left, but may send it
    /// again.
    BrokenOff,
    /// The body is not compressed in the way it seems to be.
    NotPacked,
    /// The isolate has no free memory for the body now.
    NoMemory,
    /// R2 or the runtime failed.
    Failed(Failure),
}

impl Stop {
    /// Returns the problem for a sender whose body may have `limit` bytes.
    pub fn problem(self, limit: u64) -> Problem {
        match self {
            Self::TooLarge => ProblemKind::BodyTooLarge(limit).into(),
            Self::BrokenOff => failed("the body ended early; send it again"),
            Self::NotPacked => failed("the body can't be decompressed; send it plain"),
            Self::NoMemory => no_memory(),
            Self::Failed(failure) => failure.into(),
        }
    }
}

impl Stop {
    /// Returns the failure for the log, of a body that the vault has fetched.
    pub fn failure(self, during: &str) -> Failure {
        let why = match self {
            Self::Failed(failure) => return failure,
            Self::NoMemory => "the isolate has no memory left for it",
            Self::TooLarge => "it is too large",
            Self::BrokenOff => "it ended early",
            Self::NotPacked => "it can't be decompressed",
        };
        Failure::new(during, why)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

fn failed(why: &'static str) -> Problem {
    Problem::new(Code::PlatformFailed, why)
}

fn no_memory() -> Problem {
    const SECONDS: u32 = 5;
    let why = "no memory is free while other large bodies come in; send it again";
    ProblemKind::NotReady(why.to_owned(), SECONDS).into()
}

/// Takes a body's pieces. It is a trait object, so that the Worker contains the
/// code around it once, not once for each type.
pub trait Output {
    /// Takes the next piece; returns a buffer that can be used again, if there
    /// is one.
    fn take(&mut self, piece: Uint8Array) -> LocalBoxFuture<'_, Result<Option<Uint8Array>, Stop>>;
}

/// Keeps a body in memory.
pub struct Memory {
    /// The bytes that were received.
    pub bytes: Vec<u8>,
    most: u64,
    reserved: MemoryReservation,
}

impl Memory {
    /// Prepares memory for a body of `most` bytes at most.
    pub fn new(most: u64) -> Self {
        Self { bytes: Vec::new(), most, reserved: MemoryReservation::default() }
    }

    fn add(&mut self, piece: Uint8Array) -> Result<Option<Uint8Array>, Stop> {
        let length = self.bytes.len() + piece.length() as usize;
        if length as u64 > self.most {
            return Err(Stop::TooLarge);
        }
        if !self.reserved.grow(length) {
            return Err(Stop::NoMemory);
        }
        self.bytes.extend(piece.to_vec());
        Ok(Some(piece))
    }
}

impl Output for Memory {
    fn take(&mut self, piece: Uint8Array) -> LocalBoxFuture<'_, Result<Option<Uint8Array>, Stop>> {
        ready(self.add(piece)).boxed_local()
    }
}

/// A stream whose first piece was read.
pub struct Pieces {
    reader: Reader,
    first: Uint8Array,
}

impl Pieces {
    /// Begins to read a stream.
    pub async fn of(stream: &ReadableStream) -> Result<Self, Stop> {
        let reader = Reader::of(stream)?;
        let first = fill(&reader, &Uint8Array::new_with_length(PIECE)).await?;
        Ok(Self { reader, first })
    }

    /// Returns the first piece: the whole body, if it is shorter than
    /// [`PIECE`].
    pub const fn first(&self) -> &Uint8Array {
        &self.first
    }

    /// Passes all pieces to `output`.
    pub async fn through(self, output: &mut dyn Output) -> Result<(), Stop> {
        let mut piece = self.first;
        while piece.length() > 0 {
            let free = output.take(piece).await?;
            let buffer =
                free.as_ref().map_or_else(|| Uint8Array::new_with_length(PIECE), buffer_of);
            piece = fill(&self.reader, &buffer).await?;
        }
        Ok(())
    }
}

async fn fill(reader: &Reader, buffer: &Uint8Array) -> Result<Uint8Array, Stop> {
    /// How long a piece may take, so that a sender which sends nothing can't
    /// keep the memory.
    const LIMIT: Duration = Duration::from_mins(1);
    match select(reader.begin(buffer.length(), buffer), Delay::from(LIMIT)).await {
        Either::Left((read, _)) => read.and_then(|read| piece(&read)).map_err(|_| Stop::BrokenOff),
        Either::Right(_) => Err(Stop::BrokenOff),
    }
}
