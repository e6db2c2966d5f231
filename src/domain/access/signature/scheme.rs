//! How senders sign deliveries, as a table: a sender's row names its schemes.
//!
//! | scheme | source |
//! |---|---|
//! | `standard-webhooks` | standardwebhooks.com, version 1; Kling, Higgsfield, Gemini's static endpoints, `OpenAI` and Replicate use it |
//! | `wavespeed` | wavespeed.ai/docs/verify-webhooks |
//! | `openrouter` | openrouter.ai/docs/cookbook/video-generation/video-generation-webhooks |
//! | `bfl` | Black Forest Labs tells two ways: its skill for integrations the signature, its API reference the bare secret |
//! | `higgsfield-key` | docs.higgsfield.ai/docs/enterprise/webhook-security: the header "will be retired" |
//! | `kie` | docs.kie.ai/common-api/webhook-verification |
//!
//! Two schemes need keys that are fetched, and are in `fal.rs` and `google.rs`.

use std::fmt;

/// One way to sign a delivery with a shared secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Scheme {
    /// The name in a sender's row. A scheme may have several entries, of which
    /// each delivery uses one.
    pub name: &'static str,
    /// The header with the signatures.
    pub header: &'static str,
    /// What precedes a signature in the header.
    pub mark: &'static str,
    /// What is signed: `{id}` is the job's id, `{body}` the body, `{t}` the
    /// member `t=` of the signature's header, and any other `{name}` a header.
    /// If it is empty, the header has the secret itself.
    pub signed: &'static str,
    /// The name of the time in `signed`; empty if no time is signed.
    pub time: &'static str,
    /// How a signature is written.
    pub encoding: Encoding,
    /// How the secret is written.
    pub key: KeyForm,
}

/// How a signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// In base64, with padding.
    Base64,
    /// In hexadecimal digits.
    Hex,
}

/// How a secret is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyForm {
    /// `whsec_` and the base64 of the key.
    Standard,
    /// The text after `whsec_`, if it begins so, is the key.
    Bare,
    /// The whole text is the key.
    Text,
}

/// Signed by Standard Webhooks: `{id}.{timestamp}.{body}`.
const STANDARD: Scheme = Scheme {
    name: "standard-webhooks",
    header: "webhook-signature",
    mark: "v1,",
    signed: "{webhook-id}.{webhook-timestamp}.{body}",
    time: "webhook-timestamp",
    encoding: Encoding::Base64,
    key: KeyForm::Standard,
};

/// A secret that is sent as it stands.
const SECRET: Scheme = Scheme {
    name: "bfl",
    header: "x-webhook-secret",
    mark: "",
    signed: "",
    time: "",
    encoding: Encoding::Hex,
    key: KeyForm::Text,
};

/// All schemes with a shared secret.
pub const SCHEMES: [Scheme; 8] = [
    STANDARD,
    Scheme {
        header: "svix-signature",
        signed: "{svix-id}.{svix-timestamp}.{body}",
        time: "svix-timestamp",
        ..STANDARD
    },
    Scheme {
        name: "wavespeed",
        mark: "v3,",
        encoding: Encoding::Hex,
        key: KeyForm::Bare,
        ..STANDARD
    },
    Scheme {
        name: "openrouter",
        header: "x-openrouter-signature",
        mark: "v1=",
        signed: "{t},{body}",
        time: "t",
        ..SECRET
    },
    Scheme { header: "x-bfl-signature", mark: "sha256=", signed: "{body}", ..SECRET },
    SECRET,
    Scheme { name: "higgsfield-key", header: "x-webhook-secret-key", ..SECRET },
    Scheme {
        name: "kie",
        header: "x-webhook-signature",
        signed: "{id}.{x-webhook-timestamp}",
        time: "x-webhook-timestamp",
        encoding: Encoding::Base64,
        ..SECRET
    },
];

impl fmt::Debug for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.name, self.header)
    }
}

impl Scheme {
    /// Returns whether `name` is the name of a scheme.
    #[must_use]
    pub fn is_known(name: &str) -> bool {
        SCHEMES.iter().any(|scheme| scheme.name == name)
    }

    /// Returns whether this is Standard Webhooks, by which a secret without a
    /// sender's name is checked.
    #[must_use]
    pub fn is_standard(&self) -> bool {
        self.name == STANDARD.name
    }

    /// Returns whether the signature covers the body.
    #[must_use]
    pub fn signs_body(&self) -> bool {
        self.signed.ends_with("{body}")
    }

    /// Returns whether the signature covers the job's id in place of the body.
    #[must_use]
    pub fn signs_id(&self) -> bool {
        self.signed.contains("{id}")
    }

    /// Returns whether the value of its header is of this scheme. A value
    /// without any scheme's mark is of Standard Webhooks, and then wrong.
    #[must_use]
    pub fn owns(&self, value: &str) -> bool {
        let is_marked = |scheme: &Scheme| value.contains(scheme.mark);
        is_marked(self)
            || (self.is_standard()
                && !super::google::is_jwt(value)
                && !SCHEMES.iter().any(|other| other.header == self.header && is_marked(other)))
    }

    /// Returns the texts of the signatures in the header.
    pub fn signatures<'a>(&self, value: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
        let mark = self.mark;
        let in_list = move |part: &'a str| part.split(',').find_map(|one| one.strip_prefix(mark));
        value.split(' ').filter_map(move |part| part.strip_prefix(mark).or_else(|| in_list(part)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &str) -> Vec<&'static str> {
        let owners = SCHEMES.iter().filter(|s| s.header == "webhook-signature" && s.owns(value));
        owners.map(|scheme| scheme.name).collect()
    }

    #[test]
    fn a_value_belongs_to_the_scheme_whose_mark_it_has() {
        assert_eq!(of("v1,AAAA v1a,x"), ["standard-webhooks"]);
        assert_eq!(of("v3,00"), ["wavespeed"]);
        assert_eq!(of("v1,AAAA v3,00"), ["standard-webhooks", "wavespeed"]);
        for odd in ["", "AAAA", "v2,AAAA", "eyJ"] {
            assert_eq!(of(odd), ["standard-webhooks"], "{odd}");
        }
        assert!(of("eyJhbGciOiJSUzI1NiJ9.e30.c2ln").is_empty());
    }

    #[test]
    fn signatures_are_read_behind_their_marks() {
        let read = |name: &str, value: &'static str| -> Vec<&str> {
            let scheme = SCHEMES.iter().find(|scheme| scheme.name == name).unwrap();
            scheme.signatures(value).collect()
        };
        assert_eq!(read("standard-webhooks", "v1,A v1a,B v2,C v1,D"), ["A", "D"]);
        assert_eq!(read("wavespeed", "v3,00"), ["00"]);
        assert_eq!(read("openrouter", "t=1,v1=ab"), ["ab"]);
        assert_eq!(read("kie", "AA=="), ["AA=="]);
        assert!(read("openrouter", "t=1,v2=ab").is_empty());
    }

    #[test]
    fn only_some_schemes_sign_the_body() {
        let unsigned = SCHEMES.iter().filter(|scheme| !scheme.signs_body());
        let names: Vec<_> = unsigned.map(|scheme| scheme.header).collect();
        assert_eq!(names, ["x-webhook-secret", "x-webhook-secret-key", "x-webhook-signature"]);
        assert!(Scheme::is_known("kie") && !Scheme::is_known("fal"));
    }
}
