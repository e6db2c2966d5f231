//! Reads a body as its sender's row says.

use super::fact::Fact;
use super::kind::EventKind;
use super::row::{Form, Row};
use crate::domain::json::pointer::{self, Found};
use crate::domain::json::{self, Member};
use crate::domain::time::Timestamp;
use std::borrow::Cow;
use std::ops::Range;

/// What a body says in the terms that all of hookvault uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading<'a> {
    /// The sender's row.
    pub row: &'a Row,
    /// Whether the body has a form of this sender.
    pub fits: bool,
    /// What has happened.
    pub kind: EventKind,
    /// The sender's word for it, if it is a string.
    pub word: Option<Cow<'a, str>>,
    /// The byte range of the result in the body; empty if the body has none.
    /// `None` if the result is all but the envelope.
    pub result: Option<Range<usize>>,
}

impl Row {
    /// Reads a body that has this row's form and one of its words.
    pub(super) fn recognize<'a>(&'a self, members: &[Member<'a>]) -> Option<Reading<'a>> {
        let reading = self.fits(members).then(|| self.read(members))?;
        (reading.kind != EventKind::Unknown).then_some(reading)
    }

    fn fits(&self, members: &[Member<'_>]) -> bool {
        self.known.iter().any(|form| form.fits(members))
    }

    /// Reads a body that is known to be of this sender.
    #[must_use]
    pub fn read<'a>(&'a self, members: &[Member<'a>]) -> Reading<'a> {
        let written = first(members, self.list(Fact::Status));
        let word = written.and_then(word);
        let kind = word.as_deref().map_or(EventKind::Unknown, |word| self.kind_of(word));
        let places = self.list(Fact::Result);
        let result = (!places.is_empty()).then(|| place(members, places));
        let kind = match kind {
            EventKind::Completed if first(members, self.list(Fact::FailedIf)).is_some() => {
                EventKind::Failed
            }
            EventKind::Completed
                if self.is(Fact::ReadyIfEmpty) && first(members, places).is_none() =>
            {
                EventKind::Ready
            }
            kind => kind,
        };
        let word = word.filter(|_| written.is_some_and(|written| written.starts_with('"')));
        Reading { row: self, fits: self.fits(members), kind, word, result }
    }

    /// Reads the time that is at the places of a fact.
    #[must_use]
    pub fn time(&self, members: &[Member<'_>], fact: Fact) -> Option<Timestamp> {
        let written = first(members, self.list(fact))?;
        if self.is(Fact::InMillis) {
            return json::whole(written).map(Timestamp::from_millis);
        }
        match json::decode_string(written) {
            Some(text) => Timestamp::parse(&text),
            None => json::whole(written).and_then(|whole| Timestamp::parse(&whole.to_string())),
        }
    }
}

impl Form {
    fn fits(&self, members: &[Member<'_>]) -> bool {
        let written = |key: &str| match key.strip_prefix('/') {
            Some(_) => pointer::at(members, key).map(|(value, _)| value),
            None => {
                members.iter().rev().find(|member| member.key == key).map(|member| member.value)
            }
        };
        let has = |key: &&String| written(key).is_some();
        let is_set = |key: &String| written(key).is_some_and(|value| value != "null");
        self.must.iter().all(is_set)
            && self.least.iter().all(|(least, keys)| keys.iter().filter(has).count() >= *least)
    }
}

/// Returns the value at a pointer, if it is not `null`.
fn value<'a>(members: &[Member<'a>], at: &str) -> Option<&'a str> {
    pointer::at(members, at).map(|(value, _)| value).filter(|value| *value != "null")
}

/// Returns the first value at one of these pointers that is not `null`.
#[must_use]
pub fn first<'a>(members: &[Member<'a>], at: &[String]) -> Option<&'a str> {
    at.iter().find_map(|at| value(members, at))
}

/// Returns the text of a string, a number or a boolean.
fn word(value: &str) -> Option<Cow<'_, str>> {
    match value.as_bytes().first()? {
        b'"' => json::decode_string(value),
        b'{' | b'[' => None,
        _ => Some(Cow::Borrowed(value)),
    }
}

/// Returns the place of the first value at one of these pointers, preferably
/// one that is not `null`; an empty range without one.
fn place(members: &[Member<'_>], at: &[String]) -> Range<usize> {
    let found: Vec<Found<'_>> = at.iter().filter_map(|at| pointer::at(members, at)).collect();
    let best = found.iter().find(|(value, _)| *value != "null").or(found.first());
    best.map_or(0..0, |(_, span)| span.clone())
}
