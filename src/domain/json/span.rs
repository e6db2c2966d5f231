//! How a span goes as JSON. Serde's own reader of a [`Range`] knows its members
//! by their names only, and ours tells them by their places.

use serde::{Deserialize, Serialize};
use std::ops::Range;

type Bytes = Range<usize>;

/// Reads and writes a span: `#[serde(with = "Span")]`.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Bytes")]
pub struct Span {
    start: usize,
    end: usize,
}
