//! The table of senders: the rows that are built in, and the operator's rows.

use super::body::Reading;
use super::fact::Fact;
use super::name::SenderName;
use super::reader::{self, Rules};
use super::row::Row;
use crate::domain::json::Member;
use std::fmt;
use std::sync::OnceLock;

/// The rows that are built in, in the format of `SENDERS`.
pub const BUILT_IN: &str = include_str!("rows.json");

/// The known senders.
#[derive(Debug, Clone, Default)]
pub struct Senders {
    /// All rows, if the operator has changed any.
    own: Option<Vec<Row>>,
}

/// What is known of a body's sender beside the body.
#[derive(Clone, Copy, Default)]
pub struct Hint<'a> {
    /// The sender of the job, or the one that the hook's URL names.
    pub sender: Option<SenderName>,
    /// Returns whether the request has a header.
    pub has_header: Option<&'a dyn Fn(&str) -> bool>,
}

impl fmt::Debug for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hint({:?})", self.sender)
    }
}

impl Hint<'_> {
    /// Returns the hint that a body is of this sender.
    #[must_use]
    pub const fn of(sender: SenderName) -> Self {
        Self { sender: Some(sender), has_header: None }
    }
}

/// Returns the rows that are built in. They are parsed once.
fn built_in() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| reader::read("rows", BUILT_IN, Rules::NONE).rows)
}

/// A table without rows would have no row to fall back to.
fn empty() -> &'static Row {
    static ROW: OnceLock<Row> = OnceLock::new();
    ROW.get_or_init(Row::default)
}

impl Senders {
    /// Returns the table without rows of an operator.
    #[must_use]
    pub const fn built_in() -> &'static Self {
        static TABLE: Senders = Senders { own: None };
        &TABLE
    }

    /// Returns the table with an operator's rows, and the mistakes in them. A
    /// row with a mistake is left out. One of a known name changes that row;
    /// other ones are tried before those that are built in.
    #[must_use]
    pub fn with(text: &str, check: &dyn Fn(Fact, &str) -> Option<String>) -> (Self, Vec<String>) {
        let mut rows = built_in().to_vec();
        let base = |name| built_in().iter().find(|row| row.name == name).cloned();
        let mut read = reader::read("SENDERS", text, Rules { base: &base, check });
        let mut new = 1;
        for row in read.rows {
            let is_own = row.name == SenderName::PIPELET;
            match rows.iter_mut().find(|known| known.name == row.name) {
                Some(_) if is_own && row.is(Fact::Off) => {
                    read.mistakes.push("SENDERS: pipelet can't be off".to_owned());
                }
                Some(known) => *known = row,
                None => {
                    rows.insert(new, row);
                    new += 1;
                }
            }
        }
        rows.retain(|row| !row.is(Fact::Off));
        (Self { own: Some(rows) }, read.mistakes)
    }

    /// Returns whether the sender of a name signs by a scheme.
    #[must_use]
    pub fn signs(&self, sender: &str, scheme: &str) -> bool {
        self.schemes_of(sender).iter().any(|known| known == scheme)
    }

    /// Returns the schemes by which the sender of a name signs.
    #[must_use]
    pub fn schemes_of(&self, sender: &str) -> &[String] {
        let row = SenderName::parse(sender).and_then(|name| self.row(name));
        row.map_or(&[], |row| row.list(Fact::Signature))
    }

    /// Returns the rows. The upstream's own is the first.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        self.own.as_deref().unwrap_or_else(|| built_in())
    }

    /// Returns the row of this name.
    #[must_use]
    pub fn row(&self, name: SenderName) -> Option<&Row> {
        self.rows().iter().find(|row| row.name == name)
    }

    /// Returns the upstream's own row, which reads what no other recognizes.
    #[must_use]
    pub fn pipelet(&self) -> &Row {
        self.rows().first().unwrap_or_else(|| empty())
    }

    /// Reads a body with these members. The sender that the hint names decides
    /// if the body has its form, or no other sender's form: a signature that
    /// the form's sender must give can't be avoided by another name.
    #[must_use]
    pub fn read<'a>(&'a self, members: &[Member<'a>], hint: Hint<'_>) -> Reading<'a> {
        let (pipelet, mut others) = (self.pipelet(), self.rows().iter().skip(1));
        let named = hint.sender.and_then(|name| self.row(name));
        if let Some(read) = named.and_then(|row| row.recognize(members)) {
            return read;
        }
        // Only the upstream's own format has this member.
        if members.iter().any(|member| member.key == "eventType") {
            return pipelet.read(members);
        }
        let sent = self.by_headers(hint);
        sent.and_then(|row| row.recognize(members))
            .or_else(|| others.find_map(|row| row.recognize(members)))
            .unwrap_or_else(|| named.or(sent).unwrap_or(pipelet).read(members))
    }

    /// Returns the row of the sender that has sent these headers.
    fn by_headers(&self, hint: Hint<'_>) -> Option<&Row> {
        let has = hint.has_header?;
        self.rows().iter().find(|row| row.list(Fact::Headers).iter().any(|name| has(name)))
    }
}
