//! The twin's clock: real time with an offset, or frozen.
//!
//! Everything the twin schedules is due at a time of this clock, so a test moves three
//! quarters of an hour in one request. It never goes backwards.

use std::time::{SystemTime, UNIX_EPOCH};

/// A clock that can be frozen and pushed forward. Times are milliseconds since the epoch.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    offset_ms: i64,
    frozen_at: Option<i64>,
}

impl Clock {
    /// The time now, in milliseconds since the epoch.
    pub fn now(&self) -> i64 {
        self.frozen_at
            .unwrap_or_else(|| real_now().saturating_add(self.offset_ms))
    }

    /// Whether time only moves when told to.
    pub fn is_frozen(&self) -> bool {
        self.frozen_at.is_some()
    }

    /// Stops the clock, at `at` when that is given and not in the past.
    pub fn freeze(&mut self, at: Option<i64>) {
        let now = self.now();
        self.frozen_at = Some(at.map_or(now, |at| at.max(now)));
    }

    /// Lets the clock run on from where it is.
    pub fn unfreeze(&mut self) {
        if let Some(at) = self.frozen_at.take() {
            self.offset_ms = at.saturating_sub(real_now());
        }
    }

    /// Moves the clock forward to `to`; a time in the past is ignored.
    pub fn move_to(&mut self, to: i64) {
        let now = self.now();
        if to <= now {
            return;
        }
        match &mut self.frozen_at {
            Some(at) => *at = to,
            None => self.offset_ms = self.offset_ms.saturating_add(to - now),
        }
    }
}

fn real_now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|d| i64::try_from(d.as_millis()).ok())
        .unwrap_or(0)
}

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Year, month (1-12), day of the days since 1970-01-01 (proleptic Gregorian).
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = if month > 2 { month - 3 } else { month + 9 };
    let doy = (153 * mp + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// `Thu, 24 Aug 2023 05:01:45 +0000`: dates of the 2010-04-01 API.
pub fn rfc2822(ms: i64) -> String {
    let secs = ms.div_euclid(1000);
    let days = secs.div_euclid(86_400);
    let rest = secs.rem_euclid(86_400);
    let (y, m, d) = civil(days);
    let name = |list: &[&'static str], at: i64| {
        usize::try_from(at)
            .ok()
            .and_then(|i| list.get(i).copied())
            .unwrap_or_default()
    };
    let weekday = name(&DAYS, days.rem_euclid(7));
    let month = name(&MONTHS, m - 1);
    format!(
        "{weekday}, {d:02} {month} {y:04} {:02}:{:02}:{:02} +0000",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

/// `2015-07-30T20:00:00Z`: dates of the newer APIs.
pub fn iso8601(ms: i64) -> String {
    let secs = ms.div_euclid(1000);
    let rest = secs.rem_euclid(86_400);
    let (y, m, d) = civil(secs.div_euclid(86_400));
    format!(
        "{y:04}-{m:02}-{d:02}T{:02}:{:02}:{:02}Z",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

/// `YYMMDDhhmm`, the carrier's time in a delivery receipt.
pub fn dlr_time(ms: i64) -> String {
    let secs = ms.div_euclid(1000);
    let rest = secs.rem_euclid(86_400);
    let (y, m, d) = civil(secs.div_euclid(86_400));
    format!(
        "{:02}{m:02}{d:02}{:02}{:02}",
        y.rem_euclid(100),
        rest / 3600,
        rest / 60 % 60
    )
}

/// A date or date-time of a REST filter, as the span `[first, last]` of milliseconds it names.
/// A bare date names the whole day.
pub fn parse_span(text: &str) -> Option<(i64, i64)> {
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((d, t)) => (d, Some(t)),
        None => (text, None),
    };
    let mut parts = date.split('-').map(|p| p.parse::<i64>().ok());
    let (y, m, d) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || !(1..=12).contains(&m) || !(1..=31).contains(&d) {
        return None;
    }
    let day = days_from_civil(y, m, d) * 86_400_000;
    let Some(time) = time else {
        return Some((day, day + 86_399_999));
    };
    let (clock, offset) = split_offset(time)?;
    let mut parts = clock.split(':');
    let h: i64 = parts.next()?.parse().ok()?;
    let min: i64 = parts.next()?.parse().ok()?;
    let (sec, milli) = match parts.next() {
        None => (0, None),
        Some(s) => match s.split_once('.') {
            Some((s, f)) => (s.parse::<i64>().ok()?, Some(fraction_ms(f)?)),
            None => (s.parse::<i64>().ok()?, None),
        },
    };
    let base = day + ((h * 60 + min - offset) * 60 + sec) * 1000;
    Some(match milli {
        Some(milli) => (base + milli, base + milli),
        None => (base, base + 999),
    })
}

fn fraction_ms(digits: &str) -> Option<i64> {
    let three: String = digits.chars().chain("000".chars()).take(3).collect();
    three.parse().ok()
}

/// Splits `12:30:00Z` or `12:30:00+02:00` into the clock and its offset in minutes.
fn split_offset(time: &str) -> Option<(&str, i64)> {
    if let Some(clock) = time.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let Some(at) = time.rfind(['+', '-']) else {
        return Some((time, 0));
    };
    let (clock, zone) = time.split_at(at);
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    if digits.len() != 4 {
        return None;
    }
    let minutes = digits[..2].parse::<i64>().ok()? * 60 + digits[2..].parse::<i64>().ok()?;
    Some((
        clock,
        if zone.starts_with('-') {
            -minutes
        } else {
            minutes
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_each_api_writes_them() {
        // 2023-08-24T05:01:45Z, the example of Twilio's own description of Messages.
        let ms = 1_692_853_305_000;
        assert_eq!(rfc2822(ms), "Thu, 24 Aug 2023 05:01:45 +0000");
        assert_eq!(iso8601(ms), "2023-08-24T05:01:45Z");
        assert_eq!(dlr_time(ms), "2308240501");
    }

    #[test]
    fn a_written_date_is_read_back() {
        let ms = 1_692_853_305_000;
        assert_eq!(parse_span(&iso8601(ms)), Some((ms, ms + 999)));
        assert_eq!(
            parse_span("2023-08-24T07:01:45+02:00"),
            Some((ms, ms + 999))
        );
        assert_eq!(
            parse_span("2023-08-24T05:01:45.250Z"),
            Some((ms + 250, ms + 250))
        );
        let (from, to) = parse_span("2024-02-29").expect("a leap day");
        assert_eq!(iso8601(from), "2024-02-29T00:00:00Z");
        assert_eq!(to - from, 86_399_999);
        assert_eq!(parse_span("yesterday"), None);
    }

    #[test]
    fn a_frozen_clock_moves_only_when_pushed_and_never_back() {
        let mut clock = Clock::default();
        clock.freeze(Some(i64::MAX / 4));
        let at = clock.now();
        clock.move_to(at + 5);
        clock.move_to(at);
        assert_eq!(clock.now(), at + 5);
        clock.unfreeze();
        assert!(clock.now() >= at + 5);
    }
}
