//! The runtime: clock, randomness, alarms, configuration, logs.

mod clock;
mod config;
mod failure;
mod random;
mod several;

pub use self::clock::{
    alarm, clear_alarm, end_of, now, retry_after, rings, set_alarm_at, set_alarm_exactly,
};
pub use self::config::{config, log_error, masked};
pub use self::failure::{During, Failure, Kind, succeeded};
pub use self::random::{entropy, random, sha256};
pub use self::several::{Several, all, at_most};
