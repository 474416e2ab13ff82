use super::*;
use crate::time::{MINUTE, SECOND};
use crate::twilio::address::Address;

const NUMBER: &str = "+14155552671";

fn number() -> Destination {
    Destination::new(Address::parse(NUMBER).unwrap()).unwrap()
}

fn plan(wish: Wish) -> Plan {
    Plan::new(wish, None, &number(), &Policy::default()).unwrap()
}

fn resource(sid: &str, created: Millis) -> VerificationResource {
    VerificationResource {
        sid: sid.to_owned(),
        status: "pending".to_owned(),
        created: Some(created),
        sends: Vec::new(),
    }
}

fn begin(state: &mut Verifications, wish: Wish, now: Millis) -> Result<Begun, Limited> {
    state.begin(
        &plan(wish),
        Delivery::Unknown,
        &number(),
        &Policy::default(),
        now,
    )
}

fn take(state: &mut Verifications, begun: &Begun, wish: Wish, sid: &str, now: Millis) -> bool {
    let permit = Some(format!("permit-{}", begun.ticket));
    let sent = Sent {
        at: now,
        channel: begun.channel,
        wish,
        permit,
    };
    state.taken(begun.ticket, sent, &resource(sid, now), &Policy::default())
}

#[test]
fn three_starts_pass_and_the_fourth_is_told_when_and_what_else() {
    let mut state = Verifications::default();
    for at in 0..3 {
        let begun = begin(&mut state, Wish::Auto, at).unwrap();
        take(&mut state, &begun, Wish::Auto, "VE1", at);
    }
    assert_eq!(state.attempts_left(&Policy::default(), 3), 0);
    let limited = begin(&mut state, Wish::Auto, 3).unwrap_err();
    assert_eq!(limited.opens_at, 10 * MINUTE);
    assert_eq!(limited.alternatives, [Channel::Call, Channel::Email]);
}

#[test]
fn starts_count_before_twilio_has_answered() {
    let mut state = Verifications::default();
    let passed = (0..100)
        .filter(|_| begin(&mut state, Wish::Auto, 7).is_ok())
        .count();
    assert_eq!(passed, 3);
}

#[test]
fn texts_alone_leave_one_call_and_calls_leave_none() {
    let mut state = Verifications::default();
    let call = Wish::Channel(Channel::Call);
    for at in 0..3 {
        begin(&mut state, Wish::Channel(Channel::Sms), at).unwrap();
    }
    assert_eq!(
        begin(&mut state, call, 3).map(|begun| begun.channel),
        Ok(Channel::Call)
    );
    assert!(begin(&mut state, call, 4).unwrap_err().alternatives == [Channel::Email]);

    let mut state = Verifications::default();
    let passed = (0..100)
        .filter(|_| begin(&mut state, call, 7).is_ok())
        .count();
    assert_eq!(passed, 3);
}

#[test]
fn a_failure_of_ours_is_given_back_and_a_persons_is_not() {
    let mut state = Verifications::default();
    for _ in 0..10 {
        let begun = begin(&mut state, Wish::Auto, 0).unwrap();
        state.refused(begun.ticket, Refusal::Ours, 0);
    }
    for _ in 0..3 {
        let begun = begin(&mut state, Wish::Auto, 0).unwrap();
        state.refused(begun.ticket, Refusal::BadAddress, 0);
    }
    assert!(begin(&mut state, Wish::Auto, 0).is_err());
}

#[test]
fn the_same_code_goes_on_while_it_lives_and_its_end_does_not_move() {
    let mut state = Verifications::default();
    let first = begin(&mut state, Wish::Auto, 0).unwrap();
    assert!(!take(&mut state, &first, Wish::Auto, "VE1", 0));
    let second = begin(&mut state, Wish::Auto, 40 * SECOND).unwrap();
    assert_eq!((second.channel, second.why), (Channel::Call, Why::NoCheck));
    assert!(take(&mut state, &second, Wish::Auto, "VE1", 40 * SECOND));
    assert_eq!(state.live(41 * SECOND).unwrap().expires_at, 10 * MINUTE);
    assert_eq!(state.live(10 * MINUTE), None);
    // A code that has expired begins anew, with the first channel.
    let third = begin(&mut state, Wish::Auto, 10 * MINUTE).unwrap();
    assert_eq!((third.channel, third.why), (Channel::Sms, Why::Asked));
}

#[test]
fn a_landline_is_remembered_for_a_day() {
    let mut state = Verifications::default();
    let begun = begin(&mut state, Wish::Auto, 0).unwrap();
    state.refused(begun.ticket, Refusal::Landline, 0);
    let sms = Wish::Channel(Channel::Sms);
    let next = begin(&mut state, sms, SECOND).unwrap();
    assert_eq!((next.channel, next.why), (Channel::Call, Why::Landline));
    assert_eq!(
        begin(&mut state, sms, LANDLINE_KEPT).unwrap().channel,
        Channel::Sms
    );
}

#[test]
fn twilios_five_sends_are_the_end_of_one_code() {
    let mut state = Verifications::default();
    let policy = Policy {
        per_address: None,
        ..Policy::default()
    };
    for at in 0..5 {
        assert_eq!(
            state.attempts_left(&policy, at),
            5 - u32::try_from(at).unwrap()
        );
        let begun = state
            .begin(&plan(Wish::Auto), Delivery::Unknown, &number(), &policy, at)
            .unwrap();
        take(&mut state, &begun, Wish::Auto, "VE1", at);
    }
    let limited = state
        .limited(Wish::Channel(Channel::Call), &number(), &policy, 5)
        .unwrap();
    assert_eq!(limited.opens_at, 10 * MINUTE);
    assert_eq!(limited.alternatives, [Channel::Email]);
}

#[test]
fn a_date_of_twilios_that_cannot_be_does_not_spoil_the_countdown() {
    for (created, expires_at) in [
        (-99 * MINUTE, 0),
        (99 * MINUTE, 10 * MINUTE),
        (-1, -1 + 10 * MINUTE),
    ] {
        let mut state = Verifications::default();
        let begun = begin(&mut state, Wish::Auto, 0).unwrap();
        let sent = Sent {
            at: 0,
            channel: begun.channel,
            wish: Wish::Auto,
            permit: None,
        };
        state.taken(
            begun.ticket,
            sent,
            &resource("VE1", created),
            &Policy::default(),
        );
        assert_eq!(state.current.as_ref().unwrap().expires_at, expires_at);
    }
}

fn pending() -> Verifications {
    let mut state = Verifications::default();
    let begun = begin(&mut state, Wish::Auto, 0).unwrap();
    take(&mut state, &begun, Wish::Auto, "VE1", 0);
    state
}

fn verdict(state: &mut Verifications, outcome: &CheckOutcome, now: Millis) -> (Verdict, String) {
    let checked = state.checked(outcome, now).unwrap();
    (checked.verdict, checked.sentence(now))
}

#[test]
fn every_outcome_of_a_check_has_its_own_sentence() {
    let mut state = pending();
    for left in [4, 3, 2] {
        assert_eq!(
            verdict(&mut state, &CheckOutcome::WrongCode, SECOND).1,
            format!("That code is not right. You have {left} tries left.")
        );
    }
    let (_, one) = verdict(&mut state, &CheckOutcome::WrongCode, SECOND);
    assert_eq!(one, "That code is not right. You have one try left.");
    assert!(!state.is_exhausted(SECOND));
    verdict(&mut state, &CheckOutcome::WrongCode, SECOND);
    assert!(state.is_exhausted(SECOND) && !state.is_exhausted(10 * MINUTE));
    assert_eq!(
        verdict(&mut state, &CheckOutcome::TooManyTries, SECOND),
        (
            Verdict::MaxAttemptsReached,
            "Too many wrong codes. Ask for a new code in 10 minutes.".to_owned()
        )
    );

    let mut expired = pending();
    assert_eq!(
        verdict(&mut expired, &CheckOutcome::Ended, 10 * MINUTE).0,
        Verdict::Expired
    );
    let mut unknown = Verifications::default();
    assert_eq!(
        verdict(&mut unknown, &CheckOutcome::Ended, 0).0,
        Verdict::ExpiredOrUsed
    );
    let mut used = pending();
    assert_eq!(
        verdict(&mut used, &CheckOutcome::Approved, SECOND).0,
        Verdict::Approved
    );
    assert_eq!(
        verdict(&mut used, &CheckOutcome::Ended, 2 * SECOND).0,
        Verdict::Used
    );
}

#[test]
fn what_twilio_did_not_judge_is_no_verdict_and_spends_no_try() {
    let mut state = pending();
    let before = state.clone();
    for outcome in [
        CheckOutcome::NotJudged(None),
        CheckOutcome::Busy { retry_after: None },
    ] {
        assert_eq!(state.checked(&outcome, SECOND), None);
    }
    assert_eq!(state, before);
}

#[test]
fn an_approval_names_every_start_that_led_to_it_once() {
    let mut state = pending();
    let again = begin(&mut state, Wish::Auto, SECOND).unwrap();
    take(&mut state, &again, Wish::Auto, "VE1", SECOND);
    let first = state.checked(&CheckOutcome::Approved, 2 * SECOND).unwrap();
    let permits: Vec<_> = first.converted.iter().map(|c| c.permit.as_str()).collect();
    assert_eq!(permits, ["permit-1", "permit-2"]);
    let again = state.checked(&CheckOutcome::Approved, 3 * SECOND).unwrap();
    assert!(again.converted.is_empty());
}

#[test]
fn a_stored_state_of_the_first_release_is_read() {
    let stored = r#"{"tickets":1,"starts":[{"ticket":1,"at":5,"channel":"sms"}],
        "current":{"sid":"VE1","expires_at":600005,"wrong":0,"status":"pending",
        "sends":[{"at":5,"channel":"sms","wish":"auto","permit":"p"}]},"landline_until":null}"#;
    let state: Verifications = serde_json::from_str(stored).unwrap();
    assert_eq!(state.subject(6), Some("VE1"));
    assert_eq!(state.attempts_left(&Policy::default(), 6), 2);
    assert_eq!(
        serde_json::from_str::<Verifications>("{}").unwrap(),
        Verifications::default()
    );
}
