//! A request as handlers see it.

use crate::domain::config::Config;
use crate::domain::http::problem::{Code, Problem};
use crate::domain::route::LISTS;
use crate::domain::time::Timestamp;
use crate::edge::platform::{Failure, Kind};
use std::ops::RangeInclusive;
use worker::{Context, Env, Headers};

/// The accepted formats of a time.
const TIMES: &str = "a day like 2025-12-27, a time like 2025-12-27T22:39:35Z (or `%2B01:00` in \
                     the place of `Z`), or milliseconds since 1970";
/// The longest label, in characters.
const MAX_LABEL_CHARS: usize = 100;

/// Returns the problem for a `?cursor=` that the vault did not issue.
pub fn bad_cursor() -> Problem {
    Problem::new(
        Code::BadParameter,
        "`cursor` is not one that this route returned; leave it out to begin",
    )
}

/// The data that a handler works with.
pub struct Call<'a> {
    /// The bindings.
    pub env: &'a Env,
    /// The configuration.
    pub config: &'a Config,
    /// The request's URL, for its query and origin.
    pub url: worker::Url,
    /// The request's headers.
    pub headers: Headers,
    /// Whether the request is a HEAD: the answer has no body.
    pub head: bool,
    /// The runtime's context, for work after the answer.
    pub context: &'a Context,
}

impl Call<'_> {
    /// Returns scheme and host of the request.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Returns a request header.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).ok().flatten()
    }

    /// Returns the first value of a query parameter.
    pub fn query(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Returns all values of a query parameter that takes a list, joined by
    /// commas.
    pub fn list(&self, name: &str) -> Option<String> {
        let values = self.url.query_pairs().filter(|(key, _)| key == name);
        let values: Vec<_> = values.map(|(_, value)| value).collect();
        (!values.is_empty()).then(|| values.join(","))
    }

    /// Reads a query parameter that is a whole number.
    pub fn number(&self, name: &str, default: u32) -> Result<u32, Problem> {
        let Some(text) = self.query(name) else {
            return Ok(default);
        };
        text.parse().map_err(|_| {
            Problem::bad_parameter(format!("`{name}` is {text:?}; it must be a whole number"))
        })
    }

    /// Returns the problem of a failed listing of the bucket: a wrong cursor if
    /// the bucket refuses the caller's, else a failure of the platform.
    pub fn listing_failed(&self, failure: Failure) -> Problem {
        match failure.kind() {
            Kind::Invalid if self.query("cursor").is_some() => bad_cursor(),
            _ => failure.into(),
        }
    }

    /// Reads `?cursor=`, which the bucket has issued.
    pub fn cursor(&self) -> Result<Option<String>, Problem> {
        match self.query("cursor") {
            Some(text) if text.is_empty() => {
                Err(Problem::new(Code::BadParameter, "`cursor` is empty; leave it out to begin"))
            }
            cursor => Ok(cursor),
        }
    }

    /// Reads a query parameter that is a time.
    pub fn time(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        let Some(text) = self.query(name) else { return Ok(None) };
        Timestamp::parse(&text).map(Some).ok_or_else(|| {
            Problem::bad_parameter(format!("`{name}` is {text:?}; it must be a time: {TIMES}"))
        })
    }

    /// Reads a query parameter that is a whole number within a range.
    pub fn number_in(
        &self,
        name: &str,
        default: u32,
        range: RangeInclusive<u32>,
    ) -> Result<u32, Problem> {
        let number = self.number(name, default)?;
        if range.contains(&number) {
            return Ok(number);
        }
        let (least, most) = range.into_inner();
        Err(Problem::bad_parameter(format!("`{name}` is {number}; it can be {least} to {most}")))
    }

    /// Refuses unknown and repeated parameters, so that none is silently
    /// ignored.
    pub fn only_parameters(&self, known: &[&str], takes_tickets: bool) -> Result<(), Problem> {
        let mut seen = Vec::new();
        for (key, _) in self.url.query_pairs() {
            if !(known.contains(&key.as_ref()) || takes_tickets && key == "ticket") {
                return Err(Problem::new(Code::UnknownParameter, unknown(&key, known)));
            }
            if seen.contains(&key) && !LISTS.contains(&key.as_ref()) {
                return Err(Problem::bad_parameter(format!(
                    "`{key}` is given twice; give it once"
                )));
            }
            seen.push(key);
        }
        Ok(())
    }

    /// Returns a label (`?app=`, `?tag=`) in the form that the record stores.
    /// Secrets in a URL are masked.
    pub fn label(&self, text: &str) -> String {
        let masked = self.config.secrets().mask(text);
        masked.chars().filter(|c| !c.is_control()).take(MAX_LABEL_CHARS).collect()
    }
}

fn unknown(key: &str, known: &[&str]) -> String {
    let shown: String = key.chars().take(40).collect();
    let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    let takes = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    format!("{shown:?} is not a parameter of this route; it takes {takes}")
}
