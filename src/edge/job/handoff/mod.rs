//! Hands events on to the client's own webhook, and to the operator's.

mod message;
pub mod resend;
pub mod send;
