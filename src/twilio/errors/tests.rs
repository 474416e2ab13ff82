use super::*;

fn class(code: u32) -> Class {
    lookup(code).unwrap().class
}

#[test]
fn both_parts_of_the_table_are_sorted_and_runs_do_not_overlap() {
    for pair in table::CODES.windows(2) {
        assert!(
            pair[0].code < pair[1].code,
            "{} {}",
            pair[0].code,
            pair[1].code
        );
    }
    for pair in table::RUNS.windows(2) {
        assert!(
            pair[0].last < pair[1].code,
            "{} {}",
            pair[0].code,
            pair[1].code
        );
    }
    assert!(table::CODES.iter().all(|entry| entry.code == entry.last));
    assert!(table::RUNS.iter().all(|entry| entry.code < entry.last));
}

#[test]
fn every_row_is_found_by_its_own_code_and_speaks_in_sentences() {
    for entry in all() {
        assert_eq!(lookup(entry.last), Some(entry), "{}", entry.code);
        assert!(!entry.meaning.ends_with('.'), "{}", entry.code);
        assert!(entry.action.ends_with('.'), "{}", entry.code);
    }
}

#[test]
fn a_code_of_its_own_wins_over_the_run_around_it() {
    assert!(lookup(13227).unwrap().action.contains("geographic"));
    assert_eq!(lookup(13521).unwrap().code, 13000);
    assert_eq!(lookup(12999), None);
    assert_eq!(lookup(14000), None);
    assert_eq!(lookup(0), None);
    assert_eq!(lookup(u32::MAX), None);
}

#[test]
fn the_numbers_that_are_often_mixed_up_are_told_apart() {
    // 21211 is the recipient, 21212 the sender.
    assert!(lookup(21211).unwrap().meaning.contains("To number"));
    assert!(lookup(21212).unwrap().meaning.contains("From"));
    // Not a mobile number, rather than a wrong format.
    assert!(lookup(21614).unwrap().meaning.contains("not a mobile"));
    // SMS to a landline, not a missing service.
    assert!(lookup(60205).unwrap().meaning.contains("landline"));
    // Channel disabled in the service, not a carrier's refusal.
    assert!(lookup(60223).unwrap().meaning.contains("disabled"));
    // Any parameter, not only the number.
    assert!(lookup(60200).unwrap().meaning.contains("parameter"));
    // 60202 counts checks, 60203 counts sends.
    assert!(lookup(60202).unwrap().meaning.contains("tried"));
    assert!(lookup(60203).unwrap().meaning.contains("sent"));
    assert!(lookup(60212).unwrap().meaning.contains("started"));
    assert!(lookup(60410).unwrap().meaning.contains("Fraud Guard"));
    // A medium that exists, not too many template messages.
    assert!(lookup(63025).unwrap().meaning.contains("already exists"));
}

#[test]
fn rate_codes_are_rate_codes_and_30429_is_not_a_code_at_all() {
    for code in [
        20429, 21611, 30001, 30022, 30023, 30027, 63017, 63018, 63038,
    ] {
        assert_eq!(class(code), Class::Rate, "{code}");
    }
    assert_eq!(lookup(30429), None);
    assert!(!describe(Some(30429), None).known);
}

#[test]
fn a_missing_inbound_segment_is_never_something_to_retry() {
    let entry = lookup(30009).unwrap();
    assert_eq!(
        (entry.phase, entry.class),
        (Phase::Inbound, Class::Permanent)
    );
}

#[test]
fn delivery_failures_arrive_in_callbacks_and_not_in_the_answer() {
    for code in [30003, 30005, 30006, 30007, 30008, 63016, 63018, 63024] {
        assert_eq!(lookup(code).unwrap().phase, Phase::Async, "{code}");
    }
    for code in [21211, 21610, 21614, 20429, 20003] {
        assert_eq!(lookup(code).unwrap().phase, Phase::Sync, "{code}");
    }
}

#[test]
fn the_classes_that_drive_recovery_are_as_documented() {
    for code in [
        30003, 30008, 30017, 30020, 63009, 63010, 63012, 20500, 20503,
    ] {
        assert_eq!(class(code), Class::Transient, "{code}");
    }
    for code in [21610, 30004, 30007, 63013, 63014, 30610, 30640, 63049] {
        assert_eq!(class(code), Class::Compliance, "{code}");
    }
    for code in [21211, 21614, 30005, 30006, 63003, 63016, 63024, 11751] {
        assert_eq!(class(code), Class::Permanent, "{code}");
    }
    for code in [
        10001, 20003, 21408, 21703, 30002, 30034, 63007, 63040, 30445, 60227,
    ] {
        assert_eq!(class(code), Class::Configuration, "{code}");
    }
}

#[test]
fn an_unknown_code_is_judged_by_its_http_status() {
    assert_eq!(class_of(Some(99_999), Some(429)), Class::Rate);
    assert_eq!(class_of(None, Some(503)), Class::Transient);
    assert_eq!(class_of(None, Some(401)), Class::Configuration);
    assert_eq!(class_of(None, Some(404)), Class::Permanent);
    assert_eq!(class_of(Some(99_999), Some(400)), Class::Permanent);
    assert_eq!(class_of(Some(99_999), None), Class::Permanent);
    // A known code wins over the status it came with.
    assert_eq!(class_of(Some(21610), Some(400)), Class::Compliance);
}

#[test]
fn names_in_storage_stay_what_they_are() {
    for (class, name) in [
        (Class::Permanent, "permanent"),
        (Class::Transient, "transient"),
        (Class::Configuration, "configuration"),
        (Class::Compliance, "compliance"),
        (Class::Rate, "rate"),
    ] {
        assert_eq!(
            serde_json::to_string(&class).unwrap(),
            format!("\"{name}\"")
        );
        assert_eq!(class.as_str(), name);
    }
}
