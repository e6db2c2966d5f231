//! A file's name as its upstream wrote it, for "save as": percent-encoded, so
//! that a record, R2's metadata and a header (RFC 8187) can all hold it.

use super::inline::percent_decode;

/// Most characters.
const MAX_CHARS: usize = 80;
/// Most bytes of the encoded form.
const MAX_BYTES: usize = 240;

/// The title of a file that is stored as `name`; `None` if that says it all.
///
/// It is a stranger's text: what a file system or a terminal takes for more
/// than a character becomes `_`. The end is kept when it is too long: it holds
/// the extension.
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

/// Whether `text` can stand in a header as RFC 8187 has it, and decodes to a
/// title.
#[must_use]
pub fn is_encoded(text: &str) -> bool {
    let is_written = text.bytes().all(|b| is_attr_char(char::from(b)) || b == b'%');
    let decoded = percent_decode(text.as_bytes());
    let decoded = std::str::from_utf8(&decoded);
    is_written
        && !text.is_empty()
        && decoded.is_ok_and(|title| {
            title.chars().all(is_plain) && title.chars().map(encode).collect::<String>() == text
        })
}

/// No control character, nothing that names a place, nothing that turns the
/// direction of writing or has no width: `photo\u{202e}gpj.exe` looks harmless.
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

/// `attr-char` of RFC 8187.
fn is_attr_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$&+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_more_than_the_name_is_kept() {
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
    fn the_end_is_kept() {
        let title = of(&format!("{}.png", "猫".repeat(500)), "x").unwrap_or_default();
        assert!(title.len() <= MAX_BYTES && title.ends_with("%AB.png") && is_encoded(&title));
        let title = of(&format!("{} é.png", "a".repeat(500)), "x").unwrap_or_default();
        assert_eq!(title, format!("{}%20%C3%A9.png", "a".repeat(MAX_CHARS - 6)));
    }

    #[test]
    fn a_header_gets_no_other_text() {
        for good in ["a", "%20a", "%C3%A4.mp4"] {
            assert!(is_encoded(good), "{good}");
        }
        for bad in ["", "a b", "a;b", "a\"", "%", "%2", "%zz", "%c3%a4", "%C3", "%0A", "%2F", "ä"]
        {
            assert!(!is_encoded(bad), "{bad}");
        }
    }
}
