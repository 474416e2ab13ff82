//! The pure modules inside a real browser's wasm engine: what a Worker runs is wasm, and a
//! signature that only holds natively is worth nothing.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::expect_used,
    reason = "clippy does not know wasm_bindgen_test for a test"
)]

#[path = "browser/signature.rs"]
mod signature;
mod vectors;
#[path = "browser/wire.rs"]
mod wire;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
