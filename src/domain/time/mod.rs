//! Points in time, as milliseconds since the epoch. All JSON uses them.
//!
//! Nothing here reads a clock: the caller passes `now`.

mod calendar;

use self::calendar::Civil;
use serde::{Deserialize, Serialize};

/// One second in milliseconds.
pub const SECOND: u64 = 1_000;
/// One minute in milliseconds.
pub const MINUTE: u64 = 60 * SECOND;
/// One hour in milliseconds.
pub const HOUR: u64 = 3_600 * SECOND;
/// One day in milliseconds.
pub const DAY: u64 = 24 * HOUR;

/// The smallest number that is read as milliseconds; in these it is in 1973. A
/// smaller number is read as seconds, in which it reaches the year 5138.
const SMALLEST_MILLIS: u64 = 100_000_000_000;

/// The last millisecond of the year 9999. Later times have no date.
const LAST_DATED: u64 = 253_402_300_799_999;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// Returns the time `millis` after the epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Returns the time `seconds` after the epoch.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(SECOND))
    }

    /// Returns the milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Returns the time `millis` later.
    #[must_use]
    pub const fn plus(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Returns the milliseconds from `earlier` to this time; 0 if `earlier` is
    /// not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Returns the UTC day as `2025-12-27`, for keys that sort by day.
    #[must_use]
    pub fn day(self) -> String {
        self.civil().map_or_else(|| "unknown".to_owned(), Civil::date)
    }

    /// Reads ISO 8601 as in `X-Amz-Date` and Azure's `se`: `20251227T203935Z`,
    /// `2025-12-27T22:39:35Z`, or a day alone.
    #[must_use]
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        calendar::iso8601(text).and_then(Self::from_signed)
    }

    /// Reads an HTTP date in one of the three forms of RFC 9110 §5.6.7. The
    /// current form is `Sat, 27 Dec 2025 22:39:35 GMT`.
    #[must_use]
    pub fn parse_http(text: &str) -> Option<Self> {
        calendar::http(text).and_then(Self::from_signed_seconds)
    }

    /// Writes an HTTP date; empty for a time after all dates.
    #[must_use]
    pub fn to_http(self) -> String {
        self.civil().map(Civil::http).unwrap_or_default()
    }

    fn civil(self) -> Option<Civil> {
        let seconds = i64::try_from(self.as_seconds()).ok()?;
        (self.0 <= LAST_DATED).then(|| Civil::at(seconds))
    }

    /// Returns the whole seconds since the epoch.
    #[must_use]
    pub const fn as_seconds(self) -> u64 {
        self.0 / SECOND
    }

    /// Reads a time in the forms that callers use: ISO 8601, or a number below
    /// 2^53. A date before the epoch becomes the epoch, because nothing here is
    /// older.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(millis) = calendar::iso8601(text) {
            return Self::from_signed(millis.max(0));
        }
        match text.parse::<u64>().ok()? {
            seconds @ ..SMALLEST_MILLIS => Some(Self::from_seconds(seconds)),
            millis => (millis < 1 << 53).then_some(Self(millis)),
        }
    }

    fn from_signed_seconds(seconds: i64) -> Option<Self> {
        Self::from_signed(seconds.checked_mul(1_000)?)
    }

    fn from_signed(millis: i64) -> Option<Self> {
        u64::try_from(millis).ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_name_the_same_point() {
        let time = Some(Timestamp::from_millis(1_766_875_175_000));
        assert_eq!(Timestamp::parse_iso8601("20251227T223935Z"), time);
        assert_eq!(Timestamp::parse_http("Sat, 27 Dec 2025 22:39:35 GMT"), time);
        assert_eq!(time.map(Timestamp::day).as_deref(), Some("2025-12-27"));
        for same in [
            "1766875175000",
            "1766875175",
            "2025-12-27T22:39:35Z",
            "2025-12-27T22:39:35",
            "2025-12-27T23:39:35+01:00",
        ] {
            assert_eq!(Timestamp::parse(same), time, "{same}");
        }
    }

    #[test]
    fn callers_may_name_a_day() {
        let day = Timestamp::parse("2026-11-29");
        assert_eq!(day, Timestamp::parse("2026-11-29T00:00:00Z"));
        assert_eq!(day, Timestamp::parse("20261129"));
        assert_eq!(Timestamp::parse("0"), Some(Timestamp::default()));
        assert_eq!(Timestamp::parse("0223-05-24T01:29:10Z"), Some(Timestamp::default()));
        for bad in ["", "-1", "9007199254740992", "soon", "2025-02-29", "2025-12", "29.11.2026"] {
            assert_eq!(Timestamp::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn http_dates_are_read_and_written() {
        let at = Timestamp::from_millis(784_111_777_000);
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(Timestamp::parse_http(text), Some(at), "{text}");
        }
        assert_eq!(at.plus(999).to_http(), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(Timestamp::from_millis(u64::MAX).to_http(), "");
        for odd in [
            "",
            "784111777",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 06 Nov 1994 08:49:37 +0000",
            "\"Sun, 06 Nov 1994 08:49:37 GMT\"",
            "Thu, 01 Jan 1969 00:00:00 GMT",
        ] {
            assert_eq!(Timestamp::parse_http(odd), None, "{odd}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "20251327T000000Z", "x", "00000101T000000Z"] {
            assert_eq!(Timestamp::parse_iso8601(text), None, "{text}");
        }
    }
}
