//! E-mail by two services, and texts that may have been an opt-out.

use super::tests::{PERSON, QUEUED, inbound, message, open, report, send};
use super::*;
use crate::messaging::consent::{Scope, Source};
use crate::messaging::lint::Kind as Purpose;
use crate::messaging::recovery::Reason;
use crate::messaging::sender::Channel;
use crate::objects::id::{ContactName, Id};
use crate::objects::testing::{TestHost, run};
use crate::ports::MailFault;
use crate::time::{HOUR, MINUTE};

const SENDGRID: (&str, &str) = ("SENDGRID_API_KEY", "SG.key");
const BINDING: (&str, &str) = ("MAIL_BINDING", "EMAIL");

fn host(more: &[(&str, &str)]) -> TestHost {
    let mut settings = vec![
        ("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001"),
        ("TWILIO_AUTH_TOKEN", "token"),
        ("MAIL_FROM", "us@example.com"),
    ];
    settings.extend(more);
    TestHost::new(&settings)
}

/// A message whose text is refused, with a mail behind it.
fn mailed(host: &TestHost) -> Id {
    let command = Send {
        options: Options {
            fallback: vec![Leg {
                channel: Channel::Email,
                to: "ada@example.com".to_owned(),
                from: None,
                service: None,
                template: None,
            }],
            ..Options::default()
        },
        ..send("k")
    };
    host.answer(400, r#"{"code":21614,"message":"m","status":400}"#);
    message(run(open(host).send(command)).unwrap().unwrap()).id
}

fn mails(host: &TestHost) -> Vec<String> {
    host.0.mails.borrow().clone()
}

fn events_of(host: &TestHost, id: &Id) -> Vec<String> {
    let stored = open(host).message(id).unwrap().unwrap();
    let history = stored.history.into_iter();
    history.map(|entry| entry.what).collect()
}

#[test]
fn a_mail_goes_by_the_platforms_own_service_where_there_is_no_other() {
    let host = host(&[BINDING]);
    let id = mailed(&host);
    run(open(&host).alarm()).unwrap().unwrap();
    assert_eq!(
        mails(&host),
        ["EMAIL ada@example.com: Your order is on its way."]
    );
    let stored = open(&host).message(&id).unwrap().unwrap();
    assert_eq!(
        (stored.channel(), stored.status_name()),
        (Channel::Email, "sent")
    );
}

#[test]
fn the_second_service_is_asked_when_the_first_refuses_and_not_when_it_is_silent() {
    let refused = host(&[SENDGRID, BINDING]);
    let id = mailed(&refused);
    refused.answer(401, "");
    run(open(&refused).alarm()).unwrap().unwrap();
    assert_eq!(mails(&refused).len(), 1);
    assert!(events_of(&refused, &id).contains(&"sendgrid_refused".to_owned()));

    let taken = host(&[SENDGRID, BINDING]);
    mailed(&taken);
    taken.answer(202, "");
    run(open(&taken).alarm()).unwrap().unwrap();
    assert_eq!(mails(&taken).len(), 0);

    let silent = host(&[SENDGRID, BINDING]);
    let id = mailed(&silent);
    silent.no_answer();
    run(open(&silent).alarm()).unwrap().unwrap();
    assert_eq!(mails(&silent).len(), 0, "it may have been taken");
    let stored = open(&silent).message(&id).unwrap().unwrap();
    assert_eq!(stored.status_name(), "unknown");
}

#[test]
fn what_the_platforms_service_says_is_what_the_message_says() {
    for (said, status) in [
        (MailFault::Refused, "failed"),
        (MailFault::Unknown, "unknown"),
    ] {
        let host = host(&[BINDING]);
        host.0.mail_answer.set(Err(said));
        let id = mailed(&host);
        run(open(&host).alarm()).unwrap().unwrap();
        let stored = open(&host).message(&id).unwrap().unwrap();
        assert_eq!(stored.status_name(), status);
        assert!(!stored.is_pending());
    }
}

#[test]
fn a_crash_around_a_mail_sends_it_at_most_once_and_says_that_nobody_knows() {
    for operations in 0..2 {
        let host = host(&[BINDING]);
        let id = mailed(&host);
        // Status events of the refusal leave first.
        run(open(&host).flush()).unwrap().unwrap();
        host.0.operations_left.set(Some(operations));
        assert!(run(open(&host).alarm()).is_none(), "the process died");
        host.0.operations_left.set(None);
        host.advance(HOUR);
        run(open(&host).alarm()).unwrap().unwrap();
        assert_eq!(mails(&host).len(), operations as usize);
        let stored = open(&host).message(&id).unwrap().unwrap();
        assert_eq!(stored.status_name(), "unknown");
    }
}

fn marketing(key: &str) -> Send {
    Send {
        options: Options {
            kind: Purpose::Marketing,
            ..Options::default()
        },
        ..send(key)
    }
}

const DOUBTFUL: &str = "please stop texting me so early in the morning";

#[test]
fn a_doubtful_text_stops_marketing_until_somebody_decides() {
    let host = host(&[]);
    let contact = open(&host);
    contact.receive(inbound("SMa", DOUBTFUL)).unwrap();
    let state = contact.fetch_consent().unwrap();
    assert!(!state.opted_out);
    assert_eq!(state.suspected["message_sid"], "SMa", "a person is to look");
    let confidence = state.suspected["confidence"].as_u64().unwrap();
    assert!((50..80).contains(&confidence));
    let blocked = run(contact.send(marketing("a"))).unwrap().unwrap();
    assert_eq!(blocked, SendReply::Blocked(Block::Suspected));
    assert_eq!(host.posts(), 0);
    host.answer(201, QUEUED);
    message(run(contact.send(send("b"))).unwrap().unwrap());
    let line = PutConsent {
        contact: ContactName::of(PERSON),
        address: PERSON.to_owned(),
        opted_out: false,
        scope: Scope::All,
        source: Source::Import,
        at: None,
        reason: "a list".to_owned(),
    };
    let listed = contact.put_consent(&line).unwrap();
    assert!(listed.suspected.is_object(), "a list has not read it");
    let decided = PutConsent {
        source: Source::Console,
        ..line
    };
    assert!(contact.put_consent(&decided).unwrap().suspected.is_null());
    host.answer(201, r#"{"sid":"SM2","status":"queued"}"#);
    message(run(contact.send(marketing("c"))).unwrap().unwrap());
}

#[test]
fn a_plain_word_of_the_person_settles_what_was_doubtful() {
    for (word, opted_out) in [("STOP", true), ("START", false)] {
        let host = host(&[]);
        let contact = open(&host);
        contact.receive(inbound("SMa", DOUBTFUL)).unwrap();
        contact.receive(inbound("SMb", word)).unwrap();
        let state = contact.fetch_consent().unwrap();
        assert_eq!(
            (state.suspected.is_null(), state.opted_out),
            (true, opted_out)
        );
    }
}

#[test]
fn a_doubtful_text_ends_the_retries_of_marketing() {
    let host = host(&[]);
    let contact = open(&host);
    host.answer(201, QUEUED);
    let id = message(run(contact.send(marketing("a"))).unwrap().unwrap()).id;
    let failed = report(&id, "SM1", "undelivered", Some(30003));
    contact.report_message(&failed).unwrap();
    contact.receive(inbound("SMa", DOUBTFUL)).unwrap();
    host.advance(7 * MINUTE);
    run(contact.alarm()).unwrap().unwrap();
    assert_eq!(host.posts(), 1);
    let stored = contact.message(&id).unwrap().unwrap();
    assert_eq!(stored.course.stopped, Some(Reason::OptedOut));
}
