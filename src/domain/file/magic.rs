//! Recognizes the media types that generation queues produce by a file's first
//! bytes. A library would know a hundred more, and would add 4 KB to the
//! Worker.

/// First bytes that identify a media type on their own.
const MAGIC: [(&[u8], &str); 26] = [
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"v/1\x01", "image/x-exr"),
    (b"\xff\x0a", "image/jxl"),
    (b"\0\0\0\x0cJXL ", "image/jxl"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"MThd", "audio/midi"),
    (b"\0\0\x01\xba", "video/mpeg"),
    (b"\0\0\x01\xb3", "video/mpeg"),
    (b"glTF", "model/gltf-binary"),
    (b"%PDF", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"PK\x07\x08", "application/zip"),
];
/// The first bytes of a Matroska file (EBML, RFC 8794). The name of its
/// document type follows.
const EBML: &[u8] = b"\x1a\x45\xdf\xa3";

/// Returns the media type that the first bytes of a file show.
#[must_use]
pub fn sniff(head: &[u8]) -> Option<&'static str> {
    let four = |from: usize| head.get(from..from + 4).unwrap_or_default();
    match (four(0), four(4), four(8)) {
        (_, b"ftyp", brand) => of_brand(brand, head),
        (_, b"moov" | b"mdat" | b"wide", _) => Some("video/quicktime"),
        (b"RIFF", _, b"WEBP") => Some("image/webp"),
        (b"RIFF", _, b"WAVE") => Some("audio/wav"),
        (b"RIFF", _, b"AVI ") => Some("video/x-msvideo"),
        (b"FORM", _, b"AIFF" | b"AIFC") => Some("audio/aiff"),
        (EBML, ..) if holds(head, b"webm") => Some("video/webm"),
        (EBML, ..) if holds(head, b"matroska") => Some("video/x-matroska"),
        _ => MAGIC.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, media)| *media),
    }
}

/// Returns the media type of a brand of the ISO base media format (ISO/IEC
/// 14496-12), as the MP4 registration authority lists it.
fn of_brand(brand: &[u8], head: &[u8]) -> Option<&'static str> {
    match brand {
        b"avif" | b"avis" => Some("image/avif"),
        b"mif1" | b"msf1" if holds(head, b"avif") => Some("image/avif"),
        b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1" => {
            Some("image/heic")
        }
        b"M4A " | b"M4B " | b"M4P " => Some("audio/mp4"),
        b"qt  " => Some("video/quicktime"),
        [b'3', b'g', ..] => Some("video/3gpp"),
        // Raw camera photos and JPEG 2000 are no videos.
        b"crx " | b"jp2 " | b"jpx " | b"" => None,
        _ => Some("video/mp4"),
    }
}

fn holds(head: &[u8], word: &[u8]) -> bool {
    head.windows(word.len()).any(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_distinguished_by_their_brand() {
        let cases: [(&[u8], Option<&str>); 14] = [
            (b"\0\0\0\x20ftypisom\0\0\0\0isom", Some("video/mp4")),
            (b"\0\0\0\x20ftypiso5\0\0\0\0dash", Some("video/mp4")),
            (b"\0\0\0\x20ftypM4A \0\0\0\0", Some("audio/mp4")),
            (b"\0\0\0\x20ftypqt  \0\0\0\0", Some("video/quicktime")),
            (b"\0\0\0\x20ftyp3gp4\0\0\0\0", Some("video/3gpp")),
            (b"\0\0\0\x20ftypmif1\0\0\0\0mif1heic", Some("image/heic")),
            (b"\0\0\0\x20ftypmif1\0\0\0\0mif1avif", Some("image/avif")),
            (b"\0\0\0\x20ftypcrx \0\0\0\0", None),
            (b"\0\0\0\x20ftyp", None),
            (b"RIFF\0\0\0\0AVI LIST", Some("video/x-msvideo")),
            (b"RIFF\0\0\0\0sfbk", None),
            (b"FORM\0\0\0\0AIFC", Some("audio/aiff")),
            (b"\x1a\x45\xdf\xa3\x42\x82\x88matroska", Some("video/x-matroska")),
            (b"glTF\x02\0\0\0", Some("model/gltf-binary")),
        ];
        for (head, media) in cases {
            assert_eq!(sniff(head), media, "{}", String::from_utf8_lossy(head));
        }
    }
}
