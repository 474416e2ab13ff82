use proptest::prelude::*;

use super::*;

fn subject(body: &str, kind: Kind) -> Subject<'_> {
    Subject {
        body,
        channel: Channel::Sms,
        kind,
        brand: Some("Acme"),
        own_hosts: &["acme.com"],
    }
}

fn found(body: &str, kind: Kind) -> Vec<Rule> {
    lint(&subject(body, kind))
        .iter()
        .map(|finding| finding.rule)
        .collect()
}

/// What a rule marked in a conversational text, which has no duties of its own.
fn marked(body: &str, rule: Rule) -> Vec<&str> {
    lint(&subject(body, Kind::Conversational))
        .iter()
        .filter(|finding| finding.rule == rule)
        .filter_map(|finding| body.get(finding.start..finding.end))
        .collect()
}

#[test]
fn a_good_text_of_each_kind_has_no_findings() {
    for (body, kind) in [
        (
            "Acme: 20% off this week, https://acme.com/sale. Reply STOP to opt out.",
            Kind::Marketing,
        ),
        (
            "Acme: your order 4471 has left. Track it: https://go.acme.com/t/4471",
            Kind::Transactional,
        ),
        ("123456 is your Acme code. Do not share it.", Kind::Otp),
        ("Sure, see you at 5!", Kind::Conversational),
        ("It costs 3.50, e.g. at noon... ok?", Kind::Conversational),
    ] {
        assert_eq!(found(body, kind), [], "{body}");
    }
}

#[test]
fn public_shorteners_are_found_however_they_are_written() {
    assert_eq!(
        marked(
            "See (bit.ly/abc), HTTPS://TinyURL.com/x?y or https://www.bit.ly/1.",
            Rule::UrlShortener
        ),
        [
            "bit.ly/abc",
            "HTTPS://TinyURL.com/x?y",
            "https://www.bit.ly/1"
        ]
    );
    assert!(
        marked(
            "https://notbit.ly/x and https://acme.com/bit.ly",
            Rule::UrlShortener
        )
        .is_empty()
    );
    // A branded domain of a shortener's customer is the sender's own.
    let own = Subject {
        own_hosts: &["t.ly"],
        ..subject("https://t.ly/x", Kind::Conversational)
    };
    assert!(lint(&own).is_empty());
}

#[test]
fn hosts_that_look_like_traps_are_found() {
    for body in [
        "http://192.168.4.7/login",
        "https://acme.com@evil.io/x",
        "https://xn--pypal-4ve.com",
        "https://pаypal.com/x",
        "https://paypal.com.verify.io",
        "https://paypa1.com",
        "https://secure-usps.com/track",
        "https://www.amazon.support/x",
        "win.top/prize",
        "https://a-b-c-d.com/x",
        "https://a.b.c.d.com",
    ] {
        assert_eq!(marked(body, Rule::PhishingHost), [body], "{body}");
    }
    for body in [
        "https://www.paypal.com/x",
        "https://amazon.co.uk/dp/1",
        "https://pineapple.com",
        "https://firstbank.org",
        "mail me at ann@amazon.support",
        "https://shop.example.com",
    ] {
        assert!(marked(body, Rule::PhishingHost).is_empty(), "{body}");
    }
}

#[test]
fn a_link_without_tls_is_mentioned() {
    assert_eq!(
        marked(
            "http://acme.com/a, acme.com/b https://acme.com",
            Rule::InsecureUrl
        ),
        ["http://acme.com/a"]
    );
}

#[test]
fn spam_words_are_whole_words_in_any_case() {
    assert_eq!(
        marked("ACT NOW and be a Winner", Rule::SpamWords),
        ["ACT NOW", "Winner"]
    );
    assert_eq!(
        marked("Congrats, you’ve won €5", Rule::SpamWords),
        ["you’ve won"]
    );
    assert_eq!(marked("you've won", Rule::SpamWords), ["you've won"]);
    assert!(marked("breadwinners impact nowhere", Rule::SpamWords).is_empty());
}

#[test]
fn shouting_is_a_matter_of_proportion_and_marks() {
    assert!(!marked("EVERYTHING MUST GO THIS WEEKEND ok", Rule::Shouting).is_empty());
    assert!(
        marked(
            "Reply STOP to end. USPS and FBI are fine here.",
            Rule::Shouting
        )
        .is_empty()
    );
    assert!(marked("OK THANKS", Rule::Shouting).is_empty());
    assert_eq!(
        marked("Hi!!! now!! wow!!!!", Rule::Shouting),
        ["!!!", "!!!!"]
    );
}

#[test]
fn marketing_needs_a_name_and_a_way_out() {
    assert_eq!(
        found("20% off today", Kind::Marketing),
        [Rule::MissingSenderName, Rule::MissingOptOut]
    );
    for body in [
        "ACME: 20% off. STOP2END",
        "acme 20% off, text stop to end",
        "Acme. Unsubscribe: reply STOP",
    ] {
        assert_eq!(found(body, Kind::Marketing), [], "{body}");
    }
    assert_eq!(
        found("Acme: nonstop fun", Kind::Marketing),
        [Rule::MissingOptOut]
    );
    // WhatsApp has its own way out.
    let whatsapp = Subject {
        channel: Channel::Whatsapp,
        ..subject("Acme: 20% off", Kind::Marketing)
    };
    assert!(lint(&whatsapp).is_empty());
}

#[test]
fn a_code_says_whose_it_is() {
    assert_eq!(
        found("Your code is 123456", Kind::Otp),
        [Rule::OtpWithoutBrand]
    );
    let unknown = |body| {
        lint(&Subject {
            brand: None,
            ..subject(body, Kind::Otp)
        })
        .len()
    };
    assert_eq!(
        unknown("Your verification code is 123456. Do not share it."),
        1
    );
    assert_eq!(unknown("123456 is your Globex code"), 0);
    // Without a configured name nothing is demanded of other kinds.
    assert!(
        lint(&Subject {
            brand: None,
            ..subject("your order left", Kind::Transactional)
        })
        .is_empty()
    );
}

#[test]
fn long_texts_are_marked_from_where_they_are_too_long() {
    let long = format!("Acme {}", "é".repeat(1_600));
    let findings = lint(&subject(&long, Kind::Transactional));
    assert_eq!(findings.len(), 1);
    assert_eq!(
        (findings[0].rule, findings[0].severity),
        (Rule::TooLong, Severity::Error)
    );
    assert_eq!(findings[0].start, 5 + 2 * 1_595);
    let long = "a ".repeat(161);
    let findings = lint(&subject(&long, Kind::Conversational));
    assert_eq!(
        (findings[0].severity, findings[0].start),
        (Severity::Warning, 320)
    );
    let chat = Subject {
        channel: Channel::Whatsapp,
        ..subject(&long, Kind::Conversational)
    };
    assert!(lint(&chat).is_empty());
}

#[test]
fn characters_that_cost_are_told_with_their_replacement_if_that_helps() {
    let findings = lint(&subject("It’s ready…", Kind::Conversational));
    let fixes: Vec<_> = findings
        .iter()
        .map(|finding| finding.fix.as_ref())
        .collect();
    assert_eq!(fixes, ["Write ' instead.", "Write ... instead."]);
    // An emoji keeps the message in UCS-2 anyway.
    assert!(lint(&subject("It’s ready 🎉", Kind::Conversational)).is_empty());
}

#[test]
fn personal_numbers_are_found_and_other_digits_are_not() {
    assert_eq!(
        marked("card 4242 4242 4242 4242 ok", Rule::CardNumber),
        ["4242 4242 4242 4242"]
    );
    assert_eq!(
        marked("SSN 078-05-1120.", Rule::NationalId),
        ["078-05-1120"]
    );
    assert_eq!(
        marked("call (212) 555-0100 or +44 7700 900000", Rule::PhoneNumber),
        ["(212) 555-0100", "+44 7700 900000"]
    );
    for body in [
        "order 4242424242424241",
        "code 123456",
        "tracking 1Z999AA10123456784",
        "https://acme.com/4242424242424242",
        "on 2026-11-23 at 10:30",
        "12.50 + 3.99",
    ] {
        assert_eq!(found(body, Kind::Conversational), [], "{body}");
    }
}

#[test]
fn the_policy_says_what_refuses() {
    let findings = lint(&subject("Acme bit.ly/x !!!", Kind::Conversational));
    assert_eq!(findings.len(), 2);
    let rule = |policy: Policy| policy.refuses(&findings).map(|finding| finding.rule);
    assert_eq!(rule(Policy::default()), None);
    let from = |severity| Policy {
        refuse_from: Some(severity),
        ..Policy::default()
    };
    assert_eq!(rule(from(Severity::Error)), Some(Rule::UrlShortener));
    let lax = Policy {
        allow: vec![Rule::UrlShortener],
        ..from(Severity::Error)
    };
    assert_eq!(rule(lax), None);
    let strict = Policy {
        refuse: vec![Rule::Shouting],
        ..Policy::default()
    };
    assert_eq!(rule(strict), Some(Rule::Shouting));
}

#[test]
fn names_in_storage_stay_what_they_are() {
    let findings = lint(&subject("http://acme.com", Kind::Conversational));
    assert_eq!(
        serde_json::to_string(&findings).unwrap(),
        r#"[{"rule":"insecure_url","start":0,"end":15,"severity":"info","fix":"Use https."}]"#
    );
    for (rule, name) in [
        (Rule::UrlShortener, "url_shortener"),
        (Rule::PhishingHost, "phishing_host"),
        (Rule::SpamWords, "spam_words"),
        (Rule::Shouting, "shouting"),
        (Rule::MissingSenderName, "missing_sender_name"),
        (Rule::MissingOptOut, "missing_opt_out"),
        (Rule::OtpWithoutBrand, "otp_without_brand"),
        (Rule::TooLong, "too_long"),
        (Rule::Unicode, "unicode"),
        (Rule::CardNumber, "card_number"),
        (Rule::NationalId, "national_id"),
        (Rule::PhoneNumber, "phone_number"),
    ] {
        assert_eq!(serde_json::to_string(&rule).unwrap(), format!("\"{name}\""));
    }
    for (kind, name) in [
        (Kind::Marketing, "marketing"),
        (Kind::Transactional, "transactional"),
        (Kind::Otp, "otp"),
        (Kind::Conversational, "conversational"),
    ] {
        assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{name}\""));
    }
    assert_eq!(
        serde_json::to_string(&Policy::default()).unwrap(),
        r#"{"refuse_from":null,"refuse":[],"allow":[]}"#
    );
}

proptest! {
    #[test]
    fn every_finding_lies_within_the_text_and_on_its_characters(
        body in "(https?://|bit\\.ly/|paypal|\\.com|@|!|[0-9]{1,5}|[ -]|’|é|🎉|ACT NOW|\\PC){0,40}",
        kind in prop_oneof![Just(Kind::Marketing), Just(Kind::Otp), Just(Kind::Conversational)],
    ) {
        for finding in lint(&subject(&body, kind)) {
            prop_assert!(finding.start <= finding.end);
            prop_assert!(body.get(finding.start..finding.end).is_some(), "{:?}", finding);
            prop_assert!(finding.fix.ends_with('.'));
        }
    }
}
