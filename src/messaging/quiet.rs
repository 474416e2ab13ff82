//! Quiet hours by the recipient's own clock. A marketing message that would arrive at night is
//! put off, never dropped; where a number may be in several zones it must be day in all.
//!
//! Source: 47 CFR 64.1200(c)(1) (8 a.m. to 9 p.m. at the called party's location); several
//! states are stricter, which is why the hours are a setting.

use serde::{Deserialize, Serialize};

use super::zones::{self, Local, Zone};

/// The hours of a day in which a message may arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Hours {
    from: u16,
    to: u16,
}

/// Hours that are no hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("hours run from HH:MM to a later HH:MM, 24:00 at most")]
pub struct BadHours;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    from: String,
    to: String,
}

impl Default for Hours {
    /// 08:00 to 21:00.
    fn default() -> Self {
        Self {
            from: 8 * 60,
            to: 21 * 60,
        }
    }
}

impl Hours {
    /// Hours from one minute of the day to another (which is not included).
    ///
    /// # Errors
    /// [`BadHours`] unless `from < to <= 1440`.
    pub const fn new(from: u16, to: u16) -> Result<Self, BadHours> {
        if from < to && to <= 1_440 {
            Ok(Self { from, to })
        } else {
            Err(BadHours)
        }
    }

    /// Whether it is day on a zone's clocks.
    fn holds(self, local: Local) -> bool {
        (self.from..self.to).contains(&local.minute)
    }

    /// The first moment from `at` on at which it is day in a zone.
    fn next(self, zone: Zone, at: i64) -> i64 {
        let local = zone.local(at);
        if self.holds(local) {
            return at;
        }
        let day = local.day + i64::from(local.minute >= self.to);
        zone.moment(Local {
            day,
            minute: self.from,
        })
    }
}

/// When a message to an address may arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// Now.
    Now,
    /// At this moment, milliseconds since the epoch.
    At(i64),
    /// The address does not tell where the person is.
    Unknown,
}

/// Decides when a message to an address may arrive (`now` in milliseconds since the epoch).
///
/// It must be day in every zone the number may be in; where there is no such moment (a
/// country wider than the hours are long), the likeliest zone decides.
pub fn next_allowed(now: i64, address: &str, hours: Hours) -> Timing {
    let Some(place) = zones::place_of(address) else {
        return Timing::Unknown;
    };
    let found = day_in_all(now, place.zones, hours)
        .or_else(|| place.zones.first().map(|zone| hours.next(*zone, now)));
    match found {
        Some(at) if at <= now => Timing::Now,
        Some(at) => Timing::At(at),
        None => Timing::Unknown,
    }
}

/// The first moment at which it is day in all zones, within two days.
fn day_in_all(now: i64, zones: &[Zone], hours: Hours) -> Option<i64> {
    const TWO_DAYS: i64 = 2 * 86_400_000;
    let mut at = now;
    while at <= now + TWO_DAYS {
        let later = zones.iter().fold(at, |at, zone| hours.next(*zone, at));
        if later == at {
            return Some(at);
        }
        at = later;
    }
    None
}

impl TryFrom<Stored> for Hours {
    type Error = BadHours;

    fn try_from(stored: Stored) -> Result<Self, BadHours> {
        let minute = |text: &str| {
            let (hours, minutes) = text.split_once(':').filter(|_| text.len() == 5)?;
            let hours: u16 = hours.parse().ok()?;
            let minutes: u16 = minutes.parse().ok().filter(|m| *m < 60)?;
            Some(hours * 60 + minutes)
        };
        match (minute(&stored.from), minute(&stored.to)) {
            (Some(from), Some(to)) => Self::new(from, to),
            _ => Err(BadHours),
        }
    }
}

impl From<Hours> for Stored {
    fn from(hours: Hours) -> Self {
        let text = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        Self {
            from: text(hours.from),
            to: text(hours.to),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::messaging::zones::days_from_civil;

    fn at(year: i64, month: u8, day: u8, hour: i64, minute: i64) -> i64 {
        ((days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60_000
    }

    fn next(now: i64, address: &str) -> Timing {
        next_allowed(now, address, Hours::default())
    }

    #[test]
    fn by_day_a_message_goes_out_and_by_night_it_waits_for_eight() {
        // New York, summer time: UTC less four hours.
        let number = "+12125550100";
        assert_eq!(next(at(2026, 7, 1, 12, 0), number), Timing::Now);
        assert_eq!(next(at(2026, 7, 2, 0, 59), number), Timing::Now);
        assert_eq!(
            next(at(2026, 7, 2, 1, 0), number),
            Timing::At(at(2026, 7, 2, 12, 0))
        );
        assert_eq!(
            next(at(2026, 7, 1, 11, 59), number),
            Timing::At(at(2026, 7, 1, 12, 0))
        );
    }

    #[test]
    fn it_must_be_day_in_every_zone_of_a_number() {
        // North-west Florida: Central and Eastern. 20:30 Central is 21:30 Eastern.
        let number = "+18505550100";
        assert_eq!(
            next(at(2026, 1, 15, 13, 30), number),
            Timing::At(at(2026, 1, 15, 14, 0))
        );
        assert_eq!(next(at(2026, 1, 15, 14, 0), number), Timing::Now);
        assert_eq!(
            next(at(2026, 1, 16, 2, 30), number),
            Timing::At(at(2026, 1, 16, 14, 0))
        );
    }

    #[test]
    fn an_area_code_that_says_nothing_waits_for_hawaii() {
        let number = "whatsapp:US.abc";
        assert_eq!(
            next(at(2026, 1, 15, 14, 0), number),
            Timing::At(at(2026, 1, 15, 18, 0))
        );
    }

    #[test]
    fn the_morning_after_the_clocks_change_is_at_eight_on_the_new_clock() {
        let number = "+14155550100";
        assert_eq!(
            next(at(2026, 3, 8, 8, 0), number),
            Timing::At(at(2026, 3, 8, 15, 0))
        );
        assert_eq!(
            next(at(2026, 11, 1, 7, 0), number),
            Timing::At(at(2026, 11, 1, 16, 0))
        );
    }

    #[test]
    fn a_country_wider_than_the_day_is_judged_by_its_likeliest_zone() {
        let hours = Hours::new(9 * 60, 18 * 60).unwrap();
        // Moscow 06:00 UTC is 09:00; Kamchatka and Kaliningrad have no common hour with it.
        let now = at(2026, 1, 15, 1, 0);
        assert_eq!(
            next_allowed(now, "+79010000000", hours),
            Timing::At(at(2026, 1, 15, 6, 0))
        );
    }

    #[test]
    fn an_address_without_a_place_is_unknown() {
        assert_eq!(next(0, "+999123"), Timing::Unknown);
        assert_eq!(next(0, "someone@example.com"), Timing::Unknown);
    }

    #[test]
    fn hours_are_stored_as_people_write_them() {
        let text = r#"{"from":"08:00","to":"21:00"}"#;
        assert_eq!(serde_json::to_string(&Hours::default()).unwrap(), text);
        assert_eq!(
            serde_json::from_str::<Hours>(text).unwrap(),
            Hours::default()
        );
        assert!(serde_json::from_str::<Hours>(r#"{"from":"00:00","to":"24:00"}"#).is_ok());
        for bad in [
            r#"{"from":"21:00","to":"08:00"}"#,
            r#"{"from":"8:00","to":"21:00"}"#,
            r#"{"from":"08:60","to":"21:00"}"#,
            r#"{"from":"08:00","to":"24:01"}"#,
            r#"{"from":"","to":""}"#,
        ] {
            assert!(serde_json::from_str::<Hours>(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn the_moment_given_is_day_everywhere_and_none_earlier_is(
            minutes in 29_000_000i64..30_500_000,
            which in 0usize..6,
        ) {
            let numbers = ["+12125550100", "+18505550100", "+12085550100", "+447700900000", "+61400000000", "+17095550100"];
            let now = minutes * 60_000;
            let hours = Hours::default();
            let moment = match next_allowed(now, numbers[which], hours) {
                Timing::Now => now,
                Timing::At(at) => at,
                Timing::Unknown => return Err(TestCaseError::fail("unknown")),
            };
            let zones = zones::place_of(numbers[which]).unwrap().zones;
            let day = |at: i64| zones.iter().all(|z| hours.holds(z.local(at)));
            prop_assert!(moment >= now && moment < now + 86_400_000);
            prop_assert!(day(moment));
            let mut earlier = now;
            while earlier < moment {
                prop_assert!(!day(earlier));
                earlier += 60 * 60_000;
            }
        }
    }
}
