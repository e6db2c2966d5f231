//! Requests and answers, as every handler reads and writes them.

pub mod access;
pub mod decoding;
pub mod unpack;
