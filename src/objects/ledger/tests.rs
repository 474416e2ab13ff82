use serde_json::json;

use super::*;
use crate::messaging::figures::Threshold;
use crate::messaging::status::MessageStatus;
use crate::objects::contact::Event;
use crate::objects::id::{ContactName, EventId};
use crate::objects::testing::{TestHost, run};
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
        ledger.index(&row).unwrap();
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
        ledger.index(&row).unwrap();
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
        ledger.index(&row).unwrap();
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
                line: String::new(),
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
        row: None,
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
    let forget = Forget { contact, at: 1_000 };
    ledger.forget(&forget).unwrap();
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

/// A row's id and an event's contact are a hash that a guess at the number leads to.
#[test]
fn nothing_older_than_an_erasure_comes_back_however_late_it_arrives() {
    let host = TestHost::configured();
    let ledger = open(&host);
    let (gone, other) = (
        ContactName::of("+14155550100"),
        ContactName::of("+14155550101"),
    );
    let message = |contact: &ContactName, at| Row {
        at: 1_000,
        ..row(
            &format!("msg_{}0000000000000000", contact.as_str()),
            at,
            "sent",
        )
    };
    let event = |at| Event {
        id: EventId::derived(at, &["x"]),
        at,
        kind: "message.status".to_owned(),
        contact: Some(gone.clone()),
        data: json!({}),
    };
    let keep = |event: Event| KeepEvent {
        event,
        state: EventState::Pending,
        row: None,
    };
    let listed = || {
        let all = ListRows {
            wanted: Wanted::default(),
            before: None,
            limit: 10,
        };
        ledger.list_rows(&all).unwrap()
    };
    let now = host.now();
    for contact in [&gone, &other] {
        let row = message(contact, now);
        ledger.index(&row).unwrap();
    }
    ledger.keep_event(&keep(event(now))).unwrap();
    let forget = Forget {
        contact: gone.clone(),
        at: now + 1,
    };
    ledger.forget(&forget).unwrap();
    assert_eq!(listed(), [message(&other, now)]);
    let late = message(&gone, now + 1);
    ledger.index(&late).unwrap();
    assert_eq!(listed().len(), 1);
    let again = ledger.keep_event(&keep(event(now))).unwrap();
    assert_eq!(again, EventState::Dead, "and nobody is told");
    let newer = message(&gone, now + 2);
    ledger.index(&newer).unwrap();
    assert_eq!(listed().len(), 2, "who writes again is a person again");
    host.advance(5 * DAY);
    run(ledger.alarm()).unwrap().unwrap();
    let rows = crate::ports::Sql::exec(&host, "SELECT contact FROM gone", Vec::new());
    assert_eq!(rows.unwrap().len(), 0, "not even that they were here");
}

#[test]
fn figures_of_an_older_release_are_kept() {
    let host = TestHost::configured();
    schema::migrate(&host, &MIGRATIONS[..1]).unwrap();
    let slot = host.now() - host.now() % (5 * MINUTE);
    let old = format!("INSERT INTO figure VALUES ({slot}, 'US', 'sms', 0, 7, 0, 0)");
    crate::ports::Sql::exec(&host, &old, Vec::new()).unwrap();
    let ledger = open(&host);
    count(&ledger, 1, MessageStatus::Delivered);
    let rows = ledger
        .figures(&FetchFigures {
            since: slot,
            until: slot + HOUR,
        })
        .unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].counts.delivered, 8);
}

#[test]
fn a_days_texts_are_gone_after_four_days_and_its_rows_after_four_hundred() {
    let host = TestHost::configured();
    let event = Event {
        id: EventId::fresh(host.now(), &host),
        at: host.now(),
        kind: "message.received".to_owned(),
        contact: Some(ContactName::of("+14155550100")),
        data: json!({ "body": "hello" }),
    };
    let keep = KeepEvent {
        event,
        state: EventState::Pending,
        row: Some(row("msg_a", host.now(), "received")),
    };
    let body = serde_json::to_string(&keep).unwrap();
    run(open(&host).handle(KeepEvent::VERB, &body))
        .unwrap()
        .unwrap();
    let left = || {
        let count = |table: &str| {
            let statement = format!("SELECT COUNT(*) FROM {table}");
            crate::ports::Sql::exec(&host, &statement, Vec::new()).unwrap()[0][0].int()
        };
        (count("event"), count("message"))
    };
    assert_eq!(left(), (Some(1), Some(1)));
    for (days, events, messages) in [(4, 0, 1), (400, 0, 0)] {
        let alarm = host.0.alarm.take().expect("an alarm is set");
        let begun = host.now();
        host.0.now.set(alarm + 1);
        run(open(&host).alarm()).unwrap().unwrap();
        // The first one rings at the edge; whatever is still there has another hour.
        if left() != (Some(events), Some(messages)) {
            host.0.now.set(host.0.alarm.take().unwrap());
            run(open(&host).alarm()).unwrap().unwrap();
        }
        assert_eq!(left(), (Some(events), Some(messages)), "{days} days");
        assert!(host.now() - begun < days * DAY + 2 * HOUR);
    }
    assert_eq!(host.0.alarm.get(), None, "nothing is left to clear away");
}

#[test]
fn figures_and_what_was_counted_are_cleared_away_in_their_time() {
    let host = TestHost::configured();
    let ledger = open(&host);
    count(&ledger, 1, MessageStatus::Delivered);
    let rows = |table: &str| {
        let statement = format!("SELECT COUNT(*) FROM {table}");
        crate::ports::Sql::exec(&host, &statement, Vec::new()).unwrap()[0][0].int()
    };
    host.advance(8 * DAY);
    count(&ledger, 2, MessageStatus::Delivered);
    assert_eq!((rows("figure"), rows("counted")), (Some(2), Some(1)));
    host.advance(36 * DAY);
    count(&ledger, 3, MessageStatus::Delivered);
    assert_eq!((rows("figure"), rows("counted")), (Some(1), Some(1)));
}
