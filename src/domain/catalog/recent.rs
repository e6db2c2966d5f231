//! Which rows of a day changed last: no index of the table tells it, as each
//! would be a row more to write for every change.

use super::cursor::PageCursor;
use crate::domain::sort;
use std::collections::VecDeque;

/// Most changes that are remembered.
const MOST: usize = 1_000;

/// The last changes, as long as the object lives.
#[derive(Debug, Default)]
pub struct Recent {
    /// All after this number are here.
    since: u64,
    changes: VecDeque<(u64, PageCursor)>,
}

impl Recent {
    /// None yet; `seq` is the last change.
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

    /// Returns the rows that changed after a number, each once; `None` if that
    /// is not known.
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
    fn what_is_not_remembered_is_not_told() {
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
