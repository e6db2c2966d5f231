//! Generates deliveries of one job, from a small choice, so that they interact.

use crate::common::url;
use crate::generate::word;
use proptest::collection::vec;
use proptest::prelude::*;

/// Generates a delivery without a result.
pub fn event() -> impl Strategy<Value = String> {
    let kind = word("acquired failed cancelled retried paused");
    let time = word(r#"a":0 updatedAt":1000 updatedAt":2000 acquiredAt":2000 acquiredAt":3000"#);
    (kind, time, 0..4_u32).prop_map(|(kind, time, lease)| {
        format!(r#"{{"eventType":"{kind}","jobId":"437852","{time},"leaseExpiry":{lease}}}"#)
    })
}

/// Generates a result with some of a few files.
pub fn result() -> impl Strategy<Value = String> {
    let file = (word("437852_0_a.mp4 437852_1_b.png c"), word("? ?file=d& ?file=e&"), word("s t"));
    let signed = |(name, own, by): (String, String, String)| url(&name, &by).replace('?', &own);
    let files = vec(file.prop_map(signed), 0..4);
    (files, 0..2).prop_map(|(files, seed)| {
        format!(r#"{{"eventType":"completed","r":{files:?},"seed":{seed}}}"#)
    })
}

/// Returns the result with other signatures.
pub fn resigned(result: &str, by: u8) -> String {
    let by = format!("Signature={by}");
    result.replace("Signature=s", &by).replace("Signature=t", &by)
}
