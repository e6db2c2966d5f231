//! What jobs cost, as their senders say.
//!
//! An amount is the sender's own decimal text. It is added up exactly and never
//! converted: what a unit is worth is between the sender and its customer.

pub mod amount;
pub mod sums;

use self::amount::Amount;
use crate::domain::json;
use crate::domain::time::Timestamp;

/// The longest amount, in characters.
const MAX_AMOUNT: usize = 48;
/// The longest name of a unit, in characters.
const MAX_UNIT: usize = 24;

/// A cost in its parts. As text it is `{amount} {unit}` in a body's contents.
/// In a job, `{at}` and perhaps `{sent}` follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost<'a> {
    /// The amount as its sender wrote it: a decimal number. Empty if the sender
    /// wrote something else.
    pub amount: &'a str,
    /// The unit, such as `usd` or `credits`.
    pub unit: &'a str,
    /// When it came, by the vault's clock.
    pub at: Timestamp,
    /// When it was sent, by the sender's clock.
    pub sent: Option<Timestamp>,
}

/// Reads a cost from a JSON value and its unit; returns it as text. Returns
/// `None` if there is no cost: for `null` and an empty string.
#[must_use]
pub fn read(written: &str, unit: &str) -> Option<String> {
    let text = json::decode_string(written).unwrap_or(written.into());
    if matches!(text.as_ref(), "" | "null") {
        return None;
    }
    if !is_unit(unit) {
        return Some(" -".to_owned());
    }
    let is_fit = text.len() <= MAX_AMOUNT && Amount::read(&text).is_some();
    Some(format!("{} {unit}", if is_fit { text.as_ref() } else { "" }))
}

/// Returns whether a text can be the name of a unit.
fn is_unit(text: &str) -> bool {
    let is_fit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/');
    (1..=MAX_UNIT).contains(&text.len()) && text.bytes().all(is_fit)
}

impl<'a> Cost<'a> {
    /// Reads the text of a cost.
    #[must_use]
    pub fn of(text: &'a str) -> Self {
        let mut parts = text.split(' ');
        let mut next = || parts.next().unwrap_or_default();
        let (amount, unit, at, sent) = (next(), next(), next(), next());
        let time = |text: &str| text.parse().ok().map(Timestamp::from_millis);
        Self { amount, unit, at: time(at).unwrap_or_default(), sent: time(sent) }
    }

    /// Returns the cost as text, with its times.
    #[must_use]
    pub fn write(&self) -> String {
        let sent = self.sent.map(|sent| format!(" {}", sent.as_millis())).unwrap_or_default();
        format!("{} {} {}{sent}", self.amount, self.unit, self.at.as_millis())
    }

    /// Returns whether the amount can't be used.
    #[must_use]
    pub const fn is_odd(&self) -> bool {
        self.amount.is_empty()
    }

    /// Returns whether this cost replaces a known one. The later one counts,
    /// whatever the order in which they are applied.
    #[must_use]
    pub fn replaces(&self, known: &Self) -> bool {
        match self.sent.zip(known.sent) {
            Some((new, old)) if new != old => new > old,
            _ => self.at >= known.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_stay_as_their_senders_wrote_them() {
        for (written, amount) in [
            ("0.04", "0.04"),
            ("\"1\"", "1"),
            ("1.10", "1.10"),
            ("4e-05", "4e-05"),
            ("0", "0"),
            ("318319000", "318319000"),
        ] {
            let text = read(written, "usd").unwrap();
            let cost = Cost::of(&text);
            assert_eq!((cost.amount, cost.unit, cost.is_odd()), (amount, "usd", false));
        }
    }

    #[test]
    fn nothing_is_no_cost_and_an_odd_amount_is_not_used() {
        for none in ["null", "\"\"", "", "\"null\""] {
            assert_eq!(read(none, "usd"), None, "{none}");
        }
        let long = format!("0.{}", "1".repeat(400));
        for odd in
            ["1e999", "-1", "\"NaN\"", "true", "[1]", "{\"a\":1}", "\"1 usd\"", "1e-99", &long]
        {
            assert!(Cost::of(&read(odd, "usd").unwrap()).is_odd(), "{odd}");
        }
        for unit in ["", "a b", "\"", "a-unit-of-twenty-five-char"] {
            assert!(Cost::of(&read("1", unit).unwrap()).is_odd(), "{unit}");
        }
    }

    #[test]
    fn the_later_cost_counts_in_any_order() {
        for (new, old, is_later) in [
            ("2 usd 6", "1 usd 5", true),
            ("2 usd 5", "1 usd 5", true),
            ("2 usd 4", "1 usd 5", false),
            ("2 usd 4 8", "1 usd 5 7", true),
            ("2 usd 6 6", "1 usd 5 7", false),
            ("2 usd 6 7", "1 usd 5 7", true),
            ("2 usd 6 1", "1 usd 5", true),
        ] {
            assert_eq!(Cost::of(new).replaces(&Cost::of(old)), is_later, "{new}, {old}");
        }
    }

    #[test]
    fn a_cost_is_stored_as_one_text() {
        for (text, amount, sent) in
            [("0.04 usd 7", "0.04", None), ("0.04 usd 7 9", "0.04", Some(9)), (" usd 7", "", None)]
        {
            let cost = Cost::of(text);
            assert_eq!((cost.amount, cost.unit, cost.at.as_millis()), (amount, "usd", 7));
            assert_eq!(cost.sent.map(Timestamp::as_millis), sent);
            assert_eq!(cost.write(), text);
        }
        assert!(Cost::of("").is_odd());
    }
}
