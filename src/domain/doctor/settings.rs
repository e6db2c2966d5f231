//! Judges the secrets and variables.

use super::Finding;
use crate::domain::access::redact::MIN_CHARS;
use crate::domain::access::redact::secrets::SECRETS;
use crate::domain::access::tokens::{BadSecret, Tokens};
use crate::domain::config::Config;
use crate::domain::upstream::Upstreams;

/// Judges the two tokens, and everything that is set wrong.
#[must_use]
pub fn checks(config: &Config) -> Vec<Finding> {
    let mut checks = vec![
        secret("HOOK_TOKEN", &config.hook, "deliveries are refused with 503"),
        secret("API_TOKEN", &config.api, "readers are refused with 503"),
    ];
    if config.mistakes.is_empty() {
        checks.push(Finding::ok("settings", "all settings can be used"));
    }
    checks.extend(config.mistakes.iter().map(|mistake| wrong(mistake)));
    checks.extend(unconfirmed(config));
    checks.extend(config.secrets().too_short().iter().map(|name| short(name)));
    checks
}

/// Judges whether results can be confirmed. Without a key they wait forever.
fn unconfirmed(config: &Config) -> Option<Finding> {
    let Upstreams { queue, fal, fal_ai, .. } = &config.upstreams;
    let has_key = [queue, fal, fal_ai].into_iter().flatten().any(|one| one.key.is_some());
    let detail = "is true, but no key is set to ask the queue with: no result is trusted";
    (config.verify_results && !has_key)
        .then(|| Finding::fail("VERIFY_RESULTS", detail, put("UPSTREAM_API_KEY")))
}

fn secret(name: &str, value: &Result<Tokens, BadSecret>, meaning: &str) -> Finding {
    match value {
        Ok(tokens) if tokens.values().len() == 1 => Finding::ok(name, "is set"),
        Ok(tokens) => {
            let count = tokens.values().len();
            Finding::ok(name, format!("is set, {count} of them: the first is used for new URLs"))
        }
        Err(bad) => Finding::fail(name, format!("{}: {meaning}", bad.why), put(name)),
    }
}

/// Reports a key that is too short: it may be a word, so it is not masked in
/// responses.
fn short(name: &str) -> Finding {
    let detail = format!(
        "has fewer than {MIN_CHARS} characters, so it is not masked in answers: set a longer key"
    );
    Finding::fail(name, detail, put(name))
}

/// Reports a mistake, which begins with the name of the wrong setting.
fn wrong(mistake: &str) -> Finding {
    let is_part = |c: char| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit();
    let name = mistake.split(|c| !is_part(c)).next().unwrap_or_default();
    let fix = if name == "FAL_USER_ID" || SECRETS.contains(&name) {
        put(name)
    } else {
        format!("correct {name} under [vars] in wrangler.toml, then `npx wrangler deploy`")
    };
    Finding::fail(name, mistake, fix)
}

/// Returns the command that sets a secret.
pub(super) fn put(name: &str) -> String {
    format!("npx wrangler secret put {name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::doctor::Status;

    fn of(set: &[(&str, &str)]) -> Vec<Finding> {
        checks(&Config::from_lookup(|name| {
            set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        }))
    }

    #[test]
    fn a_missing_secret_is_named_with_its_command() {
        let checks = of(&[]);
        let names: Vec<_> = checks.iter().map(|c| (c.name.as_str(), c.status)).collect();
        let want =
            [("HOOK_TOKEN", Status::Fail), ("API_TOKEN", Status::Fail), ("settings", Status::Ok)];
        assert_eq!(names, want);
        assert_eq!(checks[0].detail, "is not set: deliveries are refused with 503");
        assert_eq!(checks[0].fix.as_deref(), Some("npx wrangler secret put HOOK_TOKEN"));
    }

    #[test]
    fn confirming_results_needs_a_key() {
        let names = |set: &[_]| of(set).into_iter().map(|check| check.name).collect::<Vec<_>>();
        let is_told = |set: &[_]| names(set).contains(&"VERIFY_RESULTS".to_owned());
        assert!(is_told(&[("VERIFY_RESULTS", "true")]));
        assert!(!is_told(&[("VERIFY_RESULTS", "true"), ("UPSTREAM_API_KEY", "k")]));
        assert!(!is_told(&[("VERIFY_RESULTS", "false")]));
    }

    #[test]
    fn equal_secrets_fail_with_both_names_and_the_command() {
        let same = "one-and-the-same-0123456789";
        let checks = of(&[("HOOK_TOKEN", same), ("API_TOKEN", same)]);
        let check =
            checks.iter().find(|check| check.detail.contains("value as HOOK_TOKEN")).unwrap();
        assert_eq!((check.name.as_str(), check.status), ("API_TOKEN", Status::Fail));
        assert_eq!(check.fix.as_deref(), Some("npx wrangler secret put API_TOKEN"));
    }

    #[test]
    fn a_short_key_is_a_failure_that_does_not_show_it() {
        let checks = of(&[("FAL_KEY", "k3y-0123456"), ("UPSTREAM_API_KEY", "k3y-01234567")]);
        let short: Vec<_> = checks.iter().filter(|check| check.name.ends_with("_KEY")).collect();
        assert_eq!(short.len(), 1, "{short:?}");
        assert_eq!((short[0].name.as_str(), short[0].status), ("FAL_KEY", Status::Fail));
        assert_eq!(short[0].fix.as_deref(), Some("npx wrangler secret put FAL_KEY"));
        assert!(!format!("{short:?}").contains("k3y"));
    }

    #[test]
    fn each_mistake_is_a_finding_of_its_own() {
        let checks = of(&[
            ("HOOK_TOKEN", "a-hook-token-0123456789,another-token-0123456789"),
            ("API_TOKEN", "an-api-token-0123456789"),
            ("READ_TOKEN", "short"),
            ("UPSTREAM_API_KEY", "ü"),
            ("MAX_BODY_BYTES", "32MB"),
            ("ALLOWED_SOURCE_HOSTS", "https://a/b"),
        ]);
        let find = |name: &str| checks.iter().find(|check| check.name == name).unwrap();
        assert!(find("HOOK_TOKEN").detail.contains("2 of them"));
        assert_eq!(find("API_TOKEN").status, Status::Ok);
        for name in ["READ_TOKEN", "UPSTREAM_API_KEY"] {
            assert_eq!(find(name).fix, Some(format!("npx wrangler secret put {name}")));
        }
        for name in ["MAX_BODY_BYTES", "ALLOWED_SOURCE_HOSTS"] {
            assert_eq!(find(name).status, Status::Fail);
            assert!(find(name).fix.as_ref().unwrap().contains("wrangler.toml"));
        }
        assert!(!checks.iter().any(|check| check.name == "settings"));
    }
}
