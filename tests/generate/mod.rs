//! Generates input that strangers may write.
//!
//! The seed is fixed, so that a run has the same result each time. For another
//! one: `PROPTEST_RNG_SEED=7 PROPTEST_CASES=100000 cargo test
//! properties::json`.

#![allow(dead_code, missing_docs, reason = "each test file uses its part")]

pub mod large;
pub mod text;
pub mod urls;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngSeed};

const SEED: u64 = 437_852;

/// Returns a configuration with this number of cases, unless the environment
/// sets another.
pub fn cases(cases: u32) -> Config {
    let given = Config::default();
    let is_given = std::env::var_os("PROPTEST_CASES").is_some();
    Config {
        cases: if is_given { given.cases } else { cases },
        rng_seed: match given.rng_seed {
            RngSeed::Random => RngSeed::Fixed(SEED),
            RngSeed::Fixed(seed) => RngSeed::Fixed(seed),
        },
        failure_persistence: None,
        ..given
    }
}

/// Generates one of these strings.
pub fn one(of: &'static [&'static str]) -> impl Strategy<Value = String> + Clone {
    select(of).prop_map(str::to_owned)
}

/// Generates one of these words.
pub fn word(of: &'static str) -> impl Strategy<Value = String> + Clone {
    select(of.split(' ').collect::<Vec<_>>()).prop_map(str::to_owned)
}
