//! Parts of a body that lies in R2, read in one go and put where they belong.

use super::sink::{Place, Sink};
use crate::domain::file::skeleton::{Gap, Mender, Piece, pieces};
use crate::edge::http::pieces::PIECE;
use crate::edge::platform::{During, Failure, Reader, room_of};
use crate::edge::storage::bucket::{self, stream_of};
use js_sys::Uint8Array;
use std::ops::Range;
use worker::{Bucket, Env};

const WHAT: &str = "reading a part of a body";

/// A text, some parts of which stand in a body in R2.
pub struct Parts<'a> {
    /// The key of the body.
    from: &'a str,
    parts: Vec<Part>,
}

enum Part {
    Here(String),
    There(Range<usize>),
}

impl<'a> Parts<'a> {
    /// Those of a text that was made of a skeleton. What can't be in a JSON text
    /// as it is written is read now, and mended.
    pub async fn of(env: &Env, from: &'a str, text: &str, gaps: &[Gap]) -> Result<Self, Failure> {
        let mut parts = Vec::new();
        for piece in pieces(text, gaps) {
            parts.push(match piece {
                Piece::Text(text) => Part::Here(text.to_owned()),
                Piece::Raw(gap) if gap.is_plain => Part::There(gap.span.clone()),
                Piece::Raw(gap) => Part::Here(mended(env, from, gap).await?),
            });
        }
        Ok(Self { from, parts })
    }

    /// A text that has an object of `bytes` bytes within it.
    pub fn around(from: &'a str, bytes: usize, (before, behind): (&str, &str)) -> Self {
        let here = |text: &str| Part::Here(text.to_owned());
        Self { from, parts: vec![here(before), Part::There(0..bytes), here(behind)] }
    }

    /// Its length in bytes.
    pub fn length(&self) -> usize {
        let length = |part: &Part| match part {
            Part::Here(text) => text.len(),
            Part::There(span) => span.len(),
        };
        self.parts.iter().map(length).sum()
    }

    /// Reads all of it.
    pub async fn text(self, env: &Env) -> Result<String, Failure> {
        let bucket = bucket::open(env)?;
        let mut text = String::new();
        for part in self.parts {
            text.push_str(&match part {
                Part::Here(text) => text,
                Part::There(span) => read(&bucket, self.from, span).await?,
            });
        }
        Ok(text)
    }

    /// Stores all of it, as one object.
    pub async fn store(self, env: &Env, place: Place) -> Result<(), Failure> {
        let mut sink = Sink::open(env, place, Some(self.length() as u64))?;
        let written = self.write(&bucket::open(env)?, &mut sink).await;
        if let Err(failure) = written {
            sink.abort().await;
            return Err(failure);
        }
        sink.finish().await.map(drop)
    }

    async fn write(self, bucket: &Bucket, sink: &mut Sink) -> Result<(), Failure> {
        let mut body = Body::open(bucket, self.from, &self.parts).await?;
        for part in &self.parts {
            match (part, &mut body) {
                (Part::Here(text), _) => sink.write(&Uint8Array::from(text.as_bytes())).await?,
                (Part::There(span), Some(body)) => body.copy(span, sink).await?,
                (Part::There(_), None) => return Err(Failure::gone(WHAT)),
            }
        }
        Ok(())
    }
}

async fn mended(env: &Env, from: &str, gap: &Gap) -> Result<String, Failure> {
    let written = bucket::part_bytes(&bucket::open(env)?, from, gap.span.clone()).await?;
    let written = written.ok_or_else(|| Failure::gone(WHAT))?;
    let (mut mender, mut text) = (Mender::new(), Vec::with_capacity(written.len()));
    mender.push(&written, &mut text);
    mender.finish(&mut text);
    String::from_utf8(text).during(WHAT)
}

async fn read(bucket: &Bucket, from: &str, span: Range<usize>) -> Result<String, Failure> {
    bucket::part(bucket, from, span).await?.ok_or_else(|| Failure::gone(WHAT))
}

/// A body that is read forward.
struct Body {
    reader: Reader,
    piece: Uint8Array,
    /// Where in the body the piece begins.
    at: usize,
}

impl Body {
    /// Opens what is wanted of it; `None` if that is nothing.
    async fn open(bucket: &Bucket, key: &str, parts: &[Part]) -> Result<Option<Self>, Failure> {
        let spans = parts.iter().filter_map(|part| match part {
            Part::There(span) => Some(span),
            Part::Here(_) => None,
        });
        let (first, last) = (spans.clone().next(), spans.clone().next_back());
        let Some((first, last)) = first.zip(last) else { return Ok(None) };
        let object = bucket::get_part(bucket, key, first.start..last.end).await?;
        let stream = object.as_ref().map(stream_of).transpose()?.flatten();
        let reader = Reader::of(&stream.ok_or_else(|| Failure::gone(WHAT))?)?;
        let piece = Uint8Array::new_with_length(PIECE);
        let mut body = Self { reader, piece, at: first.start };
        body.fill().await?;
        Ok(Some(body))
    }

    async fn fill(&mut self) -> Result<(), Failure> {
        let filled = self.reader.fill(&room_of(&self.piece)).await;
        self.piece = filled.map_err(worker::Error::from).during(WHAT)?;
        Ok(())
    }

    /// Writes what is in `span`, which begins no earlier than the last one ended.
    async fn copy(&mut self, span: &Range<usize>, sink: &mut Sink) -> Result<(), Failure> {
        let mut next = span.start;
        while next < span.end {
            let length = self.piece.length() as usize;
            if length == 0 || next < self.at {
                return Err(Failure::gone(WHAT));
            }
            let (from, to) = (next - self.at, (span.end - self.at).min(length));
            if from < length {
                sink.write(&self.piece.subarray(offset(from), offset(to))).await?;
                next = self.at + to;
            }
            if next < span.end {
                self.at += length;
                self.fill().await?;
            }
        }
        Ok(())
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
