//! Remembers which rows of a day changed last. The table has no index for this,
//! because each index costs another written row for every change.

use super::cursor::PageCursor;
use crate::domain::sort;
use std::collections::VecDeque;

/// The most changes that are remembered.
const MOST: usize = 1_000;

/// The last changes, kept in memory while the object lives.
#[derive(Debug, Default)]
pub struct Recent {
    /// All changes after this number are remembered.
    since: u64,
    changes: VecDeque<(u64, PageCursor)>,
}

impl Recent {
    /// Begins without a change. `seq` is the number of the last one before.
    #[must_use]
    pub fn since(seq: u64) -> Self {
        Self { since: seq, changes: VecDeque::new() }
    }

    /// Remembers a change.
    pub fn note(&mut self, seq: u64, place: PageCursor) {
        self.changes.push_back((seq, place));
        if self.changes.len() > MOST
            && let Some((seq, _)) = self.changes.pop_front()
        {
            self.since = seq;
        }
    }

    /// Returns the rows that changed after `seq`, each once; `None` if older
    /// changes are forgotten.
    #[must_use]
    pub fn after(&self, seq: u64) -> Option<Vec<&PageCursor>> {
        let later = self.changes.iter().filter(|(at, _)| *at > seq).map(|(_, place)| place);
        let mut places: Vec<&PageCursor> = later.collect();
        sort::by_key(&mut places, |place| *place);
        places.dedup();
        (seq >= self.since).then_some(places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    fn place(n: u64) -> PageCursor {
        PageCursor { created_at: Timestamp::from_millis(n), home: "id:a".into() }
    }

    #[test]
    fn forgotten_changes_are_not_returned() {
        let mut recent = Recent::since(7);
        assert_eq!((recent.after(6), recent.after(7).map(|all| all.len())), (None, Some(0)));
        for seq in [8, 9, 11] {
            recent.note(seq, place(seq % 2));
        }
        let after = |seq| recent.after(seq).map(|all| all.len());
        assert_eq!((after(7), after(8), after(11)), (Some(2), Some(1), Some(0)));
        let mut many = Recent::default();
        for seq in 1..=1_002 {
            many.note(seq, place(seq));
        }
        assert_eq!((many.after(1), many.after(2).map(|all| all.len())), (None, Some(1_000)));
    }
}
