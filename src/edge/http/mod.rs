//! Requests and responses, in the form that every handler reads and writes.

pub mod access;
pub mod body;
pub mod call;
pub mod decoding;
pub mod outgoing;
pub mod pieces;
pub mod response;
pub mod streaming;
pub mod unpack;
