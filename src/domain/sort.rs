//! Sorting in little code: the standard library's sort takes 4 KB for each
//! type, and the lists here are short or nearly in order.

/// Sorts by a key. Equal items may change places. It is a heapsort, which takes
/// `n log n` time whatever input a stranger has sent.
pub fn by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    if items.is_sorted_by_key(&key) {
        return;
    }
    for root in (0..items.len() / 2).rev() {
        sift(items, root, items.len(), &key);
    }
    for end in (1..items.len()).rev() {
        items.swap(0, end);
        sift(items, 0, end, &key);
    }
}

/// Moves the item at `root` down within the first `end` items, until neither
/// child is greater.
fn sift<T, K: Ord>(items: &mut [T], mut root: usize, end: usize, key: &impl Fn(&T) -> K) {
    loop {
        let children = [2 * root + 1, 2 * root + 2].into_iter().filter(|child| *child < end);
        let at = |index: usize| items.get(index).map(key);
        let Some(child) = children.max_by_key(|child| at(*child)) else { return };
        if at(child) <= at(root) {
            return;
        }
        items.swap(root, child);
        root = child;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn items_are_sorted(mut items: Vec<(u8, u8)>) {
            let mut sorted = items.clone();
            sorted.sort_unstable();
            by_key(&mut items, |item| *item);
            prop_assert_eq!(items, sorted);
        }
    }
}
