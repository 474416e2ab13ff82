use proptest::prelude::*;

use super::*;

fn at(year: i64, month: u8, day: u8, hour: i64, minute: i64) -> i64 {
    (days_from_civil(year, month, day) * DAY + hour * 60 + minute) * MINUTE
}

fn offsets(address: &str, when: i64) -> Vec<i64> {
    let place = place_of(address).unwrap();
    place
        .zones
        .iter()
        .map(|zone| zone.offset_at(when))
        .collect()
}

#[test]
fn the_calendar_agrees_with_known_days() {
    assert_eq!(days_from_civil(1970, 1, 1), 0);
    assert_eq!(days_from_civil(2000, 3, 1), 11_017);
    assert_eq!(days_from_civil(2026, 11, 23), 20_780);
    assert_eq!(weekday(days_from_civil(2026, 11, 23)), 1);
    for (day, year) in [
        (-1, 1969),
        (0, 1970),
        (11_016, 2000),
        (20_818, 2026),
        (20_819, 2027),
    ] {
        assert_eq!(year_of(day), year, "{day}");
    }
}

#[test]
fn american_clocks_change_on_the_second_sunday_of_march_and_the_first_of_november() {
    let zone = Zone::PACIFIC;
    assert_eq!(zone.offset_at(at(2026, 3, 8, 9, 59)), -480);
    assert_eq!(zone.offset_at(at(2026, 3, 8, 10, 0)), -420);
    assert_eq!(zone.offset_at(at(2026, 11, 1, 8, 59)), -420);
    assert_eq!(zone.offset_at(at(2026, 11, 1, 9, 0)), -480);
    assert_eq!(zone.offset_at(at(2027, 3, 14, 9, 59)), -480);
    assert_eq!(zone.offset_at(at(2027, 3, 14, 10, 0)), -420);
}

#[test]
fn european_clocks_all_change_at_one_in_utc() {
    for (address, winter) in [
        ("+447700900000", 0),
        ("+4915100000000", 60),
        ("+358401234567", 120),
    ] {
        assert_eq!(offsets(address, at(2026, 3, 29, 0, 59)), [winter]);
        assert_eq!(offsets(address, at(2026, 3, 29, 1, 0)), [winter + 60]);
        assert_eq!(offsets(address, at(2026, 10, 25, 0, 59)), [winter + 60]);
        assert_eq!(offsets(address, at(2026, 10, 25, 1, 0)), [winter]);
    }
}

#[test]
fn southern_summer_time_runs_over_the_new_year() {
    // Sydney, Auckland, Santiago.
    assert_eq!(offsets("+61290000000", at(2026, 1, 1, 0, 0)), [660]);
    assert_eq!(offsets("+61290000000", at(2026, 4, 4, 15, 59)), [660]);
    assert_eq!(offsets("+61290000000", at(2026, 4, 4, 16, 0)), [600]);
    assert_eq!(offsets("+61290000000", at(2026, 10, 3, 16, 0)), [660]);
    assert_eq!(offsets("+6421000000", at(2026, 9, 26, 13, 59)), [720]);
    assert_eq!(offsets("+6421000000", at(2026, 9, 26, 14, 0)), [780]);
    assert_eq!(offsets("+56900000000", at(2026, 4, 5, 2, 59))[0], -180);
    assert_eq!(offsets("+56900000000", at(2026, 4, 5, 3, 0))[0], -240);
}

#[test]
fn the_rules_with_other_weekdays_hold() {
    // Israel: Friday 27 March 2026, 02:00. Egypt: Friday 24 April and Thursday 29 October.
    assert_eq!(offsets("+972500000000", at(2026, 3, 26, 23, 59)), [120]);
    assert_eq!(offsets("+972500000000", at(2026, 3, 27, 0, 0)), [180]);
    assert_eq!(offsets("+201000000000", at(2026, 4, 23, 21, 59)), [120]);
    assert_eq!(offsets("+201000000000", at(2026, 4, 23, 22, 0)), [180]);
    assert_eq!(offsets("+201000000000", at(2026, 10, 29, 20, 59)), [180]);
    assert_eq!(offsets("+201000000000", at(2026, 10, 29, 21, 0)), [120]);
}

#[test]
fn a_number_is_placed_by_its_longest_prefix() {
    let winter = at(2026, 1, 15, 12, 0);
    for (address, country, expected) in [
        ("+12125550100", "US", vec![-300]),
        ("+13125550100", "US", vec![-360]),
        ("+16025550100", "US", vec![-420]),
        ("+14155550100", "US", vec![-480]),
        ("+18085550100", "US", vec![-600]),
        ("+18505550100", "US", vec![-360, -300]),
        ("+17095550100", "CA", vec![-210, -240]),
        ("+18765550100", "JM", vec![-300]),
        ("whatsapp:+919800000000", "IN", vec![330]),
        ("+5568999990000", "BR", vec![-300]),
        ("+5511999990000", "BR", vec![-180]),
        ("+77010000000", "KZ", vec![300]),
        ("+79010000000", "RU", vec![180, 120, 720]),
        ("whatsapp:DE.abc123", "DE", vec![60]),
        ("whatsapp:JM.abc123", "JM", vec![-300]),
    ] {
        assert_eq!(place_of(address).unwrap().country, country, "{address}");
        assert_eq!(offsets(address, winter), expected, "{address}");
    }
    assert_eq!(place_of("whatsapp:US.abc").unwrap().zones.len(), 6);
    assert_eq!(place_of("+19995550100").unwrap().zones.len(), 6);
    for address in ["+999123", "+", "", "12345", "whatsapp:ZZ.abc", "ACME"] {
        assert_eq!(place_of(address), None, "{address}");
    }
}

#[test]
fn the_tables_are_sorted_and_name_each_code_once() {
    let prefixes: Vec<_> = countries::prefixes().collect();
    assert!(prefixes.windows(2).all(|pair| pair[0] < pair[1]));
    let mut codes: Vec<_> = nanp::codes().collect();
    let count = codes.len();
    assert!(count > 440, "{count}");
    codes.sort_unstable();
    for pair in codes.windows(2) {
        assert_ne!(pair[0], pair[1]);
    }
    assert!(nanp::is_apart());
}

#[test]
fn midnight_is_found_on_the_days_the_clocks_change() {
    let zone = Zone::PACIFIC;
    // 23:30 on 7 March 2026; the day after has 23 hours.
    let first = zone.next_midnight(at(2026, 3, 8, 7, 30));
    assert_eq!(first, at(2026, 3, 8, 8, 0));
    assert_eq!(zone.next_midnight(first), at(2026, 3, 9, 7, 0));
    // 1 November 2026 has 25 hours.
    let first = zone.next_midnight(at(2026, 11, 1, 6, 59));
    assert_eq!(first, at(2026, 11, 1, 7, 0));
    assert_eq!(zone.next_midnight(first), at(2026, 11, 2, 8, 0));
}

#[test]
fn a_time_that_is_skipped_gives_the_moment_after_and_a_double_one_the_first() {
    let zone = Zone::PACIFIC;
    let local = |month, day, minute| Local {
        day: days_from_civil(2026, month, day),
        minute,
    };
    assert_eq!(zone.moment(local(3, 8, 150)), at(2026, 3, 8, 10, 30));
    assert_eq!(zone.moment(local(11, 1, 90)), at(2026, 11, 1, 8, 30));
}

proptest! {
    #[test]
    fn a_moment_comes_back_from_its_local_time_or_is_the_second_of_a_double_hour(
        minutes in 25_000_000i64..40_000_000,
        which in 0usize..40,
    ) {
        let all: Vec<Zone> = ["+14155550100", "+61290000000", "+442000000000", "+919000000000", "+56900000000", "+201000000000"]
            .iter().flat_map(|a| place_of(a).unwrap().zones.iter().copied()).collect();
        let zone = all[which % all.len()];
        let when = minutes * MINUTE;
        let back = zone.moment(zone.local(when));
        prop_assert!(back == when || back == when - 60 * MINUTE);
        prop_assert_eq!(zone.local(back), zone.local(when));
    }
}

#[test]
fn a_zone_is_read_from_an_offset_and_a_rule() {
    assert_eq!(Zone::parse("-08:00 us"), Some(Zone::PACIFIC));
    assert_eq!(Zone::parse("+00:00"), Some(Zone::UTC));
    // 1 July 2026: summer in Europe, winter in New Zealand.
    let july = 1_782_864_000_000;
    let minutes = |text| Zone::parse(text).unwrap().offset_at(july);
    assert_eq!(
        (
            minutes("+01:00 eu"),
            minutes("+12:00 nz"),
            minutes("-03:30")
        ),
        (120, 720, -210)
    );
    for wrong in [
        "",
        "8",
        "08:00",
        "+8",
        "+15:00",
        "+01:60",
        "+01:00 mars",
        "+01:00 eu x",
        "+-1:00",
        "é1:00",
    ] {
        assert_eq!(Zone::parse(wrong), None, "{wrong:?}");
    }
}
