//! Percent-encoding (RFC 3986 §2.1), read.

/// Decodes the `%XX` of these bytes; a `%` that is none of it stays.
#[must_use]
pub fn decode_bytes(bytes: &[u8]) -> Vec<u8> {
    decoded(bytes.iter().copied()).collect()
}

/// As [`decode_bytes`], a byte at a time.
pub fn decoded(mut bytes: impl Iterator<Item = u8> + Clone) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let byte = bytes.next()?;
        if byte != b'%' {
            return Some(byte);
        }
        let mut ahead = bytes.clone();
        let mut digit = || char::from(ahead.next()?).to_digit(16);
        let escaped =
            digit().zip(digit()).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        if escaped.is_some() {
            bytes = ahead;
        }
        escaped.or(Some(byte))
    })
}

/// The first segment of a path, decoded; slashes before it do not count.
#[must_use]
pub fn first_segment(path: &str) -> String {
    decode(path.trim_start_matches('/').split('/').next().unwrap_or_default())
}

/// Percent-decodes one path segment. What is no UTF-8 becomes U+FFFD, which no
/// name may hold, but which keeps a delivery with such a reference.
#[must_use]
pub fn decode(segment: &str) -> String {
    let bytes = decode_bytes(segment.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}
