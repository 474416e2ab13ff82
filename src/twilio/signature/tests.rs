use super::*;

const URL: &str = "https://gateway.example/voice/incoming?flow=main";

fn form<'a>(pairs: &[(&'a str, &'a str)]) -> Form<'a> {
    pairs.iter().copied().collect()
}

fn check(url: &str, content: Content<'_>, signature: &str) -> Result<Variant, Mismatch> {
    verify(&[&Key::new("12345")], url, &content, Some(signature)).map(|accepted| accepted.variant)
}

/// The signature of a text by the published algorithm, with nothing of `Key` but its MAC.
fn signature_of(data: &str) -> String {
    Key::new("12345").sign_url(data)
}

#[test]
fn the_mac_gives_published_and_independent_figures() {
    let hex = |key: &str, data: &str| {
        let bytes = STANDARD.decode(Key::new(key).sign_url(data)).unwrap();
        bytes.iter().map(|b| format!("{b:02x}")).collect::<String>()
    };
    // RFC 2202, test case 2.
    assert_eq!(
        hex("Jefe", "what do ya want for nothing?"),
        "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
    );
    // A key longer than a block, by Python's hmac.
    assert_eq!(
        hex(&"a".repeat(80), "data"),
        "5b60615628e94a2235432985c54e78f8c0b8b3bf"
    );
}

#[test]
fn the_debug_form_of_a_key_shows_nothing_of_the_token() {
    assert_eq!(format!("{:?}", Key::new("12345")), "Key(redacted)");
}

#[test]
fn parameters_are_signed_by_name_then_value_each_pair_once() {
    let unsorted = form(&[("b", "2"), ("a", "9"), ("b", "10"), ("b", "2"), ("B", "0")]);
    assert_eq!(
        Key::new("12345").sign_form(URL, &unsorted),
        signature_of(&format!("{URL}B0a9b10b2"))
    );
}

#[test]
fn a_plain_request_is_accepted_as_plain() {
    let parameters = form(&[("CallSid", "CA1")]);
    let signature = Key::new("12345").sign_form(URL, &parameters);
    assert_eq!(
        check(URL, Content::Form(&parameters), &signature),
        Ok(Variant::PLAIN)
    );
}

#[test]
fn the_key_that_signed_is_named() {
    let (current, next) = (Key::new("current"), Key::new("next"));
    let signature = next.sign_url(URL);
    let accepted = verify(&[&current, &next], URL, &Content::None, Some(&signature));
    assert_eq!(accepted.map(|accepted| accepted.key_index), Ok(1));
    let refused = verify(&[&current], URL, &Content::None, Some(&signature));
    assert_eq!(refused, Err(Mismatch::Wrong));
}

#[test]
fn without_a_token_nothing_is_accepted() {
    let empty = Key::new("");
    let signature = empty.sign_url(URL);
    assert_eq!(
        verify(&[&empty], URL, &Content::None, Some(&signature)),
        Err(Mismatch::Wrong)
    );
    assert_eq!(
        verify(&[], URL, &Content::None, Some(&signature)),
        Err(Mismatch::Wrong)
    );
}

#[test]
fn a_header_that_is_no_mac_is_malformed_and_none_is_missing() {
    let good = signature_of(URL);
    let key = Key::new("12345");
    let outcome = |header| verify(&[&key], URL, &Content::None, header).unwrap_err();
    assert_eq!(outcome(None), Mismatch::Missing);
    assert_eq!(outcome(Some("")), Mismatch::Missing);
    let unpadded = good.trim_end_matches('=');
    for bad in [
        unpadded,
        &format!(" {good}"),
        &format!("{good}, {good}"),
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAA==",
        "_____________-------------A=",
        "ééééééééééé",
    ] {
        assert_eq!(outcome(Some(bad)), Mismatch::Malformed, "{bad}");
    }
}

#[test]
fn every_spelling_of_the_port_is_tried_and_no_other() {
    let accepted = |url: &str, signed: &str| check(url, Content::None, &signature_of(signed));
    let with = |port| {
        Ok(Variant {
            port,
            query: QueryForm::AsGiven,
        })
    };
    assert_eq!(
        accepted("https://h:8443/p?q", "https://h/p?q"),
        with(PortForm::Removed)
    );
    assert_eq!(
        accepted("https://h/p", "https://h:443/p"),
        with(PortForm::StandardAdded)
    );
    assert_eq!(
        accepted("http://u:1@h/p", "http://u:1@h:80/p"),
        with(PortForm::StandardAdded)
    );
    assert_eq!(
        accepted("https://u:1@h:2/p", "https://u:1@h/p"),
        with(PortForm::Removed)
    );
    assert_eq!(
        accepted("https://[::1]/p", "https://[::1]:443/p"),
        with(PortForm::StandardAdded)
    );
    assert_eq!(
        accepted("https://h", "https://h:443"),
        with(PortForm::StandardAdded)
    );
    for (url, signed) in [
        ("https://h/p", "https://h:80/p"),
        ("https://h/p", "http://h/p"),
        ("https://h:8443/p", "https://h:443/p"),
        ("https://h/p:1", "https://h/p"),
        ("https://u:1@h/p", "https://u@h/p"),
        ("https://H/p", "https://h/p"),
        ("https://h/p", "https://h/p/"),
        ("https://h/p?q", "https://h/p"),
    ] {
        assert_eq!(
            accepted(url, signed),
            Err(Mismatch::Wrong),
            "{url} {signed}"
        );
    }
}

#[test]
fn every_spelling_of_the_query_is_tried_and_no_other() {
    let accepted = |query: &str, signed: &str| {
        let signature = signature_of(&format!("https://h/p?{signed}"));
        check(&format!("https://h/p?{query}"), Content::None, &signature)
            .map(|variant| variant.query)
    };
    assert_eq!(
        accepted("a=it's+1%2B", "a=it%27s+1%2B"),
        Ok(QueryForm::QuoteEscaped)
    );
    assert_eq!(
        accepted("a=it%27s+1%2B", "a=it's%201%2B"),
        Ok(QueryForm::Reencoded)
    );
    assert_eq!(
        accepted("a=%c3%bc&b", "a=%C3%BC&b="),
        Ok(QueryForm::Reencoded)
    );
    assert_eq!(
        accepted("a=it%27s+1%2B", "a=it's+1%2B"),
        Ok(QueryForm::QuoteRestored)
    );
    assert_eq!(accepted("a=it's+1", "a=it's+1"), Ok(QueryForm::AsGiven));
    assert_eq!(accepted("a=1+2", "a=1%2B2"), Err(Mismatch::Wrong));
    assert_eq!(accepted("a=1&b=2", "b=2&a=1"), Err(Mismatch::Wrong));
}

#[test]
fn spellings_of_port_and_query_combine() {
    let signature = signature_of("https://h/p?a=%27");
    assert_eq!(
        check("https://h:8443/p?a='", Content::None, &signature),
        Ok(Variant {
            port: PortForm::Removed,
            query: QueryForm::QuoteEscaped,
        })
    );
}

#[test]
fn a_fragment_is_not_signed() {
    let signature = signature_of("https://h/p");
    assert_eq!(
        check("https://h/p#rc=3", Content::None, &signature),
        Ok(Variant::PLAIN)
    );
}

#[test]
fn a_url_that_is_none_is_only_text() {
    for url in [
        "",
        "?",
        "://",
        "h:1",
        "https://",
        "https://:1",
        "mailto://h",
    ] {
        let signature = signature_of(url);
        assert_eq!(
            check(url, Content::None, &signature),
            Ok(Variant::PLAIN),
            "{url}"
        );
    }
}

#[test]
fn a_body_that_is_no_form_needs_its_hash_in_the_signed_query() {
    let body = b"{\"id\": 1}";
    let url = format!("https://h/p?a=1&bodySHA256={}", body_sha256(body));
    let signature = signature_of(&url);
    assert!(check(&url, Content::Other(body), &signature).is_ok());
    assert_eq!(
        check(&url, Content::Other(b"{\"id\": 2}"), &signature),
        Err(Mismatch::BodyHash)
    );
    assert_eq!(
        check(
            "https://h/p?a=1",
            Content::Other(body),
            &signature_of("https://h/p?a=1")
        ),
        Err(Mismatch::BodyHashMissing)
    );
    assert_eq!(
        check(&url, Content::Other(body), &signature_of("https://h/p?a=1")),
        Err(Mismatch::Wrong)
    );
}

#[test]
fn a_url_signed_for_a_body_does_not_pass_with_the_body_taken_away() {
    let url = format!("https://h/p?bodySHA256={}", body_sha256(b"{\"id\": 1}"));
    let signature = signature_of(&url);
    assert_eq!(
        check(&url, Content::None, &signature),
        Err(Mismatch::BodyHash)
    );
    assert_eq!(
        check(&url, Content::Form(&Form::default()), &signature),
        Err(Mismatch::BodyHash)
    );
}

#[test]
fn the_body_hash_twilio_appended_is_the_one_that_counts() {
    let url = format!("https://h/p?bodySHA256=0&bodySHA256={}", body_sha256(b"x"));
    assert!(check(&url, Content::Other(b"x"), &signature_of(&url)).is_ok());
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use super::*;
    use proptest::prelude::*;

    type Pairs = Vec<(String, String)>;

    /// Few names and values, so that repeats and prefixes are common.
    fn pairs() -> impl Strategy<Value = Pairs> {
        proptest::collection::vec(("[aAb]{1,2}", "[1é ]{0,2}"), 0..8)
    }

    /// The rule written the slow way, with maps.
    fn data_by_the_book(url: &str, pairs: &Pairs) -> String {
        let mut by_name = std::collections::BTreeMap::new();
        for (name, value) in pairs {
            by_name
                .entry(name)
                .or_insert_with(std::collections::BTreeSet::new)
                .insert(value);
        }
        let mut data = url.to_owned();
        for (name, values) in by_name {
            for value in values {
                data.push_str(name);
                data.push_str(value);
            }
        }
        data
    }

    fn to_form(pairs: &Pairs) -> Form<'_> {
        pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    proptest! {
        #[test]
        fn a_form_is_signed_as_the_rule_says(pairs in pairs()) {
            prop_assert_eq!(
                Key::new("12345").sign_form(URL, &to_form(&pairs)),
                signature_of(&data_by_the_book(URL, &pairs))
            );
        }

        #[test]
        fn what_is_signed_is_accepted_in_any_order(pairs in pairs(), turn in 0_usize..8) {
            let signature = Key::new("12345").sign_form(URL, &to_form(&pairs));
            let mut turned = pairs.clone();
            if !turned.is_empty() {
                turned.rotate_left(turn % pairs.len());
            }
            let turned = to_form(&turned);
            prop_assert_eq!(check(URL, Content::Form(&turned), &signature), Ok(Variant::PLAIN));
        }

        #[test]
        fn a_changed_value_is_refused(pairs in pairs(), added in "[2-9]{1,3}") {
            let signature = Key::new("12345").sign_form(URL, &to_form(&pairs));
            let mut changed = pairs;
            changed.push(("Digits".to_owned(), added));
            let changed = to_form(&changed);
            prop_assert_eq!(
                check(URL, Content::Form(&changed), &signature),
                Err(Mismatch::Wrong)
            );
        }

        #[test]
        fn no_header_and_no_url_panics(url in ".*", header in ".*") {
            prop_assert!(check(&url, Content::None, &header).is_err());
        }

        #[test]
        fn a_split_url_joins_to_itself(url in "(https?://)?(u(:1)?@)?[h:\\[\\]]{0,3}(:[0-9]{0,3})?/?[/a]{0,3}(\\?.*)?") {
            let split = SplitUrl::of(&url);
            let joined = split.pieces(PortForm::AsGiven, split.query).concat();
            prop_assert_eq!(joined, without_fragment(&url));
        }
    }
}
