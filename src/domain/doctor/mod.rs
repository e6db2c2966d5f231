//! `GET /doctor`: turns measurements into findings, each with the command that
//! fixes it.
//!
//! The edge measures, and a module here judges: [`settings`], [`stores`],
//! [`upstreams`], [`clocks`], [`jobs`] (the catalog's sums, with a check for
//! each kind of work), and [`refusals`].

pub mod clocks;
pub mod jobs;
pub mod refusals;
pub mod settings;
pub mod stores;
pub mod upstreams;

use crate::domain::access::hook_url;
use crate::domain::access::redact::Secrets;
use crate::domain::access::tokens::Tokens;
use crate::domain::config::Config;
use crate::domain::time::{DAY, HOUR, MINUTE, SECOND};
use serde::Serialize;

/// How long one probe may take, in milliseconds.
pub const PATIENCE_MS: u64 = 5 * SECOND;
/// The longest detail, in characters: it may contain text from others.
const MAX_DETAIL_CHARS: usize = 600;

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Everything is as it should be.
    Ok,
    /// It works, but someone should look at it.
    Warn,
    /// Something does not work.
    Fail,
}

/// The finding of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The name of the check.
    pub name: String,
    /// The outcome.
    pub status: Status,
    /// The meaning of the outcome.
    pub detail: String,
    /// What fixes it: a command, where there is one.
    pub fix: Option<String>,
    /// How long the probe took in milliseconds, if there was one.
    pub ms: Option<u64>,
}

impl Finding {
    /// Makes a finding without a problem.
    pub fn ok(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(name, Status::Ok, detail, None)
    }

    /// Makes a finding that someone should look at, with the command that fixes
    /// it.
    pub fn warn(
        name: impl Into<String>,
        detail: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::new(name, Status::Warn, detail, Some(fix.into()))
    }

    /// Makes a finding of a failure, with the command that fixes it.
    pub fn fail(
        name: impl Into<String>,
        detail: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::new(name, Status::Fail, detail, Some(fix.into()))
    }

    fn new(
        name: impl Into<String>,
        status: Status,
        detail: impl Into<String>,
        fix: Option<String>,
    ) -> Self {
        Self { name: name.into(), status, detail: detail.into(), fix, ms: None }
    }

    /// Adds how long the probe took, in milliseconds.
    #[must_use]
    pub fn took(self, ms: u64) -> Self {
        Self { ms: Some(ms), ..self }
    }

    fn masked(mut self, secrets: &Secrets) -> Self {
        let shown = secrets.mask(&self.detail);
        self.fix = self.fix.map(|fix| secrets.masked(fix));
        self.detail = shown.chars().filter(|c| !c.is_control()).take(MAX_DETAIL_CHARS).collect();
        self
    }
}

/// The result of a probe and how long it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeResult<T> {
    /// The outcome; an error says in words what failed.
    pub end: Result<T, String>,
    /// The duration in milliseconds.
    pub ms: u64,
}

/// A webhook's URL for a test delivery, and the job that the delivery makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SelfTest {
    /// The webhook's URL: a capability for that job alone.
    pub hook: String,
    /// The job's name in paths.
    pub job: String,
}

impl SelfTest {
    /// Makes a test for a reference that no job uses; `None` without a hook
    /// token.
    #[must_use]
    pub fn new(base: &str, random: &[u8], tokens: Option<&Tokens>) -> Option<Self> {
        let reference = format!("selftest-{}", hex::encode(random));
        let capability = hook_url::mint(&reference, tokens?)?;
        let hook = format!("{base}/hook/{capability}");
        Some(Self { hook, job: format!("ref:{reference}") })
    }
}

/// The response of `GET /doctor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Whether no check has failed.
    pub ok: bool,
    /// The findings.
    pub checks: Vec<Finding>,
    /// A test that only holders of the API token receive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_test: Option<SelfTest>,
}

impl Report {
    /// Makes the report of these findings, with all secrets masked.
    #[must_use]
    pub fn new(checks: Vec<Finding>, self_test: Option<SelfTest>, config: &Config) -> Self {
        let secrets = config.secrets();
        let checks: Vec<Finding> = checks.into_iter().map(|check| check.masked(secrets)).collect();
        let ok = checks.iter().all(|check| check.status != Status::Fail);
        Self { ok, checks, self_test }
    }
}

/// Returns the first line of the platform's error text, at most 200 characters
/// of it. The lines after it are a stack trace.
#[must_use]
pub fn first_line(why: &str) -> String {
    const MAX_CHARS: usize = 200;
    why.lines().next().unwrap_or_default().chars().take(MAX_CHARS).collect()
}

/// Returns a command that calls this vault.
fn call(base: &str, method: &str, path: &str) -> String {
    let verb = if method == "GET" { String::new() } else { format!("-X {method} ") };
    format!("curl {verb}'{base}{path}' -H \"Authorization: Bearer $API_TOKEN\"")
}

/// Writes a duration in the largest unit of which it has at least one.
fn duration(ms: u64) -> String {
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")];
    let unit = units.into_iter().find(|(length, _)| ms >= *length);
    unit.map_or_else(|| format!("{ms} ms"), |(length, word)| format!("{} {word}", ms / length))
}

/// Lists the first few of many texts, and says how many more there are.
fn some(all: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config::from_lookup(|name| (name == "HOOK_TOKEN").then(|| "a-hook-token-0123456789".into()))
    }

    #[test]
    fn a_warning_is_no_failure() {
        let checks = vec![Finding::ok("a", "fine"), Finding::warn("b", "odd", "look")];
        assert!(Report::new(checks.clone(), None, &config()).ok);
        let failed = [checks, vec![Finding::fail("c", "broken", "mend")]].concat();
        assert!(!Report::new(failed, None, &config()).ok);
    }

    #[test]
    fn text_from_others_is_masked_and_short() {
        let told = format!("by a-hook-token-0123456789\u{1b}[2J {}", "x".repeat(5_000));
        let report = Report::new(vec![Finding::warn("refused", told, "look")], None, &config());
        let detail = &report.checks[0].detail;
        assert!(detail.starts_with("by ***[2J x") && detail.chars().count() == 600, "{detail}");
    }

    #[test]
    fn the_json_fits_its_description() {
        let check = Finding::fail("r2", "no", "yes").took(7);
        let self_test = SelfTest::new("https://v", &[7; 16], config().hook.as_ref().ok()).unwrap();
        let json = serde_json::to_string(&Report::new(vec![check], Some(self_test), &config()));
        let json = json.unwrap();
        let want = r#"{"ok":false,"checks":[{"name":"r2","status":"fail","detail":"no","fix":"yes","ms":7}],"selfTest":{"hook":"https://v/hook/r_selftest-07070707070707070707070707070707."#;
        assert!(json.starts_with(want), "{json}");
        assert!(json.ends_with(r#""job":"ref:selftest-07070707070707070707070707070707"}}"#));
        let without = Report::new(vec![], SelfTest::new("https://v", &[7; 16], None), &config());
        assert_eq!(serde_json::to_string(&without).unwrap(), r#"{"ok":true,"checks":[]}"#);
    }

    #[test]
    fn times_are_spelled_in_one_unit() {
        for (ms, want) in [
            (999, "999 ms"),
            (5_000, "5 s"),
            (119_999, "1 min"),
            (2 * HOUR, "2 h"),
            (3 * DAY + 1, "3 d"),
        ] {
            assert_eq!(duration(ms), want);
        }
    }

    #[test]
    fn a_stack_trace_is_left_out() {
        assert_eq!(first_line("opening it: not there\n    at x"), "opening it: not there");
        assert_eq!(
            (first_line(""), first_line(&"é".repeat(900)).chars().count()),
            (String::new(), 200)
        );
    }

    #[test]
    fn of_many_names_a_few_are_listed() {
        let all: Vec<String> = (1..=7).map(|n| n.to_string()).collect();
        assert_eq!(some(&all), "1, 2, 3, 4, 5 and 2 more");
        assert_eq!(some(&all[..2]), "1, 2");
    }
}
