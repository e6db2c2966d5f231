//! The runtime: clock, randomness, alarms, configuration, logs, streams,
//! memory.

mod clock;
mod config;
mod failure;
mod future_set;
mod memory;
mod random;
mod reader;

pub use self::clock::{
    alarm, clear_alarm, end_of, now, retry_after, scheduled_time, set_alarm_at, set_alarm_exactly,
};
pub use self::config::{config, log_error, masked};
pub use self::failure::{During, Failure, Kind, succeeded};
pub use self::future_set::{FutureSet, all, at_most};
pub use self::memory::MemoryReservation;
pub use self::random::{entropy, random, sha256};
pub use self::reader::{PendingRead, Reader, buffer_of, piece};
