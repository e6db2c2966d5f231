//! The routes for readers and owners of jobs.

pub mod bulk;
pub mod export;
mod filter;
pub mod list;
pub mod live;
pub mod manage;
pub mod metrics;
pub mod read;
pub mod restore;
pub mod tickets;
pub mod timeline;
mod wait;
