//! Puts parts of a body in R2 into a text, reading the body once.

use super::writer::{ObjectWriter, PutTarget};
use crate::domain::file::skeleton::{Gap, Mender, Piece, pieces};
use crate::edge::http::pieces::PIECE;
use crate::edge::platform::{During, Failure, Reader, buffer_of};
use crate::edge::storage::bucket::{self, stream_of};
use js_sys::Uint8Array;
use std::ops::Range;
use worker::{Bucket, Env};

const WHAT: &str = "reading a part of a body";

/// A text of which some parts are in a body in R2.
pub struct SplicedText<'a> {
    /// The key of the body.
    from: &'a str,
    parts: Vec<Part>,
}

enum Part {
    Text(String),
    /// A part of the body, byte for byte.
    Raw(Range<usize>),
    /// A part of the body that is no valid JSON until it is repaired.
    Repaired(Range<usize>),
}

impl Part {
    const fn span(&self) -> Option<&Range<usize>> {
        match self {
            Self::Text(_) => None,
            Self::Raw(span) | Self::Repaired(span) => Some(span),
        }
    }
}

impl<'a> SplicedText<'a> {
    /// Splits a text that was made from a skeleton.
    pub fn of(from: &'a str, text: &str, gaps: &[Gap]) -> Self {
        let part = |piece| match piece {
            Piece::Text(text) => Part::Text(text.to_owned()),
            Piece::Raw(gap) if gap.is_plain => Part::Raw(gap.span.clone()),
            Piece::Raw(gap) => Part::Repaired(gap.span.clone()),
        };
        Self { from, parts: pieces(text, gaps).into_iter().map(part).collect() }
    }

    /// Makes a text with a whole object of `bytes` bytes between two others.
    pub fn around(from: &'a str, bytes: usize, (before, behind): (&str, &str)) -> Self {
        let here = |text: &str| Part::Text(text.to_owned());
        Self { from, parts: vec![here(before), Part::Raw(0..bytes), here(behind)] }
    }

    /// Returns the length in bytes before any repair.
    pub fn length(&self) -> usize {
        let length = |part: &Part| match part {
            Part::Text(text) => text.len(),
            Part::Raw(span) | Part::Repaired(span) => span.len(),
        };
        self.parts.iter().map(length).sum()
    }

    /// Reads the whole text into memory.
    pub async fn text(self, env: &Env) -> Result<String, Failure> {
        let mut out = Output { writer: None, text: Vec::new(), bytes: 0 };
        self.write(&bucket::open(env)?, &mut out).await?;
        String::from_utf8(out.text).during(WHAT)
    }

    /// Stores the text as one object; returns its length in bytes.
    pub async fn store(self, env: &Env, target: PutTarget) -> Result<usize, Failure> {
        let is_rough = self.parts.iter().any(|part| matches!(part, Part::Repaired(_)));
        // A repaired part has another length.
        let length = (!is_rough).then(|| self.length() as u64);
        let writer = Some(ObjectWriter::open(env, target, length)?);
        let mut out = Output { writer, text: Vec::new(), bytes: 0 };
        let written = self.write(&bucket::open(env)?, &mut out).await;
        let Some(writer) = out.writer else { return Ok(0) };
        if let Err(failure) = written {
            writer.abort().await;
            return Err(failure);
        }
        writer.finish().await.map(|_| out.bytes)
    }

    async fn write(self, bucket: &Bucket, out: &mut Output) -> Result<(), Failure> {
        let mut body = RawBody::open(bucket, self.from, &self.parts).await?;
        for part in &self.parts {
            match (part, &mut body) {
                (Part::Text(text), _) => out.write(&Uint8Array::from(text.as_bytes())).await?,
                (Part::Raw(span), Some(body)) => body.copy(span, None, out).await?,
                (Part::Repaired(span), Some(body)) => body.repair(span, out).await?,
                (_, None) => return Err(Failure::gone(WHAT)),
            }
        }
        Ok(())
    }
}

/// The output: R2 or memory.
struct Output {
    writer: Option<ObjectWriter>,
    text: Vec<u8>,
    bytes: usize,
}

impl Output {
    async fn write(&mut self, piece: &Uint8Array) -> Result<(), Failure> {
        self.bytes += piece.length() as usize;
        if let Some(writer) = &mut self.writer {
            return writer.write(piece).await;
        }
        self.text.extend(piece.to_vec());
        Ok(())
    }
}

/// A body in R2 that is read forward.
struct RawBody {
    reader: Reader,
    piece: Uint8Array,
    /// The offset of the piece in the body.
    at: usize,
}

impl RawBody {
    /// Opens the range that `parts` need; `None` if they need nothing.
    async fn open(bucket: &Bucket, key: &str, parts: &[Part]) -> Result<Option<Self>, Failure> {
        let spans = parts.iter().filter_map(Part::span);
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
        let filled = self.reader.fill(&buffer_of(&self.piece)).await;
        self.piece = filled.map_err(worker::Error::from).during(WHAT)?;
        Ok(())
    }

    /// Writes the repaired bytes of `span`.
    async fn repair(&mut self, span: &Range<usize>, out: &mut Output) -> Result<(), Failure> {
        let mut mender = Mender::new();
        self.copy(span, Some(&mut mender), out).await?;
        let mut rest = Vec::new();
        mender.finish(&mut rest);
        out.write(&Uint8Array::from(rest.as_slice())).await
    }

    /// Writes the bytes of `span`, which begins no earlier than the last one ended.
    async fn copy(
        &mut self,
        span: &Range<usize>,
        mut mender: Option<&mut Mender>,
        out: &mut Output,
    ) -> Result<(), Failure> {
        let mut next = span.start;
        while next < span.end {
            let length = self.piece.length() as usize;
            if length == 0 || next < self.at {
                return Err(Failure::gone(WHAT));
            }
            let (from, to) = (next - self.at, (span.end - self.at).min(length));
            if from < length {
                let written = self.piece.subarray(offset(from), offset(to));
                out.write(&repaired(written, mender.as_deref_mut())).await?;
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

fn repaired(written: Uint8Array, mender: Option<&mut Mender>) -> Uint8Array {
    let Some(mender) = mender else { return written };
    let mut text = Vec::new();
    mender.push(&written.to_vec(), &mut text);
    Uint8Array::from(text.as_slice())
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
