//! The published signature figures.

use crate::vectors;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn the_vector_file_is_complete() {
    vectors::check_that_the_file_is_complete();
}

#[wasm_bindgen_test]
fn every_published_request_gets_its_verdict() {
    vectors::check_every_verdict();
}

#[wasm_bindgen_test]
fn the_token_decides_and_a_second_one_may_be_in_force() {
    vectors::check_that_the_token_decides();
}

#[wasm_bindgen_test]
fn signing_gives_the_published_figures() {
    vectors::check_that_signing_gives_the_same_figures();
}

#[wasm_bindgen_test]
fn every_bit_of_a_signature_counts() {
    vectors::check_that_every_bit_of_a_signature_counts();
}

#[wasm_bindgen_test]
fn body_hashes_are_the_published_ones() {
    vectors::check_the_body_hashes();
}
