use super::*;

const URL: &str = "https://hook.example/voice/incoming?flow=main&lang=en%20GB";
const MAIN: &str = "AC00000000000000000000000000000001";
const SUB: &str = "AC00000000000000000000000000000002";
const BODY: &str = "AccountSid=AC00000000000000000000000000000001&Body=caf%C3%A9+%2B1&Digits=2\
                    &Digits=1&FromCity=&FromState=CA&From=%2B14155552671&Text=a%0D%0Ab";

fn account(sid: &str) -> AccountSid {
    AccountSid::parse(sid).unwrap()
}

struct Keys {
    main: Key,
    next: Key,
    previous: Key,
    sub: Key,
}

impl Keys {
    fn new() -> Self {
        Keys {
            main: Key::new("main token"),
            next: Key::new("next token"),
            previous: Key::new("previous token"),
            sub: Key::new("sub token"),
        }
    }

    fn tokens(&self) -> [Token<'_>; 4] {
        let token = |sid, role, key| Token {
            account: account(sid),
            role,
            key,
        };
        [
            token(MAIN, TokenRole::Current, &self.main),
            token(MAIN, TokenRole::Next, &self.next),
            token(MAIN, TokenRole::Previous, &self.previous),
            token(SUB, TokenRole::Current, &self.sub),
        ]
    }
}

fn captured<'a>(url: &'a str, body: &'a str, signature: &'a str) -> Captured<'a> {
    Captured {
        method: "POST",
        url,
        content_type: Some("application/x-www-form-urlencoded; charset=utf-8"),
        body: body.as_bytes(),
        signature: Some(signature),
    }
}

fn verdict(captured: &Captured<'_>, known_urls: &[&str]) -> Verdict {
    diagnose(
        captured,
        &Keys::new().tokens(),
        known_urls,
        Budget::default(),
    )
    .verdict
}

/// The causes found when Twilio signed one form POST and another arrived.
fn causes(signed: (&str, &str), came: (&str, &str), known_urls: &[&str]) -> Vec<Cause> {
    let form = Form::parse(signed.1.as_bytes()).unwrap();
    let signature = Keys::new().main.sign_form(signed.0, &form);
    match verdict(&captured(came.0, came.1, &signature), known_urls) {
        Verdict::Explained(causes) => causes,
        Verdict::Genuine => Vec::new(),
        other => panic!("{came:?}: {other:?}"),
    }
}

#[test]
fn a_request_that_is_right_is_called_genuine_at_once() {
    assert_eq!(causes((URL, BODY), (URL, BODY), &[]), []);
    let signature = Keys::new().next.sign_url(URL);
    let get = Captured {
        method: "GET",
        ..captured(URL, "", &signature)
    };
    assert_eq!(verdict(&get, &[]), Verdict::Genuine);
}

#[test]
fn what_proxies_do_to_urls_is_named() {
    for (came, expected) in [
        (
            "http://hook.example/voice/incoming?flow=main&lang=en%20GB",
            Cause::Scheme,
        ),
        (
            "https://hook.example/voice/incoming/?flow=main&lang=en%20GB",
            Cause::TrailingSlash,
        ),
        (
            "https://hook.example//voice/incoming?flow=main&lang=en%20GB",
            Cause::DoubleSlash,
        ),
        (
            "https://hook.example/app/voice/incoming?flow=main&lang=en%20GB",
            Cause::PathPrefix,
        ),
        (
            "https://hook.example/voice/incoming?lang=en%20GB&flow=main",
            Cause::QueryReordered,
        ),
        (
            "https://hook.example/voice/incoming?flow=main&lang=en%20GB&utm=1",
            Cause::QueryAdded,
        ),
        (
            "https://user:pw@hook.example/voice/incoming?flow=main&lang=en%20GB",
            Cause::UserInfo,
        ),
        (
            "https://HOOK.example/voice/incoming?flow=main&lang=en%20GB",
            Cause::HostCase,
        ),
    ] {
        assert_eq!(causes((URL, BODY), (came, BODY), &[]), [expected], "{came}");
    }
}

#[test]
fn a_query_that_was_encoded_again_is_named() {
    for (signed, came) in [
        ("a=b+c", "a=b%20c"),
        ("a=%2b", "a=%2B"),
        ("a=x:y@z", "a=x%3Ay%40z"),
        ("to=%2B1415", "to=+1415"),
    ] {
        let url = |query| format!("https://h/p?{query}");
        assert_eq!(
            causes((&url(signed), BODY), (&url(came), BODY), &[]),
            [Cause::QueryReencoded],
            "{came}"
        );
    }
    // This one the gateway accepts by itself.
    assert_eq!(
        causes((URL, BODY), (&URL.replace("%20", "+"), BODY), &[]),
        []
    );
}

#[test]
fn a_url_known_from_twilio_explains_what_the_request_alone_cannot() {
    let known = ["https://Hook.Example/base/voice/incoming?flow=main"];
    for (came, expected) in [
        (
            "https://hook.example/base/voice/incoming?flow=main",
            vec![Cause::HostCase],
        ),
        (
            "https://Hook.Example/base/voice/incoming",
            vec![Cause::QueryDropped],
        ),
        (
            "https://Hook.Example/voice/incoming?flow=main",
            vec![Cause::PathPrefix],
        ),
        (
            "http://localhost:8787/base/voice/incoming?flow=main",
            vec![Cause::Scheme, Cause::Host],
        ),
        (
            "http://10.0.0.7/voice/incoming?flow=main",
            vec![Cause::Scheme, Cause::Host, Cause::PathPrefix],
        ),
    ] {
        assert_eq!(
            causes((known[0], BODY), (came, BODY), &known),
            expected,
            "{came}"
        );
    }
}

#[test]
fn a_configured_base_alone_gives_back_host_and_prefix() {
    let signed = "https://Hook.Example/base/voice/incoming?flow=main";
    assert_eq!(
        causes(
            (signed, BODY),
            ("https://Hook.Example/voice/incoming?flow=main", BODY),
            &["https://Hook.Example/base"]
        ),
        [Cause::PathPrefix]
    );
}

#[test]
fn what_proxies_do_to_forms_is_named() {
    let body = |text: &str| Cause::Trimmed {
        parameter: if text == "Body" { "Body" } else { "every" },
    };
    let added = |name: &str| Cause::ParameterAdded {
        parameter: name.to_owned(),
    };
    for (signed, came, expected) in [
        ("Body=STOP+", "Body=STOP", body("Body")),
        ("Body=STOP%0A", "Body=STOP", body("Body")),
        ("Body=x&Zip=1", "Body=+x+&Zip=1+", body("every")),
        ("Body=a%0D%0Ab", "Body=a%0Ab", Cause::LineEnds),
        ("Body=a%0Ab", "Body=a%0D%0Ab", Cause::LineEnds),
        (
            "From=%2B1415&Body=a+b",
            "From=+1415&Body=a+b",
            Cause::PlusBecameSpace,
        ),
        ("Body=caf%C3%A9", "Body=caf%C3%83%C2%A9", Cause::Charset),
        ("Body=50%2525", "Body=50%25", Cause::DoubleEncoding),
        ("Body=%2520", "Body=%252520", Cause::DoubleEncoding),
        (
            "FromCity=&FromState=CA&FromZip=&FromCountry=US",
            "FromState=CA&FromCountry=US",
            Cause::EmptyParameters,
        ),
        ("A=1", "A=1&B=", Cause::EmptyParameters),
        ("Digits=1", "Digits=1&Digits=2", Cause::RepeatsCollapsed),
        ("Digits=2", "Digits=1&Digits=2", Cause::RepeatsCollapsed),
        ("A=1&B=2", "A=1&B=2&C=3", added("C")),
        ("", "A=1&B=2", Cause::BodyNotSigned),
    ] {
        assert_eq!(
            causes((URL, signed), (URL, came), &[]),
            [expected],
            "{came}"
        );
    }
}

#[test]
fn a_signer_that_is_not_twilio_is_recognised() {
    let keys = Keys::new();
    for (data, came, expected) in [
        ("b2a1", "b=2&a=1", Cause::SignerOrder),
        ("a1b2Z3", "b=2&a=1&Z=3", Cause::SignerOrder),
        (
            "ReasonConferenceEndedxReasony",
            "Reason=y&ReasonConferenceEnded=x",
            Cause::SignerOrder,
        ),
        ("a1a1", "a=1&a=1", Cause::RepeatsKept),
    ] {
        let signature = keys.main.sign_url(&format!("{URL}{data}"));
        assert_eq!(
            verdict(&captured(URL, came, &signature), &[]),
            Verdict::Explained(vec![expected]),
            "{data}"
        );
    }
}

#[test]
fn the_token_that_signed_is_named_when_it_should_not_have() {
    let keys = Keys::new();
    let form = Form::parse(BODY.as_bytes()).unwrap();
    let found = |key: &Key| verdict(&captured(URL, BODY, &key.sign_form(URL, &form)), &[]);
    assert_eq!(found(&keys.next), Verdict::Genuine);
    let previous = Cause::PreviousToken {
        account: account(MAIN),
    };
    assert_eq!(found(&keys.previous), Verdict::Explained(vec![previous]));
    let other = Cause::OtherAccount {
        account: account(SUB),
    };
    assert_eq!(found(&keys.sub), Verdict::Explained(vec![other]));
}

#[test]
fn an_account_without_a_token_is_the_suspect() {
    let stranger = "AC00000000000000000000000000000009";
    let body = format!("AccountSid={stranger}");
    let form = Form::parse(body.as_bytes()).unwrap();
    let signature = Key::new("a token nobody configured").sign_form(URL, &form);
    assert_eq!(
        verdict(&captured(URL, &body, &signature), &[]),
        Verdict::Unexplained {
            account_without_token: Some(account(stranger)),
            cut_short: false,
        }
    );
}

#[test]
fn json_is_explained_by_its_hash() {
    let keys = Keys::new();
    let body = "{\"id\": 1}";
    let signed_url = format!(
        "https://hook.example/events?{}",
        body_hash_pair(body.as_bytes())
    );
    let signature = keys.main.sign_url(&signed_url);
    let json = |url, body| Captured {
        content_type: Some("application/json"),
        ..captured(url, body, &signature)
    };
    assert_eq!(verdict(&json(&signed_url, body), &[]), Verdict::Genuine);
    let explained = |causes| Verdict::Explained(causes);
    assert_eq!(
        verdict(&json(&signed_url, "{\"id\":1}"), &[]),
        explained(vec![Cause::BodyAltered])
    );
    assert_eq!(
        verdict(&json("https://hook.example/events", body), &[]),
        explained(vec![Cause::BodyHashDropped])
    );
    let without_body = keys.main.sign_url("https://hook.example/events");
    let surprising = Captured {
        signature: Some(&without_body),
        ..json("https://hook.example/events", body)
    };
    assert_eq!(
        verdict(&surprising, &[]),
        explained(vec![Cause::BodyNotSigned])
    );
}

#[test]
fn a_form_sent_as_something_else_is_recognised() {
    let form = Form::parse(BODY.as_bytes()).unwrap();
    let signature = Keys::new().main.sign_form(URL, &form);
    let as_text = Captured {
        content_type: Some("text/plain"),
        ..captured(URL, BODY, &signature)
    };
    let expected = vec![Cause::FormWithOtherType];
    assert_eq!(verdict(&as_text, &[]), Verdict::Explained(expected));
    let signature = Keys::new()
        .main
        .sign_form("https://hook.example/voice", &form);
    let url = format!("https://hook.example/voice?{BODY}");
    let as_get = Captured {
        method: "GET",
        ..captured(&url, "", &signature)
    };
    let expected = vec![Cause::ParametersInQuery];
    assert_eq!(verdict(&as_get, &[]), Verdict::Explained(expected));
}

#[test]
fn a_header_that_was_touched_is_read_all_the_same() {
    let form = Form::parse(BODY.as_bytes()).unwrap();
    let good = Keys::new().main.sign_form(URL, &form);
    let escaped = good
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    for bad in [
        format!(" {good}"),
        format!("\"{good}\""),
        format!("{good}, {good}"),
        escaped,
    ] {
        assert_eq!(
            verdict(&captured(URL, BODY, &bad), &[]),
            Verdict::Explained(vec![Cause::HeaderAltered]),
            "{bad}"
        );
    }
    let malformed = captured(URL, BODY, "sha256=0011");
    assert_eq!(verdict(&malformed, &[]), Verdict::Malformed);
    let unsigned = Captured {
        signature: None,
        ..malformed
    };
    assert_eq!(verdict(&unsigned, &[]), Verdict::Unsigned);
}

#[test]
fn work_is_capped_and_the_cap_is_said() {
    let keys = Keys::new();
    let signature = Key::new("unknown").sign_url(URL);
    let request = captured(URL, BODY, &signature);
    let with = |budget| diagnose(&request, &keys.tokens(), &[], budget);
    let cut = |diagnosis: &Diagnosis| {
        matches!(
            diagnosis.verdict,
            Verdict::Unexplained {
                cut_short: true,
                ..
            }
        )
    };
    let few = with(Budget {
        tries: 10,
        ..Budget::default()
    });
    assert_eq!(few.tries, 10);
    assert!(cut(&few));
    let short = with(Budget {
        bytes: 1_000,
        ..Budget::default()
    });
    assert!(cut(&short) && short.tries < 10);
}

#[test]
fn nothing_it_says_holds_a_token_or_a_right_signature() {
    let form = Form::parse(BODY.as_bytes()).unwrap();
    let keys = Keys::new();
    let right = keys.main.sign_form(URL, &form);
    let wrong = Key::new("unknown").sign_form(URL, &form);
    let forged = diagnose(
        &captured(URL, BODY, &wrong),
        &keys.tokens(),
        &[],
        Budget::default(),
    );
    let previous = keys.previous.sign_form(URL, &form);
    let old = diagnose(
        &captured(URL, BODY, &previous),
        &keys.tokens(),
        &[],
        Budget::default(),
    );
    for text in [format!("{forged:?}"), format!("{old:?}")] {
        assert!(
            !text.contains(&right) && !text.contains("token\""),
            "{text}"
        );
    }
    let Verdict::Explained(causes) = old.verdict else {
        panic!("the previous token explains it");
    };
    assert_eq!(
        causes[0].to_string(),
        format!("it was signed with the previous Auth Token of {MAIN}")
    );
    assert!(causes[0].fix().contains("TWILIO_AUTH_TOKEN_NEXT"));
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn no_request_panics_and_none_is_explained_without_a_token(
            url in "(https?://)?[hH:@./]{0,6}[/a?=&%']{0,12}.{0,4}",
            body in "[a=&%+ 1]{0,20}",
            content_type in proptest::option::of("application/(json|x-www-form-urlencoded)"),
        ) {
            let signature = Key::new("unknown").sign_url(&url);
            let request = Captured {
                method: "POST",
                url: &url,
                content_type: content_type.as_deref(),
                body: body.as_bytes(),
                signature: Some(&signature),
            };
            let budget = Budget { tries: 300, ..Budget::default() };
            let keys = Keys::new();
            let diagnosis = diagnose(&request, &keys.tokens(), &["https://h/a?b"], budget);
            let is_unexplained = matches!(diagnosis.verdict, Verdict::Unexplained { .. });
            prop_assert!(is_unexplained);
            prop_assert!(diagnosis.tries <= 300);
        }
    }
}
