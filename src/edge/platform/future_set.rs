//! Futures that go on at the same time: a few, so that all are asked whenever
//! one may go on. The crates' own ways are for thousands, and take more code for
//! each kind of future than most of ours.

use crate::domain::sort;
use futures_util::future::LocalBoxFuture;
use std::future::poll_fn;
use std::task::{Context, Poll};

/// Futures under way.
pub struct FutureSet<'a, T>(Vec<LocalBoxFuture<'a, T>>);

impl<'a, T> FutureSet<'a, T> {
    /// Begins without any.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds one.
    pub fn begin(&mut self, future: impl Future<Output = T> + 'a) {
        self.0.push(Box::pin(future));
    }

    /// Returns how many are under way.
    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// Returns what the next one has ended with; `None` if none is under way.
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

/// Returns what all end with, as they end; `most` go on at the same time.
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

/// Returns what all end with, in their order; all go on at the same time.
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
