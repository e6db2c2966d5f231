//! The cursor at which a listing continues.

use crate::domain::time::{DAY, Timestamp};
use serde::{Deserialize, Serialize};

/// A place in the listing, newest first. The rows after it were created
/// earlier, or at the same time with a smaller name. Rows never move, so a
/// listing that continues after its last place neither repeats nor skips a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PageCursor {
    /// When the job was created.
    pub created_at: Timestamp,
    /// The name of the job's object.
    pub home: String,
}

impl PageCursor {
    /// Returns the cursor as text for `?cursor=`.
    #[must_use]
    pub fn to_cursor(&self) -> String {
        hex::encode(format!("{} {}", self.created_at.as_millis(), self.home))
    }

    /// Returns the place after all rows of a day: the next row belongs to an
    /// earlier day. Returns `None` if `day` is no day.
    #[must_use]
    pub fn end_of(day: &str) -> Option<Self> {
        let created_at = Timestamp::parse(&format!("{day}T00:00:00Z"))?;
        Some(Self { created_at, home: String::new() })
    }

    /// Returns the day on which a listing continues after this place.
    #[must_use]
    pub fn day(&self) -> String {
        if self.home.is_empty() {
            return Timestamp::from_millis(self.created_at.as_millis().saturating_sub(DAY)).day();
        }
        self.created_at.day()
    }

    /// Reads the text that [`PageCursor::to_cursor`] returns; `None` if it is
    /// invalid.
    #[must_use]
    pub fn from_cursor(cursor: &str) -> Option<Self> {
        let text = String::from_utf8(hex::decode(cursor).ok()?).ok()?;
        let (created_at, home) = text.split_once(' ')?;
        let millis = created_at.parse().ok().filter(|millis| *millis < 1 << 53)?;
        let created_at = Timestamp::from_millis(millis);
        Some(Self { created_at, home: home.to_owned() })
    }
}
