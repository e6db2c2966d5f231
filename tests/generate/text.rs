//! Generates JSON as text: escapes, lone surrogates, repeated keys, numbers
//! beyond f64, any white space.

use super::urls::string;
use super::{one, word};
use proptest::collection::vec;
use proptest::prelude::*;

/// Keys with a meaning, and the empty key.
const KEYS: &str = "eventType jobId job_id request_id queueName webhookUrl updatedAt leaseExpiry \
                    error message data_uri b64_json url file_name content_type expires_at a  b";

const NUMBERS: &str = "0 -0 1.10 -1E+5 1e999 1e-999 196619188014358660 18446744073709551615 \
                       18446744073709551616 1766867822109 true false null";

/// Texts that are written differently in a string token than they read, and
/// others that need no escape there.
const ODD: &str = concat!(
    r#"\/ \u0026 \u003d \" \\ \n \u0000 \ud83d\ude00 \ud800 \uDFFF "#,
    r#"\ud800\u0041 é 𝄞 { } [ ] : , ' ? / ~ %"#,
);

/// Generates a piece of a string token, as it is written.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-z0-9 ]{0,4}", 2 => word(ODD), 1 => "[\u{7f}-\u{a0}\u{2028}\u{fffd}]"]
}

/// Generates a string token with its quotes.
pub fn token() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => vec(piece(), 0..6).prop_map(|pieces| format!("\"{}\"", pieces.concat())),
        2 => (string(), any::<u64>()).prop_map(|(text, how)| written(&text, how)),
    ]
}

/// Writes `text` as a token; `how` decides which of its characters are escaped.
pub fn written(text: &str, how: u64) -> String {
    let mut token = "\"".to_owned();
    for (c, at) in text.chars().zip((0..64).cycle()) {
        let is_escaped = how.rotate_left(at) & 7 == 7;
        if c == '/' && is_escaped {
            token.push_str(r"\/");
        } else if is_escaped || c.is_control() || matches!(c, '"' | '\\') {
            let units = c.encode_utf16(&mut [0; 2]).to_vec();
            token.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            token.push(c);
        }
    }
    token + "\""
}

fn space() -> impl Strategy<Value = String> {
    prop_oneof![4 => Just(String::new()), 1 => "[ \t\r\n]{1,3}"]
}

fn leaf() -> impl Strategy<Value = String> {
    prop_oneof![4 => token(), 2 => word(NUMBERS), 1 => "-?[1-9][0-9]{0,25}"]
}

fn key() -> impl Strategy<Value = String> {
    let plain = word(KEYS).prop_map(|key| written(&key, 0));
    let escaped = (word(KEYS), any::<u64>()).prop_map(|(key, how)| written(&key, how));
    prop_oneof![2 => plain, 1 => escaped, 1 => token()]
}

// Boxed, because all parts of the strategy at once need too much of a test's
// stack.
type Text = BoxedStrategy<String>;

fn items(item: Text) -> Text {
    let spaced = (space(), item, space()).prop_map(|(a, item, b)| a + &item + &b).boxed();
    vec(spaced, 0..7).prop_map(|items| items.join(",")).boxed()
}

fn members(value: Text) -> Text {
    let member = (key().boxed(), space(), value);
    items(member.prop_map(|(key, space, value)| key + &space + ":" + &value).boxed())
}

/// Generates any value, nested up to five levels.
pub fn value() -> Text {
    let deeper = |inner: Text| {
        prop_oneof![
            items(inner.clone()).prop_map(|items| format!("[{items}]")),
            members(inner).prop_map(|members| format!("{{{members}}}")),
        ]
    };
    leaf().boxed().prop_recursive(5, 32, 6, deeper).boxed()
}

/// Generates an object, as a delivery is one.
pub fn body() -> impl Strategy<Value = String> {
    let event = one(&["completed", "completed", "completed", "acquired", "failed", "retried", "x"]);
    let typed = (members(value()), event, 0..4).prop_map(|(members, event, how)| {
        let event = format!(r#""eventType":"{event}""#);
        match how {
            0 => format!("{{{members}}}"),
            _ if members.trim().is_empty() => format!("{{{event}}}"),
            1 => format!("{{{event},{members}}}"),
            _ => format!("{{{members},{event}}}"),
        }
    });
    (space(), typed, space()).prop_map(|(a, object, b)| a + &object + &b)
}

/// Generates nearly JSON: one character of a body is missing, changed, or
/// added.
pub fn broken() -> impl Strategy<Value = String> {
    let other = word("\" \\ { } [ ] , : 0 - e \u{1} \u{c} é");
    (body(), any::<prop::sample::Index>(), other, 0..3).prop_map(|(body, at, other, how)| {
        let at = at.index(body.chars().count());
        let before: String = body.chars().take(at).collect();
        let after: String = body.chars().skip(if how == 0 { at } else { at + 1 }).collect();
        before + if how == 2 { "" } else { &other } + &after
    })
}
