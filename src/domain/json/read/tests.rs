//! Tests that the reader agrees with `serde_json` on any text.

use super::from_str;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt::Debug;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct All {
    text: String,
    maybe: Option<u32>,
    many: Vec<(u64, i64)>,
    by_name: BTreeMap<String, bool>,
    of: Of,
    tagged: Option<Tagged>,
    unit: (),
}

#[derive(Debug, PartialEq, Deserialize, Default)]
enum Of {
    #[default]
    Nothing,
    One(u8),
    Two(u8, String),
    Named {
        a: bool,
    },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum Tagged {
    First { x: i8 },
    Second,
}

fn agree<'de, T: Deserialize<'de> + PartialEq + Debug>(text: &'de str) {
    let (ours, theirs) = (from_str::<T>(text), serde_json::from_str::<T>(text));
    assert_eq!(ours.as_ref().ok(), theirs.as_ref().ok(), "{text}: {ours:?} {theirs:?}");
}

const VALUES: [&str; 46] = [
    "0",
    "-0",
    "7",
    "-7",
    "01",
    "-",
    "1.5",
    "1e3",
    "-1E-2",
    "1.",
    "1e400",
    "+1",
    "255",
    "256",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "true",
    "false",
    "tru",
    "null",
    "nul",
    "nulla",
    "truefalse",
    r#""""#,
    r#""a""#,
    r#""\ud83d\ude00\n""#,
    r#""\ud800""#,
    "\"\u{1}\"",
    "\"\n\"",
    r#""a"#,
    r#""a\"#,
    "[]",
    "[1,2]",
    "[1 2]",
    "[1,]",
    "[,]",
    "[",
    "{}",
    r#"{"a":1}"#,
    r#"{"a":1,}"#,
    r#"{"a" 1}"#,
    "{1:2}",
    " \t\r\n1 ",
    "1 2",
];

/// Values that `serde_json` reads as floats, which this reader rejects.
const REAL: [&str; 6] =
    ["-0", "1.5", "1e3", "-1E-2", "18446744073709551616", "-9223372036854775809"];

#[test]
fn the_reader_agrees_with_serde_json() {
    for text in VALUES {
        if !REAL.contains(&text) {
            agree::<Value>(text);
            agree::<BTreeMap<String, Value>>(text);
        }
        agree::<u64>(text);
        agree::<i8>(text);
        agree::<bool>(text);
        agree::<String>(text);
        agree::<&str>(text);
        agree::<Option<u8>>(text);
        agree::<Vec<u8>>(text);
        agree::<(u8, u8)>(text);
        agree::<Of>(text);
        for member in ["text", "maybe", "many", "byName", "of", "tagged", "unit", "?"] {
            agree::<All>(&format!(r#"{{"{member}":{text}}}"#));
            agree::<All>(&format!(r#"{{ "maybe" : 1 , "{member}" : {text} , "of":"Nothing"}}"#));
        }
    }
    for of in [
        r#""Nothing""#,
        r#""One""#,
        r#"{"One":1}"#,
        r#"{"One":1,"Two":2}"#,
        r#"{"Nothing":null}"#,
        r#"{"Two":[1,"b"]}"#,
        r#"{"Two":[1]}"#,
        r#"{"Named":{"a":true}}"#,
        r#"{"Named":{}}"#,
        r#""Unknown""#,
        r#"{"Unknown":1}"#,
        r#"{"kind":"first","x":-1}"#,
        r#"{"kind":"second"}"#,
        r#"{"x":-1,"kind":"first"}"#,
        r#"{"kind":"third"}"#,
        r#"{"x":1.5,"kind":"first"}"#,
        "{}",
    ] {
        agree::<Of>(of);
        agree::<Tagged>(of);
        agree::<All>(&format!(r#"{{"of":{of},"text":"\u00e9\\"}}"#));
    }
    agree::<All>(r#"{"maybe":1,"maybe":2}"#);
    for depth in [126, 127, 128, 129] {
        agree::<Value>(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
    }
}

#[test]
fn raw_values_keep_their_text() {
    #[derive(Deserialize)]
    struct Held<'a> {
        #[serde(borrow)]
        lent: &'a RawValue,
        owned: Option<Box<RawValue>>,
    }
    let text = r#"{ "lent" : {"b": [1.10, "\u0061"] } , "owned":1e2}"#;
    let held: Held<'_> = from_str(text).unwrap();
    assert_eq!(held.lent.get(), r#"{"b": [1.10, "\u0061"] }"#);
    assert_eq!(held.owned.unwrap().get(), "1e2");
    assert!(from_str::<Held<'_>>(r#"{"lent":{"b":01}}"#).is_err());
    assert!(from_str::<Held<'_>>(r#"{"lent":1,"owned":null}"#).unwrap().owned.is_none());
}

#[test]
fn an_array_is_no_struct() {
    assert!(from_str::<All>(r#"["a"]"#).is_err());
}

#[test]
fn missing_and_duplicate_members_are_named() {
    #[derive(Debug, Deserialize)]
    struct Held {
        #[serde(rename = "one")]
        _one: Option<u8>,
        #[serde(rename = "two", default)]
        _two: u8,
        #[serde(rename = "three")]
        _three: u8,
    }
    for (text, told) in [
        ("{}", "missing field `three`"),
        (r#"{"three":1,"two":"a"}"#, "expected a whole number"),
        (r#"{"three":1,"one":2,"three":3}"#, "duplicate field `three`"),
        (r#"{"three":1,"one":}"#, "expected value"),
        (r#"{"three":1"#, "EOF"),
    ] {
        let why = from_str::<Held>(text).unwrap_err().to_string();
        assert!(why.contains(told), "{text}: {why}");
    }
    assert!(from_str::<Held>(r#"{"?":{"a":[1]},"three":1,"?":2}"#).is_ok());
}

#[test]
fn a_struct_within_itself_is_not_too_deep() {
    #[derive(Debug, Deserialize)]
    struct Nest {
        #[serde(rename = "a")]
        _a: Option<Box<Nest>>,
    }
    let nested =
        |depth| format!("{}{}", r#"{"a":"#.repeat(depth), "null".to_owned() + &"}".repeat(depth));
    assert!(from_str::<Nest>(&nested(127)).is_ok());
    assert!(from_str::<Nest>(&nested(128)).is_err());
}
