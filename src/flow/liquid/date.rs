//! The `date` filter: reading the dates that flows meet and writing them with
//! `strftime`. No time-zone data: the caller gives one offset, since Studio's own clock
//! is one fixed zone too (Pacific time, says Twilio's support article).

use super::{
    eval::text_of,
    number::{Num, number},
};
use serde_json::Value;

/// The time that templates see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub now_ms: i64,
    /// Minutes east of Greenwich that `date` adds before it shows a time.
    pub utc_offset_minutes: i32,
}

/// A moment as local fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    /// 0 is Sunday.
    pub(crate) weekday: i64,
    /// 1 is 1 January.
    pub(crate) day_of_year: i64,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
/// The year 9999: beyond it nothing is a date.
const MAX_SECONDS: i64 = 253_402_300_800;

/// The local fields of a moment given in seconds since the epoch, already shifted.
pub(crate) fn civil(seconds: i64) -> Civil {
    let days = seconds.div_euclid(86_400);
    let of_day = seconds.rem_euclid(86_400);
    // Howard Hinnant's civil_from_days.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    Civil {
        year,
        month,
        day: doy - (153 * mp + 2) / 5 + 1,
        hour: of_day / 3600,
        minute: of_day / 60 % 60,
        second: of_day % 60,
        weekday: (days + 4).rem_euclid(7),
        day_of_year: days - days_from_civil(year, 1, 1) + 1,
    }
}

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// `input | date: pattern`. What is no date comes back unchanged.
pub(super) fn format(input: &Value, pattern: &str, clock: Clock) -> Value {
    if pattern.is_empty() {
        return input.clone();
    }
    let offset = i64::from(clock.utc_offset_minutes) * 60;
    let local = match number(input) {
        Some(Num::Int(seconds)) => Some(seconds.saturating_add(offset)),
        Some(Num::Float(_)) => None,
        None => parse_date(&text_of(input), clock),
    };
    match local {
        Some(local) if local.abs() < MAX_SECONDS => Value::from(strftime(pattern, local, offset)),
        _ => input.clone(),
    }
}

/// Reads a date, a time, or both, and gives seconds since the epoch in the clock's zone.
/// A text that names its own zone is moved to the clock's; one that names none is taken
/// as it stands.
pub(crate) fn parse_date(text: &str, clock: Clock) -> Option<i64> {
    let offset = i64::from(clock.utc_offset_minutes) * 60;
    let text = text.trim();
    if text.eq_ignore_ascii_case("now") || text.eq_ignore_ascii_case("today") {
        return Some(clock.now_ms.div_euclid(1000) + offset);
    }
    let mut words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|w| !w.is_empty())
        .collect();
    let mut zone = None;
    let mut time = (0, 0, 0);
    let mut date = None;
    let mut named: (Option<i64>, Vec<i64>) = (None, Vec::new());
    if words.len() > 8 || words.is_empty() {
        return None;
    }
    // "2024-05-01T10:00:00Z" is two words in one.
    if let Some((day, rest)) = words.first().and_then(|word| word.split_once(['T', 't']))
        && let Some(day) = dashed(day)
    {
        date = Some(day);
        words.remove(0);
        words.insert(0, rest);
    }
    for word in words {
        if let Some(day) = dashed(word) {
            date = Some(day);
        } else if let Some((clock_time, own_zone)) = time_of_day(word) {
            time = clock_time;
            zone = own_zone.or(zone);
        } else if let Some(own_zone) = zone_of(word) {
            zone = Some(own_zone);
        } else if word.eq_ignore_ascii_case("pm") {
            time.0 = time.0 % 12 + 12;
        } else if word.eq_ignore_ascii_case("am") {
            time.0 %= 12;
        } else if let Some(month) = month_of(word) {
            named.0 = Some(month);
        } else if is_weekday(word) {
        } else {
            named.1.push(digits(
                word.trim_end_matches(|c: char| c.is_ascii_alphabetic()),
            )?);
        }
    }
    let (year, month, day) = match (date, named.0, named.1.as_slice()) {
        (Some(date), _, _) => date,
        (None, Some(month), [day, year]) if *year > 31 => (*year, month, *day),
        (None, Some(month), [year, day]) => (*year, month, *day),
        _ => return None,
    };
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(0..=9999).contains(&year) {
        return None;
    }
    let seconds = days_from_civil(year, month, day) * 86_400 + time.0 * 3600 + time.1 * 60 + time.2;
    Some(zone.map_or(seconds, |zone| seconds - zone + offset))
}

fn digits(text: &str) -> Option<i64> {
    let short = !text.is_empty() && text.len() <= 4;
    (short && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// `2024-05-01`, `2024/05/01` or `05/01/2024`.
fn dashed(word: &str) -> Option<(i64, i64, i64)> {
    let separator = if word.contains('-') { '-' } else { '/' };
    let mut parts = word.split(separator).map(digits);
    let (a, b, c) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() {
        return None;
    }
    if a > 31 {
        Some((a, b, c))
    } else {
        Some((c, a, b))
    }
}

type Time = (i64, i64, i64);

/// `10:30`, `10:30:15.123`, `10:30pm`, with an offset or `Z` behind.
fn time_of_day(word: &str) -> Option<(Time, Option<i64>)> {
    let end = word.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.');
    let (clock, tail) = word.split_at_checked(end.unwrap_or(word.len()))?;
    let mut parts = clock.split(':');
    let (hour, minute) = (digits(parts.next()?)?, digits(parts.next()?)?);
    let second = match parts.next() {
        Some(second) => digits(second.split('.').next()?)?,
        None => 0,
    };
    if hour > 23 || minute > 59 || second > 60 || parts.next().is_some() {
        return None;
    }
    let hour = match tail {
        _ if tail.eq_ignore_ascii_case("pm") => hour % 12 + 12,
        _ if tail.eq_ignore_ascii_case("am") => hour % 12,
        _ => hour,
    };
    Some(((hour, minute, second), zone_of(tail)))
}

/// `Z`, `UTC`, `GMT`, `+0200`, `+02:00`, and the zones of North America that mail uses.
fn zone_of(word: &str) -> Option<i64> {
    let named = [
        ("Z", 0),
        ("UTC", 0),
        ("GMT", 0),
        ("EST", -5),
        ("EDT", -4),
        ("CST", -6),
        ("CDT", -5),
        ("MST", -7),
        ("MDT", -6),
        ("PST", -8),
        ("PDT", -7),
    ];
    if let Some((_, hours)) = named
        .iter()
        .find(|(name, _)| word.eq_ignore_ascii_case(name))
    {
        return Some(hours * 3600);
    }
    let sign = if word.starts_with('-') { -1 } else { 1 };
    let figures = word.strip_prefix(['+', '-'])?.replace(':', "");
    let figures = digits(&figures).filter(|_| figures.len() == 4)?;
    Some(sign * (figures / 100 * 3600 + figures % 100 * 60))
}

fn month_of(word: &str) -> Option<i64> {
    let at = MONTHS.iter().position(|name| abbreviates(word, name))?;
    i64::try_from(at + 1).ok()
}

fn is_weekday(word: &str) -> bool {
    DAYS.iter().any(|name| abbreviates(word, name))
}

fn abbreviates(word: &str, name: &str) -> bool {
    let word = word.trim_end_matches('.');
    word.len() >= 3
        && name
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// The two faces of a number: `%d` is "05", `%e` is " 5", `%-d` is "5".
fn padded(value: i64, width: usize, fill: char) -> String {
    let figures = value.to_string();
    let missing = width.saturating_sub(figures.len());
    std::iter::repeat_n(fill, missing)
        .chain(figures.chars())
        .collect()
}

fn strftime(pattern: &str, local: i64, offset: i64) -> String {
    let mut out = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        let mut fill = None;
        let mut token = letters.next();
        if matches!(token, Some('-' | '0' | '_' | '^')) {
            fill = token;
            token = letters.next();
        }
        match token {
            Some(token) => field(&mut out, token, fill, local, offset),
            None => out.push('%'),
        }
    }
    out
}

fn name(names: &[&'static str], at: i64) -> &'static str {
    usize::try_from(at)
        .ok()
        .and_then(|at| names.get(at))
        .copied()
        .unwrap_or_default()
}

fn field(out: &mut String, token: char, flag: Option<char>, local: i64, offset: i64) {
    let at = civil(local);
    let number = |value: i64, width: usize, fill: char| match flag {
        Some('-') => value.to_string(),
        Some('_') => padded(value, width, ' '),
        Some('0') => padded(value, width, '0'),
        _ => padded(value, width, fill),
    };
    let half = if at.hour % 12 == 0 { 12 } else { at.hour % 12 };
    let monday_based = (at.weekday + 6) % 7;
    let text = match token {
        'a' => name(&DAYS, at.weekday).chars().take(3).collect(),
        'A' => name(&DAYS, at.weekday).to_owned(),
        'b' | 'h' => name(&MONTHS, at.month - 1).chars().take(3).collect(),
        'B' => name(&MONTHS, at.month - 1).to_owned(),
        'c' => strftime("%a %b %e %H:%M:%S %Y", local, offset),
        'C' => number(at.year / 100, 2, '0'),
        'd' => number(at.day, 2, '0'),
        'D' | 'x' => strftime("%m/%d/%y", local, offset),
        'e' => number(at.day, 2, ' '),
        'F' => strftime("%Y-%m-%d", local, offset),
        'H' => number(at.hour, 2, '0'),
        'I' => number(half, 2, '0'),
        'j' => number(at.day_of_year, 3, '0'),
        'k' => number(at.hour, 2, ' '),
        'l' => number(half, 2, ' '),
        'L' => "000".to_owned(),
        'm' => number(at.month, 2, '0'),
        'M' => number(at.minute, 2, '0'),
        'n' => "\n".to_owned(),
        'p' => if at.hour < 12 { "AM" } else { "PM" }.to_owned(),
        'P' => if at.hour < 12 { "am" } else { "pm" }.to_owned(),
        'r' => strftime("%I:%M:%S %p", local, offset),
        'R' => strftime("%H:%M", local, offset),
        's' => (local - offset).to_string(),
        'S' => number(at.second, 2, '0'),
        't' => "\t".to_owned(),
        'T' | 'X' => strftime("%H:%M:%S", local, offset),
        'u' => (monday_based + 1).to_string(),
        'U' => number((at.day_of_year + 6 - at.weekday) / 7, 2, '0'),
        'W' => number((at.day_of_year + 6 - monday_based) / 7, 2, '0'),
        'w' => at.weekday.to_string(),
        'y' => number(at.year % 100, 2, '0'),
        'Y' => at.year.to_string(),
        'z' => {
            let minutes = offset.abs() / 60;
            let sign = if offset < 0 { '-' } else { '+' };
            format!(
                "{sign}{}{}",
                padded(minutes / 60, 2, '0'),
                padded(minutes % 60, 2, '0')
            )
        }
        'Z' => if offset == 0 { "UTC" } else { "" }.to_owned(),
        '%' => "%".to_owned(),
        other => format!("%{other}"),
    };
    if flag == Some('^') {
        out.push_str(&text.to_uppercase());
    } else {
        out.push_str(&text);
    }
}
