//! Content codings: what a `Content-Encoding` header says of the bytes.
//!
//! The header is a hint. Uploaders write character sets, transfer encodings
//! and S3's upload framing there; those bytes are plain.

/// A coding of the IANA registry of HTTP content codings, but for `identity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// `gzip`, or `x-gzip`, which RFC 9110 calls the same.
    Gzip,
    /// `deflate`: the zlib format.
    Deflate,
    /// `br`.
    Brotli,
    /// `zstd`.
    Zstd,
    /// One that nobody here undoes, by its registered name.
    Other(&'static str),
}

impl Coding {
    /// Its name in the registry.
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
        /// The rest of the registry, and the old names that RFC 9110 keeps.
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
/// which they were applied: the last one is undone first.
///
/// `identity`, S3's `aws-chunked`, empty members and whatever is no registered
/// coding (`utf-8`, `base64`, `none`) change no bytes, so they are left out.
#[must_use]
pub fn codings(header: Option<&str>) -> Vec<Coding> {
    let members = header.unwrap_or_default().split(',');
    let names = members.map(|member| member.split(';').next().unwrap_or_default().trim());
    names.filter_map(|name| Coding::of_name(&name.to_ascii_lowercase())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_no_coding_counts_as_none() {
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
    fn real_codings_count_wherever_they_stand() {
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
