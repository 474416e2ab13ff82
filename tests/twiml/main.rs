//! Our TwiML against that of Twilio's own library (tests/golden/twiml, written by
//! tests/golden/twiml.py), the refusals, and round trips of arbitrary text.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers fail by panicking"
)]

mod connect;
mod dial;
mod messaging;
mod pay;
mod refusals;
mod round_trip;
mod speech;
mod tree;
mod verbs;

use hookswitch::twilio::twiml::{EMPTY, MessagingResponse, TwimlError, VoiceResponse};

type Document = fn() -> Result<String, TwimlError>;

fn voice(build: impl FnOnce(&mut VoiceResponse)) -> Result<String, TwimlError> {
    let mut response = VoiceResponse::new();
    build(&mut response);
    response.finish()
}

fn golden(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/twiml");
    std::fs::read_to_string(format!("{folder}/{name}.xml")).unwrap()
}

/// One test for each document, and the list of them.
macro_rules! documents {
    ($($name:ident = $build:expr;)+) => {
        mod equals_twilios_own_library_for {
            use super::*;

            $(
                #[test]
                fn $name() {
                    let build: Document = $build;
                    let ours = build().unwrap();
                    let theirs = golden(stringify!($name));
                    pretty_equal(&tree::of(&ours), &tree::of(&theirs));
                }
            )+

            fn pretty_equal(ours: &str, theirs: &str) {
                for (ours, theirs) in ours.lines().zip(theirs.lines()) {
                    assert_eq!(ours, theirs);
                }
                assert_eq!(ours, theirs);
            }
        }

        const NAMES: &[&str] = &[$(stringify!($name)),+];
    };
}

documents! {
    empty = || VoiceResponse::new().finish();
    verbs = || voice(verbs::verbs);
    parameters = || voice(verbs::parameters);
    reject = || voice(verbs::reject);
    reject_plain = || voice(verbs::reject_plain);
    gather = || voice(verbs::gather);
    record = || voice(verbs::record);
    enqueue = || voice(verbs::enqueue);
    refer = || voice(verbs::refer);
    escaping = || voice(verbs::escaping);
    dial = || voice(dial::dial);
    dial_number = || voice(dial::dial_number);
    dial_sip = || voice(dial::dial_sip);
    dial_application = || voice(dial::dial_application);
    dial_conference = || voice(dial::dial_conference);
    start = || voice(connect::start);
    stop = || voice(connect::stop);
    connect = || voice(connect::connect);
    conversation_relay = || voice(connect::conversation_relay);
    pay = || voice(pay::pay);
    ssml = || voice(speech::ssml);
    ssml_mixed = || voice(speech::ssml_mixed);
    ssml_values = || voice(speech::ssml_values);
    messaging = messaging::messaging;
    messaging_empty = || MessagingResponse::new().finish();
}

#[test]
fn every_golden_document_is_compared() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/twiml");
    let mut stored: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| name.strip_suffix(".xml").unwrap_or(&name).to_owned())
        .collect();
    stored.sort();
    let mut compared: Vec<&str> = NAMES.to_vec();
    compared.sort_unstable();
    assert_eq!(stored, compared);
}

#[test]
fn the_tree_comparison_sees_every_kind_of_difference() {
    let tree = tree::of(r#"<R><A b="1" c="2">x</A><B/></R>"#);
    assert_eq!(tree, tree::of(r#"<R><A c="2" b="1">x</A><B></B></R>"#));
    for other in [
        r#"<R><A b="1" c="3">x</A><B/></R>"#,
        r#"<R><A b="1">x</A><B/></R>"#,
        r#"<R><A b="1" c="2">y</A><B/></R>"#,
        r#"<R><B/><A b="1" c="2">x</A></R>"#,
        r#"<R><A b="1" c="2">x<B/></A></R>"#,
        r#"<R><A b="1" c="2">x</A> <B/></R>"#,
    ] {
        assert_ne!(tree, tree::of(other));
    }
}

#[test]
fn an_empty_response_is_the_constant() {
    assert_eq!(VoiceResponse::new().finish().unwrap(), EMPTY);
    assert_eq!(MessagingResponse::new().finish().unwrap(), EMPTY);
}
