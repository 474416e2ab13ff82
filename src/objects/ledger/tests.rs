use serde_json::json;

use super::*;
use crate::messaging::figures::Threshold;
use crate::messaging::status::MessageStatus;
use crate::objects::contact::Event;
use crate::objects::id::{ContactName, EventId};
use crate::objects::testing::TestHost;
use crate::ports::Clock;
use crate::time::{DAY, HOUR, MINUTE};

fn open(host: &TestHost) -> Ledger<TestHost> {
    Ledger::open(host.clone()).unwrap()
}

fn row(id: &str, at: Millis, status: &str) -> Row {
    Row {
        id: id.to_owned(),
        at,
        updated: at,
        sender: Some("shop".to_owned()),
        ours: Some("+15005550006".to_owned()),
        service: None,
        status: status.to_owned(),
        direction: "outbound".to_owned(),
        channel: "sms".to_owned(),
        from: None,
        to: "+1•••0100".to_owned(),
        code: None,
    }
}

fn ids(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row.id.as_str()).collect()
}

#[test]
fn a_late_state_never_replaces_a_newer_one() {
    let host = TestHost::configured();
    let ledger = open(&host);
    let newer = Row {
        updated: 2_000,
        ..row("msg_a", 1_000, "delivered")
    };
    for row in [newer, row("msg_a", 1_000, "sent")] {
        ledger.index(&Index { row }).unwrap();
    }
    let all = ListRows {
        wanted: Wanted::default(),
        before: None,
        limit: 10,
    };
    let rows = ledger.list_rows(&all).unwrap();
    assert_eq!((rows.len(), rows[0].status.as_str()), (1, "delivered"));
}

#[test]
fn pages_follow_each_other_without_a_gap_even_within_one_millisecond() {
    let host = TestHost::configured();
    let ledger = open(&host);
    for id in ["msg_a", "msg_b", "msg_c", "msg_d", "msg_e"] {
        let row = row(id, 1_000, "sent");
        ledger.index(&Index { row }).unwrap();
    }
    let mut before = None;
    let mut seen = Vec::new();
    loop {
        let page = ListRows {
            wanted: Wanted::default(),
            before: before.take(),
            limit: 2,
        };
        let rows = ledger.list_rows(&page).unwrap();
        let Some(last) = rows.last() else { break };
        let place = Place {
            at: last.at,
            id: last.id.clone(),
        };
        before = Place::read(&place.write());
        seen.extend(ids(&rows).into_iter().map(str::to_owned));
    }
    assert_eq!(seen, ["msg_e", "msg_d", "msg_c", "msg_b", "msg_a"]);
    for text in ["", "1", "x.y", "-1.a", "1.a'b", "99999999999999999999.a"] {
        assert_eq!(Place::read(text), None, "{text}");
    }
}

#[test]
fn filters_are_by_any_name_of_the_sender_by_status_and_by_time() {
    let host = TestHost::configured();
    let ledger = open(&host);
    for (id, at, status) in [
        ("a", 1_000, "sent"),
        ("b", 2_000, "failed"),
        ("c", 3_000, "sent"),
    ] {
        let row = row(id, at, status);
        ledger.index(&Index { row }).unwrap();
    }
    let list = |wanted: Wanted| {
        let rows = ledger
            .list_rows(&ListRows {
                wanted,
                before: None,
                limit: 10,
            })
            .unwrap();
        ids(&rows).join("")
    };
    let sender = |name: &str| Wanted {
        sender: Some(name.to_owned()),
        ..Wanted::default()
    };
    assert_eq!(list(sender("shop")), "cba");
    assert_eq!(list(sender("+15005550006")), "cba");
    assert_eq!(list(sender("other")), "");
    let sent = Wanted {
        status: Some("sent".to_owned()),
        until: Some(3_000),
        ..Wanted::default()
    };
    assert_eq!(list(sent), "a");
    let since = Wanted {
        since: Some(2_000),
        ..Wanted::default()
    };
    assert_eq!(list(since), "cb");
}

fn count(ledger: &Ledger<TestHost>, n: u32, status: MessageStatus) -> Vec<AlertRow> {
    ledger
        .count(&Count {
            sender: "shop".to_owned(),
            what: format!("msg_{n}/1"),
            at: ledger.now(),
            status,
            figure: Figure {
                country: "US".to_owned(),
                channel: "sms".to_owned(),
                code: if status == MessageStatus::Delivered {
                    0
                } else {
                    30003
                },
            },
            threshold: Threshold::default(),
        })
        .unwrap()
}

#[test]
fn an_attempt_is_counted_once_however_often_its_event_comes() {
    let host = TestHost::configured();
    let ledger = open(&host);
    for _ in 0..3 {
        count(&ledger, 1, MessageStatus::Delivered);
    }
    let rows = ledger
        .figures(&FetchFigures {
            since: host.now() - HOUR,
            until: host.now() + HOUR,
        })
        .unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].counts.delivered, 1);
    assert_eq!(rows[0].slot % (5 * MINUTE), 0);
}

#[test]
fn an_alert_is_given_until_it_was_told_and_only_once_per_drop() {
    let host = TestHost::configured();
    let ledger = open(&host);
    for n in 0..18 {
        assert_eq!(count(&ledger, n, MessageStatus::Delivered), []);
    }
    assert_eq!(count(&ledger, 18, MessageStatus::Undelivered), []);
    let raised = count(&ledger, 19, MessageStatus::Undelivered);
    assert_eq!(raised.len(), 1, "18 of 20");
    assert_eq!(raised[0].data["alert"], "raised");
    assert_eq!(raised[0].data["rate_percent"], 90.0);
    let repeated = count(&ledger, 19, MessageStatus::Undelivered);
    assert_eq!(repeated, raised, "a crash before it was told loses nothing");
    let ids = raised.iter().map(|row| row.id.clone()).collect();
    ledger.told(&Told { ids }).unwrap();
    assert_eq!(count(&ledger, 20, MessageStatus::Undelivered), []);
    host.advance(2 * HOUR);
    for n in 30..49 {
        assert_eq!(count(&ledger, n, MessageStatus::Delivered), []);
    }
    let ended = count(&ledger, 49, MessageStatus::Delivered);
    assert_eq!(ended[0].data["alert"], "ended");
}

#[test]
fn an_event_is_kept_once_marked_and_gone_when_it_can_no_longer_be_replayed() {
    let host = TestHost::configured();
    let ledger = open(&host);
    let event = Event {
        id: EventId::fresh(host.now(), &host),
        at: host.now(),
        kind: "message.received".to_owned(),
        contact: Some(ContactName::of("+14155550100")),
        data: json!({ "body": "hello" }),
    };
    let keep = KeepEvent {
        event: event.clone(),
        state: EventState::Pending,
    };
    assert_eq!(ledger.keep_event(&keep).unwrap(), EventState::Pending);
    ledger
        .mark_event(&MarkEvent {
            id: event.id.as_str().to_owned(),
            state: EventState::Delivered,
            answer: Some(204),
        })
        .unwrap();
    assert_eq!(
        ledger.keep_event(&keep).unwrap(),
        EventState::Delivered,
        "a repeat is not delivered again"
    );
    let fetch = FetchEvent {
        id: event.id.as_str().to_owned(),
    };
    let row = ledger.event(&fetch).unwrap().unwrap();
    assert_eq!((row.tries, row.answer), (1, Some(204)));
    host.advance(5 * DAY);
    assert_eq!(ledger.event(&fetch).unwrap(), None);
}

#[test]
fn a_person_who_is_forgotten_is_in_no_export() {
    let host = TestHost::configured();
    let ledger = open(&host);
    let contact = ContactName::of("+14155550100");
    let consent = |change: &str, at| ConsentRow {
        contact: contact.clone(),
        address: "+14155550100".to_owned(),
        change: change.to_owned(),
        scope: "all".to_owned(),
        source: "keyword".to_owned(),
        at,
    };
    let rows = vec![consent("out", 2), consent("in", 1)];
    ledger.record_consent(&RecordConsent { rows }).unwrap();
    let all = ListConsents {
        after: None,
        limit: 10,
    };
    let rows = ledger.list_consents(&all).unwrap();
    assert_eq!((rows.len(), rows[0].change.as_str()), (1, "out"));
    ledger.forget(&Forget { contact }).unwrap();
    assert_eq!(ledger.list_consents(&all).unwrap(), []);
}

#[test]
fn a_sweep_that_runs_is_left_alone_until_its_lease_is_over() {
    let host = TestHost::configured();
    let ledger = Ledger::open(host.clone()).unwrap();
    let turn = |command: TurnGap| ledger.turn_gap(&command).unwrap();
    let begin = || {
        turn(TurnGap {
            lease: Some(host.now() + MINUTE),
            ..TurnGap::default()
        })
    };
    let first = begin();
    assert!(!first.held);
    assert_eq!(first.swept.len(), crate::campaign::gap::Track::ALL.len());
    assert!(begin().held);
    host.advance(MINUTE + 1);
    assert!(!begin().held, "the one before has died");
    let found = crate::campaign::gap::Found {
        replayed: 2,
        ..Default::default()
    };
    for _ in 0..2 {
        turn(TurnGap {
            found: Some(found),
            ..TurnGap::default()
        });
    }
    let end = || {
        turn(TurnGap {
            end: true,
            ..TurnGap::default()
        })
    };
    assert_eq!(end().news.replayed, 4);
    assert_eq!(end().news.replayed, 0, "told once");
    assert_eq!(end().days[0].1.replayed, 4);
    assert!(!begin().held, "it has ended");
}
