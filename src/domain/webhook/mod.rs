//! What a webhook's body says: the event, whose format it has, which job it is
//! of, and its result.

pub mod correlate;
pub mod event;
pub mod parse;
pub mod provider;
pub mod rejection;
pub mod result;
