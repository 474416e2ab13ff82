//! Forms, SIDs and addresses.

use hookswitch::twilio::address::Address;
use hookswitch::twilio::form::{Form, encode};
use hookswitch::twilio::sid::CallSid;
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
