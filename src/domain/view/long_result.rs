//! A long result as its readers get it, in pieces: as `view::record::result`
//! tells a short one.

use super::record::{Context, own_urls};
use crate::domain::access::redact;
use crate::domain::job::record::Job;
use crate::domain::{json, keys};
use memchr::memmem;

/// A result on its way to a reader.
#[derive(Debug)]
pub struct LongResult {
    /// What its own URLs begin with as they are stored, with their quote.
    stored: Vec<u8>,
    /// What they begin with as they are told.
    told: Vec<u8>,
    /// What has come and may be the beginning of one.
    held: Vec<u8>,
    mask: redact::Stream,
}

impl LongResult {
    /// That of `job`.
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

    /// Takes the next piece and gives what can be told by now.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(piece);
        let (absolute, until) = self.absolute();
        // The beginning of a URL may stand at the end.
        let keep = self.stored.len().saturating_sub(1).min(self.held.len() - until);
        let end = self.held.len() - keep;
        let mut out = absolute;
        out.extend_from_slice(self.held.get(until..end).unwrap_or_default());
        self.held.drain(..end);
        self.mask.push(&out)
    }

    /// Gives what is left at its end.
    pub fn finish(&mut self) -> Vec<u8> {
        let held = std::mem::take(&mut self.held);
        let mut out = self.mask.push(&held);
        out.extend(self.mask.finish());
        out
    }

    /// What is held up to its last URL, with absolute ones; and where that ends.
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
    fn it_is_told_as_a_short_one_is() {
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
