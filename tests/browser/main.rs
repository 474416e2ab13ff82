//! The pure modules in a headless browser: what decides there must decide alike on wasm.
#![cfg(target_arch = "wasm32")]

mod flow;
mod messages;
mod signature;
mod twiml;
#[path = "../vectors/mod.rs"]
mod vectors;
mod wire;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
