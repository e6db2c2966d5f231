//! The configuration: one struct, read once, fully checked.
//!
//! A wrong variable never stops ingest: its default is used and the mistake is
//! named in [`Config::mistakes`]. A missing secret closes its routes.

use crate::domain::access::redact::Secrets;
use crate::domain::access::signature::standard::Secrets as SigningSecrets;
use crate::domain::access::tokens::{self, Tokens};
use crate::domain::file::source_policy::{self, SourcePolicy};
use crate::domain::handoff::target;
use crate::domain::http::cors::Origins;
use crate::domain::job::retention;
use crate::domain::retry::Pace;
use crate::domain::upstream::{self, Scheme, Template, Upstream, Upstreams};
use std::ops::RangeInclusive;
use url::Url;

const DEFAULT_SOURCES: &str =
    "*.r2.cloudflarestorage.com,*.fal.media,fal.media,*.replicate.delivery,replicate.delivery";
const DEFAULT_QUEUE_URL: &str = "https://batch.pipelet.net/queue";
const DEFAULT_FAL_URL: &str = "https://api.pipelet.ai/fal/queue";
/// fal.ai's own queue; its key goes nowhere else.
const FAL_AI_URL: &str = "https://queue.fal.run";
const MIB: u64 = 1024 * 1024;
/// Everything that is secret. Of two that are equal the later one is changed:
/// keys are given by others, and a hook token is in the URLs of jobs in flight.
pub(crate) const SECRETS: [&str; 8] = [
    "UPSTREAM_API_KEY",
    "UPSTREAM_FAL_KEY",
    "FAL_KEY",
    "REPLICATE_WEBHOOK_SECRET",
    "HANDOFF_SECRET",
    "HOOK_TOKEN",
    "API_TOKEN",
    "READ_TOKEN",
];
/// The longest pause is 450 times as long: 7.5 hours.
const MAX_RETRY_BASE_MS: u64 = 60_000;

/// Why a secret can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSecret {
    /// The secret's name.
    pub name: &'static str,
    /// What is wrong with it.
    pub why: &'static str,
}

/// Everything that the operator can set.
#[derive(Debug, Clone)]
pub struct Config {
    /// `HOOK_TOKEN`: who may deliver.
    pub hook: Result<Tokens, BadSecret>,
    /// `API_TOKEN`: who may read and manage.
    pub api: Result<Tokens, BadSecret>,
    /// `READ_TOKEN`: who may read.
    pub read: Option<Tokens>,
    /// `ALLOWED_SOURCE_HOSTS`: where files may be fetched.
    pub sources: SourcePolicy,
    /// `PUBLIC_URL`: scheme and host of durable URLs, without a slash at the
    /// end.
    pub public_url: Option<String>,
    /// `MAX_BODY_BYTES` of a delivery.
    pub max_body_bytes: u64,
    /// `MAX_FILE_BYTES` of an output file.
    pub max_file_bytes: u64,
    /// `FILES_MAX_AGE` in seconds: how long a client may keep a file.
    pub files_max_age: u64,
    /// `RETENTION_DAYS`: how long a job is kept after its last change; 0 is for
    /// good.
    pub retention_days: u32,
    /// `UPSTREAM_QUEUE_URL`, `UPSTREAM_FAL_URL`, `RESULT_URL` and their keys:
    /// where results can be asked for.
    pub upstreams: Upstreams,
    /// `RETRY_BASE_MS`: the first pause of every backoff, which all others
    /// follow.
    pub pace: Pace,
    /// `FAL_USER_ID`: the account whose signatures count at fal.ai.
    pub fal_user_id: Option<String>,
    /// `REPLICATE_WEBHOOK_SECRET`: what signs deliveries by Standard Webhooks.
    pub webhook_secrets: Option<SigningSecrets>,
    /// `HANDOFF_URL`: who gets the ends of all jobs.
    pub handoff_url: Option<Url>,
    /// `HANDOFF_SECRET`: what signs that which is handed on.
    pub handoff_secrets: Option<SigningSecrets>,
    /// `VERIFY_RESULTS`: whether the upstream must confirm a result that only
    /// the hook token vouches for.
    pub verify_results: bool,
    /// `STORE_INPUT`: whether what is submitted through the gateway is kept.
    pub store_input: bool,
    /// `CORS_ORIGINS`: the web pages that may read answers.
    pub cors: Origins,
    /// What is set wrong, in words for the operator.
    pub mistakes: Vec<String>,
    secrets: Secrets,
}

impl Config {
    /// Reads the settings that `lookup` finds by name.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let secrets = Secrets::from_lookup(&lookup);
        let mut reader = Reader { lookup, mistakes: Vec::new() };
        let hook_rule = "must be 16 to 128 characters of A-Z a-z 0-9 _ -, not beginning `r_`";
        let api_rule = "must be at least 16 visible ASCII characters";
        let sources = reader.sources();
        reader.equal_secrets();
        Self {
            hook: reader.secret("HOOK_TOKEN", hook_rule, tokens::is_hook_token),
            api: reader.secret("API_TOKEN", api_rule, tokens::is_api_token),
            read: reader.optional_token("READ_TOKEN", api_rule),
            handoff_url: reader.handoff_url(&sources),
            handoff_secrets: reader.secrets("HANDOFF_SECRET"),
            sources,
            public_url: reader.public_url(),
            max_body_bytes: reader.number("MAX_BODY_BYTES", 32 * MIB, 1..=u64::MAX),
            max_file_bytes: reader.number("MAX_FILE_BYTES", 5 * 1024 * MIB, 1..=u64::MAX),
            files_max_age: reader.number("FILES_MAX_AGE", 86_400, 0..=u64::MAX),
            retention_days: reader.days("RETENTION_DAYS"),
            upstreams: reader.upstreams(),
            pace: Pace::new(reader.number("RETRY_BASE_MS", 2_000, 1..=MAX_RETRY_BASE_MS)),
            fal_user_id: reader.get("FAL_USER_ID"),
            webhook_secrets: reader.secrets("REPLICATE_WEBHOOK_SECRET"),
            verify_results: reader.flag("VERIFY_RESULTS", false),
            store_input: reader.flag("STORE_INPUT", true),
            cors: reader.cors(),
            mistakes: reader.mistakes.iter().map(|text| secrets.masked(shown(text))).collect(),
            secrets,
        }
    }

    /// The configured secrets, for masking.
    #[must_use]
    pub const fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Scheme and host for the durable URLs of a job that was first heard of
    /// at `origin`.
    #[must_use]
    pub fn base_url<'a>(&'a self, origin: &'a str) -> &'a str {
        self.public_url.as_deref().unwrap_or(origin)
    }
}

/// A mistake without what a URL in it lets in by: the value that it quotes may
/// be one, however it is set wrong.
fn shown(mistake: &str) -> String {
    let Some((before, rest)) = mistake.split_once('"') else { return mistake.to_owned() };
    let Some((value, after)) = rest.rsplit_once('"') else { return mistake.to_owned() };
    let (bare, query) = value.split_once('?').map_or((value, ""), |(bare, _)| (bare, "?***"));
    let scheme = bare.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = bare.split_at_checked(scheme).unwrap_or((bare, ""));
    let (user, host) = rest.rsplit_once('@').map_or(("", rest), |(_, host)| ("***@", host));
    format!("{before}\"{scheme}{user}{host}{query}\"{after}")
}

struct Reader<L> {
    lookup: L,
    mistakes: Vec<String>,
}

impl<L: Fn(&str) -> Option<String>> Reader<L> {
    /// The value of `name`; an empty one counts as not set.
    fn get(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn secret(
        &mut self,
        name: &'static str,
        rule: &'static str,
        is_valid: impl Fn(&str) -> bool,
    ) -> Result<Tokens, BadSecret> {
        let list = self.get(name).ok_or(BadSecret { name, why: "is not set" })?;
        let tokens = Tokens::parse(&list, &is_valid).ok_or(BadSecret { name, why: rule })?;
        let given = list.split(',').filter(|entry| !entry.trim().is_empty()).count();
        let left_out = given - tokens.values().len().min(given);
        if left_out > 0 {
            self.mistakes
                .push(format!("{name}: {left_out} of its {given} do not count; each {rule}"));
        }
        Ok(tokens)
    }

    fn optional_token(&mut self, name: &'static str, rule: &'static str) -> Option<Tokens> {
        self.get(name)?;
        match self.secret(name, rule, tokens::is_api_token) {
            Ok(tokens) => Some(tokens),
            Err(bad) => {
                self.mistakes.push(format!("{} {}", bad.name, bad.why));
                None
            }
        }
    }

    /// Who is given one secret must not hold another by it. A list may name a
    /// value twice, and one key may be for both queues of one upstream.
    fn equal_secrets(&mut self) {
        let mut known: Vec<(&str, String)> = Vec::new();
        for name in SECRETS {
            for entry in self.get(name).unwrap_or_default().split(',') {
                let value = entry.trim().trim_start_matches("whsec_").trim_end_matches('=');
                let equal = known.iter().find(|(_, other)| !value.is_empty() && other == value);
                match equal {
                    Some((other, _)) if is_equal_by_right(other, name) => {}
                    Some((other, _)) => self.mistakes.push(format!(
                        "{name} has the value of {other}: who knows the one knows the other"
                    )),
                    None => known.push((name, value.to_owned())),
                }
            }
        }
    }

    fn number(&mut self, name: &str, default: u64, range: RangeInclusive<u64>) -> u64 {
        let Some(text) = self.get(name) else { return default };
        text.parse().ok().filter(|number| range.contains(number)).unwrap_or_else(|| {
            let (least, most) = range.into_inner();
            self.mistakes.push(format!(
                "{name} is {text:?}, not a whole number from {least} to {most}; {default} is used"
            ));
            default
        })
    }

    fn days(&mut self, name: &str) -> u32 {
        let days = self.number(name, 0, 0..=u64::from(retention::MAX_DAYS));
        u32::try_from(days).unwrap_or_default()
    }

    fn flag(&mut self, name: &str, default: bool) -> bool {
        match self.get(name).map(|text| text.to_ascii_lowercase()).as_deref() {
            None => default,
            Some("true" | "1") => true,
            Some("false" | "0") => false,
            Some(other) => {
                let mistake = format!("{name} is {other:?}, not true or false; {default} is used");
                self.mistakes.push(mistake);
                default
            }
        }
    }

    fn secrets(&mut self, name: &str) -> Option<SigningSecrets> {
        let (secrets, refused) = SigningSecrets::parse(&self.get(name)?);
        if refused > 0 {
            self.mistakes.push(format!(
                "{name}: {refused} of its entries do not count; each must be `whsec_` and the \
                 base64 of at least 16 bytes"
            ));
        }
        secrets
    }

    /// Its path and query may be secret: a mistake tells nothing of it.
    fn handoff_url(&mut self, sources: &SourcePolicy) -> Option<Url> {
        let read = target::check(&self.get("HANDOFF_URL")?, sources);
        let refused = |why| {
            self.mistakes.push(format!(
                "HANDOFF_URL {why}; it must be the https URL of a public host, and is not used"
            ));
        };
        read.map_err(refused).ok()
    }

    fn sources(&mut self) -> SourcePolicy {
        let list = self.get("ALLOWED_SOURCE_HOSTS").unwrap_or_else(|| DEFAULT_SOURCES.to_owned());
        let (policy, refused) = SourcePolicy::parse(&list);
        for entry in refused {
            let mistake = format!("ALLOWED_SOURCE_HOSTS: {entry:?} is not a host; it is left out");
            self.mistakes.push(mistake);
        }
        // A list of mistakes alone would skip every file for good.
        if policy.is_empty() { SourcePolicy::parse(DEFAULT_SOURCES).0 } else { policy }
    }

    fn cors(&mut self) -> Origins {
        let (origins, refused) = Origins::parse(&self.get("CORS_ORIGINS").unwrap_or_default());
        for entry in refused {
            self.mistakes.push(format!(
                "CORS_ORIGINS: {entry:?} is not like https://app.example; it is left out"
            ));
        }
        origins
    }

    fn upstreams(&mut self) -> Upstreams {
        let api_key = self.key("UPSTREAM_API_KEY");
        let fal_key = self.key("UPSTREAM_FAL_KEY").or_else(|| api_key.clone());
        let mut upstream = |name, default, key, key_name| {
            let base = self.upstream_url(name, default)?;
            Some(Upstream { base, key, key_name, scheme: Scheme::Bearer })
        };
        let queue = upstream("UPSTREAM_QUEUE_URL", DEFAULT_QUEUE_URL, api_key, "UPSTREAM_API_KEY");
        let fal = upstream("UPSTREAM_FAL_URL", DEFAULT_FAL_URL, fal_key, "UPSTREAM_FAL_KEY");
        Upstreams { queue, fal, fal_ai: self.fal_ai(), result_url: self.result_url() }
    }

    /// fal.ai itself, for who has a key of it.
    fn fal_ai(&mut self) -> Option<Upstream> {
        let key = Some(self.key("FAL_KEY")?);
        let base = Url::parse(FAL_AI_URL).ok()?;
        Some(Upstream { base, key, key_name: "FAL_KEY", scheme: Scheme::Key })
    }

    /// A wrong URL is not replaced by the default: the key is not for that.
    fn upstream_url(&mut self, name: &str, default: &str) -> Option<Url> {
        let text = self.get(name).unwrap_or_else(|| default.to_owned());
        let url = source_policy::read(&text).ok().filter(upstream::is_askable);
        let url = url.filter(|url| url.query().is_none() && url.fragment().is_none());
        if url.is_none() {
            self.mistakes
                .push(format!("{name} is {text:?}, not like {default}; nothing is asked there"));
        }
        url
    }

    fn result_url(&mut self) -> Option<Template> {
        let text = self.get("RESULT_URL")?;
        let template = Template::parse(&text);
        if template.is_none() {
            self.mistakes.push(
                "RESULT_URL is not like https://host/{app}/requests/{id}; it is not used"
                    .to_owned(),
            );
        }
        template
    }

    /// An upstream's key: sent in a header, so of visible ASCII.
    fn key(&mut self, name: &str) -> Option<String> {
        let key = self.get(name)?;
        let is_key = key.bytes().all(|b| b.is_ascii_graphic());
        if !is_key {
            let mistake = format!("{name} holds characters that no key has; it is not used");
            self.mistakes.push(mistake);
        }
        is_key.then_some(key)
    }

    fn public_url(&mut self) -> Option<String> {
        let text = self.get("PUBLIC_URL")?;
        let url = text.trim_end_matches('/');
        let is_origin =
            source_policy::read(url).is_ok_and(|read| read.origin().ascii_serialization() == url);
        if !is_origin {
            self.mistakes.push(format!(
                "PUBLIC_URL is {text:?}, not like https://vault.example; it is not used"
            ));
        }
        is_origin.then(|| url.to_owned())
    }
}

fn is_equal_by_right(one: &str, other: &str) -> bool {
    one == other || (one, other) == ("UPSTREAM_API_KEY", "UPSTREAM_FAL_KEY")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(set: &[(&str, &str)]) -> Config {
        Config::from_lookup(|name| {
            set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_set_closes_routes_and_keeps_defaults() {
        let config = config(&[]);
        assert_eq!(config.hook, Err(BadSecret { name: "HOOK_TOKEN", why: "is not set" }));
        assert_eq!(config.api, Err(BadSecret { name: "API_TOKEN", why: "is not set" }));
        assert_eq!((config.max_body_bytes, config.files_max_age), (33_554_432, 86_400));
        assert!(config.sources.check("https://x.y.r2.cloudflarestorage.com/a").is_ok());
        assert_eq!(config.mistakes, Vec::<String>::new());
    }

    #[test]
    fn wrong_values_are_named_and_replaced() {
        let config = config(&[
            ("HOOK_TOKEN", "short"),
            ("READ_TOKEN", "short"),
            ("MAX_BODY_BYTES", "32MB"),
            ("RETRY_BASE_MS", "60001"),
            ("RETENTION_DAYS", "-1"),
            ("PUBLIC_URL", "vault.example"),
            ("ALLOWED_SOURCE_HOSTS", "fal.media,https://a/b"),
            ("CORS_ORIGINS", "https://a.example,b.example"),
        ]);
        assert_eq!(config.cors.headers(Some("https://a.example")).len(), 3);
        assert!(config.hook.is_err() && config.read.is_none() && config.public_url.is_none());
        assert_eq!(config.max_body_bytes, 33_554_432);
        for name in [
            "READ_TOKEN",
            "MAX_BODY_BYTES",
            "PUBLIC_URL",
            "ALLOWED_SOURCE_HOSTS",
            "RETRY_BASE_MS",
            "RETENTION_DAYS",
            "CORS_ORIGINS",
        ] {
            assert!(config.mistakes.iter().any(|m| m.contains(name)), "{name}");
        }
        assert!(config.sources.check("https://fal.media/a").is_ok());
    }

    #[test]
    fn a_token_of_a_list_that_does_not_count_is_told_of_and_not_told() {
        let config = config(&[("HOOK_TOKEN", "good-token-0123456789, bad token, ,")]);
        assert!(config.hook.as_ref().is_ok_and(|tokens| tokens.accept("good-token-0123456789")));
        let told =
            config.mistakes.iter().find(|mistake| mistake.contains("HOOK_TOKEN: 1 of its 2"));
        assert!(told.is_some_and(|told| !told.contains("bad token")), "{:?}", config.mistakes);
    }

    #[test]
    fn equal_secrets_are_told_of_by_name_alone() {
        let same = "one-and-the-same-0123456789";
        let told = |set: &[(&str, &str)]| config(set).mistakes;
        for (one, other) in [
            ("HOOK_TOKEN", "API_TOKEN"),
            ("API_TOKEN", "READ_TOKEN"),
            ("UPSTREAM_API_KEY", "API_TOKEN"),
            ("UPSTREAM_API_KEY", "FAL_KEY"),
            ("UPSTREAM_FAL_KEY", "FAL_KEY"),
        ] {
            let both = format!("another-token-0123456789, {same}");
            for other_value in [same, &both] {
                let told = told(&[(one, same), (other, other_value)]);
                let want =
                    format!("{other} has the value of {one}: who knows the one knows the other");
                assert_eq!(told.first(), Some(&want), "{one} {other}");
                assert!(!told.concat().contains(same));
            }
        }
        let signed = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let bare = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        for set in [
            [("HANDOFF_SECRET", signed), ("REPLICATE_WEBHOOK_SECRET", signed)],
            [("HANDOFF_SECRET", signed), ("HOOK_TOKEN", bare)],
        ] {
            assert_eq!(told(&set).len(), 1, "{set:?}");
        }
        let twice = format!("{same},{same}");
        for fine in [
            [("UPSTREAM_API_KEY", same), ("UPSTREAM_FAL_KEY", same)],
            [("HOOK_TOKEN", &twice), ("API_TOKEN", "another-token-0123456789")],
            [("API_TOKEN", ","), ("UPSTREAM_FAL_KEY", "=")],
        ] {
            let told = told(&fine);
            assert!(!told.iter().any(|mistake| mistake.contains("has the value")), "{told:?}");
        }
    }

    #[test]
    fn no_mistake_tells_a_password() {
        for name in ["PUBLIC_URL", "UPSTREAM_QUEUE_URL", "CORS_ORIGINS", "ALLOWED_SOURCE_HOSTS"] {
            for odd in
                ["https://user:pa@ss/w@h.example/x?key=pass", "user:pass@h.example", "h?x=pass"]
            {
                let told = config(&[(name, odd)]).mistakes.join("\n");
                assert!(!told.contains("pass") && !told.contains("ss/w"), "{told}");
                assert!(told.contains('"'), "{told}");
            }
        }
        let told = config(&[("MAX_BODY_BYTES", "a-key-0123456"), ("FAL_KEY", "a-key-0123456")]);
        assert!(told.mistakes.join("").contains("***"), "{:?}", told.mistakes);
    }

    #[test]
    fn a_setting_that_would_lose_something_is_none() {
        let config = config(&[("ALLOWED_SOURCE_HOSTS", "https://a/b"), ("MAX_BODY_BYTES", "0")]);
        assert!(config.sources.check("https://fal.media/a").is_ok());
        assert_eq!((config.max_body_bytes, config.mistakes.len()), (33_554_432, 2));
        for odd in ["https://u:p@a.example", "https://a.example#x", "https://a.example/x"] {
            assert_eq!(self::config(&[("PUBLIC_URL", odd)]).public_url, None, "{odd}");
        }
    }

    #[test]
    fn the_public_url_is_an_origin() {
        let config = config(&[("PUBLIC_URL", "https://vault.example/")]);
        assert_eq!(config.base_url("http://other"), "https://vault.example");
    }
}
