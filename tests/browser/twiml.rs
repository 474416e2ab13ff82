//! TwiML, read back by the browser's own XML parser.

use hookswitch::twilio::twiml::{Message, MessagingResponse, Say, VoiceResponse};
use wasm_bindgen_test::wasm_bindgen_test;

/// The text of the document's first element of this name, as `DOMParser` reads it; `None`
/// when the document is not well-formed.
fn text_of(document: &str, element: &str) -> Option<String> {
    let literal = serde_json::to_string(document).expect("a string");
    let script = format!(
        "(() => {{ const read = new DOMParser().parseFromString({literal}, 'text/xml');
          if (read.querySelector('parsererror')) return null;
          return read.querySelector('{element}').textContent; }})()"
    );
    js_sys::eval(&script)
        .expect("a browser has DOMParser")
        .as_string()
}

const TEXTS: [&str; 4] = [
    "Tom & \"Jerry\" <it's>",
    "]]> <![CDATA[ &amp; &#0;",
    "Grüße, 日本 😀",
    " two  spaces\tand a tab ",
];

#[wasm_bindgen_test]
fn what_is_said_is_what_a_parser_hears() {
    for text in TEXTS {
        let document = VoiceResponse::new().say(&Say::text(text)).hangup().finish();
        let document = document.expect("a document");
        assert_eq!(
            text_of(&document, "Say").as_deref(),
            Some(text),
            "{document}"
        );
    }
}

#[wasm_bindgen_test]
fn what_is_written_is_what_a_parser_reads() {
    for text in TEXTS {
        let mut response = MessagingResponse::new();
        response.message(&Message::text(text));
        let document = response.finish().expect("a document");
        assert_eq!(
            text_of(&document, "Message").as_deref(),
            Some(text),
            "{document}"
        );
    }
}

#[wasm_bindgen_test]
fn characters_that_xml_cannot_hold_are_dropped() {
    let document = VoiceResponse::new()
        .say(&Say::text("a\u{0}b\u{1f}c\u{fffe}d"))
        .finish();
    let document = document.expect("a document");
    assert_eq!(
        text_of(&document, "Say").as_deref(),
        Some("abcd"),
        "{document}"
    );
}
