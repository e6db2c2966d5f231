//! Keeps a file's name as its upstream wrote it, for "save as". This title is
//! percent-encoded, so that a record, R2's metadata and a header (RFC 8187) can
//! all hold it.

use crate::domain::percent::decode_bytes;

/// The most characters of a title.
const MAX_CHARS: usize = 80;
/// The most bytes of an encoded title.
const MAX_BYTES: usize = 240;

/// Returns the title of a file that is stored as `name`; `None` if it says no
/// more than the name.
///
/// A stranger writes the title, so a character with a meaning in a file system
/// or a terminal becomes `_`. A title that is too long keeps its end, which
/// holds the extension.
#[must_use]
pub fn of(written: &str, name: &str) -> Option<String> {
    let clean: Vec<char> =
        written.trim().chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let mut end = clean.get(clean.len().saturating_sub(MAX_CHARS)..).unwrap_or_default();
    while encoded_bytes(end) > MAX_BYTES {
        end = end.get(1..).unwrap_or_default();
    }
    let title: String = end.iter().collect();
    let title = title.trim_start_matches(['.', ' ']);
    let says_more = title.chars().any(char::is_alphanumeric) && title != name;
    says_more.then(|| title.chars().map(encode).collect())
}

/// Returns the file name in a `Content-Disposition` header (RFC 6266):
/// `filename*`, else `filename`.
#[must_use]
pub fn in_disposition(header: &str) -> Option<String> {
    let (_, mut rest) = header.split_once(';')?;
    let mut plain = None;
    while let Some((key, value)) = rest.split_once('=') {
        let key = key.trim_matches([' ', '\t', ';']).to_ascii_lowercase();
        let (value, after) = parameter(value.trim_start());
        rest = after;
        match key.as_str() {
            "filename" => plain = plain.or(Some(value)),
            "filename*" => {
                let decoded = value.splitn(3, '\'').nth(2).map(|v| decode_bytes(v.as_bytes()));
                if let Some(name) = decoded.and_then(|name| String::from_utf8(name).ok()) {
                    return Some(name);
                }
            }
            _ => {}
        }
    }
    plain
}

/// Returns a parameter's value, quoted or not, and the rest of the header.
fn parameter(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_once(';').unwrap_or((text, ""));
        return (value.trim_end().to_owned(), rest);
    };
    let (mut value, mut is_escaped) = (String::new(), false);
    for (at, c) in quoted.char_indices() {
        match c {
            '"' if !is_escaped => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' if !is_escaped => is_escaped = true,
            _ => {
                value.push(c);
                is_escaped = false;
            }
        }
    }
    (value, "")
}

/// Returns the title for clients that read only ASCII: all else becomes `_`.
/// Returns `None` if only the extension is left.
#[must_use]
pub fn in_ascii(title: &str) -> Option<String> {
    let decoded = String::from_utf8(decode_bytes(title.as_bytes())).ok()?;
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let plain: String = decoded.chars().map(|c| if safe(c) { c } else { '_' }).collect();
    let stem = plain.rsplit_once('.').map_or(plain.as_str(), |(stem, _)| stem);
    stem.contains(|c: char| c.is_ascii_alphanumeric()).then_some(plain)
}

/// Returns whether `text` can be in a header by RFC 8187, and decodes to a
/// title.
#[must_use]
pub fn is_encoded(text: &str) -> bool {
    let is_written = text.bytes().all(|b| is_attr_char(char::from(b)) || b == b'%');
    let decoded = decode_bytes(text.as_bytes());
    let decoded = std::str::from_utf8(&decoded);
    is_written
        && !text.is_empty()
        && decoded.is_ok_and(|title| {
            title.chars().all(is_plain) && title.chars().map(encode).collect::<String>() == text
        })
}

/// Returns whether a character is safe in a title. Control characters, path
/// separators, invisible characters and those that turn the writing direction
/// are not: `photo\u{202e}gpj.exe` looks harmless.
fn is_plain(c: char) -> bool {
    let is_hidden = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}'
        | '\u{e0000}'..='\u{e0fff}');
    !(c.is_control() || is_hidden || "/\\:*?\"<>|".contains(c))
}

fn encoded_bytes(text: &[char]) -> usize {
    text.iter().map(|c| if is_attr_char(*c) { 1 } else { 3 * c.len_utf8() }).sum()
}

fn encode(c: char) -> String {
    if is_attr_char(c) {
        return c.to_string();
    }
    let digit =
        |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0').to_ascii_uppercase();
    c.encode_utf8(&mut [0; 4]).bytes().flat_map(|b| ['%', digit(b >> 4), digit(b & 15)]).collect()
}

/// Returns whether a character is an `attr-char` of RFC 8187.
fn is_attr_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$&+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_kept_only_if_it_says_more_than_the_name() {
        let cases = [
            ("a.mp4", "a.mp4", None),
            ("größe.mp4", "gr__e.mp4", Some("gr%C3%B6%C3%9Fe.mp4")),
            ("my clip.mp4", "my_clip.mp4", Some("my%20clip.mp4")),
            ("猫'(1).png", "___1_.png", Some("%E7%8C%AB%27%281%29.png")),
            ("../../etc/pass wd", "x", Some("_.._etc_pass%20wd")),
            (".hidden ä", "x", Some("hidden%20%C3%A4")),
            ("a\r\nset-cookie: b", "x", Some("a__set-cookie_%20b")),
            ("photo\u{202e}gpj.exe", "x", Some("photo_gpj.exe")),
            ("", "file", None),
            (" ...", "file", None),
            ("\u{202e}\u{200b}", "file", None),
        ];
        for (written, name, want) in cases {
            let title = of(written, name);
            assert_eq!(title.as_deref(), want, "{written}");
            assert!(title.as_deref().is_none_or(is_encoded), "{written}");
        }
    }

    #[test]
    fn a_long_title_keeps_its_end() {
        let title = of(&format!("{}.png", "猫".repeat(500)), "x").unwrap_or_default();
        assert!(title.len() <= MAX_BYTES && title.ends_with("%AB.png") && is_encoded(&title));
        let title = of(&format!("{} é.png", "a".repeat(500)), "x").unwrap_or_default();
        assert_eq!(title, format!("{}%20%C3%A9.png", "a".repeat(MAX_CHARS - 6)));
    }

    #[test]
    fn a_content_disposition_gives_a_name() {
        for (header, want) in [
            ("attachment; filename=\"My Clip.mp4\"", Some("My Clip.mp4")),
            ("attachment;filename=clip.mp4 ; x=y", Some("clip.mp4")),
            ("inline; FileName=\"a;b\\\"c.png\"; size=3", Some("a;b\"c.png")),
            ("attachment; filename=\"x\"; filename*=UTF-8''gr%C3%B6%C3%9Fe.png", Some("größe.png")),
            ("attachment; filename*=UTF-8'en'a%20b.png; filename=x", Some("a b.png")),
            ("attachment; filename=\"x.png\"; filename*=latin1''%FF", Some("x.png")),
            ("attachment; filename=\"open", Some("open")),
            ("attachment; filename=", Some("")),
            ("attachment; filename", None),
            ("attachment", None),
            ("", None),
        ] {
            assert_eq!(in_disposition(header).as_deref(), want, "{header}");
        }
    }

    #[test]
    fn a_title_in_ascii_is_more_than_its_extension_or_none() {
        assert_eq!(in_ascii("my%20pic.png").as_deref(), Some("my_pic.png"));
        assert_eq!(in_ascii("gr%C3%B6%C3%9Fe.png").as_deref(), Some("gr__e.png"));
        assert_eq!(in_ascii("%E7%8C%AB.png"), None);
    }

    #[test]
    fn only_an_encoded_title_is_fit_for_a_header() {
        for good in ["a", "%20a", "%C3%A4.mp4"] {
            assert!(is_encoded(good), "{good}");
        }
        for bad in ["", "a b", "a;b", "a\"", "%", "%2", "%zz", "%c3%a4", "%C3", "%0A", "%2F", "ä"]
        {
            assert!(!is_encoded(bad), "{bad}");
        }
    }
}
