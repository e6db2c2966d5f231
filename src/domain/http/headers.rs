//! The headers under which a file is served.

use crate::domain::file::{filename, media_type};
use crate::domain::time::Timestamp;

/// A file that is served.
#[derive(Debug, Clone, Copy)]
pub struct Served<'a> {
    /// The media type.
    pub content_type: &'a str,
    /// The file name for "save as", in characters that are safe in a header.
    pub name: &'a str,
    /// The name that the upstream wrote, percent-encoded, if it differs.
    pub title: Option<&'a str>,
    /// The codings that the bytes still have, as a `Content-Encoding`.
    pub encoding: Option<&'a str>,
    /// The validators and the cache lifetime, if the file is stored.
    pub stored: Option<CacheInfo<'a>>,
    /// Whether the client wants the file as a download.
    pub download: bool,
}

/// The validators and the cache lifetime of a stored file.
#[derive(Debug, Clone, Copy)]
pub struct CacheInfo<'a> {
    /// The strong entity tag, in quotes.
    pub etag: &'a str,
    /// When the file was stored.
    pub modified: Timestamp,
    /// How long a client may cache the file, in seconds.
    pub max_age: u64,
}

/// The header that marks a body as coded. Such a body is sent as it is stored,
/// and the runtime must not code it again.
pub const CODING: &str = "content-encoding";

/// Headers with their values.
pub type Headers = Vec<(&'static str, String)>;

/// Returns the headers of every response with the file, and of a 304, from
/// which caches update their entries.
///
/// The type comes from the upstream, so browsers must not guess another.
/// A type that could run scripts is only ever downloaded.
#[must_use]
pub fn headers(file: &Served<'_>) -> Headers {
    let risky = media_type::may_run_script(file.content_type);
    let mut headers = match &file.stored {
        Some(stored) => validators(stored),
        None => vec![("cache-control", "no-store, no-transform".to_owned())],
    };
    headers.extend([
        ("content-type", file.content_type.to_owned()),
        ("content-disposition", disposition(file, risky)),
        ("x-content-type-options", "nosniff".to_owned()),
        ("cross-origin-resource-policy", "cross-origin".to_owned()),
    ]);
    if let Some(encoding) = file.encoding {
        headers.push((CODING, encoding.to_owned()));
    }
    if file.stored.is_some() {
        headers.push(("accept-ranges", "bytes".to_owned()));
    }
    if risky {
        headers.push(("content-security-policy", "sandbox; default-src 'none'".to_owned()));
    }
    headers
}

fn validators(file: &CacheInfo<'_>) -> Headers {
    vec![
        ("etag", file.etag.to_owned()),
        ("last-modified", file.modified.to_http()),
        ("cache-control", format!("public, max-age={}, no-transform", file.max_age)),
    ]
}

/// Returns a `Content-Disposition` (RFC 6266): a plain name for all clients,
/// and the upstream's name (RFC 8187) for clients that support it. Both have
/// the extension of the type.
fn disposition(file: &Served<'_>, risky: bool) -> String {
    let kind = if risky || file.download { "attachment" } else { "inline" };
    let title = file.title.filter(|title| filename::is_encoded(title));
    let plain = title.and_then(filename::in_ascii).unwrap_or_else(|| file.name.to_owned());
    let named = |name: &str| media_type::with_extension(name, file.content_type);
    let told = format!("{kind}; filename=\"{}\"", named(&plain));
    match title {
        Some(title) => format!("{told}; filename*=UTF-8''{}", named(title)),
        None => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIDEO: Served<'_> = Served {
        content_type: "video/mp4",
        name: "a.mp4",
        title: None,
        encoding: None,
        stored: None,
        download: false,
    };
    const STORED: CacheInfo<'_> =
        CacheInfo { etag: "\"e\"", modified: Timestamp::from_millis(784_111_777_999), max_age: 60 };

    fn value(file: &Served<'_>, name: &str) -> Option<String> {
        headers(file).into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    #[test]
    fn media_is_shown_and_documents_are_downloaded() {
        let shown = value(&VIDEO, "content-disposition");
        assert_eq!(shown.as_deref(), Some("inline; filename=\"a.mp4\""));
        assert_eq!(value(&VIDEO, "content-security-policy"), None);
        for content_type in ["text/html", "image/svg+xml; charset=utf-8", "application/xhtml+xml"] {
            let page = Served { content_type, ..VIDEO };
            let saved = value(&page, "content-disposition");
            assert_eq!(saved.as_deref(), Some("attachment; filename=\"a.mp4\""), "{content_type}");
            assert!(value(&page, "content-security-policy").is_some(), "{content_type}");
        }
        let saved = value(&Served { download: true, ..VIDEO }, "content-disposition");
        assert_eq!(saved.as_deref(), Some("attachment; filename=\"a.mp4\""));
    }

    #[test]
    fn a_name_beyond_ascii_is_sent_beside_the_plain_one() {
        let told = |title| value(&Served { title: Some(title), ..VIDEO }, "content-disposition");
        let want = "inline; filename=\"a.mp4\"; filename*=UTF-8''%C3%A4.mp4";
        assert_eq!(told("%C3%A4.mp4").as_deref(), Some(want));
        for odd in ["a\r\nx: y", "a b", "\"", "%zz", ""] {
            assert_eq!(told(odd).as_deref(), Some("inline; filename=\"a.mp4\""), "{odd}");
        }
    }

    #[test]
    fn a_file_is_saved_under_its_senders_name_with_its_types_extension() {
        let saved = |name, title| {
            let file = Served { name, title, download: true, ..VIDEO };
            value(&file, "content-disposition").unwrap()
        };
        assert_eq!(saved("3f2c", None), "attachment; filename=\"3f2c.mp4\"");
        assert_eq!(
            saved("3f2c", Some("My%20Clip")),
            "attachment; filename=\"My_Clip.mp4\"; filename*=UTF-8''My%20Clip.mp4"
        );
        assert_eq!(
            saved("3f2c.mp4", Some("%E7%8C%AB.mp4")),
            "attachment; filename=\"3f2c.mp4\"; filename*=UTF-8''%E7%8C%AB.mp4"
        );
    }

    #[test]
    fn only_stored_files_are_cached_and_have_validators() {
        let stored = Served { stored: Some(STORED), ..VIDEO };
        let told = |name| value(&stored, name);
        assert_eq!(told("etag").as_deref(), Some("\"e\""));
        assert_eq!(told("last-modified").as_deref(), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
        assert_eq!(told("cache-control").as_deref(), Some("public, max-age=60, no-transform"));
        for name in ["etag", "last-modified", "accept-ranges"] {
            assert_eq!(value(&VIDEO, name), None, "{name}");
        }
        assert_eq!(value(&VIDEO, "cache-control").as_deref(), Some("no-store, no-transform"));
    }
}
