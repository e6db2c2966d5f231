//! Decodes percent-encoding (RFC 3986 §2.1).

/// Decodes each `%XX` in these bytes. Any other `%` stays.
#[must_use]
pub fn decode_bytes(bytes: &[u8]) -> Vec<u8> {
    decoded(bytes.iter().copied()).collect()
}

/// Decodes like [`decode_bytes`], one byte at a time.
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

/// Returns the first segment of a path, decoded. Slashes before it are ignored.
#[must_use]
pub fn first_segment(path: &str) -> String {
    decode(path.trim_start_matches('/').split('/').next().unwrap_or_default())
}

/// Decodes one path segment. Invalid UTF-8 becomes U+FFFD: no name may contain
/// it, but a delivery with such a reference is still stored.
#[must_use]
pub fn decode(segment: &str) -> String {
    let bytes = decode_bytes(segment.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}
