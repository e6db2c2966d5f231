//! Splits any body anywhere; its skeleton must read as the body does.
#![no_main]

#[path = "../../tests/common/mod.rs"]
mod common;
#[path = "../../tests/oracle/mod.rs"]
mod oracle;

use libfuzzer_sys::fuzz_target;

/// More base64 than the scanner holds of a string.
const LONG: usize = 16_400;

fuzz_target!(|input: &[u8]| {
    let [first, second, rest @ ..] = input else { return };
    let sizes = [usize::from(*first) + 1, usize::from(*second) * 100 + 1];
    oracle::skeleton::check(&long(rest), &sizes);
    let nested = String::from_utf8_lossy(rest);
    let nested = hookvault::domain::json::encode_string(&nested);
    let body = [br#"{"eventType":"completed","r":"#, nested.as_bytes(), b"}"].concat();
    oracle::skeleton::check(&long(&body), &sizes);
});

/// Replaces the first three `~` by long texts.
fn long(written: &[u8]) -> Vec<u8> {
    let mut pieces = written.splitn(4, |byte| *byte == b'~');
    let mut body = pieces.next().unwrap_or_default().to_vec();
    for piece in pieces {
        body.resize(body.len() + LONG, b'A');
        body.extend_from_slice(piece);
    }
    body
}
