//! The messages of the live feed, and its viewers' cursors.

use super::Change;
use super::row::Row;
use crate::domain::json::encode_string;
use crate::domain::view::record::Context;
use std::collections::BTreeMap;
use std::fmt;

/// The most days that a cursor names. With more, the feed makes a new mark.
const MOST_DAYS: usize = 4;

/// The number of the last change that is known of each day.
pub type Days = BTreeMap<String, u64>;

/// How far a viewer has read: to a mark, which `root` stores, and further on
/// some days. So a cursor stays short, however many days there are. A viewer
/// gets it as text, and sends it back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The number of the mark.
    pub mark: u64,
    /// The days on which the viewer has read further than the mark.
    pub days: Days,
}

impl Cursor {
    /// Reads the `seq` of a message; `None` if it is invalid.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('~');
        let mark = parts.next()?.parse().ok().filter(|mark| *mark < 1 << 53)?;
        let day = |part: &str| {
            let (day, seq) = part.split_once('.')?;
            let is_day = day.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            let seq = seq.parse().ok().filter(|seq| *seq < 1 << 53)?;
            is_day.then(|| (day.to_owned(), seq))
        };
        let mut days = Days::new();
        for part in parts {
            let (day, seq) = day(part)?;
            days.insert(day, seq);
        }
        Some(Self { mark, days })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.mark)?;
        self.days.iter().try_for_each(|(day, seq)| write!(out, "~{day}.{seq}"))
    }
}

/// The changes that all up-to-date viewers know.
#[derive(Debug, Default)]
pub struct Feed {
    mark: u64,
    marked: Days,
    told: Days,
}

impl Feed {
    /// Begins at the last mark. `marked` is what the viewers knew at the mark,
    /// and `told` is what they know now.
    #[must_use]
    pub fn new(mark: u64, marked: Days, told: Days) -> Self {
        Self { mark, marked, told }
    }

    /// Notes that viewers know a day's changes up to `seq`.
    pub fn note_sent(&mut self, day: &str, seq: u64) {
        let told = self.told.entry(day.to_owned()).or_default();
        *told = seq.max(*told);
    }

    /// Returns the cursor of the up-to-date viewers.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        let further = self.told.iter().filter(|(day, seq)| self.marked.get(*day) != Some(*seq));
        let mut days = Days::new();
        days.extend(further.map(|(day, seq)| (day.clone(), *seq)));
        Cursor { mark: self.mark, days }
    }

    /// Returns whether a mark should be made. The first viewer needs one too:
    /// `root` stores no mark 0.
    #[must_use]
    pub fn wants_mark(&self) -> bool {
        self.mark == 0 || self.cursor().days.len() > MOST_DAYS
    }

    /// Makes a mark at the time `now`, or right after the last one. Returns its
    /// number, and the days that must be stored with it.
    pub fn make_mark(&mut self, now: u64) -> (u64, &Days) {
        self.mark = now.max(self.mark + 1);
        self.marked.clone_from(&self.told);
        (self.mark, &self.marked)
    }
}

/// Returns the message that the viewer is up to date. With `resync` the viewer
/// did not get what it missed, and must read the list again.
#[must_use]
pub fn caught_up(at: &Cursor, resync: bool) -> String {
    let resync = if resync { ",\"resync\":true" } else { "" };
    format!("{{\"seq\":\"{at}\"{resync}}}")
}

/// Returns the part of a message that describes a change. `context` says how a
/// row is shown.
#[must_use]
pub fn change_text<'a>(change: &'a Change, context: impl Fn(&'a Row) -> Context<'a>) -> String {
    match change {
        Change::Put(row) => {
            let job = serde_json::to_string(&row.summary.clone().shown(context(row)));
            format!("\"job\":{}", job.as_deref().unwrap_or("null"))
        }
        Change::Removed { id, .. } => format!("\"deleted\":{}", encode_string(id)),
    }
}

/// Returns the message of a change, with the viewer's cursor after it.
#[must_use]
pub fn message(change: &str, at: &Cursor) -> String {
    format!("{{\"seq\":\"{at}\",{change}}}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access::redact::Secrets;
    use crate::domain::fixtures;
    use crate::domain::names::ObjectName;
    use serde_json::json;

    fn days(days: &[(&str, u64)]) -> Days {
        days.iter().map(|(day, seq)| ((*day).to_owned(), *seq)).collect()
    }

    #[test]
    fn messages_contain_the_cursor_and_the_change() {
        let secrets = Secrets::default();
        let at = Cursor { mark: 7, days: days(&[("2025-12-27", 3)]) };
        let context = |_| Context { base: "https://v", secrets: &secrets };
        assert_eq!(caught_up(&at, false), r#"{"seq":"7~2025-12-27.3"}"#);
        assert!(caught_up(&at, true).contains(r#""resync":true"#));
        let home = ObjectName::Id("a".to_owned());
        let removed = Change::Removed { home, id: "a\"".to_owned() };
        let want = r#"{"seq":"7~2025-12-27.3","deleted":"a\""}"#;
        assert_eq!(message(&change_text(&removed, context), &at), want);
        let put = Change::Put(Box::new(Row::of(&fixtures::job())));
        let text = message(&change_text(&put, context), &at);
        let message: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&message["seq"], &message["job"]["id"]),
            (&json!(at.to_string()), &json!("437852"))
        );
    }

    #[test]
    fn cursors_survive_the_round_trip() {
        for at in [(0, vec![]), (1_796_000_000_000, vec![("2025-12-27", 3), ("2025-12-28", 0)])] {
            let at = Cursor { mark: at.0, days: days(&at.1) };
            assert_eq!(Cursor::parse(&at.to_string()), Some(at));
        }
        for bad in
            ["", "x", "7~", "7~a.1", "7~2025-12-27", "7~2025-12-27.x", "9007199254740992", "-1"]
        {
            assert_eq!(Cursor::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_cursor_names_the_days_that_changed_after_the_mark() {
        let mut feed = Feed::new(5, days(&[("a", 1), ("b", 1)]), days(&[("a", 1), ("b", 2)]));
        assert_eq!(feed.cursor(), Cursor { mark: 5, days: days(&[("b", 2)]) });
        feed.note_sent("b", 1);
        feed.note_sent("c", 4);
        assert_eq!(feed.cursor().days, days(&[("b", 2), ("c", 4)]));
        assert!(!feed.wants_mark() && Feed::default().wants_mark());
        for day in ["d", "e", "f"] {
            feed.note_sent(day, 1);
        }
        assert!(feed.wants_mark());
        let all = days(&[("a", 1), ("b", 2), ("c", 4), ("d", 1), ("e", 1), ("f", 1)]);
        assert_eq!(feed.make_mark(3), (6, &all));
        assert_eq!(feed.cursor(), Cursor { mark: 6, days: Days::new() });
    }
}
