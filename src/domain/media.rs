//! Media types: by file extension, by magic bytes, and which may run script.

/// Extensions of files that a generation queue puts out, with their types.
const TYPES: [(&str, &str); 29] = [
    ("aac", "audio/aac"),
    ("avi", "video/x-msvideo"),
    ("avif", "image/avif"),
    ("bmp", "image/bmp"),
    ("flac", "audio/flac"),
    ("gif", "image/gif"),
    ("glb", "model/gltf-binary"),
    ("gltf", "model/gltf+json"),
    ("heic", "image/heic"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("m4a", "audio/mp4"),
    ("m4v", "video/mp4"),
    ("mkv", "video/x-matroska"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("obj", "model/obj"),
    ("ogg", "audio/ogg"),
    ("opus", "audio/ogg"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("safetensors", "application/octet-stream"),
    ("svg", "image/svg+xml"),
    ("tiff", "image/tiff"),
    ("wav", "audio/wav"),
    ("webm", "video/webm"),
    ("webp", "image/webp"),
    ("zip", "application/zip"),
];

/// Other names of these types that are in use, with the usual one.
const ALIASES: [(&str, &str); 34] = [
    ("application/ogg", "audio/ogg"),
    ("application/x-pdf", "application/pdf"),
    ("application/x-zip", "application/zip"),
    ("application/x-zip-compressed", "application/zip"),
    ("audio/aacp", "audio/aac"),
    ("audio/m4a", "audio/mp4"),
    ("audio/mp3", "audio/mpeg"),
    ("audio/mpeg3", "audio/mpeg"),
    ("audio/opus", "audio/ogg"),
    ("audio/vnd.wave", "audio/wav"),
    ("audio/wave", "audio/wav"),
    ("audio/x-aac", "audio/aac"),
    ("audio/x-flac", "audio/flac"),
    ("audio/x-m4a", "audio/mp4"),
    ("audio/x-mp3", "audio/mpeg"),
    ("audio/x-mpeg", "audio/mpeg"),
    ("audio/x-pn-wav", "audio/wav"),
    ("audio/x-wav", "audio/wav"),
    ("image/heif", "image/heic"),
    ("image/jpg", "image/jpeg"),
    ("image/pjpeg", "image/jpeg"),
    ("image/svg", "image/svg+xml"),
    ("image/tif", "image/tiff"),
    ("image/x-bmp", "image/bmp"),
    ("image/x-ms-bmp", "image/bmp"),
    ("image/x-png", "image/png"),
    ("image/x-tiff", "image/tiff"),
    ("video/avi", "video/x-msvideo"),
    ("video/m4v", "video/mp4"),
    ("video/matroska", "video/x-matroska"),
    ("video/mov", "video/quicktime"),
    ("video/msvideo", "video/x-msvideo"),
    ("video/x-m4v", "video/mp4"),
    ("video/x-mp4", "video/mp4"),
];

/// The type when nothing is known.
pub const OCTET_STREAM: &str = "application/octet-stream";

/// As many first bytes of a file as [`sniff`] looks at; Matroska's type may
/// stand that far in.
pub const HEAD_BYTES: usize = 384;

/// The media type that the extension of `name` stands for.
#[must_use]
pub fn type_of_name(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    let extension = extension.to_ascii_lowercase();
    TYPES.iter().find(|(known, _)| *known == extension).map(|(_, media)| *media)
}

/// The usual extension of a media type, without the dot.
#[must_use]
pub fn extension_of_type(media: &str) -> Option<&'static str> {
    let media = essence(media);
    // The table is sorted by extension; the common spelling of two types is
    // not its first.
    match media.as_str() {
        "image/jpeg" => Some("jpg"),
        "video/mp4" => Some("mp4"),
        OCTET_STREAM => None,
        _ => TYPES.iter().find(|(_, known)| *known == media).map(|(extension, _)| *extension),
    }
}

/// The media type that the first bytes of a file show, if it is a type that a
/// queue puts out.
#[must_use]
pub fn sniff(head: &[u8]) -> Option<&'static str> {
    let media = essence(infer::get(head)?.mime_type());
    TYPES.iter().find(|(_, known)| *known == media).map(|(_, known)| *known)
}

/// Whether `media` is one media type and safe in a header: strangers write it.
/// Of a comma list a browser takes another than we do, so that is none.
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

/// Whether a declared type tells nothing, so that bytes and name must.
#[must_use]
pub fn is_vague(media: &str) -> bool {
    matches!(essence(media).as_str(), "" | OCTET_STREAM | "binary/octet-stream")
}

/// Whether a browser could run script in a document of this type: such a file
/// is only ever downloaded.
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
    fn names_and_types_lead_to_each_other() {
        assert_eq!(type_of_name("WanVideo2_2_I2V_00150.MP4"), Some("video/mp4"));
        assert_eq!(type_of_name("noextension"), None);
        assert_eq!(extension_of_type("image/jpeg; q=1"), Some("jpg"));
        assert_eq!(extension_of_type("audio/mpeg"), Some("mp3"));
        assert_eq!(extension_of_type(OCTET_STREAM), None);
    }

    #[test]
    fn other_names_of_a_type_are_it() {
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
    fn magic_bytes_of_the_usual_outputs() {
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
    fn a_type_is_one_and_fits_a_header() {
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
    fn documents_that_run_script_are_told_apart() {
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
