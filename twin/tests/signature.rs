//! The signer against figures published with Twilio's own libraries.

use hookswitch_twin::sign::{signature, with_body_hash};

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect()
}

const CALL: [(&str, &str); 5] = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
];

type Vector = (
    &'static str,
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

#[test]
fn the_signature_is_the_one_that_twilios_libraries_accept() {
    let vectors: [Vector; 15] = [
        (
            "form-basic",
            "12345",
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            &CALL,
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        ),
        (
            "form-array-param",
            "12345",
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            &[
                ("MessagingBinding.Address", "+1325xxxxxxx"),
                ("MessagingBinding.Address", "+1415xxxxxxx"),
            ],
            "83O6e2vORAoJHUNzJjDWN1jz+BA=",
        ),
        (
            "form-duplicates-collapsed",
            "12345",
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            &[
                ("Sid", "CA123"),
                ("SidAccount", "AC123"),
                ("Digits", "5678"),
                ("Digits", "1234"),
                ("Digits", "1234"),
            ],
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
        ),
        (
            "form-credentials",
            "12345",
            "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2",
            &CALL,
            "CukzLTc1tT5dXEDIHm/tKBanW10=",
        ),
        (
            "form-single-quote-and-plus-in-query",
            "12345",
            "https://mycompany.com/myapp.php?foo=1&bar=2&Body=It%27s+amazing",
            &CALL,
            "TfZzewPq8wqrGlMfyAud8+/IvJ0=",
        ),
        (
            "go-form-prefix-keys",
            "12345",
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            &[
                ("Digits", "1234"),
                ("CallSid", "CA1234567890ABCDE"),
                ("To", "+18005551212"),
                ("Caller", "+14158675309"),
                ("From", "+14158675309"),
                ("ReasonConferenceEnded", "test"),
                ("Reason", "Participant"),
            ],
            "vOEb5UThFn24KEfnOFLQY2AE5FY=",
        ),
        (
            "java-case-sensitive-keys",
            "12345",
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            &[
                ("callSid", "lowercase"),
                ("CallSid", "uppercase"),
                ("CALLSID", "allcaps"),
            ],
            "jDK7WKT8wiNrwggd4ceTv4e1MJ4=",
        ),
        (
            "java-special-chars-in-values",
            "12345",
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            &[
                ("Message", "Hello & goodbye! @#$%^*()"),
                ("From", "+1 (415) 867-5309"),
                ("Special", "unicode: ñáéíóú"),
            ],
            "dCPiR4WtQ6QFN6pJh81CtlCcWLQ=",
        ),
        (
            "java-empty-values",
            "12345",
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            &[
                ("Digits", ""),
                ("CallSid", "CA1234567890ABCDE"),
                ("EmptyParam", ""),
            ],
            "9HHp/OqQMEwdrVebHDdA/+tqjX8=",
        ),
        (
            "java-international-url",
            "12345",
            "https://mycompany.com/webhook/España?año=2023",
            &CALL,
            "G/Hx6mqqnjUNlPAoi2Sp9bGst0g=",
        ),
        (
            "java-percent-encoded-query",
            "12345",
            "https://mycompany.com/myapp.php?foo=hello%20world&bar=test%2Bvalue",
            &CALL,
            "er2tvAP1Wx+iuTTE2BPgvEaN1cs=",
        ),
        (
            "cs-mixed-case-host",
            "12345",
            "https://MyCompany.com/myapp.php?foo=1&bar=2",
            &CALL,
            "g9IN/x4Cft2g517EjYvEvM/W7LU=",
        ),
        (
            "node-quote-raw-raw",
            "s3cr3t",
            "https://example.com/path?test=param'WithQuote",
            &[],
            "GfI7onHX/KQ2k1oVS3cUTVk4IEw=",
        ),
        (
            "java-no-params",
            "12345",
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            &[],
            "zYQTYrRWXE7LtzbG4PfP7/bkkGo=",
        ),
        (
            "rack-form",
            "qwerty",
            "https://example.com/test",
            &[("foo", "bar")],
            "TR9Skm9jiF4WVRJznU5glK5I83k=",
        ),
    ];
    for (name, token, url, params, expected) in vectors {
        assert_eq!(signature(token, url, &pairs(params)), expected, "{name}");
    }
}

#[test]
fn another_token_url_or_value_gives_another_signature() {
    let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
    let good = signature("12345", url, &pairs(&CALL));
    assert_ne!(signature("12346", url, &pairs(&CALL)), good);
    assert_ne!(
        signature(
            "12345",
            "https://mycompany.com/myapp.php?foo=1",
            &pairs(&CALL)
        ),
        good
    );
    assert_ne!(signature("12345", url, &pairs(&CALL[1..])), good);
    assert_eq!(
        signature("12345", &format!("{url}#rc=3"), &pairs(&CALL)),
        good
    );
}

#[test]
fn a_json_body_is_hashed_into_the_query() {
    let url = with_body_hash("https://x.test/a?b=c", b"{}");
    assert_eq!(
        url,
        "https://x.test/a?b=c&bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    );
}
