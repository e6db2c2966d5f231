//! Judges the bindings. The edge writes, reads and deletes something in each.

use super::{Finding, ProbeResult};

/// A binding that is probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// `FILES`.
    R2,
    /// `RECORDS`.
    Kv,
    /// `JOBS`.
    Jobs,
    /// `CATALOG`.
    Catalog,
}

/// The comparison of a value that was read with the one that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadBack {
    /// The same value was read.
    Same,
    /// No value was read.
    Nothing,
    /// Another value was read.
    Other,
}

impl ReadBack {
    /// Compares `read` with `written`.
    #[must_use]
    pub fn of(read: Option<&str>, written: &str) -> Self {
        match read {
            Some(text) if text == written => Self::Same,
            Some(_) => Self::Other,
            None => Self::Nothing,
        }
    }
}

impl Store {
    const fn name(self) -> &'static str {
        match self {
            Self::R2 => "r2",
            Self::Kv => "kv",
            Self::Jobs => "jobs",
            Self::Catalog => "catalog",
        }
    }

    /// Returns what does not work without the binding.
    const fn meaning(self) -> &'static str {
        match self {
            Self::R2 => "no file is stored; deliveries stay in their jobs until this works",
            Self::Kv => "records are read from their jobs, which is slower; nothing is lost",
            Self::Jobs => "deliveries are refused, or go to the unmatched box",
            Self::Catalog => "jobs are not listed; their changes are kept until this works",
        }
    }

    const fn fix(self) -> &'static str {
        match self {
            Self::R2 => {
                "switch R2 on in the Cloudflare dashboard (R2), keep the FILES binding in \
                 wrangler.toml, then `npx wrangler deploy`"
            }
            Self::Kv => {
                "keep the RECORDS binding in wrangler.toml, then `npx wrangler deploy`; the free plan \
                 takes 1,000 writes a day"
            }
            Self::Jobs => {
                "keep the JOBS binding and the migrations in wrangler.toml, then `npx wrangler deploy`"
            }
            Self::Catalog => {
                "keep the CATALOG binding and the migrations in wrangler.toml, then \
                 `npx wrangler deploy`"
            }
        }
    }
}

/// Judges the outcome of a probe.
#[must_use]
pub fn check(store: Store, probe: &ProbeResult<ReadBack>) -> Finding {
    let (name, meaning) = (store.name(), store.meaning());
    let check = match &probe.end {
        Ok(ReadBack::Same) => Finding::ok(name, "written, read and deleted"),
        // KV promises only that a write is visible within a minute.
        Ok(ReadBack::Nothing) if store == Store::Kv => Finding::warn(
            name,
            "a write can't be read yet, which can take up to a minute",
            "try again",
        ),
        Ok(ReadBack::Nothing) => {
            bad(store, format!("a value that was written can't be read: {meaning}"))
        }
        Ok(ReadBack::Other) => {
            bad(store, format!("another value is read than was written: {meaning}"))
        }
        Err(why) => bad(store, format!("{why}: {meaning}")),
    };
    check.took(probe.ms)
}

/// Reports a failed probe. KV contains only copies, so its failure is a
/// warning.
fn bad(store: Store, detail: String) -> Finding {
    match store {
        Store::Kv => Finding::warn(store.name(), detail, store.fix()),
        _ => Finding::fail(store.name(), detail, store.fix()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::doctor::Status;

    #[test]
    fn each_end_of_a_probe_is_judged() {
        let missing = || Err("opening the binding: it is not there".to_owned());
        let cases = [
            (Store::R2, Ok(ReadBack::Same), Status::Ok, "deleted"),
            (Store::R2, Ok(ReadBack::Nothing), Status::Fail, "no file is stored"),
            (Store::R2, missing(), Status::Fail, "not there: no file"),
            (Store::Kv, Ok(ReadBack::Nothing), Status::Warn, "up to a minute"),
            (Store::Kv, Ok(ReadBack::Other), Status::Warn, "nothing is lost"),
            (Store::Kv, missing(), Status::Warn, "nothing is lost"),
            (Store::Jobs, missing(), Status::Fail, "are refused"),
            (Store::Catalog, Ok(ReadBack::Other), Status::Fail, "not listed"),
        ];
        for (store, end, status, words) in cases {
            let check = check(store, &ProbeResult { end, ms: 3 });
            assert_eq!((check.status, check.ms), (status, Some(3)), "{check:?}");
            assert!(check.detail.contains(words), "{check:?}");
            assert_eq!(check.fix.is_some(), status != Status::Ok);
        }
    }

    #[test]
    fn the_value_that_was_read_is_compared() {
        assert_eq!(ReadBack::of(Some("a"), "a"), ReadBack::Same);
        assert_eq!(ReadBack::of(Some("b"), "a"), ReadBack::Other);
        assert_eq!(ReadBack::of(None, "a"), ReadBack::Nothing);
    }
}
