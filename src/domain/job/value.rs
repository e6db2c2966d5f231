//! How an object stores its job: as one value, with the record first and the
//! latest data behind it in frames. A change is one write, and costs one row.
//!
//! ```text
//! #{bytes of the record}
//! {record}e{n} {bytes of the entry} {bytes of the body, or -} {digest} …
//! {entry}{body}r{bytes of the result}
//! {result}
//! ```
//!
//! In the former format the value was the record alone, and each entry, body,
//! digest and result had its own key. They still get keys when the frames grow
//! too long.

use std::fmt::Write;
use std::str::FromStr;

/// The longest body or result that goes into a frame, in bytes.
pub const MAX_FRAMED: usize = 16 * 1024;
/// The most bytes of frames. Beyond this they all go to keys of their own,
/// because each write of the record writes the frames again.
pub const MAX_FRAMES: usize = 48 * 1024;

/// The frames behind the record in its value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frames {
    /// The timeline entries, the oldest first.
    pub entries: Vec<Framed>,
    /// The result's text.
    pub result: Option<String>,
}

/// A timeline entry with its data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Framed {
    /// The entry's number.
    pub n: u32,
    /// The entry as JSON.
    pub entry: String,
    /// The body, if it is short.
    pub body: Option<String>,
    /// The digest and former place by which a repetition is recognized. Neither
    /// contains a space.
    pub seen: Vec<String>,
}

/// Writes the value.
#[must_use]
pub fn join(record: &str, frames: &Frames) -> String {
    let mut value = String::with_capacity(record.len() + frames.bytes() + 32);
    // Writing to a string does not fail.
    let _ = write!(value, "#{}\n{record}", record.len());
    frames.entries.iter().for_each(|entry| entry.write(&mut value));
    if let Some(result) = &frames.result {
        let _ = write!(value, "r{}\n{result}", result.len());
    }
    value
}

/// Splits a value into the record and its frames.
///
/// # Errors
/// Fails if a frame is damaged: damage never counts as the end of the value.
pub fn split(value: &str) -> Result<(&str, Frames), String> {
    let Some(mut rest) = value.strip_prefix('#') else { return Ok((value, Frames::default())) };
    let record = read_head(&mut rest)
        .and_then(|bytes| take(&mut rest, bytes))
        .ok_or("the value does not hold its whole record")?;
    let mut frames = Frames::default();
    while !rest.is_empty() {
        let at = value.len() - rest.len();
        read_frame(&mut rest, &mut frames)
            .ok_or_else(|| format!("the frame at {at} is damaged"))?;
    }
    Ok((record, frames))
}

impl Frames {
    /// Returns the approximate length of the frames in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let entries: usize = self.entries.iter().map(Framed::bytes).sum();
        entries + self.result.as_ref().map_or(0, String::len)
    }

    /// Returns whether all of the job's entries are here. Entries move to keys
    /// of their own all together, so it is enough that the first is still here.
    #[must_use]
    pub fn hold_all(&self) -> bool {
        self.entries.first().is_some_and(|first| first.n == 1)
    }

    /// Returns the frame of entry `n`.
    #[must_use]
    pub fn find(&self, n: u32) -> Option<&Framed> {
        self.entries.iter().find(|entry| entry.n == n)
    }

    /// Returns the last entry that has this digest or former place.
    #[must_use]
    pub fn seen(&self, by: &str) -> Option<u32> {
        let has = |entry: &&Framed| entry.seen.iter().any(|seen| seen == by);
        self.entries.iter().rev().find(has).map(|entry| entry.n)
    }
}

impl Framed {
    fn bytes(&self) -> usize {
        let seen: usize = self.seen.iter().map(|seen| seen.len() + 1).sum();
        self.entry.len() + self.body.as_ref().map_or(0, String::len) + seen + 24
    }

    fn write(&self, value: &mut String) {
        let _ = write!(value, "e{} {} ", self.n, self.entry.len());
        match &self.body {
            Some(body) => drop(write!(value, "{}", body.len())),
            None => value.push('-'),
        }
        for seen in &self.seen {
            let _ = write!(value, " {seen}");
        }
        value.push('\n');
        value.push_str(&self.entry);
        value.push_str(self.body.as_deref().unwrap_or_default());
    }
}

fn read_frame(rest: &mut &str, frames: &mut Frames) -> Option<()> {
    let head = read_head(rest)?;
    if let Some(bytes) = head.strip_prefix('r') {
        frames.result = Some(take(rest, bytes)?.to_owned());
        return Some(());
    }
    let mut words = head.strip_prefix('e')?.split(' ');
    let n = number(words.next()?)?;
    let (entry, body) = (words.next()?, words.next()?);
    let entry = take(rest, entry)?.to_owned();
    let body = if body == "-" { None } else { Some(take(rest, body)?.to_owned()) };
    frames.entries.push(Framed { n, entry, body, seen: words.map(str::to_owned).collect() });
    Some(())
}

fn read_head<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let (head, after) = rest.split_once('\n')?;
    *rest = after;
    Some(head)
}

fn take<'a>(rest: &mut &'a str, bytes: &str) -> Option<&'a str> {
    let (taken, after) = rest.split_at_checked(number(bytes)?)?;
    *rest = after;
    Some(taken)
}

/// Reads digits only: `parse` accepts `+1`, but here that is damage.
fn number<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames() -> Frames {
        let framed = |n, body: Option<&str>, seen: &[&str]| Framed {
            n,
            entry: format!("{{\"n\":{n},\"é\":\"\\n\"}}"),
            body: body.map(str::to_owned),
            seen: seen.iter().map(|&seen| seen.to_owned()).collect(),
        };
        let entries = vec![
            framed(1, Some("e9 1 -\n"), &["ab", "ref:x/1"]),
            framed(2, None, &[]),
            framed(3, Some(""), &["ab"]),
        ];
        Frames { entries, result: Some("{\"😀\": \"r3\\n\"}\n".to_owned()) }
    }

    #[test]
    fn joined_values_split_into_the_same_parts() {
        for frames in [frames(), Frames::default(), Frames { result: None, ..frames() }] {
            let value = join("{\"a\":\"ü\"}", &frames);
            assert_eq!(split(&value), Ok(("{\"a\":\"ü\"}", frames)));
        }
    }

    #[test]
    fn a_value_in_the_former_format_is_the_record_alone() {
        assert_eq!(split("{\"format\":1}"), Ok(("{\"format\":1}", Frames::default())));
    }

    #[test]
    fn the_last_entry_with_a_digest_is_found() {
        assert_eq!(
            (frames().seen("ab"), frames().seen("ref:x/1"), frames().seen("")),
            (Some(3), Some(1), None)
        );
        assert!(frames().hold_all() && !Frames::default().hold_all());
        assert_eq!(frames().find(2).map(|framed| framed.n), Some(2));
    }

    #[test]
    fn damage_never_counts_as_the_end() {
        let value = join("{}", &frames());
        let whole: Vec<usize> = (0..=3)
            .map(|entries| {
                let mut some = frames();
                some.entries.truncate(entries);
                join("{}", &Frames { result: None, ..some }).len()
            })
            .collect();
        for end in (0..value.len()).filter(|end| value.is_char_boundary(*end)) {
            let cut = split(value.split_at(end).0);
            // A value that is cut between two frames looks complete.
            assert!(cut.is_err() || end == 0 || whole.contains(&end), "cut at {end}: {cut:?}");
        }
        for bad in
            ["#2\n{}x", "#2\n{}e1 +1 -\n{", "#9\n{}", "#-1\n{}", "#2\n{}e1 1\n{", "#2\n{}r1\n"]
        {
            assert!(split(bad).is_err(), "{bad:?}");
        }
    }
}
