//! Content codings: the meaning of a `Content-Encoding` header.
//!
//! The header is a hint. Some uploaders write character sets, transfer
//! encodings or S3's upload framing into it, although the bytes are plain.

use crate::domain::file::media_type;

/// A coding of the IANA registry of HTTP content codings, except `identity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// `gzip`, or `x-gzip`, which RFC 9110 treats as the same.
    Gzip,
    /// `deflate`: the zlib format.
    Deflate,
    /// `br`.
    Brotli,
    /// `zstd`.
    Zstd,
    /// A coding that neither the Worker nor the runtime decodes, by its
    /// registered name.
    Other(&'static str),
}

impl Coding {
    /// Returns the coding's name in the registry.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Other(name) => name,
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        /// The other codings of the registry, and the old names that RFC 9110
        /// keeps.
        const OTHERS: [&str; 7] =
            ["aes128gcm", "compress", "dcb", "dcz", "exi", "pack200-gzip", "x-compress"];
        Some(match name {
            "gzip" | "x-gzip" => Self::Gzip,
            "deflate" => Self::Deflate,
            "br" => Self::Brotli,
            "zstd" => Self::Zstd,
            _ => Self::Other(OTHERS.into_iter().find(|other| *other == name)?),
        })
    }
}

/// Returns the codings that a `Content-Encoding` header names, in the order in
/// which they were applied: the last one must be decoded first.
///
/// `identity`, S3's `aws-chunked`, empty members and unregistered names
/// (`utf-8`, `base64`, `none`) change no bytes, so they are left out.
#[must_use]
pub fn codings(header: Option<&str>) -> Vec<Coding> {
    let members = header.unwrap_or_default().split(',');
    let names = members.map(|member| member.split(';').next().unwrap_or_default().trim());
    names.filter_map(|name| Coding::of_name(&name.to_ascii_lowercase())).collect()
}

/// How the bytes of a fetched body relate to the file's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchedBytes {
    /// The body is the file.
    Plain,
    /// The runtime decodes the body while it is read. The decoded length is not
    /// known.
    Decoded,
    /// The Worker must have these codings decoded, the last one first.
    Coded(Vec<Coding>),
    /// Nothing here can decode the body. It is stored as it is, and served with
    /// this `Content-Encoding`.
    Kept(String),
}

impl FetchedBytes {
    /// Reads a source's `Content-Encoding`.
    #[must_use]
    pub fn of_header(header: Option<&str>) -> Self {
        let codings = codings(header);
        let is_ours = |coding: &Coding| matches!(coding, Coding::Gzip | Coding::Deflate);
        match codings.as_slice() {
            [] => Self::Plain,
            // The runtime decodes exactly these two header values.
            [_] if matches!(header, Some("gzip" | "br")) => Self::Decoded,
            all if all.iter().all(is_ours) => Self::Coded(codings),
            all => Self::Kept(all.iter().map(|one| one.name()).collect::<Vec<_>>().join(", ")),
        }
    }

    /// Returns whether a file that begins with these bytes is plain in spite of
    /// its header. That is so if the bytes have the signature of a media type,
    /// or lack the one that the coding begins with.
    #[must_use]
    pub fn is_denied_by(header: Option<&str>, head: &[u8]) -> bool {
        let Some(last) = codings(header).pop() else { return false };
        let begins_so = match last {
            Coding::Gzip => head.starts_with(&[0x1f, 0x8b]),
            Coding::Deflate => is_zlib(head),
            Coding::Zstd => head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]),
            Coding::Brotli | Coding::Other(_) => true,
        };
        !begins_so || media_type::sniff(head).is_some()
    }
}

/// Returns whether bytes begin with a zlib header (RFC 1950).
fn is_zlib(head: &[u8]) -> bool {
    matches!(head, [cmf, flg, ..]
        if cmf & 0x0f == 8 && u16::from_be_bytes([*cmf, *flg]) % 31 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtime_decodes_only_two_spellings() {
        use Coding::{Deflate, Gzip};
        let cases = [
            (None, FetchedBytes::Plain),
            (Some("utf-8"), FetchedBytes::Plain),
            (Some("gzip"), FetchedBytes::Decoded),
            (Some("br"), FetchedBytes::Decoded),
            (Some("GZIP"), FetchedBytes::Coded(vec![Gzip])),
            (Some("gzip, aws-chunked"), FetchedBytes::Coded(vec![Gzip])),
            (Some("x-gzip"), FetchedBytes::Coded(vec![Gzip])),
            (Some("deflate, gzip"), FetchedBytes::Coded(vec![Deflate, Gzip])),
            (Some("zstd"), FetchedBytes::Kept("zstd".into())),
            (Some("br, aws-chunked"), FetchedBytes::Kept("br".into())),
            (Some("X-GZIP,br"), FetchedBytes::Kept("gzip, br".into())),
        ];
        for (header, want) in cases {
            assert_eq!(FetchedBytes::of_header(header), want, "{header:?}");
        }
    }

    #[test]
    fn the_first_bytes_decide_whether_a_file_is_coded() {
        let png: &[u8] = b"\x89PNG\r\n\x1a\n";
        let cases: [(&str, &[u8], bool); 10] = [
            ("gzip", b"\x1f\x8b\x08", false),
            ("gzip", b"{\"a\":1}", true),
            ("gzip", png, true),
            ("br", png, true),
            ("br", b"\x1b\x02", false),
            ("deflate", b"\x78\x9c\x4b", false),
            ("deflate", b"{\"a\":1}", true),
            ("zstd", b"\x28\xb5\x2f\xfd", false),
            ("zstd", b"text", true),
            ("utf-8", png, false),
        ];
        for (header, head, want) in cases {
            assert_eq!(FetchedBytes::is_denied_by(Some(header), head), want, "{header} {head:?}");
        }
    }

    #[test]
    fn unregistered_names_are_ignored() {
        for header in [
            "",
            " , ,",
            "identity",
            "Identity",
            "aws-chunked",
            "aws-chunked,",
            "AWS-Chunked",
            "identity, aws-chunked",
            "utf-8",
            "UTF-8",
            "base64",
            "binary",
            "none",
            "8bit",
            "null",
            "iso-8859-1",
            "text/plain",
            "gzip2",
            "\"gzip\"",
            "gzip deflate",
        ] {
            assert_eq!(codings(Some(header)), [], "{header}");
        }
        assert_eq!(codings(None), []);
    }

    #[test]
    fn registered_codings_count_at_any_position() {
        use Coding::{Brotli, Deflate, Gzip, Other, Zstd};
        let cases: [(&str, &[Coding]); 9] = [
            ("gzip", &[Gzip]),
            (" X-GZip ", &[Gzip]),
            ("gzip, aws-chunked", &[Gzip]),
            ("aws-chunked,gzip", &[Gzip]),
            ("utf-8, br", &[Brotli]),
            ("deflate, gzip", &[Deflate, Gzip]),
            ("zstd;q=1", &[Zstd]),
            ("compress", &[Other("compress")]),
            ("gzip, aes128gcm", &[Gzip, Other("aes128gcm")]),
        ];
        for (header, want) in cases {
            assert_eq!(codings(Some(header)), want, "{header}");
            for coding in want {
                assert_eq!(codings(Some(coding.name())), [*coding], "{header}");
            }
        }
    }
}
