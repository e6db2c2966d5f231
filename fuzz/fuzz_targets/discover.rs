//! Finds and replaces the files of any body; undoing the edits must restore it.
#![no_main]

#[path = "../../tests/common/mod.rs"]
mod common;
#[path = "../../tests/oracle/mod.rs"]
mod oracle;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    oracle::rewriting::check(text);
    oracle::rewriting::check(&body_of(text));
});

/// Makes each line a value, because most mutations of a body are not JSON, but
/// most mutations of a line are. The first three `~` stand for more base64 than
/// a thumbnail has.
fn body_of(text: &str) -> String {
    let long = text.replacen('~', &"A".repeat(1_100), 3);
    let values: Vec<String> = long.lines().map(value).collect();
    format!(r#"{{"eventType":"completed","results":[{}]}}"#, values.join(","))
}

fn value(line: &str) -> String {
    let encode = hookvault::domain::json::encode_string;
    match line.split_once('\t') {
        Some((key, value)) => format!("{{{}:{}}}", encode(key), encode(value)),
        None => encode(line),
    }
}
