//! Reads a job's labels from its webhook's URL: `?app=`, `?tag=`, `?keep=`, and
//! its sender: `?from=`.

use crate::domain::job::retention;
use crate::domain::sender::name::SenderName;
use crate::edge::http::call::Call;

/// The labels of a job, and its retention.
#[derive(Default)]
pub struct Labels {
    /// The application.
    pub app: Option<String>,
    /// The tags, in their order.
    pub tags: Vec<String>,
    /// How many days the job is kept.
    pub keep_days: Option<u32>,
    /// The note on a `?keep=` that can't be read.
    pub note: Option<String>,
}

impl Labels {
    /// Reads the labels from a request's URL.
    pub fn of(call: &Call<'_>) -> Self {
        let (keep_days, note) = match call.query("keep").as_deref().map(retention::parse_keep) {
            None => (None, None),
            Some(Ok(days)) => (Some(days), None),
            Some(Err(why)) => (None, Some(why)),
        };
        let app = call.query("app").map(|app| call.label(&app)).filter(|app| !app.is_empty());
        Self { app, tags: tags(call), keep_days, note }
    }
}

/// Reads the sender that the URL names; else the second value says that none is
/// known by this name.
pub fn from(call: &Call<'_>) -> (Option<SenderName>, Option<String>) {
    let Some(written) = call.query("from").filter(|name| !name.is_empty()) else {
        return (None, None);
    };
    let known = SenderName::parse(&written).filter(|it| call.config.senders.row(*it).is_some());
    let note = known.is_none().then(|| {
        let shown: String = written.chars().take(40).collect();
        format!("`from` is {shown:?}, which is the name of no known sender")
    });
    (known, note)
}

fn tags(call: &Call<'_>) -> Vec<String> {
    let all = call.url.query_pairs().filter(|(key, _)| key == "tag");
    all.map(|(_, value)| call.label(&value)).filter(|tag| !tag.is_empty()).collect()
}
