//! Runs a few futures at the same time. It polls all of them whenever one may
//! make progress. The crates' own types are made for thousands of futures, and
//! need more code for each type of future than most of ours.

use crate::domain::sort;
use futures_util::future::LocalBoxFuture;
use std::future::poll_fn;
use std::task::{Context, Poll};

/// The futures in progress.
pub struct FutureSet<'a, T>(Vec<LocalBoxFuture<'a, T>>);

impl<'a, T> FutureSet<'a, T> {
    /// Makes an empty set.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a future.
    pub fn begin(&mut self, future: impl Future<Output = T> + 'a) {
        self.0.push(Box::pin(future));
    }

    /// Returns the number of futures in progress.
    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// Waits for the next future to end and returns its output; `None` if the
    /// set is empty.
    pub async fn next(&mut self) -> Option<T> {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        for (at, future) in self.0.iter_mut().enumerate() {
            if let Poll::Ready(end) = future.as_mut().poll(context) {
                drop(self.0.remove(at));
                return Poll::Ready(Some(end));
            }
        }
        if self.0.is_empty() { Poll::Ready(None) } else { Poll::Pending }
    }
}

/// Runs at most `most` futures at a time. Returns the outputs in the order in
/// which the futures end.
pub async fn at_most<'a, T, F>(most: usize, futures: impl IntoIterator<Item = F>) -> Vec<T>
where
    F: Future<Output = T> + 'a,
{
    let mut waiting = futures.into_iter();
    let (mut several, mut ends) = (FutureSet::new(), Vec::new());
    loop {
        while several.count() < most
            && let Some(future) = waiting.next()
        {
            several.begin(future);
        }
        match several.next().await {
            Some(end) => ends.push(end),
            None => return ends,
        }
    }
}

/// Runs all futures at the same time. Returns the outputs in the order of the
/// futures.
pub async fn all<'a, T, F>(futures: impl IntoIterator<Item = F>) -> Vec<T>
where
    F: Future<Output = T> + 'a,
{
    let numbered =
        futures.into_iter().enumerate().map(|(n, future)| async move { (n, future.await) });
    let mut ends = at_most(usize::MAX, numbered).await;
    sort::by_key(&mut ends, |(n, _)| *n);
    ends.into_iter().map(|(_, end)| end).collect()
}
