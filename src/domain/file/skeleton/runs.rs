//! Drives both scanners through a body: run by run, and byte by byte where a
//! byte has a meaning.

/// A scanner that takes runs of plain bytes at once.
pub(super) trait Runs {
    /// Returns how many bytes of `chunk` can be taken as one run; 0 if the first
    /// one is special.
    fn run(&self, chunk: &[u8]) -> usize;

    /// Reads a run.
    fn plain(&mut self, run: &[u8]);

    /// Reads a byte that may be a quote, a bracket or a part of an escape.
    fn special(&mut self, byte: u8);

    /// Checks whether too much is held in memory now.
    fn limit(&mut self);

    /// Returns whether the skeleton is too long, so that the scanner stops.
    fn is_too_long(&self) -> bool;

    /// Reads more of the body.
    fn push(&mut self, mut chunk: &[u8]) {
        while let Some((first, rest)) = chunk.split_first().filter(|_| !self.is_too_long()) {
            let run = self.run(chunk);
            if let Some((run, rest)) = chunk.split_at_checked(run).filter(|_| run > 0) {
                self.plain(run);
                chunk = rest;
            } else {
                self.special(*first);
                chunk = rest;
            }
            self.limit();
        }
    }
}
