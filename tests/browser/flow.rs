//! Our own flow by script: the golden transcripts of tests/flow, on wasm.

use hookswitch::flow::{Definition, Flows, simulate};
use serde_json::Value;
use wasm_bindgen_test::wasm_bindgen_test;

macro_rules! script {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../flow/scripts/", $name, ".json")),
            include_str!(concat!("../flow/scripts/", $name, ".txt")),
        )
    };
}

const SCRIPTS: [(&str, &str, &str); 7] = [
    script!("acme-sales"),
    script!("acme-sales-busy"),
    script!("acme-support-hangup"),
    script!("acme-voicemail"),
    script!("acme-voicemail-empty"),
    script!("acme-silence"),
    script!("acme-invalid-three-times"),
];

#[wasm_bindgen_test]
fn the_acme_call_goes_as_it_goes_natively() {
    let definition: Value =
        serde_json::from_str(include_str!("../../flows/acme-ivr.json")).expect("JSON");
    let definition = Definition::parse(&definition).expect("a definition");
    for (name, script, transcript) in SCRIPTS {
        let script: Value = serde_json::from_str(script).expect("JSON");
        let script = simulate::Script::parse(&script).expect("a script");
        let played = simulate::simulate(&definition, &Flows::new(), &script);
        assert_eq!(played.to_string(), transcript, "{name}");
    }
}
