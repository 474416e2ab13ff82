//! A Twilio on loopback.
fn main() {}
