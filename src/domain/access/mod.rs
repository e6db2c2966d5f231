//! Access rights and secrets: tokens, hook URLs for one job, tickets,
//! signatures, and the masking of secrets.

pub mod hook_url;
pub mod pass;
pub mod redact;
pub mod signature;
pub mod ticket;
pub mod tokens;
