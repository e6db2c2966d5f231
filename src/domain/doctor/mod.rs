//! `GET /doctor`: from what was found to what it means, and the command that fixes it.
//!
//! The glue measures, a module here judges: [`settings`], [`stores`],
//! [`upstreams`], [`clocks`], [`jobs`] (what the catalog sums up, with a check
//! for each kind of work), and [`refusals`].

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

/// How long one thing may take that is tried, in milliseconds.
pub const PATIENCE_MS: u64 = 5 * SECOND;
/// Longest detail, in characters: it may hold what others have written.
const MAX_DETAIL_CHARS: usize = 600;

/// How a check has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// It works, and something is to be looked at.
    Warn,
    /// Something does not work.
    Fail,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub name: String,
    /// How it is.
    pub status: Status,
    /// What that means.
    pub detail: String,
    /// What mends it: a command, where there is one.
    pub fix: Option<String>,
    /// How long it took, if something was tried.
    pub ms: Option<u64>,
}

impl Finding {
    /// A check that found nothing.
    pub fn ok(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(name, Status::Ok, detail, None)
    }

    /// Something to look at, and the command that fixes it.
    pub fn warn(
        name: impl Into<String>,
        detail: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::new(name, Status::Warn, detail, Some(fix.into()))
    }

    /// Something that does not work, and the command that fixes it.
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

    /// The same, with how long it took.
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

/// What was tried: what came of it, and how long it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeResult<T> {
    /// What came of it; the error says in words why nothing did.
    pub end: Result<T, String>,
    /// In milliseconds.
    pub ms: u64,
}

/// Where a delivery can be tried, and the job that it makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SelfTest {
    /// The webhook's URL: a capability for that job alone.
    pub hook: String,
    /// The job, as paths name it.
    pub job: String,
}

impl SelfTest {
    /// One for a reference that nobody has used; `None` without a hook token.
    #[must_use]
    pub fn new(base: &str, random: &[u8], tokens: Option<&Tokens>) -> Option<Self> {
        let reference = format!("selftest-{}", hex::encode(random));
        let capability = hook_url::mint(&reference, tokens?)?;
        let hook = format!("{base}/hook/{capability}");
        Some(Self { hook, job: format!("ref:{reference}") })
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Whether nothing has failed.
    pub ok: bool,
    /// The findings.
    pub checks: Vec<Finding>,
    /// For holders of the API token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_test: Option<SelfTest>,
}

impl Report {
    /// The report of these findings; no secret is in it.
    #[must_use]
    pub fn new(checks: Vec<Finding>, self_test: Option<SelfTest>, config: &Config) -> Self {
        let secrets = config.secrets();
        let checks: Vec<Finding> = checks.into_iter().map(|check| check.masked(secrets)).collect();
        let ok = checks.iter().all(|check| check.status != Status::Fail);
        Self { ok, checks, self_test }
    }
}

/// The first line of what the platform says of a failure, and not too long:
/// what follows is a stack trace.
#[must_use]
pub fn first_line(why: &str) -> String {
    const MAX_CHARS: usize = 200;
    why.lines().next().unwrap_or_default().chars().take(MAX_CHARS).collect()
}

/// A command that calls this vault.
fn call(base: &str, method: &str, path: &str) -> String {
    let verb = if method == "GET" { String::new() } else { format!("-X {method} ") };
    format!("curl {verb}'{base}{path}' -H \"Authorization: Bearer $API_TOKEN\"")
}

/// A length of time, in the largest unit that it has one of.
fn duration(ms: u64) -> String {
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")];
    let unit = units.into_iter().find(|(length, _)| ms >= *length);
    unit.map_or_else(|| format!("{ms} ms"), |(length, word)| format!("{} {word}", ms / length))
}

/// The first few of many, and how many more there are.
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
    fn what_others_have_written_is_masked_and_short() {
        let told = format!("by a-hook-token-0123456789\u{1b}[2J {}", "x".repeat(5_000));
        let report = Report::new(vec![Finding::warn("refused", told, "look")], None, &config());
        let detail = &report.checks[0].detail;
        assert!(detail.starts_with("by ***[2J x") && detail.chars().count() == 600, "{detail}");
    }

    #[test]
    fn the_json_is_as_described() {
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
    fn of_many_some_are_named() {
        let all: Vec<String> = (1..=7).map(|n| n.to_string()).collect();
        assert_eq!(some(&all), "1, 2, 3, 4, 5 and 2 more");
        assert_eq!(some(&all[..2]), "1, 2");
    }
}
