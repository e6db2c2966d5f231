//! The configuration: one struct, which is read once and fully checked.
//!
//! A wrong variable is replaced by its default or ignored, and
//! [`Config::mistakes`] names the mistake. A token without a valid entry closes
//! its routes.

pub mod reader;

use self::reader::{MAX_RETRY_BASE_MS, MIB, Reader};
use crate::domain::access::pass;
use crate::domain::access::redact::Secrets;
use crate::domain::access::signature::secrets::WebhookSecrets;
use crate::domain::access::signature::standard::SigningSecrets;
use crate::domain::access::tokens::{self, BadSecret, Tokens};
use crate::domain::file::source_policy::SourcePolicy;
use crate::domain::file::sources::Sources;
use crate::domain::healing::by_row::Asking;
use crate::domain::http::cors::Origins;
use crate::domain::ingest::rules::ReadRules;
use crate::domain::retry::Pace;
use crate::domain::sender::name::SenderName;
use crate::domain::sender::table::{Hint, Senders};
use crate::domain::upstream::keys::SenderKeys;
use crate::domain::upstream::row::DownloadKeys;
use crate::domain::upstream::{Lookup, Upstreams};
use url::Url;

/// The largest request that Cloudflare accepts on most plans, in bytes:
/// <https://developers.cloudflare.com/workers/platform/limits/#request-limits>.
const MAX_BODY_BYTES: u64 = 100_000_000;
/// The largest body in memory, in bytes: see [`Config::max_held_bytes`].
const MAX_HELD_BYTES: u64 = 32 * MIB;

/// All settings of the operator.
#[derive(Debug, Clone)]
pub struct Config {
    /// `HOOK_TOKEN`: gives senders the right to deliver.
    pub hook: Result<Tokens, BadSecret>,
    /// `API_TOKEN`: gives callers the right to read and manage.
    pub api: Result<Tokens, BadSecret>,
    /// `READ_TOKEN`: gives callers the right to read.
    pub read: Option<Tokens>,
    /// `ALLOWED_SOURCE_HOSTS`: the hosts from which files may be fetched.
    pub sources: SourcePolicy,
    /// The known senders, with those of `SENDERS`.
    pub senders: Senders,
    /// `SENDER_KEYS`: the keys with which senders are asked.
    pub sender_keys: SenderKeys,
    sender_sources: Vec<(SenderName, SourcePolicy)>,
    /// `PUBLIC_URL`: the scheme and the host of durable URLs, without a slash
    /// at the end.
    pub public_url: Option<String>,
    /// `MAX_BODY_BYTES`: the largest delivery, or result of the upstream.
    pub max_body_bytes: u64,
    /// `MAX_FILE_BYTES`: the largest output file.
    pub max_file_bytes: u64,
    /// `MAX_SUBREQUESTS`: the most subrequests in one run of the alarm.
    pub max_subrequests: u32,
    /// `FILES_MAX_AGE`: how long a client may cache a file, in seconds.
    pub files_max_age: u64,
    /// `RETENTION_DAYS`: how long a job is kept after its last change; 0 means
    /// forever.
    pub retention_days: u32,
    /// `UPSTREAM_QUEUE_URL`, `UPSTREAM_FAL_URL`, `RESULT_URL` and their keys:
    /// where results are fetched.
    pub upstreams: Upstreams,
    /// `RETRY_BASE_MS`: the first pause of every backoff, from which all others
    /// follow.
    pub pace: Pace,
    /// `FAL_USER_ID`: the account at fal.ai whose signatures count.
    pub fal_user_id: Option<String>,
    /// `WEBHOOK_SECRETS` and `REPLICATE_WEBHOOK_SECRET`: the secrets that
    /// senders sign deliveries with.
    pub webhook_secrets: WebhookSecrets,
    /// `HANDOFF_URL`: the webhook that receives the ends of all jobs.
    pub handoff_url: Option<Url>,
    /// `HANDOFF_SECRET`: the secrets that sign the messages of the hand-off.
    pub handoff_secrets: Option<SigningSecrets>,
    /// `VERIFY_RESULTS`: whether the upstream must confirm a result that was
    /// delivered with the hook token alone.
    pub verify_results: bool,
    /// `STORE_INPUT`: whether the input of a submission through the gateway is
    /// stored.
    pub store_input: bool,
    /// `CORS_ORIGINS`: the web pages that may read responses.
    pub cors: Origins,
    /// The wrong settings, in words for the operator.
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
        let senders = reader.senders(&sources);
        reader.equal_secrets();
        Self {
            hook: reader.secret("HOOK_TOKEN", hook_rule, tokens::is_hook_token),
            api: reader.secret("API_TOKEN", api_rule, tokens::is_api_token),
            read: reader.optional_token("READ_TOKEN", api_rule),
            handoff_url: reader.handoff_url(&sources),
            handoff_secrets: reader.secrets("HANDOFF_SECRET"),
            webhook_secrets: reader.webhook_secrets(&senders),
            sender_sources: reader::of_senders(&senders, &sources),
            sources,
            sender_keys: reader.sender_keys(&senders),
            senders,
            public_url: reader.public_url(),
            max_body_bytes: reader.number("MAX_BODY_BYTES", MAX_BODY_BYTES, 1..=u64::MAX),
            max_file_bytes: reader.number("MAX_FILE_BYTES", 5 * 1024 * MIB, 1..=u64::MAX),
            max_subrequests: reader.subrequests(),
            files_max_age: reader.number("FILES_MAX_AGE", 86_400, 0..=u64::MAX),
            retention_days: reader.days("RETENTION_DAYS"),
            upstreams: reader.upstreams(),
            pace: Pace::new(reader.number("RETRY_BASE_MS", 2_000, 1..=MAX_RETRY_BASE_MS)),
            fal_user_id: reader.get("FAL_USER_ID"),
            verify_results: reader.flag("VERIFY_RESULTS", false),
            store_input: reader.flag("STORE_INPUT", true),
            cors: reader.cors(),
            mistakes: reader.mistakes.iter().map(|text| secrets.masked(shown(text))).collect(),
            secrets,
        }
    }

    /// Returns the marks of all tokens that give read access: see
    /// [`pass::mark`].
    #[must_use]
    pub fn reader_marks(&self) -> Vec<u64> {
        let lists = [self.api.as_ref().ok(), self.read.as_ref()];
        lists.into_iter().flatten().flat_map(Tokens::values).map(|one| pass::mark(one)).collect()
    }

    /// Returns the most bytes of a body that is held in memory: a submission,
    /// or a response that is passed on.
    #[must_use]
    pub fn max_held_bytes(&self) -> u64 {
        self.max_body_bytes.min(MAX_HELD_BYTES)
    }

    /// Returns the configured secrets, for masking.
    #[must_use]
    pub const fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Returns the hosts from which the files of each sender may be fetched.
    #[must_use]
    pub const fn all_sources(&self) -> Sources<'_> {
        Sources { listed: &self.sources, of_senders: self.sender_sources.as_slice() }
    }

    /// Returns the rules by which bodies are read.
    #[must_use]
    pub const fn read_rules(&self) -> ReadRules<'_> {
        let hint = Hint { sender: None, has_header: None };
        let (senders, sources) = (&self.senders, self.all_sources());
        ReadRules { senders, sources, owner: None, hint }
    }

    /// Returns what decides who is asked for a job.
    #[must_use]
    pub const fn asking(&self) -> Asking<'_> {
        let Self { upstreams, senders, sender_keys: keys, .. } = self;
        Asking { upstreams, senders, keys }
    }

    /// Returns the keys for the downloads of a job's files.
    #[must_use]
    pub fn download_keys<'a>(&'a self, job: Lookup<'a>) -> DownloadKeys<'a> {
        DownloadKeys { row: self.senders.row(job.provider), keys: &self.sender_keys, job }
    }

    /// Returns the scheme and the host for the durable URLs of a job whose
    /// first request came to `origin`.
    #[must_use]
    pub fn base_url<'a>(&'a self, origin: &'a str) -> &'a str {
        self.public_url.as_deref().unwrap_or(origin)
    }
}

/// Returns a mistake without the user info and the query of the value that it
/// quotes. Even a wrong value may be a URL that gives access.
fn shown(mistake: &str) -> String {
    let Some((before, rest)) = mistake.split_once('"') else { return mistake.to_owned() };
    let Some((value, after)) = rest.rsplit_once('"') else { return mistake.to_owned() };
    let (bare, query) = value.split_once('?').map_or((value, ""), |(bare, _)| (bare, "?***"));
    let scheme = bare.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = bare.split_at_checked(scheme).unwrap_or((bare, ""));
    let (user, host) = rest.rsplit_once('@').map_or(("", rest), |(_, host)| ("***@", host));
    format!("{before}\"{scheme}{user}{host}{query}\"{after}")
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
    fn missing_settings_close_routes_or_have_defaults() {
        let config = config(&[]);
        assert_eq!(config.hook, Err(BadSecret { name: "HOOK_TOKEN", why: "is not set" }));
        assert_eq!(config.api, Err(BadSecret { name: "API_TOKEN", why: "is not set" }));
        assert_eq!((config.max_body_bytes, config.files_max_age), (100_000_000, 86_400));
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
        assert_eq!(config.max_body_bytes, 100_000_000);
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
    fn an_invalid_token_in_a_list_is_reported_without_its_value() {
        let config = config(&[("HOOK_TOKEN", "good-token-0123456789, bad token, ,")]);
        assert!(config.hook.as_ref().is_ok_and(|tokens| tokens.accept("good-token-0123456789")));
        let told = config
            .mistakes
            .iter()
            .find(|mistake| mistake.contains("HOOK_TOKEN: invalid entries: 1 of 2"));
        assert!(told.is_some_and(|told| !told.contains("bad token")), "{:?}", config.mistakes);
    }

    #[test]
    fn equal_secrets_are_reported_by_name_only() {
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
                let want = format!("{other} has the same value as {one}; give each its own");
                assert_eq!(told.first(), Some(&want), "{one} {other}");
                assert!(!told.concat().contains(same));
            }
        }
        let signed = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let bare = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let named = "kling=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        for set in [
            [("HANDOFF_SECRET", signed), ("REPLICATE_WEBHOOK_SECRET", signed)],
            [("HANDOFF_SECRET", signed), ("HOOK_TOKEN", bare)],
            [("HANDOFF_SECRET", signed), ("WEBHOOK_SECRETS", named)],
        ] {
            assert_eq!(told(&set).len(), 1, "{set:?}");
        }
        let mistakes = told(&[("WEBHOOK_SECRETS", named), ("REPLICATE_WEBHOOK_SECRET", signed)]);
        assert_eq!(mistakes, Vec::<String>::new());
        let twice = format!("{same},{same}");
        for fine in [
            [("UPSTREAM_API_KEY", same), ("UPSTREAM_FAL_KEY", same)],
            [("HOOK_TOKEN", &twice), ("API_TOKEN", "another-token-0123456789")],
            [("API_TOKEN", ","), ("UPSTREAM_FAL_KEY", "=")],
        ] {
            let told = told(&fine);
            assert!(!told.iter().any(|mistake| mistake.contains("same value")), "{told:?}");
        }
    }

    #[test]
    fn no_mistake_contains_a_password() {
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
    fn a_setting_that_would_lose_data_is_ignored() {
        let config = config(&[("ALLOWED_SOURCE_HOSTS", "https://a/b"), ("MAX_BODY_BYTES", "0")]);
        assert!(config.sources.check("https://fal.media/a").is_ok());
        assert_eq!((config.max_body_bytes, config.mistakes.len()), (100_000_000, 2));
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
