//! Reads numbers as exact decimals. An id past 2^53 must not become another
//! job's, and `437852`, `437852.0` and `4.37852e5` are one id.

/// The longest decimal that is written out, in characters. No id is longer, and
/// `1e999999999` must cost nothing.
const MAX_CHARS: usize = 128;

/// Returns the number `token` in its one plain form: `437852` for `4.37852e5`,
/// `1.5` for `1.50`, `0` for `-0.0`. Returns `None` if it is no JSON number, or
/// its plain form is over 128 characters.
#[must_use]
pub fn decimal(token: &str) -> Option<String> {
    let (sign, rest) = token.strip_prefix('-').map_or(("", token), |rest| ("-", rest));
    let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if ![whole, fraction, power].iter().all(|part| is_digits(part)) {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return Some("0".to_owned());
    }
    let zeros = digits.len() - significant.len();
    // The point's position, counted from before the first significant digit.
    let point =
        i64::try_from(significant.len() + zeros).ok()? - i64::try_from(fraction.len()).ok()?;
    let point = point.checked_add(exponent.parse().ok()?)?;
    let number = placed(significant, point)?;
    Some(format!("{sign}{number}")).filter(|number| number.len() <= MAX_CHARS)
}

/// Returns the whole part of a number token. Returns `None` if the number is
/// negative or does not fit into 64 bits.
#[must_use]
pub fn whole(token: &str) -> Option<u64> {
    let number = decimal(token)?;
    number.split('.').next()?.parse().ok()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns `digits` with the point after the first `point` of them.
fn placed(digits: &str, point: i64) -> Option<String> {
    let is_short = |length: &usize| *length <= MAX_CHARS;
    let length = usize::try_from(point.unsigned_abs()).ok().filter(is_short)?;
    if point <= 0 {
        return Some(format!("0.{}{digits}", "0".repeat(length)));
    }
    Some(match digits.split_at_checked(length).filter(|(_, behind)| !behind.is_empty()) {
        Some((before, behind)) => format!("{before}.{behind}"),
        None => format!("{digits:0<length$}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_have_one_plain_form() {
        for (written, plain) in [
            ("437852", "437852"),
            ("437852.0", "437852"),
            ("4.37852e5", "437852"),
            ("43785200E-2", "437852"),
            ("0.437852e+6", "437852"),
            ("196619188014358660.000", "196619188014358660"),
            ("1.96619188014358661e17", "196619188014358661"),
            ("1.50", "1.5"),
            ("-15e-3", "-0.015"),
            ("100", "100"),
            ("-7.0", "-7"),
            ("-0", "0"),
            ("0e999999999999999999999", "0"),
            ("1e000000000000000000000000002", "100"),
        ] {
            assert_eq!(decimal(written).as_deref(), Some(plain), "{written}");
        }
        let long = format!("1{}e-100000", "0".repeat(100_000));
        assert_eq!(decimal(&long).as_deref(), Some("1"));
    }

    #[test]
    fn a_token_that_is_too_long_or_no_number_is_refused() {
        assert_eq!(decimal("1e127").map(|number| number.len()), Some(128));
        let long = "9".repeat(129);
        for none in
            ["1e128", "-1e127", "1e999999999", "1e-999999999", "1e99999999999999999999", &long]
        {
            assert_eq!(decimal(none), None, "{none}");
        }
        for none in ["", "-", ".5", "1.", "1e", "1e+", "1e+-1", "+1", "NaN", "0x1", "true", "1 "] {
            assert_eq!(decimal(none), None, "{none}");
        }
    }

    #[test]
    fn fractions_are_cut_off() {
        for (written, number) in [
            ("1766867867109.0", Some(1_766_867_867_109)),
            ("1.766867867109e12", Some(1_766_867_867_109)),
            ("1766867867109.987", Some(1_766_867_867_109)),
            ("0.9", Some(0)),
            ("-0", Some(0)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("-1", None),
            ("\"1\"", None),
        ] {
            assert_eq!(whole(written), number, "{written}");
        }
    }
}
