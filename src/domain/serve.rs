//! The headers under which a file is served.

use super::media;

/// What is to be said of a file.
#[derive(Debug, Clone, Copy)]
pub struct Served<'a> {
    /// Its media type.
    pub content_type: &'a str,
    /// Its name for "save as", of characters that are safe in a header.
    pub name: &'a str,
    /// Its strong entity tag, in quotes.
    pub etag: &'a str,
    /// How long a client may keep it, in seconds.
    pub max_age: u64,
    /// Whether the client wants it as a download.
    pub download: bool,
}

/// Headers with their values.
pub type Headers = Vec<(&'static str, String)>;

/// The headers of every answer with (or about) the file.
///
/// The type is the upstream's word, so the browser is told not to guess
/// another, and what could run script is only ever downloaded.
#[must_use]
pub fn headers(file: &Served<'_>) -> Headers {
    let risky = media::may_run_script(file.content_type);
    let disposition = if risky || file.download { "attachment" } else { "inline" };
    let mut headers = vec![
        ("content-type", file.content_type.to_owned()),
        ("etag", file.etag.to_owned()),
        ("accept-ranges", "bytes".to_owned()),
        ("cache-control", format!("public, max-age={}, no-transform", file.max_age)),
        ("content-disposition", format!("{disposition}; filename=\"{}\"", file.name)),
        ("x-content-type-options", "nosniff".to_owned()),
        ("cross-origin-resource-policy", "cross-origin".to_owned()),
    ];
    if risky {
        headers.push(("content-security-policy", "sandbox; default-src 'none'".to_owned()));
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(content_type: &str, name: &str) -> Option<String> {
        let file =
            Served { content_type, name: "a.x", etag: "\"e\"", max_age: 60, download: false };
        headers(&file).into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    #[test]
    fn media_is_shown_and_documents_are_downloaded() {
        let shown = value("video/mp4", "content-disposition");
        assert_eq!(shown.as_deref(), Some("inline; filename=\"a.x\""));
        assert_eq!(value("video/mp4", "content-security-policy"), None);
        let page = value("text/html", "content-disposition");
        assert_eq!(page.as_deref(), Some("attachment; filename=\"a.x\""));
        assert!(value("image/svg+xml", "content-security-policy").is_some());
    }
}
