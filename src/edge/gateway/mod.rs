//! The upstream's own routes, in front of the upstream: `/queue/…`,
//! `/fal/queue/…`, and fal.ai's server proxy at `/fal/proxy`.
//!
//! `dispatch` gives a call to what answers it: `submit` makes a job, for which
//! `idempotency` tells which submissions are the same one; `follow` answers the
//! questions about one, `status_stream` tells each status as it comes. `proxy`
//! speaks fal.ai's proxy protocol.

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
