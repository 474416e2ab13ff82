//! Decimal numbers as people and Twilio write them.
//!
//! `str::parse` is right to the last bit for a thousand digits; its table and its slow path are
//! 12 KB of the bundle's gzip size, in the module for six places that read a price, a latitude or
//! a number in a template.

/// Powers of ten that a float holds exactly.
const EXACT: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Reads a number: sign, digits with or without a point, exponent. Right to the last bit up to 15
/// digits and powers of ten up to 22; beyond, to the last two digits of a float's sixteen. `inf`
/// and `nan` are no numbers.
pub fn parse(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (digits, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0_u64;
    let mut places = 0_i32;
    let mut is_full = false;
    for (byte, place) in whole
        .bytes()
        .map(|byte| (byte, 0))
        .chain(fraction.bytes().map(|byte| (byte, 1)))
    {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        // What a float cannot hold is left out.
        is_full |= value >= u64::MAX / 100;
        if is_full {
            places = places.saturating_add(1 - place);
        } else {
            value = value.saturating_mul(10).saturating_add(digit.into());
            places = places.saturating_sub(place);
        }
    }
    let value = scaled(value as f64, places.saturating_add(exponent));
    Some(if text.starts_with('-') { -value } else { value })
}

fn scaled(mut value: f64, power: i32) -> f64 {
    let mut left = power.clamp(-400, 400).unsigned_abs() as usize;
    while left > 0 {
        let step = left.min(EXACT.len() - 1);
        let factor = EXACT.get(step).copied().unwrap_or(1.0);
        value = if power < 0 {
            value / factor
        } else {
            value * factor
        };
        left -= step;
    }
    value
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_people_write_is_read_to_the_last_bit(
            text in "[+-]?[0-9]{1,8}(\\.[0-9]{0,7})?(e[+-]?[0-9])?"
        ) {
            prop_assert_eq!(parse(&text), text.parse::<f64>().ok());
        }

        #[test]
        fn what_is_longer_is_read_nearly_so(
            text in "-?[1-9][0-9]{0,30}(\\.[0-9]{0,30})?(e-?[0-9]{1,2})?"
        ) {
            let (ours, theirs) = (parse(&text).unwrap(), text.parse::<f64>().unwrap());
            prop_assert!((ours / theirs - 1.0).abs() < 2e-15, "{} {}", ours, theirs);
        }

        #[test]
        fn what_is_no_number_is_none(text in "[-+.0-9eE x]{0,6}") {
            prop_assert_eq!(parse(&text).is_some(), text.parse::<f64>().is_ok());
        }
    }

    #[test]
    fn the_ends_of_the_range_are_zero_and_infinity() {
        assert_eq!(parse("1e-999"), Some(0.0));
        assert_eq!(parse("1e999"), Some(f64::INFINITY));
        assert_eq!(parse("0e999"), Some(0.0));
        assert_eq!((parse("inf"), parse("nan"), parse("")), (None, None, None));
    }
}
