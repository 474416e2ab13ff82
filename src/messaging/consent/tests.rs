use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const A: &str = "+15005550001";
const B: &str = "+15005550002";

fn sms(sender: &str) -> Path<'_> {
    Path {
        sender: Some(sender),
        service: None,
        channel: Channel::Sms,
    }
}

fn whatsapp() -> Path<'static> {
    Path {
        sender: Some("whatsapp:+15005550001"),
        service: None,
        channel: Channel::Whatsapp,
    }
}

fn heard(at: i64, intent: Intent, path: Path<'_>) -> Heard<'_> {
    Heard {
        at,
        intent,
        source: Source::Keyword,
        path,
        message_sid: "SM1",
        text: "word",
        twilio_answers: false,
    }
}

fn take(standing: &mut Standing, heard: &Heard<'_>, reach: StopReach) -> Option<Reply> {
    let outcome = hear(standing, heard, reach);
    for entry in outcome.entries {
        standing.record(entry);
    }
    outcome.reply
}

fn allows(standing: &Standing, path: &Path<'_>) -> bool {
    standing.decide(path).is_allowed()
}

fn made(at: i64, change: Change, scope: Scope) -> Entry {
    Entry {
        at,
        change,
        source: Source::Api,
        scope,
        evidence: Evidence::default(),
    }
}

#[test]
fn nothing_is_refused_to_someone_who_never_said_stop() {
    assert!(allows(&Standing::default(), &sms(A)));
}

#[test]
fn a_stop_to_one_number_stops_every_sender_and_channel() {
    let mut standing = Standing::default();
    take(
        &mut standing,
        &heard(1, Intent::OptOut, sms(A)),
        StopReach::All,
    );
    assert!(!allows(&standing, &sms(A)));
    assert!(!allows(&standing, &sms(B)));
    assert!(!allows(&standing, &whatsapp()));
    let Decision::Refused(entry) = standing.decide(&sms(B)) else {
        panic!("allowed")
    };
    assert_eq!(entry.evidence.message_sid.as_deref(), Some("SM1"));
}

#[test]
fn a_start_opens_what_a_stop_closed_and_no_more() {
    let mut standing = Standing::default();
    standing.record(made(1, Change::Out, Scope::Channel(Channel::Email)));
    take(
        &mut standing,
        &heard(2, Intent::OptOut, sms(A)),
        StopReach::Sender,
    );
    take(
        &mut standing,
        &heard(3, Intent::OptOut, sms(B)),
        StopReach::Sender,
    );
    take(
        &mut standing,
        &heard(4, Intent::OptIn, sms(A)),
        StopReach::Sender,
    );
    assert!(allows(&standing, &sms(A)));
    assert!(!allows(&standing, &sms(B)));
    let email = Path {
        sender: None,
        service: None,
        channel: Channel::Email,
    };
    assert!(!allows(&standing, &email));
}

#[test]
fn a_start_opens_every_closed_scope_on_its_path() {
    let mut standing = Standing::default();
    take(
        &mut standing,
        &heard(1, Intent::OptOut, sms(A)),
        StopReach::All,
    );
    standing.record(learn(21610, &sms(A), 2, None).unwrap());
    take(
        &mut standing,
        &heard(3, Intent::OptIn, sms(A)),
        StopReach::All,
    );
    assert!(allows(&standing, &sms(A)));
    assert!(allows(&standing, &sms(B)));
}

#[test]
fn a_start_with_nothing_closed_is_kept_as_an_opt_in_without_an_answer() {
    let outcome = hear(
        &Standing::default(),
        &heard(1, Intent::OptIn, sms(A)),
        StopReach::All,
    );
    assert_eq!(outcome.entries.len(), 1);
    assert_eq!(outcome.entries[0].change, Change::In);
    assert_eq!(outcome.entries[0].scope, Scope::Sender(A.into()));
    assert_eq!(outcome.reply, None);
}

#[test]
fn an_opt_out_is_confirmed_once_and_again_only_after_an_opt_in() {
    let mut standing = Standing::default();
    let stop = |at| heard(at, Intent::OptOut, sms(A));
    let reach = StopReach::All;
    assert_eq!(
        take(&mut standing, &stop(1), reach),
        Some(Reply::OptOutConfirmation)
    );
    assert_eq!(take(&mut standing, &stop(2), reach), None);
    let elsewhere = heard(3, Intent::OptOut, whatsapp());
    assert_eq!(take(&mut standing, &elsewhere, reach), None);
    let start = heard(4, Intent::OptIn, sms(A));
    assert_eq!(
        take(&mut standing, &start, reach),
        Some(Reply::OptInConfirmation)
    );
    assert_eq!(
        take(&mut standing, &stop(5), reach),
        Some(Reply::OptOutConfirmation)
    );
}

#[test]
fn nothing_is_answered_where_twilio_answers() {
    for intent in [Intent::OptOut, Intent::OptIn, Intent::Help] {
        let mut standing = Standing::default();
        if intent == Intent::OptIn {
            standing.record(made(0, Change::Out, Scope::All));
        }
        let mut message = heard(1, intent, sms(A));
        assert!(hear(&standing, &message, StopReach::All).reply.is_some());
        message.twilio_answers = true;
        let outcome = hear(&standing, &message, StopReach::All);
        assert_eq!(outcome.reply, None);
        assert_eq!(outcome.entries.is_empty(), intent == Intent::Help);
    }
}

#[test]
fn twilio_answers_its_own_words_on_its_own_numbers() {
    assert!(twilio_answers(" Stop ", false, A));
    assert!(twilio_answers("help", false, "+18005550006"));
    assert!(twilio_answers("arrête", true, "12345"));
    assert!(!twilio_answers("OPT OUT", false, A));
    assert!(!twilio_answers("stop all", false, A));
    assert!(!twilio_answers("STOP!", false, A));
    assert!(!twilio_answers("STOP", false, "12345"));
    assert!(!twilio_answers("STOP", false, "whatsapp:+15005550001"));
}

#[test]
fn an_old_opt_in_from_a_list_never_undoes_a_newer_stop() {
    let mut standing = Standing::default();
    take(
        &mut standing,
        &heard(100, Intent::OptOut, sms(A)),
        StopReach::All,
    );
    assert!(!standing.record(made(50, Change::In, Scope::All)));
    assert!(standing.record(made(50, Change::In, Scope::Channel(Channel::Sms))));
    assert!(!allows(&standing, &sms(A)));
}

#[test]
fn at_the_same_moment_the_opt_out_wins() {
    for scopes in [
        (Scope::All, Scope::All),
        (Scope::All, Scope::Sender(A.into())),
    ] {
        let entries = [
            made(1, Change::In, scopes.0.clone()),
            made(1, Change::Out, scopes.1.clone()),
        ];
        assert!(!allows(&Standing::of(entries.clone()), &sms(A)));
        assert!(!allows(&Standing::of(entries.into_iter().rev()), &sms(A)));
    }
}

#[test]
fn a_stop_by_text_reaches_rcs_of_the_same_channel_scope_but_not_whatsapp() {
    let mut standing = Standing::default();
    take(
        &mut standing,
        &heard(1, Intent::OptOut, sms(A)),
        StopReach::Channel,
    );
    let rcs = Path {
        sender: Some("rcs:acme"),
        service: None,
        channel: Channel::Rcs,
    };
    assert!(!allows(&standing, &rcs));
    assert!(allows(&standing, &whatsapp()));
}

#[test]
fn errors_teach_the_scope_that_they_are_about() {
    let service = Path {
        sender: Some(A),
        service: Some("MG1"),
        channel: Channel::Sms,
    };
    let scope = |code, path: &Path<'_>| learn(code, path, 1, Some("SM9")).map(|e| e.scope);
    assert_eq!(scope(21610, &service), Some(Scope::Service("MG1".into())));
    assert_eq!(scope(21610, &sms(A)), Some(Scope::Sender(A.into())));
    let toll_free = sms("+18335550100");
    assert_eq!(
        scope(30004, &toll_free),
        Some(Scope::Sender("+18335550100".into()))
    );
    assert_eq!(scope(30004, &sms(A)), None);
    assert_eq!(
        scope(63014, &whatsapp()),
        Some(Scope::Sender("whatsapp:+15005550001".into()))
    );
    assert_eq!(scope(30640, &sms(A)), Some(Scope::All));
    for code in [30003, 30005, 30007, 21211, 63016] {
        assert_eq!(scope(code, &sms(A)), None, "{code}");
    }
}

#[test]
fn an_erased_person_is_still_blocked_and_leaves_no_words() {
    let mut standing = Standing::default();
    standing.record(made(1, Change::In, Scope::Channel(Channel::Email)));
    take(
        &mut standing,
        &heard(2, Intent::OptOut, sms(A)),
        StopReach::All,
    );
    let erased = standing.erased();
    assert!(!allows(&erased, &sms(A)));
    let stored = serde_json::to_string(&erased).unwrap();
    assert_eq!(
        stored,
        r#"[{"at":2,"change":"out","source":"keyword","scope":"all","evidence":{}}]"#
    );
}

#[test]
fn names_in_storage_stay_what_they_are() {
    let entry = Entry {
        at: 7,
        change: Change::In,
        source: Source::OptOutType,
        scope: Scope::Channel(Channel::Whatsapp),
        evidence: Evidence {
            message_sid: Some("SM1".into()),
            text: Some("START".into()),
            error_code: None,
        },
    };
    let text = r#"{"at":7,"change":"in","source":"opt_out_type","scope":"channel:whatsapp","evidence":{"message_sid":"SM1","text":"START"}}"#;
    assert_eq!(serde_json::to_string(&entry).unwrap(), text);
    assert_eq!(serde_json::from_str::<Entry>(text).unwrap(), entry);
    for (source, name) in [
        (Source::Keyword, "keyword"),
        (Source::Revocation, "revocation"),
        (Source::Error, "error"),
        (Source::Api, "api"),
        (Source::Import, "import"),
        (Source::Console, "console"),
    ] {
        assert_eq!(
            serde_json::to_string(&source).unwrap(),
            format!("\"{name}\"")
        );
    }
    assert_eq!(serde_json::to_string(&StopReach::All).unwrap(), "\"all\"");
    assert_eq!(
        serde_json::to_string(&Reply::OptOutConfirmation).unwrap(),
        "\"opt_out_confirmation\""
    );
}

#[test]
fn scopes_are_read_as_they_are_written_and_nothing_else() {
    for text in [
        "all",
        "channel:sms",
        "service:MG1",
        "sender:whatsapp:+15005550001",
    ] {
        assert_eq!(Scope::parse(text).unwrap().to_string(), text);
    }
    for text in [
        "",
        "ALL",
        "channel:fax",
        "service:",
        "sender:",
        "sender",
        "foo:bar",
    ] {
        assert_eq!(Scope::parse(text), Err(BadScope), "{text}");
    }
}

fn scopes() -> Vec<Scope> {
    vec![
        Scope::All,
        Scope::Channel(Channel::Sms),
        Scope::Channel(Channel::Whatsapp),
        Scope::Service("MG1".into()),
        Scope::Sender(A.into()),
        Scope::Sender(B.into()),
    ]
}

fn history() -> impl Strategy<Value = Vec<Entry>> {
    let entry = (0..20i64, any::<bool>(), select(scopes()))
        .prop_map(|(at, out, scope)| made(at, if out { Change::Out } else { Change::In }, scope));
    proptest::collection::vec(entry, 0..12)
}

proptest! {
    #[test]
    fn the_order_in_which_entries_arrive_does_not_matter(history in history()) {
        let forward = Standing::of(history.clone());
        let backward = Standing::of(history.into_iter().rev());
        for path in [sms(A), sms(B), whatsapp()] {
            prop_assert_eq!(allows(&forward, &path), allows(&backward, &path));
        }
    }

    #[test]
    fn after_a_stop_nothing_is_allowed_whatever_was_before(history in history()) {
        let mut standing = Standing::of(history);
        take(&mut standing, &heard(20, Intent::OptOut, sms(A)), StopReach::All);
        for path in [sms(A), sms(B), whatsapp()] {
            prop_assert!(!allows(&standing, &path));
        }
    }

    #[test]
    fn a_start_never_opens_a_path_that_no_closed_scope_of_it_covers(history in history()) {
        let mut standing = Standing::of(history);
        let closed_elsewhere = !allows(&standing, &whatsapp())
            && standing.entries().iter().all(|e| !(e.change == Change::Out
                && e.scope.covers(&sms(A)) && e.scope.covers(&whatsapp())));
        take(&mut standing, &heard(30, Intent::OptIn, sms(A)), StopReach::All);
        prop_assert!(allows(&standing, &sms(A)));
        if closed_elsewhere {
            prop_assert!(!allows(&standing, &whatsapp()));
        }
    }
}
