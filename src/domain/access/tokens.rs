//! Tokens: reads them from headers and compares them in constant time.

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// The accepted values of one secret; more than one during a rotation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tokens(Vec<String>);

impl Tokens {
    /// Reads a comma-separated list; `None` if no entry passes `is_valid`.
    #[must_use]
    pub fn parse(list: &str, is_valid: impl Fn(&str) -> bool) -> Option<Self> {
        let tokens: Vec<String> =
            list.split(',').map(str::trim).filter(|t| is_valid(t)).map(str::to_owned).collect();
        (!tokens.is_empty()).then_some(Self(tokens))
    }

    /// Returns whether `given` is one of the values. The time does not depend
    /// on where the first difference is, or in which token.
    #[must_use]
    pub fn accept(&self, given: &str) -> bool {
        let mut accepted = Choice::from(0);
        for token in &self.0 {
            accepted |= same(token, given);
        }
        accepted.into()
    }

    /// Returns the values, to sign with them.
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.0
    }
}

/// Compares digests, so that the time shows neither content nor length.
fn same(a: &str, b: &str) -> Choice {
    Sha256::digest(a).ct_eq(&Sha256::digest(b))
}

/// Returns whether two secrets are equal, in constant time.
#[must_use]
pub fn is_same_secret(a: &str, b: &str) -> bool {
    same(a, b).into()
}

/// Returns the token of an `Authorization` header: `Bearer …`, or `Key …` as
/// fal's clients send it.
#[must_use]
pub fn credential(header: &str) -> Option<&str> {
    let (scheme, token) = header.trim().split_once(' ')?;
    let known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("key");
    known.then(|| token.trim()).filter(|token| !token.is_empty())
}

/// Returns whether `token` may be a hook token: `[A-Za-z0-9_-]{16,128}`,
/// without the prefix `r_`, which marks capabilities.
#[must_use]
pub fn is_hook_token(token: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    (16..=128).contains(&token.len()) && token.bytes().all(allowed) && !token.starts_with("r_")
}

/// Returns whether `token` may be an API or read token: at least 16 characters
/// that a header can contain.
#[must_use]
pub fn is_api_token(token: &str) -> bool {
    token.len() >= 16 && token.bytes().all(|b| b.is_ascii_graphic())
}

/// A secret that can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSecret {
    /// The variable's name.
    pub name: &'static str,
    /// What is wrong with the value.
    pub why: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_of_a_rotation_is_accepted_and_no_other() {
        let tokens = Tokens::parse("old-token-0123456789, new-token-0123456789", is_hook_token);
        let tokens = tokens.unwrap();
        for good in ["old-token-0123456789", "new-token-0123456789"] {
            assert!(tokens.accept(good));
        }
        for bad in ["", "old-token-012345678", "old-token-01234567890", "old-token-0123456789,"] {
            assert!(!tokens.accept(bad), "{bad}");
        }
    }

    #[test]
    fn short_or_odd_tokens_are_refused() {
        for bad in ["", "short", "r_0123456789abcdefg", "with space 0123456789", "pünkt-0123456789"]
        {
            assert_eq!(Tokens::parse(bad, is_hook_token), None, "{bad}");
        }
    }

    #[test]
    fn both_schemes_carry_a_token() {
        assert_eq!(credential("Bearer abc"), Some("abc"));
        assert_eq!(credential("key  abc "), Some("abc"));
        for bad in ["", "abc", "Bearer", "Bearer ", "Basic abc"] {
            assert_eq!(credential(bad), None, "{bad}");
        }
    }
}
