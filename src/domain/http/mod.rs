//! HTTP's own rules: problems, ranges, conditions, content codings, headers and
//! CORS.

pub mod code;
pub mod coding;
pub mod conditions;
pub mod cors;
pub mod headers;
pub mod problem;
pub mod range;
pub mod read_through;
pub mod unpack;
