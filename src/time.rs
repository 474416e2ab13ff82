//! Times as text. Inside, a time is milliseconds since the epoch ([`Millis`]).

use chrono::{DateTime, SecondsFormat, Utc};

use crate::ports::Millis;

/// One second.
pub const SECOND: Millis = 1_000;
/// One minute.
pub const MINUTE: Millis = 60 * SECOND;
/// One hour.
pub const HOUR: Millis = 60 * MINUTE;
/// One day.
pub const DAY: Millis = 24 * HOUR;

/// RFC 3339 in UTC with milliseconds, as in `2026-11-24T09:30:00.000Z`. A time outside
/// the calendar (it cannot come from a clock) is the epoch.
pub fn rfc3339(at: Millis) -> String {
    DateTime::<Utc>::from_timestamp_millis(at)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Reads RFC 3339 with any offset.
pub fn parse_rfc3339(text: &str) -> Option<Millis> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|at| at.timestamp_millis())
}

/// Reads RFC 2822, the form of dates in Twilio's 2010 API.
pub fn parse_rfc2822(text: &str) -> Option<Millis> {
    DateTime::parse_from_rfc2822(text)
        .ok()
        .map(|at| at.timestamp_millis())
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
}
