//! Forms, SIDs, addresses, events and the signature doctor.

use hookswitch::twilio::address::Address;
use hookswitch::twilio::doctor::{Budget, Captured, Cause, Token, TokenRole, Verdict, diagnose};
use hookswitch::twilio::event::InboundMessage;
use hookswitch::twilio::form::{Form, encode};
use hookswitch::twilio::sid::{AccountSid, CallSid};
use hookswitch::twilio::signature::Key;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn a_form_survives_encoding_and_parsing() {
    let pairs = [
        ("Body", "it's 100% ü 😜 & more+\n"),
        ("Body", ""),
        ("", "x"),
    ];
    let body = encode(pairs);
    let form = Form::parse(body.as_bytes()).expect("a form");
    assert!(form.iter().eq(pairs));
}

/// The browser's own implementation of the same public rule is the judge.
#[wasm_bindgen_test]
fn forms_are_encoded_as_the_browser_encodes_them() {
    let every_ascii: String = (0_u8..128).map(char::from).collect();
    for text in [every_ascii.as_str(), "ñáéíóú", "😜", "a b+c%20"] {
        let theirs = js_sys::eval(&format!(
            "new URLSearchParams([['Body', {}]]).toString()",
            serde_json::to_string(text).expect("a string")
        ))
        .expect("a browser has URLSearchParams");
        assert_eq!(Some(encode([("Body", text)])), theirs.as_string());
    }
}

#[wasm_bindgen_test]
fn addresses_and_sids_are_read_in_wasm_too() {
    let address = Address::parse("whatsapp:+14155552671").expect("an address");
    assert_eq!(address.person().as_str(), "+14155552671");
    assert_eq!(address.masked(), "whatsapp:+1•••2671");
    let sid = "CA0123456789abcdef0123456789abcdef";
    assert_eq!(CallSid::parse(sid).expect("a SID").as_str(), sid);
}

const MESSAGE: &str = "MessageSid=SM0123456789abcdef0123456789abcdef\
                       &AccountSid=AC0123456789abcdef0123456789abcdef\
                       &From=%2B14155552671&To=%2B14155550100&Body=+STOP+&Latitude=37.78789\
                       &Longitude=-122.391664";

#[wasm_bindgen_test]
fn a_message_is_read_with_its_numbers() {
    let form = Form::parse(MESSAGE.as_bytes()).expect("a form");
    let message = InboundMessage::from_form(&form).expect("a message");
    assert_eq!(message.body, " STOP ");
    let location = message.location.expect("a location");
    assert_eq!(
        (location.latitude, location.longitude),
        (37.787_89, -122.391_664)
    );
}

#[wasm_bindgen_test]
fn the_doctor_names_a_lost_scheme() {
    let form = Form::parse(MESSAGE.as_bytes()).expect("a form");
    let key = Key::new("12345");
    let signature = key.sign_form("https://h.example/webhooks/sms/incoming", &form);
    let captured = Captured {
        method: "POST",
        url: "http://h.example/webhooks/sms/incoming",
        content_type: Some("application/x-www-form-urlencoded"),
        body: MESSAGE.as_bytes(),
        signature: Some(&signature),
    };
    let account = AccountSid::parse("AC0123456789abcdef0123456789abcdef").expect("a SID");
    let token = Token {
        account,
        role: TokenRole::Current,
        key: &key,
    };
    let diagnosis = diagnose(&captured, &[token], &[], Budget::default());
    assert_eq!(diagnosis.verdict, Verdict::Explained(vec![Cause::Scheme]));
}
