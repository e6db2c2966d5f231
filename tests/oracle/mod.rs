//! Second opinions: independent implementations that the domain must agree
//! with.
//!
//! The property tests and the fuzz targets share them, so that a change of the
//! domain that breaks a fuzz target breaks `cargo test` too.

#![allow(dead_code, missing_docs, reason = "each user has its part")]
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]
#![allow(clippy::string_slice, clippy::panic, reason = "as above")]

pub mod hosts;
pub mod json;
pub mod rewriting;
pub mod skeleton;
