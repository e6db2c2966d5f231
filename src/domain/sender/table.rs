//! The table of senders: the rows that are built in, and the operator's rows.

use super::body::Reading;
use super::name::SenderName;
use super::reader;
use super::row::Row;
use crate::domain::json::Member;
use std::sync::OnceLock;

/// The rows that are built in, in the format of `SENDERS`.
pub const BUILT_IN: &str = include_str!("rows.json");

/// The known senders.
#[derive(Debug, Clone, Default)]
pub struct Senders {
    /// All rows, if the operator has changed any.
    own: Option<Vec<Row>>,
}

/// Returns the rows that are built in. They are parsed once.
fn built_in() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| reader::read("rows", BUILT_IN, &|_| None).rows)
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

    /// Reads a body with these members, by the row that recognizes it.
    #[must_use]
    pub fn read<'a>(&'a self, members: &[Member<'a>]) -> Reading<'a> {
        let pipelet = self.pipelet();
        // Only the upstream's own format has this member.
        if members.iter().any(|member| member.key == "eventType") {
            return pipelet.read(members);
        }
        let mut others = self.rows().iter().skip(1);
        others.find_map(|row| row.recognize(members)).unwrap_or_else(|| pipelet.read(members))
    }
}
