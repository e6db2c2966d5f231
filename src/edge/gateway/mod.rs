//! The upstream's own routes, in front of the upstream: `/queue/…`,
//! `/fal/queue/…`, and fal.ai's server proxy at `/fal/proxy`.
//!
//! `dispatch` finds the function for a call. `submit` makes a job, and
//! `idempotency` decides which submissions are the same one. `follow` answers
//! questions about a job, and `status_stream` sends each status as it changes.
//! `proxy` implements fal.ai's proxy protocol.

mod dispatch;
mod follow;
mod idempotency;
mod proxy;
mod request;
mod status;
mod status_stream;
mod submit;

pub use self::dispatch::gateway;
pub use self::proxy::proxy;
