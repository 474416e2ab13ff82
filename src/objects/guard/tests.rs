use super::*;
use crate::objects::testing::TestHost;
use crate::ports::{Clock, Entropy};
use crate::time::{HOUR, MINUTE, SECOND};
use crate::twilio::address::Address;
use crate::verify::channel::{Channel, Destination};
use crate::verify::verification::Converted;

fn host(settings: &[(&str, &str)]) -> TestHost {
    TestHost::new(settings)
}

fn knock(number: &str, ip: &str) -> Knock {
    let to = Destination::new(Address::parse(number).unwrap()).unwrap();
    Knock::new(&to, Some(ip), None)
}

fn admit(guard: &Guard<TestHost>, number: &str, ip: &str) -> Admitted {
    guard
        .admit(Admit {
            knock: knock(number, ip),
        })
        .unwrap()
}

fn permit(admitted: Admitted) -> String {
    match admitted {
        Admitted::Yes { permit } => permit,
        other => panic!("not admitted: {other:?}"),
    }
}

fn convert(guard: &Guard<TestHost>, permit: &str) {
    let start = Converted {
        channel: Channel::Sms,
        permit: permit.to_owned(),
    };
    guard
        .convert(&Convert {
            starts: vec![start],
        })
        .unwrap();
}

#[test]
fn each_limit_lets_exactly_its_number_through() {
    let host = host(&[
        ("VERIFY_LIMIT_IP", "4/60"),
        ("VERIFY_LIMIT_PREFIX", "6/60"),
        ("VERIFY_LIMIT_ACCOUNT", "9/60"),
    ]);
    let guard = Guard::open(host.clone()).unwrap();
    let passed = |number: &str, ip: &str| {
        (0..20)
            .filter(|_| matches!(admit(&guard, number, ip), Admitted::Yes { .. }))
            .count()
    };
    assert_eq!(passed("+14155550001", "203.0.113.1"), 4);
    assert_eq!(
        passed("+14155550002", "203.0.113.2"),
        2,
        "two are left of the prefix"
    );
    assert_eq!(
        passed("+14156660001", "203.0.113.3"),
        3,
        "three are left of the account"
    );
    let opens_at = host.now() + MINUTE;
    assert_eq!(
        admit(&guard, "+14156660001", "203.0.113.9"),
        Admitted::Limited {
            by: LimitKind::Account,
            opens_at
        }
    );
    host.advance(MINUTE - 1);
    assert!(matches!(
        admit(&guard, "+14156660001", "203.0.113.9"),
        Admitted::Limited { .. }
    ));
    host.advance(1);
    permit(admit(&guard, "+14156660001", "203.0.113.9"));
}

#[test]
fn a_refusal_leaves_no_trace() {
    let host = host(&[("VERIFY_LIMIT_IP", "1/60"), ("VERIFY_LIMIT_PREFIX", "2/60")]);
    let guard = Guard::open(host).unwrap();
    permit(admit(&guard, "+14155550001", "203.0.113.1"));
    for _ in 0..50 {
        admit(&guard, "+14155550001", "203.0.113.1");
    }
    // Fifty refusals by the client's limit took nothing from the prefix.
    permit(admit(&guard, "+14155550001", "203.0.113.2"));
}

#[test]
fn a_start_that_is_given_back_never_was_and_is_given_back_once() {
    let host = host(&[("VERIFY_LIMIT_IP", "2/60")]);
    let guard = Guard::open(host).unwrap();
    let first = permit(admit(&guard, "+14155550001", "203.0.113.1"));
    permit(admit(&guard, "+14155550001", "203.0.113.1"));
    let report = Report {
        permit: first,
        fate: Fate::GivenBack,
    };
    for _ in 0..3 {
        guard.report(&report).unwrap();
    }
    permit(admit(&guard, "+14155550001", "203.0.113.1"));
    assert!(matches!(
        admit(&guard, "+14155550001", "203.0.113.1"),
        Admitted::Limited {
            by: LimitKind::Ip,
            ..
        }
    ));
}

#[test]
fn figures_count_what_was_sent_and_what_came_back() {
    let host = host(&[]);
    let guard = Guard::open(host.clone()).unwrap();
    let sent = permit(admit(&guard, "+14155550001", "203.0.113.1"));
    let lost = permit(admit(&guard, "+447700900123", "203.0.113.1"));
    let failed = permit(admit(&guard, "+14155550002", "203.0.113.1"));
    let report = |permit: &str, fate| Report {
        permit: permit.to_owned(),
        fate,
    };
    for _ in 0..2 {
        guard
            .report(&report(&sent, Fate::Sent(Channel::Sms)))
            .unwrap();
        guard
            .report(&report(&lost, Fate::Sent(Channel::Call)))
            .unwrap();
        guard.report(&report(&failed, Fate::GivenBack)).unwrap();
        convert(&guard, &sent);
    }
    let figures = guard
        .figures(&Figures {
            since: host.now() - HOUR,
        })
        .unwrap();
    let lines: Vec<_> = figures
        .counts
        .iter()
        .map(|c| {
            (
                c.channel.as_str(),
                c.country.as_str(),
                c.started,
                c.approved,
            )
        })
        .collect();
    assert_eq!(lines, [("call", "GB", 1, 0), ("sms", "US", 1, 1)]);
}

/// So many starts over 50 prefixes, three of which never enter a code, through the object on
/// a real SQLite.
fn pump(starts: u64, settings: &[(&str, &str)]) -> (Vec<u32>, Vec<Option<u32>>, TestHost) {
    let host = host(settings);
    let guard = Guard::open(host.clone()).unwrap();
    let mut waiting: Vec<(Millis, String)> = Vec::new();
    let mut made = vec![0_u32; 50];
    let mut blocked = vec![None; 50];
    for n in 0..starts {
        host.advance(100 + Millis::try_from(host.below(200)).unwrap());
        let now = host.now();
        for (_, permit) in waiting.extract_if(.., |(due, _)| *due <= now) {
            convert(&guard, &permit);
        }
        let prefix = usize::try_from(host.below(50)).unwrap();
        let number = format!("+1415{:03}{:04}", 200 + prefix, n % 10_000);
        let ip = format!("198.51.{}.{}", n / 250 % 250, n % 250);
        match admit(&guard, &number, &ip) {
            Admitted::Yes { permit } => {
                made[prefix] += 1;
                let honest = prefix >= 3 && host.below(100) < 70;
                if honest {
                    let takes = 3 * SECOND + Millis::try_from(host.below(40_000)).unwrap();
                    waiting.push((now + takes, permit));
                }
            }
            Admitted::Blocked { .. } => {
                let after = made[prefix];
                blocked[prefix].get_or_insert(after);
            }
            Admitted::Limited { by, .. } => panic!("limited by {by:?}"),
        }
    }
    (made, blocked, host)
}

#[test]
fn the_pumping_simulation_blocks_the_three_within_200_starts_and_no_honest_prefix() {
    let (_, blocked, host) = pump(10_000, &[]);
    for (prefix, after) in blocked.iter().enumerate() {
        if prefix < 3 {
            assert!(
                after.is_some_and(|after| after <= 200),
                "prefix {prefix}: {after:?}"
            );
        } else {
            assert_eq!(*after, None, "honest prefix {prefix}");
        }
    }
    let log = host.0.log.borrow();
    let events: Vec<_> = log
        .iter()
        .filter(|record| record.event == "verify.blocked")
        .collect();
    assert_eq!(events.len(), 3, "one event each");
    let figures = Guard::open(host.clone())
        .unwrap()
        .figures(&Figures { since: 0 })
        .unwrap();
    assert_eq!(figures.blocks.len(), 3);
    assert!(
        figures
            .blocks
            .iter()
            .all(|block| !block.dry_run && block.evidence.starts <= 200)
    );
}

#[test]
fn a_dry_run_says_what_it_would_block_and_blocks_nothing() {
    let (made, blocked, host) = pump(3_000, &[("VERIFY_GUARD", "dry-run")]);
    assert!(blocked.iter().all(Option::is_none));
    assert_eq!(made.iter().sum::<u32>(), 3_000);
    let events = host.0.log.borrow();
    assert_eq!(
        events
            .iter()
            .filter(|r| r.event == "verify.blocked")
            .count(),
        3
    );
}

#[test]
fn a_block_ends_by_itself() {
    let host = host(&[("VERIFY_BLOCK_SECONDS", "60"), ("VERIFY_LIMIT_IP", "off")]);
    let guard = Guard::open(host.clone()).unwrap();
    let number = "+14155550001";
    for _ in 0..60 {
        permit(admit(&guard, number, "203.0.113.1"));
    }
    host.advance(5 * MINUTE);
    let until = host.now() + MINUTE;
    let refused = Admitted::Blocked {
        by: KeyKind::Prefix,
        until,
    };
    assert_eq!(admit(&guard, number, "203.0.113.1"), refused);
    assert_eq!(admit(&guard, number, "203.0.113.1"), refused);
    permit(admit(&guard, "+14166660001", "203.0.113.1"));
    host.advance(12 * HOUR);
    permit(admit(&guard, number, "203.0.113.1"));
}

#[test]
fn what_is_kept_holds_no_whole_number() {
    let host = host(&[]);
    let guard = Guard::open(host.clone()).unwrap();
    permit(admit(&guard, "+14155552671", "203.0.113.1"));
    for table in ["start", "tally", "block", "figure", "reported"] {
        let rows =
            crate::ports::Sql::exec(&host, &format!("SELECT * FROM {table}"), vec![]).unwrap();
        assert!(!format!("{rows:?}").contains("2671"), "{table}");
    }
}
