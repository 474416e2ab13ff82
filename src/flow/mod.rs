//! Twilio Studio flow definitions: parse, check, run. No I/O.
