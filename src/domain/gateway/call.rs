//! Reads which call of a queue's API a path means.

use crate::domain::names::is_valid_name;
use crate::domain::upstream::queue::Queue;

/// A call of a queue's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The queue.
    pub queue: Queue,
    /// The application from the path, with its sub path.
    pub app: String,
    /// The requested action.
    pub step: Step,
}

/// The action of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `POST {app}`: submit a job.
    Submit,
    /// `GET {app}/requests/{id}/status`.
    Status(String),
    /// `GET {app}/requests/{id}/status/stream`: each status when it changes.
    Stream(String),
    /// `GET {app}/requests/{id}`.
    Result(String),
    /// `PUT {app}/requests/{id}/cancel`.
    Cancel(String),
}

impl Call {
    /// Reads the parts of the path below the queue; `None` if there is no such
    /// route. The last `requests` counts, because no application's name ends
    /// with it.
    #[must_use]
    pub fn parse(queue: Queue, parts: &[&str]) -> Option<Self> {
        let at = parts.iter().rposition(|part| *part == "requests").unwrap_or(parts.len());
        let (app, rest) = parts.split_at_checked(at)?;
        if app.is_empty() || app.iter().any(|part| part.is_empty()) {
            return None;
        }
        let id = |id: &&str| is_valid_name(id).then(|| (*id).to_owned());
        let step = match rest {
            [] => Step::Submit,
            [_, one] => Step::Result(id(one)?),
            [_, one, "status"] => Step::Status(id(one)?),
            [_, one, "status", "stream"] => Step::Stream(id(one)?),
            [_, one, "cancel"] => Step::Cancel(id(one)?),
            _ => return None,
        };
        Some(Self { queue, app: app.join("/"), step })
    }

    /// Returns the methods that the route takes.
    #[must_use]
    pub const fn allowed(&self) -> &'static str {
        match self.step {
            Step::Submit => "POST, OPTIONS",
            Step::Cancel(_) => "PUT, OPTIONS",
            Step::Status(_) | Step::Stream(_) | Step::Result(_) => "GET, HEAD, OPTIONS",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(path: &str) -> Option<(String, Step)> {
        let parts: Vec<&str> = path.split('/').collect();
        Call::parse(Queue::Batch, &parts).map(|call| (call.app, call.step))
    }

    #[test]
    fn paths_are_the_upstreams() {
        let at = |app: &str, step| Some((app.to_owned(), step));
        let id = || "12".to_owned();
        assert_eq!(parse("wan22"), at("wan22", Step::Submit));
        assert_eq!(parse("o/m/sub"), at("o/m/sub", Step::Submit));
        assert_eq!(parse("m/requests/12"), at("m", Step::Result(id())));
        assert_eq!(parse("o/m/requests/12/status"), at("o/m", Step::Status(id())));
        assert_eq!(parse("m/requests/12/status/stream"), at("m", Step::Stream(id())));
        assert_eq!(parse("m/requests/12/cancel"), at("m", Step::Cancel(id())));
        assert_eq!(parse("requests/x/requests/12"), at("requests/x", Step::Result(id())));
    }

    #[test]
    fn other_paths_are_no_routes() {
        for none in [
            "",
            "requests/12",
            "m/requests",
            "m/requests/..",
            "m/requests/a b",
            "m/requests/12/logs",
            "m//x",
        ] {
            assert_eq!(parse(none), None, "{none}");
        }
    }
}
