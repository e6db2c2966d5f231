//! Reads each variable, and records what is wrong with it.

use crate::domain::access::redact::secrets::{SECRETS, SENDER_KEYS, SIGNING, entries, secret_in};
use crate::domain::access::signature::scheme::Scheme;
use crate::domain::access::signature::secrets::WebhookSecrets;
use crate::domain::access::signature::standard::SigningSecrets;
use crate::domain::access::tokens::{self, BadSecret, Tokens};
use crate::domain::alarm::budget::{DEFAULT_SUBREQUESTS, SUBREQUESTS};
use crate::domain::file::source_policy::SourcePolicy;
use crate::domain::file::strict_url;
use crate::domain::handoff::target;
use crate::domain::http::cors::Origins;
use crate::domain::job::retention;
use crate::domain::json;
use crate::domain::sender::fact::Fact;
use crate::domain::sender::name::SenderName;
use crate::domain::sender::pace;
use crate::domain::sender::table::Senders;
use crate::domain::upstream::keys::{self, SenderKeys};
use crate::domain::upstream::queue;
use crate::domain::upstream::template::{self, Template};
use crate::domain::upstream::{Upstream, Upstreams};
use serde::de::IgnoredAny;
use std::ops::RangeInclusive;
use url::Url;

const DEFAULT_SOURCES: &str =
    "*.r2.cloudflarestorage.com,*.fal.media,fal.media,*.replicate.delivery,replicate.delivery";

const DEFAULT_QUEUE_URL: &str = "https://batch.pipelet.net/queue";

const DEFAULT_FAL_URL: &str = "https://api.pipelet.ai/fal/queue";

/// fal.ai's own queue. Its key is sent to no other URL.
const FAL_AI_URL: &str = "https://queue.fal.run";

pub(super) const MIB: u64 = 1024 * 1024;

/// The largest `RETRY_BASE_MS`. `Pace::longest` is 450 times as long: 7.5
/// hours.
pub(super) const MAX_RETRY_BASE_MS: u64 = 60_000;

pub(super) struct Reader<L> {
    pub(super) lookup: L,
    pub(super) mistakes: Vec<String>,
}

impl<L: Fn(&str) -> Option<String>> Reader<L> {
    /// Returns the value of `name`. An empty one counts as not set.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    pub(super) fn secret(
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
                .push(format!("{name}: invalid entries: {left_out} of {given}; each {rule}"));
        }
        Ok(tokens)
    }

    pub(super) fn optional_token(
        &mut self,
        name: &'static str,
        rule: &'static str,
    ) -> Option<Tokens> {
        self.get(name)?;
        match self.secret(name, rule, tokens::is_api_token) {
            Ok(tokens) => Some(tokens),
            Err(bad) => {
                self.mistakes.push(format!("{} {}", bad.name, bad.why));
                None
            }
        }
    }

    /// Reports secrets with equal values: a party that receives one secret must
    /// not know another by it. A list may contain a value twice, and one key
    /// may be for both queues of one upstream.
    pub(super) fn equal_secrets(&mut self) {
        let mut known: Vec<(&str, String)> = Vec::new();
        for name in SECRETS {
            for entry in entries(name, &self.get(name).unwrap_or_default()) {
                let value =
                    secret_in(name, &entry).trim_start_matches(SIGNING).trim_end_matches('=');
                let equal = known.iter().find(|(_, other)| !value.is_empty() && other == value);
                match equal {
                    Some((other, _)) if is_equal_by_right(other, name) => {}
                    Some((other, _)) => self
                        .mistakes
                        .push(format!("{name} has the same value as {other}; give each its own")),
                    None => known.push((name, value.to_owned())),
                }
            }
        }
    }

    pub(super) fn number(&mut self, name: &str, default: u64, range: RangeInclusive<u64>) -> u64 {
        let Some(text) = self.get(name) else { return default };
        text.parse().ok().filter(|number| range.contains(number)).unwrap_or_else(|| {
            let (least, most) = range.into_inner();
            self.mistakes.push(format!(
                "{name} is {text:?}, not a whole number from {least} to {most}; {default} is used"
            ));
            default
        })
    }

    pub(super) fn subrequests(&mut self) -> u32 {
        let most = self.number("MAX_SUBREQUESTS", DEFAULT_SUBREQUESTS, SUBREQUESTS);
        u32::try_from(most).unwrap_or_default()
    }

    pub(super) fn days(&mut self, name: &str) -> u32 {
        let days = self.number(name, 0, 0..=u64::from(retention::MAX_DAYS));
        u32::try_from(days).unwrap_or_default()
    }

    pub(super) fn flag(&mut self, name: &str, default: bool) -> bool {
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

    pub(super) fn secrets(&mut self, name: &str) -> Option<SigningSecrets> {
        let (secrets, refused) = SigningSecrets::parse(&self.get(name)?);
        if refused > 0 {
            self.mistakes.push(format!(
                "{name}: invalid entries: {refused}; each must be `whsec_` and the \
                 base64 of at least 16 bytes"
            ));
        }
        secrets
    }

    /// Reads the secrets of senders. A mistake never quotes an entry, because
    /// even a name may be part of a secret.
    pub(super) fn webhook_secrets(&mut self, senders: &Senders) -> WebhookSecrets {
        let mut secrets = WebhookSecrets::default();
        for name in ["WEBHOOK_SECRETS", "REPLICATE_WEBHOOK_SECRET"] {
            let refused = secrets.add(&self.get(name).unwrap_or_default(), |name| {
                !senders.schemes_of(name).is_empty()
            });
            if refused > 0 {
                self.mistakes.push(format!(
                    "{name}: invalid entries: {refused}; each must be `whsec_` and the base64 of \
                     at least 16 bytes, or `name=secret` with a known sender's name"
                ));
            }
        }
        secrets
    }

    /// Reads `HANDOFF_URL`. Its path and query may be secret, so a mistake
    /// never quotes it.
    pub(super) fn handoff_url(&mut self, sources: &SourcePolicy) -> Option<Url> {
        let read = target::check(&self.get("HANDOFF_URL")?, sources);
        let refused = |why| {
            self.mistakes.push(format!(
                "HANDOFF_URL {why}; it is not used, and must be the https URL of a public host"
            ));
        };
        read.map_err(refused).ok()
    }

    pub(super) fn sources(&mut self) -> SourcePolicy {
        let list = self.get("ALLOWED_SOURCE_HOSTS").unwrap_or_else(|| DEFAULT_SOURCES.to_owned());
        let (policy, refused) = SourcePolicy::parse(&list);
        for entry in refused {
            let mistake = format!("ALLOWED_SOURCE_HOSTS: {entry:?} is not a host and is ignored");
            self.mistakes.push(mistake);
        }
        // A policy without valid entries would skip every file forever.
        if policy.is_empty() { SourcePolicy::parse(DEFAULT_SOURCES).0 } else { policy }
    }

    /// Reads `SENDERS`. A row with a mistake is not used, and all others are.
    pub(super) fn senders(&mut self, listed: &SourcePolicy) -> Senders {
        let Some(text) = self.get("SENDERS") else { return Senders::default() };
        if let Err(why) = json::from_str::<IgnoredAny>(&text) {
            self.mistakes.push(format!("SENDERS is not JSON and is not used: {why}"));
            return Senders::default();
        }
        let (senders, mistakes) = Senders::with(&text, &|fact, value| refusal(fact, value, listed));
        self.mistakes.extend(mistakes);
        senders
    }

    pub(super) fn cors(&mut self) -> Origins {
        let (origins, refused) = Origins::parse(&self.get("CORS_ORIGINS").unwrap_or_default());
        for entry in refused {
            self.mistakes.push(format!(
                "CORS_ORIGINS: {entry:?} is not like https://app.example and is ignored"
            ));
        }
        origins
    }

    pub(super) fn upstreams(&mut self) -> Upstreams {
        let api_key = self.key("UPSTREAM_API_KEY");
        let fal_key = self.key("UPSTREAM_FAL_KEY").or_else(|| api_key.clone());
        let mut upstream = |name, default, key, key_name| {
            let base = self.upstream_url(name, default)?;
            Some(Upstream { base, key, key_name, scheme: queue::Scheme::Bearer })
        };
        let queue = upstream("UPSTREAM_QUEUE_URL", DEFAULT_QUEUE_URL, api_key, "UPSTREAM_API_KEY");
        let fal = upstream("UPSTREAM_FAL_URL", DEFAULT_FAL_URL, fal_key, "UPSTREAM_FAL_KEY");
        Upstreams { queue, fal, fal_ai: self.fal_ai(), result_url: self.result_url() }
    }

    /// Reads the keys of senders. No mistake contains one.
    pub(super) fn sender_keys(&mut self, senders: &Senders) -> SenderKeys {
        let Some(text) = self.get(SENDER_KEYS) else { return SenderKeys::default() };
        let (keys, mistakes) = SenderKeys::read(&text, &|name| senders.row(name).is_some());
        self.mistakes.extend(mistakes);
        keys
    }

    /// Returns fal.ai's own queue, if its key is set.
    fn fal_ai(&mut self) -> Option<Upstream> {
        let key = Some(self.key("FAL_KEY")?);
        let base = Url::parse(FAL_AI_URL).ok()?;
        Some(Upstream { base, key, key_name: "FAL_KEY", scheme: queue::Scheme::Key })
    }

    /// Reads an upstream's URL. The default does not replace a wrong URL,
    /// because the key does not belong to the default's server.
    fn upstream_url(&mut self, name: &str, default: &str) -> Option<Url> {
        let text = self.get(name).unwrap_or_else(|| default.to_owned());
        let url = strict_url::read(&text).ok().filter(template::is_askable);
        let url = url.filter(|url| url.query().is_none() && url.fragment().is_none());
        if url.is_none() {
            self.mistakes
                .push(format!("{name} is {text:?}, not like {default}; this queue is not asked"));
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

    /// Reads an upstream's key. It is sent in a header, so it must be visible
    /// ASCII.
    fn key(&mut self, name: &str) -> Option<String> {
        let key = self.get(name)?;
        let is_key = key.bytes().all(|b| b.is_ascii_graphic());
        if !is_key {
            let mistake = format!("{name} has characters other than visible ASCII and is not used");
            self.mistakes.push(mistake);
        }
        is_key.then_some(key)
    }

    pub(super) fn public_url(&mut self) -> Option<String> {
        let text = self.get("PUBLIC_URL")?;
        let url = text.trim_end_matches('/');
        let is_origin =
            strict_url::read(url).is_ok_and(|read| read.origin().ascii_serialization() == url);
        if !is_origin {
            self.mistakes.push(format!(
                "PUBLIC_URL is {text:?}, not like https://vault.example; it is not used"
            ));
        }
        is_origin.then(|| url.to_owned())
    }
}

fn is_equal_by_right(one: &str, other: &str) -> bool {
    one == other
        || (one, other) == ("UPSTREAM_API_KEY", "UPSTREAM_FAL_KEY")
        || (one, other) == ("WEBHOOK_SECRETS", "REPLICATE_WEBHOOK_SECRET")
}

/// Returns what is wrong with a value in an operator's row.
fn refusal(fact: Fact, value: &str, listed: &SourcePolicy) -> Option<String> {
    let is_right = match fact {
        Fact::Hosts => listed.with(&[value.to_owned()]).1.is_empty(),
        Fact::Signature => Scheme::is_known(value),
        Fact::KeyHosts => SourcePolicy::parse(value).1.is_empty(),
        Fact::Auth => keys::is_header(value),
        Fact::Hook => value.starts_with(['/', '?']),
        Fact::Pace => pace::read(value).is_some(),
        Fact::Submit | Fact::Poll | Fact::DownloadNeedsKey | Fact::Renew => {
            Template::of_row(value).is_some()
        }
        _ => return None,
    };
    let rule = match fact {
        Fact::Hosts => {
            "is not a host; an address or a local host must be in ALLOWED_SOURCE_HOSTS too"
        }
        Fact::KeyHosts => "is not a host",
        Fact::Auth => "is not like `authorization: Bearer {key}`",
        Fact::Hook => "is not a JSON Pointer, or `?` and a parameter",
        Fact::Pace => "is not the first pause in seconds, a factor, and the longest pause",
        Fact::Signature => "is not a scheme of docs/senders.md",
        _ => "is not an https URL",
    };
    (!is_right).then(|| format!("{value:?} {rule}"))
}

/// Returns the hosts of each sender whose row has any.
pub(super) fn of_senders(
    senders: &Senders,
    listed: &SourcePolicy,
) -> Vec<(SenderName, SourcePolicy)> {
    let rows = senders.rows().iter().filter(|row| row.is(Fact::Hosts));
    rows.map(|row| (row.name, listed.with(row.list(Fact::Hosts)).0)).collect()
}
