//! Reads rows from JSON, and names each mistake by its path.

use super::fact::{self, Fact, Kind};
use super::kind::EventKind;
use super::name::SenderName;
use super::row::{Form, Row};
use crate::domain::json::{self, Member, pointer};

/// An array of rows, as far as it could be read.
pub struct ReadRows {
    /// The rows that have no mistake. One of a known name is that row with
    /// changes.
    pub rows: Vec<Row>,
    /// The mistakes of the others.
    pub mistakes: Vec<String>,
}

/// What the reader has to know of the rest of the program.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// Returns the row that a row of this name changes.
    pub base: &'a dyn Fn(SenderName) -> Option<Row>,
    /// Returns what is wrong with a value of a fact.
    pub check: &'a dyn Fn(Fact, &str) -> Option<String>,
}

impl Rules<'_> {
    /// The rules for rows that change none and are right.
    pub const NONE: Self = Self { base: &|_| None, check: &|_, _| None };
}

/// Reads an array of rows. `name` begins the paths.
#[must_use]
pub fn read(name: &str, text: &str, rules: Rules<'_>) -> ReadRows {
    let mut reader = Reader { path: name.to_owned(), mistakes: Vec::new(), rules };
    let mut rows = Vec::new();
    for (at, value) in reader.items(text) {
        let (before, length) = (reader.mistakes.len(), reader.enter(&at));
        let row = reader.row(value);
        reader.path.truncate(length);
        if reader.mistakes.len() == before {
            rows.extend(row);
        }
    }
    ReadRows { rows, mistakes: reader.mistakes }
}

struct Reader<'r> {
    /// The path to the value that is being read: `SENDERS[2].events.ok`.
    path: String,
    mistakes: Vec<String>,
    rules: Rules<'r>,
}

impl Reader<'_> {
    fn mistake(&mut self, what: &str) {
        self.mistakes.push([&self.path, ": ", what].concat());
    }

    /// Adds a step to the path; returns the length to which it must be cut
    /// again.
    fn enter(&mut self, step: &str) -> usize {
        let length = self.path.len();
        self.path.push_str(step);
        length
    }

    /// Returns the items of an array with their steps.
    fn items<'a>(&mut self, text: &'a str) -> Vec<(String, &'a str)> {
        if !text.trim_start().starts_with('[') {
            self.mistake("must be an array");
            return Vec::new();
        }
        let items = pointer::items(text).into_iter().enumerate();
        items.map(|(at, (item, _))| (["[", &at.to_string(), "]"].concat(), item)).collect()
    }

    /// Returns the members of an object with their steps.
    fn members<'a>(&mut self, text: &'a str) -> Vec<(String, Member<'a>)> {
        if !text.starts_with('{') {
            self.mistake("must be an object");
            return Vec::new();
        }
        let members = json::members(text).into_iter();
        members.map(|member| ([".", &member.key].concat(), member)).collect()
    }

    fn row(&mut self, text: &str) -> Option<Row> {
        let before = self.mistakes.len();
        let members = self.members(text);
        let name = members.iter().find(|(_, member)| member.key == "name");
        let name = name.and_then(|(_, member)| json::decode_string(member.value));
        let Some(name) = name.and_then(|name| SenderName::parse(&name)) else {
            self.mistake("`name` must be 1 to 23 characters of a-z 0-9 - _");
            return None;
        };
        let base = (self.rules.base)(name);
        let mut row = base.unwrap_or_else(|| Row { name, ..Row::default() });
        for (step, member) in &members {
            let length = self.enter(step);
            self.member(&mut row, member);
            self.path.truncate(length);
        }
        let is_blind = row.events.is_empty() || !row.is(Fact::Status);
        if is_blind && !row.is(Fact::Off) && self.mistakes.len() == before {
            self.mistake("`status` and `events` are missing");
        }
        Some(row)
    }

    fn member(&mut self, row: &mut Row, member: &Member<'_>) {
        let value = member.value;
        match member.key.as_ref() {
            "name" => {}
            "known" => row.known = self.forms(value),
            "events" => row.events = self.events(value),
            key => match fact::ALL.iter().find(|(name, ..)| *name == key) {
                Some((_, fact, kind)) => row.set(*fact, self.values(value, *fact, *kind)),
                None => self.mistake("is not a member of a row"),
            },
        }
    }

    fn values(&mut self, value: &str, fact: Fact, kind: Kind) -> Vec<String> {
        if kind == Kind::Flag {
            if !matches!(value, "true" | "false") {
                self.mistake("must be true or false");
            }
            return vec![value.to_owned()];
        }
        if kind == Kind::Number {
            if json::whole(value).is_none() {
                self.mistake("must be a whole number");
            }
            return vec![value.to_owned()];
        }
        let texts = self.texts(value);
        if kind == Kind::Pointers && texts.iter().any(|text| !text.starts_with('/')) {
            self.mistake("must be JSON Pointers, which begin with `/`");
        }
        for text in &texts {
            if let Some(why) = (self.rules.check)(fact, text) {
                self.mistake(&why);
            }
        }
        texts
    }

    /// Reads one text, or an array of them.
    fn texts(&mut self, value: &str) -> Vec<String> {
        if let Some(text) = json::decode_string(value) {
            return vec![text.into_owned()];
        }
        let mut texts = Vec::new();
        for (step, item) in self.items(value) {
            let length = self.enter(&step);
            match json::decode_string(item) {
                Some(text) => texts.push(text.into_owned()),
                None => self.mistake("must be a string"),
            }
            self.path.truncate(length);
        }
        texts
    }

    fn events(&mut self, value: &str) -> Vec<(String, EventKind)> {
        let mut events = Vec::new();
        for (step, member) in self.members(value) {
            let length = self.enter(&step);
            match EventKind::ALL.into_iter().find(|kind| kind.name() == member.key) {
                Some(kind) => {
                    let words = self.texts(member.value).into_iter();
                    events.extend(words.map(|word| (word, kind)));
                }
                None => {
                    self.mistake(
                        "must be acquired, ready, completed, failed, cancelled or retried",
                    );
                }
            }
            self.path.truncate(length);
        }
        events
    }

    /// Reads one form, or an array of them.
    fn forms(&mut self, value: &str) -> Vec<Form> {
        if value.starts_with('{') {
            return vec![self.form(value)];
        }
        let mut forms = Vec::new();
        for (step, item) in self.items(value) {
            let length = self.enter(&step);
            forms.push(self.form(item));
            self.path.truncate(length);
        }
        forms
    }

    fn form(&mut self, value: &str) -> Form {
        let mut form = Form::default();
        for (step, member) in self.members(value) {
            let length = self.enter(&step);
            let names = self.texts(member.value);
            match member.key.parse() {
                Ok(count) => form.least.push((count, names)),
                Err(_) if member.key == "must" => form.must = names,
                Err(_) => self.mistake("must be `must`, or a number of members"),
            }
            self.path.truncate(length);
        }
        if form.must.is_empty() && form.least.is_empty() {
            self.mistake("must name members");
        }
        form
    }
}
