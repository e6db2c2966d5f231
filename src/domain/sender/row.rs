//! What is known of one sender.

use super::fact::Fact;
use super::kind::EventKind;
use super::name::SenderName;
use crate::domain::json;

/// What is known of one sender. A fact that no source tells is unset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// `name`: how records and URLs call the sender.
    pub name: SenderName,
    /// `known`: the forms by which a body is recognized.
    pub known: Vec<Form>,
    /// `events`: the sender's words for each kind of event.
    pub events: Vec<(String, EventKind)>,
    /// All other facts, as they are written.
    pub facts: Vec<(Fact, Vec<String>)>,
}

/// The members by which a body is recognized.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// `must`: members that are there and not `null`. One that begins with `/`
    /// is a JSON Pointer.
    pub must: Vec<String>,
    /// `"2": […]`: how many of these members are there at least.
    pub least: Vec<(usize, Vec<String>)>,
}

impl Row {
    /// Returns the values of a fact.
    #[must_use]
    pub fn list(&self, fact: Fact) -> &[String] {
        let found = self.facts.iter().find(|(known, _)| *known == fact);
        found.map_or(&[], |(_, values)| values.as_slice())
    }

    /// Returns the first value of a fact.
    #[must_use]
    pub fn text(&self, fact: Fact) -> Option<&str> {
        self.list(fact).first().map(String::as_str)
    }

    /// Returns whether a fact is known and not false.
    #[must_use]
    pub fn is(&self, fact: Fact) -> bool {
        self.text(fact).is_some_and(|text| text != "false")
    }

    /// Returns the number that a fact is.
    #[must_use]
    pub fn number(&self, fact: Fact) -> Option<u64> {
        json::whole(self.text(fact)?)
    }

    /// Sets the values of a fact.
    pub(super) fn set(&mut self, fact: Fact, values: Vec<String>) {
        self.facts.retain(|(known, _)| *known != fact);
        self.facts.push((fact, values));
    }

    /// Returns whether a URL at this key of a result is an output, without
    /// regard to anything else.
    #[must_use]
    pub fn is_output(&self, key: Option<&str>) -> bool {
        self.list(Fact::Outputs).iter().any(|known| known == "*" || Some(known.as_str()) == key)
    }

    /// Returns whether a top-level member of a body is not part of the result.
    #[must_use]
    pub fn is_aside(&self, key: &str) -> bool {
        self.list(Fact::Envelope).iter().any(|known| known == key)
    }

    /// Returns the kind of event that the sender calls by this word.
    #[must_use]
    pub fn kind_of(&self, word: &str) -> EventKind {
        let is_it = |known: &str| match known.strip_suffix('*') {
            Some(start) => word.starts_with(start),
            None => known == word,
        };
        let known = self.events.iter().find(|(known, _)| is_it(known));
        known.map_or(EventKind::Unknown, |(_, kind)| *kind)
    }

    /// Returns the sender's first word for a kind of event.
    #[must_use]
    pub fn word_for(&self, kind: EventKind) -> Option<&str> {
        self.events.iter().find(|(_, known)| *known == kind).map(|(word, _)| word.as_str())
    }
}
