//! Takes a body in, piece by piece: a short one is held, a long one goes
//! through a [`Pass`].

use super::pass::{HELD_BYTES, Pass};
use super::stored::Stored;
use crate::domain::access::signature::standard::Check;
use crate::edge::http::body::{self, Sent};
use crate::edge::http::pieces::{Output, PIECE, Stop};
use crate::edge::platform::{self, Failure, Room};
use crate::edge::storage::bucket::stream_of;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use js_sys::Uint8Array;
use worker::{Env, Object};

/// How much of a long body is remembered: R2 fails at once, or not at all.
const REMEMBERED: u64 = 2 * PIECE as u64;

/// A body on its way in.
pub struct Intake {
    env: Env,
    /// Its length in bytes, if that is known.
    length: Option<u64>,
    /// Most bytes that it may have.
    most: u64,
    /// Checks a signature over the body itself.
    check: Option<Check>,
    /// The piece that has come last.
    piece: Vec<u8>,
    bytes: u64,
    /// All that has come, as long as it is remembered.
    held: Option<Vec<u8>>,
    pass: Option<Pass>,
    /// The memory that is taken for it.
    room: Room,
    /// Whether R2 has failed: then it is held, however long it is.
    is_without: bool,
}

/// A body that has been taken in.
pub enum Body {
    /// In memory.
    Held(Vec<u8>),
    /// In R2.
    Stored(Box<Stored>),
}

/// A body of which all has come. It is stored when its signature is good.
pub struct Whole {
    held: Option<Vec<u8>>,
    pass: Option<Pass>,
    /// Checks a signature over the body itself.
    pub check: Option<Check>,
    /// SHA-256 of it in hex.
    pub sha256: String,
}

impl Output for Intake {
    fn take(&mut self, piece: Uint8Array) -> LocalBoxFuture<'_, Result<Option<Uint8Array>, Stop>> {
        self.take_in(piece).boxed_local()
    }
}

impl Intake {
    /// Begins to take in a body of `length` bytes, if that is known, and of
    /// `most` at most. `room` is what is taken for it already.
    pub fn begin(env: &Env, length: Option<u64>, most: u64, room: Room) -> Self {
        let (env, piece, held) = (env.clone(), Vec::new(), Some(Vec::new()));
        let (check, bytes, pass, is_without) = Default::default();
        Self { env, length, most, check, piece, bytes, held, pass, room, is_without }
    }

    /// Begins to read a body that lies in R2.
    pub async fn of_object(object: &Object) -> Result<Sent, Stop> {
        let length = Some(object.size());
        let Some(stream) = stream_of(object)? else { return Ok(Sent::Short(Vec::new())) };
        body::of_stream(&stream, length, HELD_BYTES).await
    }

    /// Takes in all of what was sent.
    pub async fn all(
        env: &Env,
        sent: Sent,
        most: u64,
        check: Option<Check>,
    ) -> Result<Whole, Stop> {
        let (pieces, length, room) = match sent {
            Sent::Short(bytes) => return Ok(Whole::of(bytes, check).await?),
            Sent::Long { pieces, length, room } => (pieces, length, room),
        };
        let mut intake = Self::begin(env, length, most, room).checking(check);
        match pieces.through(&mut intake).await {
            Ok(()) => Ok(intake.end().await?),
            Err(stop) => {
                intake.abort().await;
                Err(stop)
            }
        }
    }

    /// Has it check a signature over the body itself.
    pub fn checking(self, check: Option<Check>) -> Self {
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
        self.remember()?;
        match self.pass(piece).await {
            // Nothing is lost yet: it is held as if there had never been an R2.
            Err(Stop::Failed(failure)) if self.held.is_some() => self.go_without(failure).await,
            taken => taken,
        }
    }

    fn remember(&mut self) -> Result<(), Stop> {
        if self.bytes > REMEMBERED && !self.is_without {
            self.held = None;
        }
        let Some(held) = &mut self.held else { return Ok(()) };
        if self.is_without && !self.room.grow(held.len() + self.piece.len()) {
            return Err(Stop::NoRoom);
        }
        held.extend_from_slice(&self.piece);
        Ok(())
    }

    async fn pass(&mut self, piece: Uint8Array) -> Result<Option<Uint8Array>, Stop> {
        if let Some(pass) = &mut self.pass {
            return pass.take(piece, &self.piece, &mut self.room).await;
        }
        let held = self.held.as_deref().unwrap_or_default();
        if self.is_without || held.len() < PIECE as usize {
            return Ok(Some(piece));
        }
        let pass = self.pass.insert(Pass::begin(&self.env, self.length)?);
        let all = Uint8Array::from(held);
        pass.take(all, held, &mut self.room).await.map(|_| Some(piece))
    }

    async fn go_without(&mut self, failure: Failure) -> Result<Option<Uint8Array>, Stop> {
        failure.log();
        self.is_without = true;
        if let Some(pass) = self.pass.take() {
            pass.abort().await;
        }
        let bytes = usize::try_from(self.length.unwrap_or(self.bytes)).unwrap_or(usize::MAX);
        if self.room.grow(bytes) { Ok(None) } else { Err(Stop::NoRoom) }
    }

    /// Ends the body: all of it has come.
    pub async fn end(self) -> Result<Whole, Failure> {
        let Self { held, pass, check, .. } = self;
        let sha256 = match (&pass, &held) {
            (Some(pass), _) => pass.sha256().await?,
            (None, held) => platform::sha256(held.as_deref().unwrap_or_default()).await?,
        };
        Ok(Whole { held, pass, check, sha256 })
    }

    /// Breaks it off: nothing of it stays in R2.
    pub async fn abort(self) {
        if let Some(pass) = self.pass {
            pass.abort().await;
        }
    }
}

impl Body {
    /// Its first bytes, which tell how it is packed.
    pub fn head(&self) -> &[u8] {
        match self {
            Self::Held(bytes) => bytes,
            Self::Stored(stored) => &stored.head,
        }
    }

    /// Drops it: nothing has come of it.
    pub async fn discard(&self, env: &Env) {
        let Self::Stored(stored) = self else { return };
        if let Err(failure) = stored.discard(env).await {
            failure.log();
        }
    }
}

impl Whole {
    /// One that is short.
    pub async fn of(bytes: Vec<u8>, check: Option<Check>) -> Result<Self, Failure> {
        let sha256 = platform::sha256(&bytes).await?;
        let mut check = check;
        if let Some(check) = &mut check {
            check.update(&bytes);
        }
        Ok(Self { held: Some(bytes), pass: None, check, sha256 })
    }

    /// Its first bytes, which tell how it is packed.
    pub fn head(&self) -> &[u8] {
        self.pass.as_ref().map_or_else(|| self.held.as_deref().unwrap_or_default(), Pass::head)
    }

    /// Keeps it: what is long is durable from then on.
    pub async fn keep(self) -> Result<Body, Failure> {
        let Self { held, pass, sha256, .. } = self;
        Ok(match pass {
            Some(pass) => Body::Stored(Box::new(pass.store(sha256).await?)),
            None => Body::Held(held.unwrap_or_default()),
        })
    }

    /// Breaks it off: nothing of it stays in R2.
    pub async fn refuse(self) {
        if let Some(pass) = self.pass {
            pass.abort().await;
        }
    }
}
