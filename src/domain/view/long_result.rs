//! Renders a long result for readers, in pieces, in the same form in which
//! `view::record::result` renders a short one.

use super::record::{Context, own_urls};
use crate::domain::access::redact;
use crate::domain::job::record::Job;
use crate::domain::{json, keys};
use memchr::memmem;

/// A result that is being rendered.
#[derive(Debug)]
pub struct LongResult {
    /// The prefix of the job's own URLs in the stored text, with the quote
    /// before it.
    stored: Vec<u8>,
    /// The prefix of these URLs in the rendered text, with the quote before it.
    told: Vec<u8>,
    /// Received bytes that may be the beginning of a URL.
    held: Vec<u8>,
    mask: redact::Stream,
}

impl LongResult {
    /// Begins to render the result of `job`.
    #[must_use]
    pub fn of(job: &Job, context: Context<'_>) -> Self {
        let nonce = job.result.as_ref().and_then(|result| result.nonce.as_ref());
        let path = keys::files_path(&job.home, nonce.unwrap_or(&job.nonce));
        let own = own_urls(job, context.base);
        let stored = json::encode_string(&path);
        Self {
            stored: stored.trim_end_matches('"').into(),
            told: format!("\"{own}").into(),
            held: Vec::new(),
            mask: redact::Stream::of_result(context.secrets.clone(), own),
        }
    }

    /// Takes the next piece, and returns the part of the result that is ready.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(piece);
        let (absolute, until) = self.absolute();
        // The end may be the beginning of a URL.
        let keep = self.stored.len().saturating_sub(1).min(self.held.len() - until);
        let end = self.held.len() - keep;
        let mut out = absolute;
        out.extend_from_slice(self.held.get(until..end).unwrap_or_default());
        self.held.drain(..end);
        self.mask.push(&out)
    }

    /// Returns the rest at the result's end.
    pub fn finish(&mut self) -> Vec<u8> {
        let held = std::mem::take(&mut self.held);
        let mut out = self.mask.push(&held);
        out.extend(self.mask.finish());
        out
    }

    /// Returns the held bytes up to the end of the last URL's prefix, with
    /// absolute URLs, and where that prefix ends.
    fn absolute(&self) -> (Vec<u8>, usize) {
        let (mut out, mut at) = (Vec::with_capacity(self.held.len()), 0);
        for start in memmem::find_iter(&self.held, &self.stored) {
            out.extend_from_slice(self.held.get(at..start).unwrap_or_default());
            out.extend_from_slice(&self.told);
            at = start + self.stored.len();
        }
        (out, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access::redact::Secrets;
    use crate::domain::fixtures;
    use crate::domain::view::record;

    #[test]
    fn a_long_result_is_rendered_like_a_short_one() {
        let job = fixtures::job();
        let path = keys::files_path(&job.home, &job.nonce);
        let text = format!(
            r#"{{"a":"{path}0-a.mp4","b":"\"{path}1","c":"x?sig=1","d":["{path}2-tok-0123456789ab",
            "tok-0123456789ab"],"e":"{}"}}"#,
            path.trim_end_matches('/')
        );
        let secrets = Secrets::of(["tok-0123456789ab"]);
        let context = Context { base: "https://vault.example", secrets: &secrets };
        let whole = record::result(&job, &text, context);
        for length in 1..=text.len() {
            let mut long = LongResult::of(&job, context);
            let mut told: Vec<u8> =
                text.as_bytes().chunks(length).flat_map(|piece| long.push(piece)).collect();
            told.extend(long.finish());
            assert_eq!(String::from_utf8(told).unwrap(), whole, "{length}");
        }
    }
}
