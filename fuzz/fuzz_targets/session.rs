//! See `hookswitch_fuzz::TARGETS`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hookswitch_fuzz::run("session", data));
