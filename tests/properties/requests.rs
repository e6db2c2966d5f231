//! Properties of requests and their parts. Whatever is written, nothing panics,
//! and accepted input means what the sender meant.

use crate::generate::{cases, word};
use hookvault::domain::access::tokens::{Tokens, credential, is_hook_token};
use hookvault::domain::file::filename;
use hookvault::domain::http::conditions::{Conditions, Current, Decision};
use hookvault::domain::http::cors::Origins;
use hookvault::domain::http::range::{self, Slice, slice};
use hookvault::domain::keys::file_path;
use hookvault::domain::names::{ObjectName, is_valid_id, is_valid_name, sender_id, spelled};
use hookvault::domain::route::parse::route;
use hookvault::domain::route::{Route, RouteError};
use hookvault::domain::time::Timestamp;
use proptest::prelude::*;

fn name() -> impl Strategy<Value = ObjectName> {
    let name = prop_oneof!["[A-Za-z0-9_:-][A-Za-z0-9._:-]{0,127}", "\\.{1,9}[a-z]"];
    let name = name.prop_filter("marks a reference", |name| !name.starts_with("ref:"));
    let id = "[a-z/ ~%é?#.]{1,14}[a-z]".prop_map(|id| spelled(&id).unwrap_or_default());
    prop_oneof![
        name.clone().prop_map(ObjectName::Id),
        name.prop_map(ObjectName::Reference),
        id.prop_map(ObjectName::Id),
    ]
}

/// Decides for a file with the tag `"e"`, stored in 2001.
fn decide(header: &str, value: &str) -> Decision {
    let modified = Timestamp::from_seconds(1_000_000_000);
    let lookup = |name: &str| (name == header).then(|| value.to_owned());
    let file = Current { etag: "\"e\"", modified, size: 1 };
    Conditions::from_lookup(false, lookup).decide(&file)
}

/// Returns a path with some characters of its segments percent-encoded.
fn encoded(path: &str, how: u64) -> String {
    let encode = |(at, b): (u32, u8)| match how.rotate_left(at % 64) & 3 {
        3 if b != b'/' => format!("%{b:02x}"),
        _ => char::from(b).to_string(),
    };
    (0..).zip(path.bytes()).map(encode).collect()
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn names_survive_every_way_of_writing(name in name(), how in any::<u64>()) {
        assert_eq!(ObjectName::from_public(&name.public()), Some(name.clone()));
        assert_eq!(ObjectName::try_from(name.to_string()), Ok(name.clone()));
        let path = encoded(&format!("/jobs/{}/result", name.public()), how);
        assert_eq!(route("GET", &path), Ok(Route::Result(name)));
    }

    #[test]
    fn a_name_follows_its_rules(
        text in prop_oneof!["[a-z.:/é-]{0,5}", "[a.]{125,131}", "ref:[a-z.]{0,3}", ".{0,9}"],
    ) {
        let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || ".:_-".contains(c));
        let is_dots = text.replace('.', "").is_empty();
        let want = is_plain && !is_dots && text.len() <= 128 && !text.starts_with("ref:");
        assert_eq!(is_valid_name(&text), want);
        for name in [ObjectName::id(&text), ObjectName::reference(&text)].into_iter().flatten() {
            assert_eq!(ObjectName::from_public(&name.public()), Some(name));
        }
    }

    #[test]
    fn an_id_has_one_spelling(
        id in prop_oneof!["[a-z~/.0-9A-F]{0,9}", ".{0,9}", "[a/]{40,130}", "(~[0-9A-Fa-f]{2}){1,3}"],
    ) {
        prop_assume!(!id.starts_with("ref:"));
        if let Some(spelling) = spelled(&id) {
            assert!(is_valid_id(&spelling) && spelling.len() <= 128, "{spelling}");
            assert_eq!(sender_id(&spelling), id.as_str());
        }
        if is_valid_id(&id) {
            assert_eq!(spelled(&sender_id(&id)), Some(id.clone()));
        }
        assert_eq!(ObjectName::id(&id).is_some(), is_valid_id(&id));
    }

    #[test]
    fn a_durable_path_leads_to_its_file(
        (job, how) in (name(), any::<u64>()),
        (n, name, nonce) in (any::<u32>(), "[A-Za-z0-9_.-]{1,100}", "[0-9a-f]{32}"),
    ) {
        let path = file_path(&job, &nonce, n, &name);
        let want = Ok(Route::File { job, nonce, n, name: Some(name) });
        assert_eq!(route("HEAD", &path), want);
        assert_eq!(route("GET", &encoded(&path, how)), want);
    }

    #[test]
    fn any_path_is_a_route_or_none(
        method in word("GET HEAD POST PUT DELETE PATCH get  "),
        start in word("/ /jobs/ /hook/ /files/7/ /unmatched/ /jobs/7/events/ //"),
        rest in prop_oneof![".{0,30}", "[a0%2fFe/.é-]{0,12}", "[a é]{75,100}"],
    ) {
        let path = format!("{start}{rest}");
        match route("NONE", &path) {
            Ok(route) => panic!("{route:?}"),
            Err(RouteError::MethodNotAllowed(allowed)) => {
                let is_allowed = allowed.split(", ").any(|known| known == method);
                assert_eq!(route(&method, &path).is_ok(), is_allowed, "{allowed}");
            }
            Err(RouteError::BadName(name)) => {
                assert!(!is_valid_name(&name) && name.chars().count() <= 80);
            }
            Err(RouteError::NotFound) => assert_eq!(route(&method, &path), Err(RouteError::NotFound)),
        }
    }

    #[test]
    fn a_range_is_cut_to_the_file(
        first in prop::option::of(prop_oneof![0..20_u64, 0..1_u64 << 52]),
        last in prop::option::of(prop_oneof![0..20_u64, 0..1_u64 << 52]),
        size in prop_oneof![0..20_u64, 0..1_u64 << 52],
    ) {
        let text = |number: Option<u64>| number.map(|n| n.to_string()).unwrap_or_default();
        let header = format!("bytes={}-{}", text(first), text(last));
        let asked = match (first, last) {
            (Some(first), Some(last)) if first > last => None,
            (Some(first), last) => Some((first, last.unwrap_or(u64::MAX))),
            (None, Some(0)) => Some((u64::MAX, u64::MAX)),
            (None, Some(_)) if size == 0 => None,
            (None, Some(length)) => Some((size.saturating_sub(length), u64::MAX)),
            (None, None) => None,
        };
        let want = match asked {
            None => Slice::Whole,
            Some((first, _)) if first >= size => Slice::Unsatisfiable,
            Some((first, last)) => Slice::Part { first, last: last.min(size - 1) },
        };
        assert_eq!(slice(Some(&header), size), want, "{header} of {size}");
    }

    #[test]
    fn any_header_is_read(
        text in prop_oneof![".{0,9}", "(bytes)?[= ]?[0-9-]{0,25}[ ,-]?", "(KEY|bearer) {1,2}[!-~é]{0,9}"],
        size in any::<u64>(),
    ) {
        if let Slice::Part { first, last } = slice(Some(&text), size) {
            assert!(first <= last && last < size);
        }
        if let Some((Some((first, last)), size)) = range::parse_content(&text) {
            assert!(first <= last && last < size);
        }
        // A quote without its pair hides the text that follows.
        if !text.contains('"') {
            assert_eq!(decide("if-none-match", &format!("{text}, \"e\"")), Decision::NotModified);
        }
        let is_sent = Decision::Send(Slice::Whole);
        assert_eq!(decide("if-match", &format!("\"e\",{text}")), is_sent);
        assert_eq!(decide("if-modified-since", &text), is_sent);
        assert_eq!(decide("if-unmodified-since", &text), is_sent);
        let is_bare = |token: &str| token.trim() == token && text.contains(token);
        assert!(credential(&text).is_none_or(is_bare));
    }

    #[test]
    fn a_title_fits_everywhere_or_is_left_out(
        written in prop_oneof![".{0,20}", "[a é/\u{202e}\u{0}]{0,300}", "[\\.% \"';]{0,9}"],
        name in "[a._]{0,3}",
    ) {
        if let Some(title) = filename::of(&written, &name) {
            assert!(filename::is_encoded(&title) && title.len() <= 240, "{title}");
            assert!(!title.contains(['"', ';', ',', ' ', '\\']), "{title}");
        }
        if filename::is_encoded(&written) {
            assert!(written.is_ascii() && !written.contains([' ', '"', ';', '\r', '\n']));
        }
    }

    #[test]
    fn a_page_that_is_not_listed_is_never_let_in(
        list in prop_oneof!["[a-c,:/.*]{0,20}", "(https://[ab](\\.c)?/?,?){0,3}"],
        origin in prop_oneof!["https://[ab](\\.c)?", ".{0,9}"],
        names in prop_oneof!["[a-z,: -]{0,60}", ".{0,20}"],
    ) {
        let (origins, _) = Origins::parse(&list);
        let is_listed = list.split(',').map(str::trim).any(|entry| {
            let bare = entry.strip_suffix('/').unwrap_or(entry);
            entry == "*" || (!bare.is_empty() && bare == origin)
        });
        let told = origins.headers(Some(&origin));
        assert_eq!(told.iter().any(|(name, _)| *name == "access-control-allow-origin"), is_listed);
        let preflight = origins.preflight(Some(&origin), "GET", &names);
        assert_eq!(preflight.is_empty(), !is_listed);
        for (_, value) in told.iter().chain(&preflight) {
            assert!(value.bytes().all(|b| (b' '..=b'~').contains(&b)), "{value}");
        }
    }

    #[test]
    fn tokens_of_a_list_are_accepted_and_no_other(
        list in "[a-zA-Z0-9_-]{14,18}[ ,]{0,2}[a-zA-Z0-9_-]{0,20}",
        other in "[a-z_-]{0,20}",
    ) {
        let mut valid: Vec<&str> = list.split(',').map(str::trim).collect();
        valid.retain(|token| is_hook_token(token));
        let tokens = Tokens::parse(&list, is_hook_token);
        assert_eq!(tokens.is_some(), !valid.is_empty());
        let tokens = tokens.unwrap_or_default();
        assert!(valid.iter().all(|token| tokens.accept(token)));
        assert_eq!(tokens.accept(&other), valid.contains(&other.as_str()));
        assert_eq!(tokens.accept(&list), valid.contains(&list.as_str()));
    }
}
