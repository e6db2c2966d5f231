//! Finds media types by file extension and by first bytes, and decides which
//! may run script.

pub use super::magic::sniff;
pub use super::media_types::OCTET_STREAM;
use super::media_types::{ALIASES, TYPES};

/// How many of a file's first bytes [`sniff`] needs. Matroska's document type
/// may be that far in.
pub const HEAD_BYTES: usize = 384;

/// Returns the media type that the extension of `name` stands for. Returns
/// `None` for text, because such a name is as often a page's.
#[must_use]
pub fn type_of_name(name: &str) -> Option<&'static str> {
    type_of_extension(name).filter(|media| !is_text(media))
}

fn type_of_extension(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    let is_it = |(known, _): &&(&str, _)| known.eq_ignore_ascii_case(extension);
    TYPES.iter().find(is_it).map(|(_, media)| *media)
}

fn is_text(media: &str) -> bool {
    media.starts_with("text/") || matches!(media, "application/json" | "application/x-subrip")
}

/// Returns the usual extension of a media type, without the dot.
#[must_use]
pub fn extension_of_type(media: &str) -> Option<&'static str> {
    let media = essence(media);
    let is_it = |(_, known): &&(_, &str)| *known == media && media != OCTET_STREAM;
    TYPES.iter().find(is_it).map(|(extension, _)| *extension)
}

/// Returns a file's name with the extension of its type, if it has none, or one
/// that says nothing. An unknown extension stays, unless the file is surely no
/// text.
#[must_use]
pub fn with_extension(name: &str, media: &str) -> String {
    const VAGUE: [&str; 6] = ["bin", "dat", "data", "tmp", "file", "unknown"];
    let Some(usual) = extension_of_type(media) else { return name.to_owned() };
    let is_extension = |text: &str| {
        (1..=8).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric())
            && text.bytes().any(|b| b.is_ascii_alphabetic())
    };
    let is_media = ["image/", "video/", "audio/", "model/"].iter().any(|k| media.starts_with(k));
    match name.rsplit_once('.') {
        Some((stem, vague)) if VAGUE.iter().any(|word| vague.eq_ignore_ascii_case(word)) => {
            format!("{stem}.{usual}")
        }
        Some((_, written))
            if is_extension(written) && (!is_media || type_of_extension(name).is_some()) =>
        {
            name.to_owned()
        }
        _ => format!("{name}.{usual}"),
    }
}

/// Returns whether `media` is one media type and safe in a header, because
/// strangers write it. A comma list is refused: a browser would take another
/// type from it than we do.
#[must_use]
pub fn is_type(media: &str) -> bool {
    let token = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    media.len() <= 100
        && media.bytes().all(|b| (b.is_ascii_graphic() || b == b' ') && b != b',')
        && essence(media).split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub))
}

/// Returns a type without parameters, in lower case, by its usual name.
#[must_use]
pub fn essence(media: &str) -> String {
    let bare = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let usual = ALIASES.iter().find(|(alias, _)| *alias == bare).map(|(_, usual)| *usual);
    usual.map_or(bare, str::to_owned)
}

/// Returns whether a declared type says nothing, so that bytes and name must
/// decide. Such a type means any bytes or a form, or only asks for a download.
#[must_use]
pub fn is_vague(media: &str) -> bool {
    let media = essence(media);
    let (kind, sub) = media.split_once('/').unwrap_or_default();
    let said = ["octet-stream", "unknown", "download", "urlencoded"];
    matches!(kind, "" | "multipart" | "unknown" | "binary" | "octet")
        || matches!(sub, "binary" | "x-binary")
        || said.iter().any(|word| sub.contains(word))
}

/// Returns whether servers often declare this type for files that they do not
/// know.
fn is_doubtful(media: &str) -> bool {
    essence(media) == "text/plain"
}

/// Returns the first declared type that needs no look at the bytes.
#[must_use]
pub fn clear<'a>(words: impl IntoIterator<Item = Option<&'a str>>) -> Option<&'a str> {
    told(words).find(|media| !is_doubtful(media))
}

/// Returns the type of a file without a [`clear`] one. The first bytes decide,
/// else a doubtful declared type, else the name.
#[must_use]
pub fn guess<'a>(
    head: &[u8],
    words: impl IntoIterator<Item = Option<&'a str>>,
    name: &str,
) -> &'a str {
    let by_name = type_of_extension(name);
    let seen = sniff(head).map(|seen| refined(seen, by_name));
    seen.or_else(|| told(words).next()).or(by_name).unwrap_or(OCTET_STREAM)
}

fn told<'a>(words: impl IntoIterator<Item = Option<&'a str>>) -> impl Iterator<Item = &'a str> {
    words.into_iter().flatten().filter(|media| is_type(media) && !is_vague(media))
}

/// Refines the type of a container, which the bytes show, by the file's name.
fn refined(seen: &'static str, by_name: Option<&'static str>) -> &'static str {
    match (seen, by_name) {
        ("application/zip", Some(inner @ "model/vnd.usdz+zip"))
        | ("audio/ogg", Some(inner @ "video/ogg"))
        | ("image/png", Some(inner @ "image/apng"))
        | ("video/mp4", Some(inner @ ("audio/mp4" | "video/3gpp")))
        | ("video/webm", Some(inner @ "audio/webm")) => inner,
        _ => seen,
    }
}

/// Returns whether a browser could run script in a document of this type. Such
/// a file is only ever downloaded.
#[must_use]
pub fn may_run_script(media: &str) -> bool {
    let media = essence(media);
    let is_media = ["image/", "video/", "audio/", "font/", "model/"]
        .iter()
        .any(|prefix| media.starts_with(prefix));
    let is_inert = matches!(
        media.as_str(),
        OCTET_STREAM | "application/pdf" | "application/zip" | "application/json" | "text/plain"
    );
    media.contains("xml") || !(is_media || is_inert)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_and_types_are_found_by_each_other() {
        assert_eq!(type_of_name("WanVideo2_2_I2V_00150.MP4"), Some("video/mp4"));
        assert_eq!(type_of_name("noextension"), None);
        assert_eq!(extension_of_type("image/jpeg; q=1"), Some("jpg"));
        assert_eq!(extension_of_type("audio/mpeg"), Some("mp3"));
        assert_eq!(extension_of_type(OCTET_STREAM), None);
    }

    #[test]
    fn aliases_of_a_type_have_its_extension() {
        for (alias, extension) in [
            ("image/jpg", "jpg"),
            ("Audio/X-WAV; rate=8000", "wav"),
            ("audio/mp3", "mp3"),
            ("video/x-m4v", "mp4"),
        ] {
            assert_eq!(extension_of_type(alias), Some(extension), "{alias}");
        }
        for (alias, usual) in ALIASES {
            assert!(TYPES.iter().any(|(_, media)| *media == usual), "{alias} is {usual}");
        }
    }

    #[test]
    fn types_have_their_usual_extension_and_text_has_no_media_name() {
        for (name, media, usual) in [
            ("a.TIF", "image/tiff", Some("tif")),
            ("a.jfif", "image/jpeg", Some("jpg")),
            ("a.weba", "audio/webm", Some("weba")),
            ("a.oga", "audio/ogg", Some("ogg")),
            ("a.ogv", "video/ogg", Some("ogv")),
            ("a.mpeg", "video/mpeg", Some("mpg")),
            ("a.stl", "model/stl", Some("stl")),
            ("a.usdz", "model/vnd.usdz+zip", Some("usdz")),
            ("a.ply", OCTET_STREAM, None),
            ("a.json", "application/json", Some("json")),
            ("a.srt", "application/x-subrip", Some("srt")),
            ("a.txt", "text/plain", Some("txt")),
        ] {
            assert_eq!(guess(b"", [], name), media, "{name}");
            assert_eq!(extension_of_type(media), usual, "{name}");
            assert_eq!(type_of_name(name).is_none(), is_text(media), "{name}");
        }
    }

    #[test]
    fn a_name_without_an_extension_gets_one() {
        for (name, media, want) in [
            ("3f2c9a1e", "video/mp4", "3f2c9a1e.mp4"),
            ("v1.2", "video/mp4", "v1.2.mp4"),
            ("a.bin", "image/png; q=1", "a.png"),
            ("a.jpg_large", "image/jpeg", "a.jpg_large.jpg"),
            ("a.thumb", "image/jpeg", "a.thumb.jpg"),
            ("a.JPEG", "image/jpeg", "a.JPEG"),
            ("a.png", "image/webp", "a.png"),
            ("notes.md", "text/plain", "notes.md"),
            ("notes", "text/plain", "notes.txt"),
            ("weights.ckpt", OCTET_STREAM, "weights.ckpt"),
            ("weights", OCTET_STREAM, "weights"),
            ("a.tar.gz", "application/zip", "a.tar.gz"),
        ] {
            assert_eq!(with_extension(name, media), want, "{name}");
        }
    }

    #[test]
    fn a_vague_type_is_ignored() {
        for media in [
            "",
            OCTET_STREAM,
            "binary/octet-stream",
            "application/x-octet-stream",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/unknown",
            "unknown/unknown",
            "video/unknown",
            "application/force-download",
            "application/x-force-download",
            "application/x-download",
            "Application/Download",
            "application/binary",
        ] {
            assert!(is_vague(media), "{media}");
            assert_eq!(clear([Some(media), None]), None, "{media}");
        }
        for media in ["video/mp4", "model/gltf-binary", "application/zip", "text/html"] {
            assert!(!is_vague(media), "{media}");
            assert_eq!(clear([Some("unknown/unknown"), Some(media)]), Some(media));
        }
        assert_eq!(clear([Some("text/plain"), Some("image/png, a/b"), None]), None);
    }

    #[test]
    fn first_bytes_win_over_a_doubtful_type_and_the_name() {
        let (png, zip): (&[u8], &[u8]) = (b"\x89PNG\r\n\x1a\n", b"PK\x03\x04");
        let (ogg, odd): (&[u8], &[u8]) = (b"OggS", b"odd");
        let plain = Some("text/plain; charset=utf-8");
        for (head, word, name, want) in [
            (png, plain, "a.txt", "image/png"),
            (png, Some("application/unknown"), "a.mp4", "image/png"),
            (odd, plain, "a.obj", "text/plain; charset=utf-8"),
            (odd, None, "a.obj", "model/obj"),
            (odd, None, "a", OCTET_STREAM),
            (zip, None, "a.usdz", "model/vnd.usdz+zip"),
            (zip, None, "a.mp4", "application/zip"),
            (ogg, None, "a.ogv", "video/ogg"),
        ] {
            assert_eq!(guess(head, [word], name), want, "{name}");
        }
    }

    #[test]
    fn usual_outputs_are_recognized_by_first_bytes() {
        let cases: [(&[u8], &str); 8] = [
            (b"\0\0\0\x20ftypisom\0\0\0\0isom", "video/mp4"),
            (b"\x89PNG\r\n\x1a\n", "image/png"),
            (b"\xff\xd8\xff\xe0", "image/jpeg"),
            (b"GIF89a", "image/gif"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
            (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
            (b"ID3\x04", "audio/mpeg"),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"),
        ];
        for (head, media) in cases {
            let mut bytes = head.to_vec();
            bytes.resize(HEAD_BYTES, 0);
            assert_eq!(sniff(&bytes), Some(media), "{media}");
        }
        assert_eq!(sniff(b"hello world"), None);
        assert_eq!(sniff(b""), None);
    }

    #[test]
    fn only_a_single_type_that_fits_a_header_is_valid() {
        for good in ["video/mp4", "text/plain; charset=utf-8", "image/svg+xml"] {
            assert!(is_type(good), "{good}");
        }
        for bad in [
            "",
            "video",
            "video/",
            "image/png, text/html",
            "image/png;a=b,text/html",
            "a/b\n",
            "té/xt",
            "a /b",
        ] {
            assert!(!is_type(bad), "{bad}");
        }
    }

    #[test]
    fn types_that_may_run_script_are_recognized() {
        for media in
            ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", "x/y"]
        {
            assert!(may_run_script(media), "{media}");
        }
        for media in ["video/mp4", "image/png", "application/pdf", OCTET_STREAM] {
            assert!(!may_run_script(media), "{media}");
        }
    }
}
