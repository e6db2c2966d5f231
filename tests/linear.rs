//! Checks that reading takes time that grows linearly with the input, however
//! odd the input is. Each reader gets texts of one size and of four times that
//! size. The larger one may take five times as long, and a little more.
//!
//! Processor time is measured, because the machine may be busy. The shortest of
//! several turns counts; most readers pass at the first.

#![allow(clippy::disallowed_methods, reason = "work is measured, on the host alone")]

mod common;

use hookvault::domain::access::hook_url;
use hookvault::domain::access::redact::{Secrets, Stream};
use hookvault::domain::archive::manifest::Manifest;
use hookvault::domain::catalog::cursor::PageCursor;
use hookvault::domain::catalog::export::Format;
use hookvault::domain::file::discover;
use hookvault::domain::file::expiry;
use hookvault::domain::file::filename;
use hookvault::domain::file::inline::Decoder;
use hookvault::domain::file::media_type;
use hookvault::domain::file::skeleton::{Scanner, pieces};
use hookvault::domain::file::source_policy::SourcePolicy;
use hookvault::domain::file::strict_url;
use hookvault::domain::gateway::proxy;
use hookvault::domain::handoff::target;
use hookvault::domain::http::coding;
use hookvault::domain::http::conditions::{Conditions, Current};
use hookvault::domain::http::cors::Origins;
use hookvault::domain::http::range;
use hookvault::domain::ingest::import;
use hookvault::domain::json;
use hookvault::domain::names::{self, ObjectName, is_valid_name};
use hookvault::domain::retry;
use hookvault::domain::route::parse;
use hookvault::domain::sender::table::Senders;
use hookvault::domain::time::Timestamp;
use hookvault::domain::upstream::queue::Queue;
use hookvault::domain::view::sse;
use hookvault::domain::webhook::correlate::Identity;
use hookvault::domain::webhook::event::Event;
use serde_json::value::RawValue;
use std::hint::black_box;
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

/// Makes a text of about so many bytes.
type Shape = (&'static str, fn(usize) -> String);
/// Reads a text.
type Reader = (&'static str, fn(&str));

/// Allowance beside the extra quarter, for a page fault or a turn of the
/// scheduler.
const SLACK: Duration = Duration::from_millis(2);
const MEASURABLE: Duration = Duration::from_millis(20);
/// The most turns. Only a reader that is too slow, or a busy machine, needs
/// more than a few.
const TURNS: u32 = 24;
/// The beginning of the vault's own URLs.
const OWN: &str = "https://v.example/files/";
const SECRET: &str = "a-hook-token-0123456789";

fn repeated(piece: &str, size: usize) -> String {
    piece.repeat(size / piece.len().max(1) + 1)
}

/// Returns this thread's processor time, or the clock's time where that is not
/// available.
fn processor_time() -> Duration {
    static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);
    // Linux updates the count when a thread leaves the processor.
    thread::sleep(Duration::from_nanos(1));
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|told| told.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| BEGINNING.elapsed(), Duration::from_nanos)
}

/// Returns about `size` bytes of characters that all differ.
fn different(size: usize) -> String {
    ('\u{4e00}'..).take(size / 3).collect()
}

fn time(run: &dyn Fn()) -> Duration {
    let before = processor_time();
    run();
    processor_time().saturating_sub(before)
}

/// Checks that a large text takes at most five times as long as a small one of
/// a quarter of its size.
///
/// The small one is read four times as often, so that both measurements take
/// equally long. Any other work on the machine then affects both alike, and the
/// shortest of several turns is from a quiet moment for both. A run that is too
/// short to measure is repeated.
fn is_linear(small: &dyn Fn(), large: &dyn Fn()) -> Result<(), String> {
    let repeat = |run: &dyn Fn(), times: u32| time(&|| (0..times).for_each(|_| run()));
    let mut times = 1_u32;
    let (mut four_small, mut one_large) = (repeat(small, 4), repeat(large, 1));
    for turn in 0..TURNS {
        if one_large <= four_small * 5 / 4 + SLACK {
            return Ok(());
        }
        while four_small < MEASURABLE && times < 1_000 {
            times *= 4;
            (four_small, one_large) = (repeat(small, times * 4), Duration::MAX);
        }
        // The work of other processes comes in bursts.
        thread::sleep(Duration::from_millis(5) * turn);
        four_small = four_small.min(repeat(small, times * 4));
        one_large = one_large.min(repeat(large, times));
    }
    let sizes =
        format!("{four_small:?} for four texts, {one_large:?} for one of the size of all four");
    Err(format!("{times} times, {sizes}"))
}

fn hold(readers: &[Reader], shapes: &[Shape], size: usize) {
    let mut slow = Vec::new();
    for (what, shape) in shapes {
        let (small, large) = (shape(size), shape(size * 4));
        for (reader, read) in readers {
            let judged = is_linear(&|| read(&small), &|| read(&large));
            slow.extend(judged.err().map(|why| format!("{reader} of {what}: {why}")));
        }
    }
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}

fn policy() -> SourcePolicy {
    SourcePolicy::parse("*.r2.cloudflarestorage.com,*.fal.media,fal.media,bücher.example").0
}

fn secrets() -> Secrets {
    Secrets::of([SECRET, "another-key-0123456789", "aaaaaaaaaaaab"])
}

/// Pieces that readers look for, complete or only begun.
const PIECES: [&str; 63] = [
    "r_",
    "%5c",
    "\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\x",
    "\\u00&#",
    "a",
    "?",
    "&",
    "=",
    "a=b&",
    "&&&a",
    "/",
    "//",
    "://",
    "http://",
    "https://",
    "https://a/?",
    "@",
    ":",
    ".",
    "..",
    "a.",
    "xn--",
    ".xn--a",
    "%",
    "%25",
    "%zz",
    "\\",
    "\\\"",
    "\"",
    "\",",
    "'",
    ",",
    ", ",
    ";",
    "; filename=",
    ";=\"",
    "W/",
    "W/\"a\",",
    "\"a\",\"",
    "*",
    "-",
    "1-2,",
    "bytes=0-1,",
    "gzip,",
    "aws-chunked, ",
    "q=0,",
    " ",
    "\t",
    "\n",
    "\u{feff}",
    "猫",
    "ü.",
    "<",
    "sig=",
    "?sig=",
    "?X-Amz-Signature=",
    "/hook/",
    "a-hook-token-012345678",
    "aaaaaaaaaaaa",
    "data:",
    "0",
    "_",
    OWN,
];

/// Checks as [`hold`] does, with each of the pieces, as `shaped` repeats it.
fn hold_pieces(readers: &[Reader], size: usize, shaped: fn(&str, usize) -> String) {
    let mut slow = Vec::new();
    for piece in PIECES {
        let (small, large) = (shaped(piece, size), shaped(piece, size * 4));
        for (reader, read) in readers {
            let judged = is_linear(&|| read(&small), &|| read(&large));
            slow.extend(judged.err().map(|why| format!("{reader} of {piece:?}: {why}")));
        }
    }
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}

fn used<T>(value: T) {
    drop(black_box(value));
}

fn decide(header: &str, value: &str) {
    let lookup = |name: &str| (name == header).then(|| value.to_owned());
    let file = Current { etag: "\"e\"", modified: Timestamp::from_millis(0), size: 1_000 };
    used(Conditions::from_lookup(false, lookup).decide(&file));
}

const HEADERS: [Reader; 19] = [
    ("Range", |text| decide("range", &format!("bytes={text}"))),
    ("If-Range", |text| decide("if-range", text)),
    ("If-Match", |text| decide("if-match", text)),
    ("If-None-Match", |text| decide("if-none-match", text)),
    ("If-Modified-Since", |text| decide("if-modified-since", text)),
    ("Content-Range", |text| used(range::parse_content(&format!("bytes {text}")))),
    ("Content-Encoding", |text| used(coding::codings(Some(text)))),
    ("Content-Disposition", |text| used(filename::in_disposition(&format!("attachment; {text}")))),
    ("Content-Type", |text| {
        used((media_type::is_type(text), media_type::is_vague(text), media_type::essence(text)));
    }),
    ("Retry-After", |text| used(retry::retry_after(text, Timestamp::from_millis(0)))),
    ("Accept", |text| used(sse::is_wanted(Some(text)))),
    ("Last-Event-ID", |text| used(sse::last_event_id(text))),
    ("Origin", |text| {
        used(Origins::parse("https://a.example,https://b.example").0.headers(Some(text)));
    }),
    ("a list of origins", |text| used(Origins::parse(text))),
    ("a cursor", |text| used(PageCursor::from_cursor(text))),
    ("a name", |text| used((is_valid_name(text), ObjectName::from_public(text)))),
    ("an id", |text| used(names::spelled(text))),
    ("a capability", |text| used((hook_url::is_one(text), hook_url::is_own_reference(text)))),
    ("a time", |text| used(Timestamp::parse(text))),
];

const TEXTS: [Reader; 8] = [
    ("a file's name", |text| used(filename::of(text, "a.mp4"))),
    ("a title", |text| used((filename::is_encoded(text), filename::in_ascii(text)))),
    ("an extension", |text| used(media_type::with_extension(text, "video/mp4"))),
    ("first bytes", |text| used(media_type::guess(text.as_bytes(), [Some(text)], text))),
    ("a query's key", |text| used(expiry::is_signing_key(text))),
    ("a number", |text| used((json::decimal(text), json::whole(text)))),
    ("a path", |text| used((parse::route("GET", &format!("/{text}")), hook_url::is_hook(text)))),
    ("a way of export", |text| used(Format::parse(Some(text)))),
];

const URLS: [Reader; 7] = [
    ("a deadline", |text| used(strict_url::read(text).map(|url| expiry::deadline(&url)))),
    ("a URL", |text| used(strict_url::read(&strict_url::repaired(text)))),
    ("a source", |text| used(policy().check(text))),
    ("a redirect", |text| {
        let from = policy().check("https://v3.fal.media/a");
        used(from.map(|from| (policy().follow(&from, text), policy().missing(&from, text))));
    }),
    ("an entry of the list", |text| used(SourcePolicy::parse(text))),
    ("a webhook", |text| {
        used((target::check(text, &policy()), target::is_own_hook(text, &["https://v.example"])));
    }),
    ("the proxy's target", |text| used(proxy::target(text, Queue::Fal))),
];

fn whole(body: &str) {
    let Ok(text) = json::tolerant(body.as_bytes()) else { return };
    let Ok(event) = Event::parse(&text, Senders::built_in()) else { return };
    let input = serde_json::from_str::<&RawValue>(&text).ok();
    let found = discover::discover_in(&text, &event, &policy(), input);
    used((Identity::of(&text, &event), found));
}

const BODIES: [Reader; 6] = [
    ("the tolerant reader", |text| used(json::tolerant(text.as_bytes()))),
    ("checking", |text| used(json::check(text))),
    ("members", |text| used((json::members(text), json::newest(text).len()))),
    ("walking", |text| {
        json::walk(text, |path, token, _| {
            used((path.key(), path.top(), path.container(), json::decode_string(token)));
        });
    }),
    ("a delivery", whole),
    ("a manifest and lines to import", |text| {
        used((Manifest::read(text), import::parse(text.as_bytes()).is_ok()));
    }),
];

/// An escape may itself be written with escapes, so masking looks further ahead
/// than one.
const MASKS: [Reader; 3] = [
    ("masking", |text| used(secrets().mask(text).into_owned())),
    ("masking a result", |text| used(secrets().mask_result(text, OWN).into_owned())),
    ("masking a stream", |text| {
        let mut stream = Stream::of_all(secrets());
        text.as_bytes().chunks(100).for_each(|piece| used(stream.push(piece)));
        used(stream.finish());
    }),
];

fn scan(body: &str) {
    let mut scanner = Scanner::new();
    body.as_bytes().chunks(100).for_each(|piece| scanner.push(piece));
    let skeleton = scanner.finish();
    for gap in &skeleton.gaps {
        let Some(mut decoder) = gap.inline.as_ref().map(Decoder::new) else { continue };
        let written = body.as_bytes().get(gap.span.clone()).unwrap_or_default();
        used(written.chunks(100).map(|piece| decoder.push(piece, &mut Vec::new())).count());
    }
    let text = String::from_utf8_lossy(&skeleton.text);
    used(pieces(&text, &skeleton.gaps).len());
}

/// Scans strings that are held and others that are not.
const SCANS: [Reader; 1] = [("a scanner", scan)];

#[test]
fn headers() {
    hold_pieces(&HEADERS, 4_000, repeated);
}

#[test]
fn texts_of_other_kinds() {
    hold_pieces(&TEXTS, 4_000, repeated);
}

/// Uses texts as long as a URL may be.
#[test]
fn urls_and_hosts() {
    const SIZE: usize = 2_000;
    hold_pieces(&URLS, SIZE, repeated);
    hold_pieces(&URLS, SIZE, |piece, size| format!("https://{}", repeated(piece, size)));
    hold_pieces(&URLS, SIZE, |piece, size| {
        format!("https://a.fal.media/{}", repeated(piece, size))
    });
    hold_pieces(&URLS, SIZE, |piece, size| {
        format!("https://a.fal.media/a?{}", repeated(piece, size))
    });
}

/// Decoding Punycode is quadratic in the number of different characters of a
/// label.
#[test]
fn hosts_in_other_scripts() {
    let shapes: [Shape; 3] = [
        ("a long label", |size| format!("https://{}.fal.media/a.mp4", different(size))),
        ("a long host", |size| {
            let labels: Vec<String> = different(size).chars().map(String::from).collect();
            format!("https://{}.fal.media/a.mp4", labels.join("."))
        }),
        ("a long encoded label", |size| {
            format!(
                "https://xn--{}.fal.media/a.mp4",
                idna::punycode::encode_str(&different(size)).unwrap_or_default()
            )
        }),
    ];
    hold(&URLS, &shapes, 1_500);
}

#[test]
fn strings_in_bodies() {
    hold_pieces(&BODIES, 4_000, |piece, size| {
        let text = json::encode_string(&repeated(piece, size));
        format!("{{\"eventType\":\"completed\",\"jobId\":\"1\",\"a\":{text},\"data_uri\":{text}}}")
    });
}

#[test]
fn scanned_bodies() {
    hold_pieces(&SCANS, 20_000, repeated);
    hold_pieces(&SCANS, 20_000, |piece, size| {
        format!("{{\"a\":{}}}", json::encode_string(&repeated(piece, size)))
    });
    let shapes: [Shape; 5] = [
        ("short strings", |size| format!("[{}1]", repeated("\"a\",", size))),
        ("long strings", |size| {
            format!("[{}1]", format!("\"{}\",", "A".repeat(17_000)).repeat(size / 17_000))
        }),
        ("JSON in JSON", |size| {
            let list = format!("[{}1]", repeated("\"a\",", size));
            (0..3).fold(list, |inner, _| format!("[{}]", json::encode_string(&inner)))
        }),
        ("broken JSON in JSON", |size| {
            let prose = json::encode_string(&format!("[{}", repeated("\"a\",", size)));
            format!("[{}]", json::encode_string(&format!("[{prose}")))
        }),
        ("marks", |size| format!("[{}1]", repeated("\"@hookvault-range/0/1/2\",", size))),
    ];
    hold(&SCANS, &shapes, 40_000);
}

#[test]
fn masking() {
    hold_pieces(&MASKS, 32_000, repeated);
}

#[test]
fn broken_bodies() {
    hold_pieces(&BODIES, 4_000, repeated);
    hold_pieces(&BODIES, 4_000, |piece, size| format!("{{\"a\":\"{}", repeated(piece, size)));
}

#[test]
fn bodies() {
    fn object(piece: fn(usize) -> String, size: usize) -> String {
        let count = size / piece(0).len();
        let members: Vec<String> = (0..count).map(piece).collect();
        format!("{{\"eventType\":\"completed\",\"jobId\":\"1\",{}}}", members.join(","))
    }
    let shapes: [Shape; 17] = [
        ("many members", |size| object(|n| format!("\"k{n}\":{n}"), size)),
        ("one key again and again", |size| object(|n| format!("\"jobId\":\"{n}\""), size)),
        ("keys of the envelope", |size| object(|_| "\"eventType\":\"completed\"".into(), size)),
        ("escaped keys", |size| object(|n| format!("\"\\u006b{n}\":\"\\u0041\""), size)),
        ("many URLs", |size| {
            object(|n| format!("\"u{n}\":\"https://v3.fal.media/{n}.mp4\""), size)
        }),
        ("one URL again and again", |size| {
            object(|n| format!("\"u{n}\":\"https://v3.fal.media/a.mp4?{n}\""), size)
        }),
        ("one signed URL again and again", |size| {
            object(|n| format!("\"u{n}\":\"https://a.fal.media/a.mp4?sig={n}\""), size)
        }),
        ("own URLs and signed ones", |size| {
            object(
                |n| {
                    let signed = format!("https://x.example/a?X-Amz-Signature={n}");
                    format!("\"a{n}\":\"{OWN}{n}\",\"b{n}\":\"{signed}\"")
                },
                size,
            )
        }),
        ("many hosts", |size| object(|n| format!("\"u{n}\":\"https://h{n}.example/a.mp4\""), size)),
        ("many described files", |size| {
            object(
                |n| format!("\"u{n}\":{{\"url\":\"https://h.example/{n}\",\"file_name\":\"{n}\"}}"),
                size,
            )
        }),
        ("outputs of many jobs", |size| {
            object(|n| format!("\"u{n}\":\"https://fal.media/outputs/a/{n}_0_a.mp4\""), size)
        }),
        ("a long key above a long list", |size| {
            let list = vec!["\"https://fal.media/a.mp4\""; size / 40].join(",");
            format!("{{\"eventType\":\"completed\",\"{}\":[{list}]}}", "k".repeat(size / 2))
        }),
        ("a deep list", |size| {
            format!("{{\"a\":{}{}}}", "[".repeat(size / 2), "]".repeat(size / 2))
        }),
        ("deep objects", |size| {
            format!("{}1{}", repeated("{\"a\":", size * 5 / 6), repeated("}", size / 6))
        }),
        ("NaN", |size| format!("{{\"a\":[{}1]}}", repeated("NaN,", size))),
        ("JSON in a string", |size| {
            let inner = object(|n| format!("\"u{n}\":\"https://fal.media/{n}.mp4\""), size);
            format!(
                "{{\"eventType\":\"completed\",\"resultJson\":{}}}",
                json::encode_string(&inner)
            )
        }),
        ("a form", |size| format!("payload={{}}&{}", repeated("a={&", size))),
    ];
    hold(&BODIES, &shapes, 12_000);
    hold(&MASKS, &shapes, 32_000);
}

#[test]
fn replacing_files() {
    fn deliver(body: &str) {
        used(common::Vault::new().deliver(body));
    }
    let shapes: [Shape; 3] = [
        ("one URL in many places", |size| {
            let list = vec!["\"https://a.r2.cloudflarestorage.com/a.mp4\""; size / 44].join(",");
            format!("{{\"eventType\":\"completed\",\"jobId\":\"1\",\"a\":[{list}]}}")
        }),
        ("many files", |size| {
            let url = |n| format!("\"https://a.r2.cloudflarestorage.com/{n}.mp4\"");
            let list: Vec<String> = (0..size / 44).map(url).collect();
            format!("{{\"eventType\":\"completed\",\"jobId\":\"1\",\"a\":[{}]}}", list.join(","))
        }),
        ("members of the envelope", |size| {
            let members = vec!["\"jobId\":\"1\",\"a\":1"; size / 18].join(",");
            format!("{{\"eventType\":\"completed\",\"jobId\":\"1\",{members}}}")
        }),
    ];
    hold(&[("applying", deliver)], &shapes, 16_000);
}
