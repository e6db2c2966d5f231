//! Exact decimal amounts. Binary fractions would make 0.1 + 0.2 something else
//! than 0.3.

use crate::domain::json;
use std::fmt;

/// The most digits of one amount before its point. Sums have more.
const MAX_WHOLE: usize = 15;
/// The digits of a sum before its point.
const WHOLE: usize = 26;
/// The digits after the point. A cost that a program has printed from a binary
/// fraction, such as `1.2345678901234567e-06`, has 22.
const FRACTION: usize = 22;

/// An amount or a sum of amounts, which is never negative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount([u8; WHOLE + FRACTION]);

impl Amount {
    /// Reads an amount as a sender writes it: a JSON number, which is not
    /// negative and has at most 15 digits before and 22 after its point.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let plain = json::decimal(text)?;
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let fits = whole.len() <= MAX_WHOLE && fraction.len() <= FRACTION;
        (fits && !plain.starts_with('-')).then(|| Self::of(whole, fraction))
    }

    /// Reads a sum that was written by [`fmt::Display`].
    #[must_use]
    pub fn stored(text: &str) -> Self {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        Self::of(whole, fraction)
    }

    /// Returns the amount with these digits, as far as there is room.
    fn of(whole: &str, fraction: &str) -> Self {
        let mut amount = Self::default();
        let places = amount.0.iter_mut().skip(WHOLE.saturating_sub(whole.len()));
        for (place, digit) in places.zip(whole.bytes().chain(fraction.bytes())) {
            *place = digit.saturating_sub(b'0').min(9);
        }
        amount
    }

    /// Adds an amount. A sum with too many digits stays at the largest number.
    pub fn add(&mut self, other: &Self) {
        let mut carry = 0;
        for (sum, digit) in self.0.iter_mut().zip(&other.0).rev() {
            let all = *sum + digit + carry;
            (*sum, carry) = (all % 10, all / 10);
        }
        if carry > 0 {
            self.0.fill(9);
        }
    }

    /// Subtracts an amount that was added. No sum is less than 0.
    pub fn subtract(&mut self, other: &Self) {
        let mut borrowed = 0;
        for (sum, digit) in self.0.iter_mut().zip(&other.0).rev() {
            let all = *sum + 10 - digit - borrowed;
            (*sum, borrowed) = (all % 10, u8::from(all < 10));
        }
        if borrowed > 0 {
            self.0.fill(0);
        }
    }
}

impl Default for Amount {
    fn default() -> Self {
        Self([0; WHOLE + FRACTION])
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits: String = self.0.iter().map(|digit| char::from(b'0' + digit)).collect();
        let (whole, fraction) = digits.split_at_checked(WHOLE).unwrap_or_default();
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        f.write_str(if whole.is_empty() { "0" } else { whole })?;
        if fraction.is_empty() {
            return Ok(());
        }
        f.write_str(".")?;
        f.write_str(fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(amounts: &[&str]) -> Amount {
        let mut sum = Amount::default();
        for amount in amounts {
            sum.add(&Amount::read(amount).unwrap());
        }
        sum
    }

    #[test]
    fn sums_are_exact() {
        for (amounts, want) in [
            (&["0.1", "0.2"][..], "0.3"),
            (&["0.04"; 3], "0.12"),
            (&["999999999999999", "1"], "1000000000000000"),
            (&["1.2345678901234567e-06", "1"], "1.0000012345678901234567"),
            (&["1.10", "4e-05", "007"], "8.10004"),
            (&["9.99", "0.01"], "10"),
            (&[], "0"),
        ] {
            let mut all = sum(amounts);
            assert_eq!(all.to_string(), want);
            assert_eq!(Amount::stored(want), all);
            for amount in amounts {
                all.subtract(&Amount::read(amount).unwrap());
            }
            assert_eq!(all, Amount::default());
        }
    }

    #[test]
    fn a_sum_has_limits_and_no_sign() {
        let mut all = Amount::of(&"9".repeat(WHOLE), "");
        all.add(&sum(&["1"]));
        assert_eq!(all.to_string(), format!("{}.{}", "9".repeat(WHOLE), "9".repeat(FRACTION)));
        let mut less = sum(&["0.5"]);
        less.subtract(&sum(&["0.6"]));
        assert_eq!(less, Amount::default());
    }

    #[test]
    fn other_texts_are_no_amounts() {
        let long = "9".repeat(400);
        for odd in ["1e999", "1e-23", "-1", "-0.1", "NaN", "Infinity", "", "1,5", "$1", " 1", "0x1"]
        {
            assert_eq!(Amount::read(odd), None, "{odd}");
        }
        for odd in [long.as_str(), "1000000000000000", "1e15", "0.00000000000000000000001"] {
            assert_eq!(Amount::read(odd), None, "{odd}");
        }
        assert_eq!(Amount::read("-0").unwrap(), Amount::default());
    }

    #[test]
    fn a_damaged_sum_is_read_as_far_as_it_goes() {
        for damaged in ["", "x", "1.2.3", "-5", &"1".repeat(100)] {
            let text = Amount::stored(damaged).to_string();
            assert_eq!(Amount::stored(&text).to_string(), text);
        }
    }
}
