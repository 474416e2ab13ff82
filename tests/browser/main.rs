//! The pure modules, compiled to wasm and run in headless Chromium.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn json_reads_the_same_in_a_browser() {
    let value: serde_json::Value = serde_json::from_str(r#"{"a":[1,2]}"#).unwrap();
    assert_eq!(value["a"][1], 2);
}
