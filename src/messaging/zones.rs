//! Local time where a number lives, without a time-zone database.
//!
//! A number's prefix gives its country and the zones it may be in; a zone is a standard
//! offset and the rule by which its clocks change. Where a number may be in several zones the
//! caller must satisfy all of them. Rules are those in force in 2026; a place whose rule is
//! not certain is listed with both of its possible offsets.
//!
//! Source: IANA time zone database (rules and offsets), ITU-T E.164 (country codes), the North
//! American Numbering Plan Administrator (area codes).

mod countries;
mod nanp;

/// Milliseconds in a minute.
const MINUTE: i64 = 60_000;
/// Minutes in a day.
const DAY: i64 = 1_440;

/// A zone: how far its clocks are ahead of UTC, and when they change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone {
    /// Minutes ahead of UTC in standard time.
    standard: i16,
    rule: Rule,
}

/// The rules of summer time, each one hour ahead of standard time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    None,
    /// United States, Canada, Bermuda, the Bahamas, Haiti.
    UnitedStates,
    /// The European Union and those who follow it, all at the same moment.
    Europe,
    /// New South Wales, Victoria, Tasmania, South Australia.
    Australia,
    NewZealand,
    Chile,
    Israel,
    Egypt,
    Lebanon,
    Cuba,
}

/// One change of the clocks: the first `weekday` on or after `day` of `month`.
struct Change {
    month: u8,
    /// 0 is Sunday.
    weekday: u8,
    day: u8,
    /// Minutes after midnight, in standard time or in UTC.
    minute: i64,
    utc: bool,
}

/// A moment on a zone's clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local {
    /// Days since 1970-01-01.
    pub day: i64,
    /// Minutes since midnight, 0 to 1,439.
    pub minute: u16,
}

/// What is known about where a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// ISO 3166 alpha-2 code of the country.
    pub country: &'static str,
    /// The zones it may be in, the likeliest first; never empty.
    pub zones: &'static [Zone],
}

impl Zone {
    /// United States Pacific, by which T-Mobile's daily caps are reset.
    pub const PACIFIC: Self = Self::with(-8 * 60, Rule::UnitedStates);
    /// Coordinated universal time.
    pub const UTC: Self = Self::fixed(0);

    /// Reads `+01:00`, or `+01:00 eu`: a standard offset, and the rule by which the clocks
    /// change: `us`, `eu`, `au` or `nz`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let (offset, rule) = (words.next()?, words.next());
        let sign = match offset.chars().next()? {
            '+' => 1,
            '-' => -1,
            _ => return None,
        };
        let (hours, minutes) = offset.get(1..)?.split_once(':')?;
        let hours = hours.parse::<i16>().ok().filter(|n| (0..=14).contains(n))?;
        let minutes = minutes
            .parse::<i16>()
            .ok()
            .filter(|n| (0..60).contains(n))?;
        let rule = match rule {
            None => Rule::None,
            Some("us") => Rule::UnitedStates,
            Some("eu") => Rule::Europe,
            Some("au") => Rule::Australia,
            Some("nz") => Rule::NewZealand,
            Some(_) => return None,
        };
        let zone = Self::with(sign * (hours * 60 + minutes), rule);
        words.next().is_none().then_some(zone)
    }

    const fn fixed(minutes: i16) -> Self {
        Self::with(minutes, Rule::None)
    }

    const fn with(standard: i16, rule: Rule) -> Self {
        Self { standard, rule }
    }

    /// Minutes ahead of UTC at a moment (milliseconds since the epoch).
    pub fn offset_at(self, at: i64) -> i64 {
        let standard = i64::from(self.standard);
        let Some((start, end)) = self.rule.changes() else {
            return standard;
        };
        let minutes = at.div_euclid(MINUTE);
        let year = year_of((minutes + standard).div_euclid(DAY));
        let start = start.in_year(year, standard);
        let end = end.in_year(year, standard);
        // South of the equator summer time runs over the turn of the year.
        let summer = if start < end {
            (start..end).contains(&minutes)
        } else {
            !(end..start).contains(&minutes)
        };
        if summer { standard + 60 } else { standard }
    }

    /// What the zone's clocks show at a moment (milliseconds since the epoch).
    pub fn local(self, at: i64) -> Local {
        let minutes = at.div_euclid(MINUTE) + self.offset_at(at);
        Local {
            day: minutes.div_euclid(DAY),
            minute: minutes.rem_euclid(DAY) as u16,
        }
    }

    /// The first moment (milliseconds since the epoch) at which the clocks show a time or, if
    /// they skip it, the moment after the skip.
    pub fn moment(self, local: Local) -> i64 {
        let naive = local.day * DAY + i64::from(local.minute);
        let standard = i64::from(self.standard);
        // Summer time first: of a time that is shown twice this is the earlier.
        let summer = (naive - standard - 60) * MINUTE;
        if self.local(summer) == local {
            return summer;
        }
        (naive - standard) * MINUTE
    }

    /// The next midnight on the zone's clocks, later than `at`.
    pub fn next_midnight(self, at: i64) -> i64 {
        let today = self.local(at).day;
        self.moment(Local {
            day: today + 1,
            minute: 0,
        })
    }
}

/// Where an address is: an E.164 number with or without `whatsapp:`, or a WhatsApp user id
/// (`whatsapp:US.…`), which names its country. `None` when the prefix is not known.
pub fn place_of(address: &str) -> Option<Place> {
    let bare = address.split_once(':').map_or(address, |(_, bare)| bare);
    match bare.strip_prefix('+') {
        Some(digits) => place_of_number(digits),
        None => {
            let (country, _) = bare.split_once('.')?;
            match country {
                "US" | "CA" => Some(Place {
                    country: nanp::country_name(country)?,
                    zones: nanp::ANYWHERE,
                }),
                _ => countries::by_name(country),
            }
        }
    }
}

fn place_of_number(digits: &str) -> Option<Place> {
    match digits.strip_prefix('1') {
        Some(national) => Some(nanp::place(national)),
        None => countries::by_prefix(digits),
    }
}

impl Rule {
    /// Start and end of summer time.
    const fn changes(self) -> Option<(Change, Change)> {
        let (start, end) = match self {
            Self::None => return None,
            Self::UnitedStates => (standard(3, SUN, 8, 120), standard(11, SUN, 1, 60)),
            Self::Europe => (utc(3, SUN, 25, 60), utc(10, SUN, 25, 60)),
            Self::Australia => (standard(10, SUN, 1, 120), standard(4, SUN, 1, 120)),
            Self::NewZealand => (standard(9, SUN, 24, 120), standard(4, SUN, 1, 120)),
            Self::Chile => (utc(9, SUN, 2, 240), utc(4, SUN, 2, 180)),
            Self::Israel => (standard(3, FRI, 23, 120), standard(10, SUN, 25, 60)),
            Self::Egypt => (standard(4, FRI, 24, 0), standard(10, THU, 25, 23 * 60)),
            Self::Lebanon => (standard(3, SUN, 25, 0), standard(10, SUN, 25, -60)),
            Self::Cuba => (standard(3, SUN, 8, 0), standard(11, SUN, 1, 0)),
        };
        Some((start, end))
    }
}

const SUN: u8 = 0;
const THU: u8 = 4;
const FRI: u8 = 5;

const fn standard(month: u8, weekday: u8, day: u8, minute: i64) -> Change {
    Change {
        month,
        weekday,
        day,
        minute,
        utc: false,
    }
}

const fn utc(month: u8, weekday: u8, day: u8, minute: i64) -> Change {
    Change {
        utc: true,
        ..standard(month, weekday, day, minute)
    }
}

impl Change {
    /// The moment of the change in a year, in minutes since the epoch.
    fn in_year(&self, year: i64, standard: i64) -> i64 {
        let first = days_from_civil(year, self.month, self.day);
        let wait = (i64::from(self.weekday) - weekday(first)).rem_euclid(7);
        let minutes = (first + wait) * DAY + self.minute;
        if self.utc {
            minutes
        } else {
            minutes - standard
        }
    }
}

/// 0 for Sunday; 1970-01-01 was a Thursday.
const fn weekday(day: i64) -> i64 {
    (day + 4).rem_euclid(7)
}

/// Days since 1970-01-01 of a date of the Gregorian calendar.
pub(crate) const fn days_from_civil(year: i64, month: u8, day: u8) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let month = (month as i64 + 9) % 12;
    let of_year = (153 * month + 2) / 5 + day as i64 - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The year of a day since 1970-01-01.
const fn year_of(day: i64) -> i64 {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    // Days are counted from March here: January and February belong to the next year.
    year + era * 400 + (of_year >= 306) as i64
}

#[cfg(test)]
mod tests;
