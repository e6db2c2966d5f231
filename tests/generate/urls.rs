//! Generates URLs and strings that look like files, or nearly.

use super::{one, word};
use proptest::collection::vec;
use proptest::prelude::*;

const HOSTS: &str = "a.r2.cloudflarestorage.com A.B.R2.cloudflarestorage.com \
    r2.cloudflarestorage.com evilr2.cloudflarestorage.com \
    a.r2.cloudflarestorage.com.evil.example a.r2.cloudflarestorage.com. fal.media f%61l.media \
    x.fal.media cdn.example localhost 127.0.0.1 0x7f.1 2130706433 017700000001 127.0.0.1. [::1] \
    [0:0::1] [::ffff:127.0.0.1] bücher.example fal\u{3002}media ";

/// Generates a host of a list or of a URL.
pub fn host() -> impl Strategy<Value = String> {
    prop_oneof![8 => word(HOSTS), 1 => "[a-z0-9.%-]{0,12}"]
}

/// Generates a port, if any.
pub fn port() -> impl Strategy<Value = String> {
    word("    : :443 :80 :81 :0443 :8443 :65536 :a")
}

fn scheme() -> impl Strategy<Value = String> {
    let usual = one(&["https://", "https://", "http://"]);
    let odd = word("HTTPS:// https:/ https: https:/// ftp:// // https:\\\\ \thttps:// data: ");
    prop_oneof![4 => usual, 1 => odd]
}

fn user() -> impl Strategy<Value = String> {
    prop_oneof![4 => Just(String::new()), 1 => word("@ :@ u@ u:p@ fal.media@ fal.media\\@")]
}

fn path() -> impl Strategy<Value = String> {
    let paths = " / /a.mp4 /outputs/free/437852_0_a.mp4 /outputs/q/7_1_b.png /../x.png /é.jpg \
                 /%2e%2e%2fetc /.hidden /x@fal.media/ \\x /\t";
    prop_oneof![8 => word(paths), 2 => one(&["/a b.mp4", "/a\nb.png", "/a\u{a0}b.mp4", "/a b"])]
}

/// Generates a query, or another end of a URL.
pub fn query() -> impl Strategy<Value = String> {
    let keys = "X-Amz-Signature x-amz-signature X-Amz-Date X-Amz-Expires X-Goog-Signature \
                X-Goog-Date X-Goog-Expires sig se Signature Expires Key-Pair-Id file v s%69g";
    let times = "20251227T203935Z 2026-01-01T00:00:00Z 7200 18446744073709551615";
    let value = prop_oneof!["[a-z0-9%]{0,5}", word(times)];
    let pair = (word(keys), value).prop_map(|(key, value)| key + "=" + &value);
    let some = vec(pair, 1..4).prop_map(|pairs| format!("?{}", pairs.join("&")));
    prop_oneof![2 => Just(String::new()), 4 => some, 1 => Just("#?sig=1".to_owned())]
}

/// Generates a URL, or nearly.
pub fn url() -> impl Strategy<Value = String> {
    (scheme(), user(), host(), port(), path(), query()).prop_map(
        |(scheme, user, host, port, path, query)| scheme + &user + &host + &port + &path + &query,
    )
}

/// Generates a URL of a file that is copied, if its path names one.
pub fn file_url() -> impl Strategy<Value = String> {
    ("[ab]", path(), query()).prop_map(|(host, path, query)| {
        format!("https://{host}.r2.cloudflarestorage.com{path}{query}")
    })
}

/// Generates inline data, or nearly, about as long as the shortest that counts.
fn inline() -> impl Strategy<Value = String> {
    let starts = [
        "data:image/png;base64,",
        "DATA:;BASE64,",
        "data:,",
        "data:text/plain;charset=utf-8,",
        "data:a b,",
        "data:image/png,x;base64,",
        "data:é",
        "iVBORw0KGgo",
        "R0lGODlh",
        "",
    ];
    let odd = word("  = == === %41 % ! é \" +/");
    let start = proptest::sample::select(starts.to_vec());
    (start, 1_000..1_040_usize, odd)
        .prop_map(|(start, length, odd)| format!("{start}{}{odd}", "A".repeat(length)))
}

/// Surrounds a text with white space.
fn around(text: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let space = one(&["", " ", "\n", "\r\n\t", "\u{feff}", "\u{a0}"]);
    (space.clone(), text, space).prop_map(|(before, text, after)| before + &text + &after)
}

/// Generates a string that may be a file.
pub fn string() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => file_url(),
        6 => url(),
        2 => around(file_url()),
        1 => inline(),
        1 => url().prop_map(|url| format!("see {url} and /hook/a-token-0123456789")),
    ]
}
