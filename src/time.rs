//! Times as text. Inside, a time is milliseconds since the epoch ([`Millis`]).
//!
//! The calendar is the proleptic Gregorian one, by arithmetic on days (H. Hinnant,
//! "chrono-Compatible Low-Level Date Algorithms"): the crate `chrono`, for these three forms,
//! is 7 KB of the bundle's gzip size.

use crate::ports::Millis;

/// One second.
pub const SECOND: Millis = 1_000;
/// One minute.
pub const MINUTE: Millis = 60 * SECOND;
/// One hour.
pub const HOUR: Millis = 60 * MINUTE;
/// One day.
pub const DAY: Millis = 24 * HOUR;

/// RFC 3339 in UTC with milliseconds, as in `2026-11-24T09:30:00.000Z`.
pub fn rfc3339(at: Millis) -> String {
    let (year, month, day) = date(at.div_euclid(DAY));
    let of_day = at.rem_euclid(DAY);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        of_day / HOUR,
        of_day / MINUTE % 60,
        of_day / SECOND % 60,
        of_day % SECOND
    )
}

/// Reads RFC 3339 with any offset. Digits below a millisecond are dropped.
pub fn parse_rfc3339(text: &str) -> Option<Millis> {
    let mut rest = Scanner(text);
    let year = rest.number(4)?;
    let month = rest.after('-')?.number(2)?;
    let day = rest.after('-')?.number(2)?;
    if !rest.take_any("Tt ") {
        return None;
    }
    let clock = rest.clock()?;
    let millis = if rest.take_any(".") {
        rest.fraction()?
    } else {
        0
    };
    let offset = if rest.take_any("Zz") {
        0
    } else {
        rest.offset(true)?
    };
    rest.end()?;
    Some(days(year, month, day)? * DAY + clock + millis - offset)
}

/// Reads RFC 2822, the form of dates in Twilio's 2010 API: `Tue, 24 Nov 2026 09:30:00 +0000`.
pub fn parse_rfc2822(text: &str) -> Option<Millis> {
    let text = text.split_once(", ").map_or(text, |(_, date)| date);
    let mut words = text.split_ascii_whitespace();
    let day = words.next()?.parse().ok()?;
    let name = words.next()?;
    let month = MONTHS.iter().position(|month| *month == name)? + 1;
    let year = Scanner(words.next()?).number(4)?;
    let clock = Scanner(words.next()?).clock()?;
    let offset = match words.next()? {
        "GMT" | "UT" | "UTC" => 0,
        zone => Scanner(zone).offset(false)?,
    };
    Some(days(year, i64::try_from(month).ok()?, day)? * DAY + clock - offset)
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Days in 400 years: the Gregorian calendar repeats.
const ERA: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01. A year that begins in March has its leap day last.
const EPOCH: i64 = 719_468;

/// Days since the epoch of a date; `None` for one that is not in the calendar.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    let year = if month > 2 { year } else { year - 1 };
    let of_era = year.rem_euclid(400);
    // 153 days in each five months from March on: 31, 30, 31, 30, 31.
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(year.div_euclid(400) * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH)
}

/// The date of a day since the epoch: year, month, day.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH;
    let of_era = days.rem_euclid(ERA);
    // Leap days before this one, taken out: every 4 years, not every 100, but every 400.
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / (ERA - 1)) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + days.div_euclid(ERA) * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// The rest of a text that is read from its start.
struct Scanner<'a>(&'a str);

impl Scanner<'_> {
    /// A number of exactly so many digits.
    fn number(&mut self, digits: usize) -> Option<i64> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.0 = rest;
        number.parse().ok()
    }

    /// Takes one of these characters, if it is next.
    fn take_any(&mut self, characters: &str) -> bool {
        let mut rest = self.0.chars();
        let taken = rest.next().is_some_and(|next| characters.contains(next));
        if taken {
            self.0 = rest.as_str();
        }
        taken
    }

    fn after(&mut self, character: char) -> Option<&mut Self> {
        self.0 = self.0.strip_prefix(character)?;
        Some(self)
    }

    /// `09:30:00`, in milliseconds. A leap second is the second before it.
    fn clock(&mut self) -> Option<Millis> {
        let hour = self.number(2).filter(|hour| *hour < 24)?;
        let minute = self.after(':')?.number(2).filter(|minute| *minute < 60)?;
        let second = self.after(':')?.number(2).filter(|second| *second <= 60)?;
        Some(hour * HOUR + minute * MINUTE + second.min(59) * SECOND)
    }

    /// The digits after a point, as milliseconds.
    fn fraction(&mut self) -> Option<Millis> {
        let rest = self
            .0
            .trim_start_matches(|next: char| next.is_ascii_digit());
        let (digits, rest) = self.0.split_at_checked(self.0.len() - rest.len())?;
        self.0 = rest;
        let first: String = digits.chars().chain("00".chars()).take(3).collect();
        (!digits.is_empty()).then(|| first.parse().ok())?
    }

    /// `+01:00`, or `+0100`, in milliseconds.
    fn offset(&mut self, colon: bool) -> Option<Millis> {
        let sign = match (self.take_any("+"), self.take_any("-")) {
            (true, false) => 1,
            (false, true) => -1,
            _ => return None,
        };
        let hours = self.number(2)?;
        if colon {
            self.after(':')?;
        }
        let minutes = self.number(2).filter(|minutes| *minutes < 60)?;
        Some(sign * (hours * HOUR + minutes * MINUTE))
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_one_moment_are_the_same_milliseconds() {
        let at = 1_795_512_600_123;
        assert_eq!(rfc3339(at), "2026-11-24T09:30:00.123Z");
        assert_eq!(parse_rfc3339("2026-11-24T10:30:00.123+01:00"), Some(at));
        assert_eq!(
            parse_rfc2822("Tue, 24 Nov 2026 09:30:00 +0000"),
            Some(at - 123)
        );
        assert_eq!(parse_rfc3339("yesterday"), None);
    }

    #[test]
    fn the_calendar_is_the_one_that_chrono_knows() {
        // Every 9 hours and a bit, from 0001 to 9999.
        let (first, last) = (-62_135_596_800_000_i64, 253_402_300_799_999_i64);
        for at in (first..last).step_by(32_411_777_003) {
            let known = chrono::DateTime::from_timestamp_millis(at).unwrap();
            let text = known.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
            assert_eq!(rfc3339(at), text);
            assert_eq!(parse_rfc3339(&text), Some(at));
            let second = at - at.rem_euclid(SECOND);
            assert_eq!(parse_rfc2822(&known.to_rfc2822()), Some(second), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-11-24T24:00:00Z",
            "2026-11-24T09:60:00Z",
            "2026-11-24T09:30:00",
            "2026-11-24T09:30:00.Z",
            "2026-11-24T09:30:00Z ",
            "2026-11-24T09:30:00+0100",
            "2026-11-24T09:30:00\u{e9}",
            "+026-11-24T09:30:00Z",
            "",
        ] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
        for text in ["Tue, 31 Nov 2026 09:30:00 +0000", "24 Nov 2026", "Tue, "] {
            assert_eq!(parse_rfc2822(text), None, "{text}");
        }
        assert_eq!(
            parse_rfc3339("2024-02-29T23:59:60.9999-00:30"),
            parse_rfc3339("2024-03-01T00:29:59.999Z")
        );
    }
}
