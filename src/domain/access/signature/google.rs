//! Google's signature of Gemini's per-request webhooks: a JWT in
//! `Webhook-Signature`, by RS256.
//!
//! Source: ai.google.dev/gemini-api/docs/webhooks, "Dynamic webhooks". It does
//! not say that the JWT covers the body or names the customer. So a good one
//! raises no trust, and only a wrong one has an effect.

use super::SignatureError;
use super::jwks::KeyClaim;
use crate::domain::json;
use crate::domain::time::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The header of the JWT.
pub const HEADER: &str = "webhook-signature";

/// Returns whether a header's value is a JWT: three parts in base64url, of which
/// the first is a JSON object.
#[must_use]
pub fn is_jwt(value: &str) -> bool {
    value.starts_with("eyJ") && value.split('.').count() == 3 && !value.contains([' ', ','])
}

/// Returns the claim of a JWT, to be checked with Google's public keys.
///
/// # Errors
/// Returns a [`SignatureError`] if it is wrong, whatever the keys say.
pub fn claim(jwt: &str, now: Timestamp) -> Result<KeyClaim, SignatureError> {
    let (message, signature) = jwt.rsplit_once('.').ok_or(SignatureError::Wrong)?;
    let (header, claims) = message.split_once('.').ok_or(SignatureError::Wrong)?;
    let algorithm = member(header, "alg").ok_or(SignatureError::Wrong)?;
    if algorithm != "\"RS256\"" {
        return Err(SignatureError::Wrong);
    }
    let end = member(claims, "exp").and_then(|exp| json::whole(&exp)).map(Timestamp::from_seconds);
    if end.is_some_and(|end| end.plus(super::TOLERANCE_MS) < now) {
        return Err(SignatureError::Time);
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| SignatureError::Wrong)?;
    Ok(KeyClaim { message: message.to_owned(), signature })
}

/// Returns a member of a JWT's part, as written.
fn member(part: &str, key: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
    json::check(&text).ok()?;
    let members = json::members(&text);
    let found = members.iter().rev().find(|member| member.key == key);
    found.map(|member| member.value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_766_867_820);

    fn jwt(header: &str, claims: &str) -> String {
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
        format!("{header}.{claims}.c2ln")
    }

    #[test]
    fn the_first_two_parts_are_signed() {
        let jwt = jwt(r#"{"alg":"RS256","kid":"1"}"#, r#"{"exp":1766867820}"#);
        let claim = claim(&jwt, NOW).unwrap();
        assert_eq!(format!("{}.c2ln", claim.message), jwt);
        assert_eq!(claim.signature, b"sig");
        assert!(is_jwt(&jwt));
    }

    #[test]
    fn other_algorithms_old_and_broken_tokens_are_refused() {
        let good = r#"{"alg":"RS256"}"#;
        for (header, claims, want) in [
            (r#"{"alg":"none"}"#, "{}", SignatureError::Wrong),
            (r#"{"alg":"HS256"}"#, "{}", SignatureError::Wrong),
            (r#"{"alg":["RS256"]}"#, "{}", SignatureError::Wrong),
            ("{}", "{}", SignatureError::Wrong),
            ("[]", "{}", SignatureError::Wrong),
            (good, r#"{"exp":1766867519}"#, SignatureError::Time),
        ] {
            assert_eq!(claim(&jwt(header, claims), NOW), Err(want), "{header} {claims}");
        }
        for broken in ["", "eyJ", "eyJ.", "eyJ..", "eyJ.eyJ.é", "..."] {
            assert_eq!(claim(broken, NOW), Err(SignatureError::Wrong), "{broken}");
        }
        assert!(claim(&jwt(good, r#"{"exp":"x"}"#), NOW).is_ok());
    }

    #[test]
    fn other_signatures_are_no_jwt() {
        for other in ["v1,AAAA", "v1,eyJ.a.b", "eyJ", "eyJ.a", "eyJ.a.b.c", "eyJ.a.b v1,A", ""] {
            assert!(!is_jwt(other), "{other}");
        }
    }
}
