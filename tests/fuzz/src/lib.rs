//! What every parser must hold for any bytes, one function a parser. `cargo fuzz` calls them with
//! what it finds (`fuzz/fuzz_targets/`), the deep tests with seeded damage to the examples here.
//!
//! What must never happen: a target that catches a panic, or accepts an answer it can tell is wrong.

#![allow(
    clippy::panic,
    reason = "a broken promise is told to the fuzzer by a panic"
)]

mod outside;
mod webhook;
mod written;

/// A parser under test.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, also that of its file in `fuzz/fuzz_targets/`.
    pub name: &'static str,
    /// Tries one input.
    pub run: fn(&[u8]),
    /// Inputs that reach far into it, to begin with.
    pub examples: &'static [&'static str],
}

/// All of them.
pub const TARGETS: &[Target] = &[
    webhook::FORM,
    webhook::SIGNATURE,
    webhook::EVENTS,
    webhook::DOCTOR,
    written::TWIML,
    written::SEGMENTS,
    written::TIMES,
    outside::JSON,
    outside::ADDRESS,
    outside::LIQUID,
    outside::DEFINITION,
    outside::EXECUTION,
    outside::RECIPIENTS,
    outside::TEMPLATE,
    outside::CONSENTS,
    outside::MEDIA,
    outside::URL,
    outside::REVOCATION,
    outside::SESSION,
];

/// Runs the target of this name.
///
/// # Panics
/// When there is none, or the input breaks what it must hold.
pub fn run(name: &str, input: &[u8]) {
    match TARGETS.iter().find(|target| target.name == name) {
        Some(target) => (target.run)(input),
        None => panic!("there is no target {name}"),
    }
}

/// The input as text, where it is text.
fn text(input: &[u8]) -> Option<&str> {
    std::str::from_utf8(input).ok()
}

/// The input in two: before and after its first line's end.
fn halves(input: &[u8]) -> (&[u8], &[u8]) {
    match input.iter().position(|byte| *byte == b'\n') {
        Some(at) => {
            let (first, rest) = input.split_at(at);
            (first, rest.get(1..).unwrap_or_default())
        }
        None => (input, &[]),
    }
}
