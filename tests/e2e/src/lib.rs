//! What the end-to-end tests stand on: a [`Stack`] is the built Worker under workerd with a
//! Twilio twin beside it, and [`Request`] speaks to either as the outside world does.
//!
//! What must never happen: a line of the Worker's own code in here. A signature made by the
//! code that checks it would prove nothing.
//!
//! Everything panics with a message rather than return errors: its callers are tests.

mod launch;
mod request;
mod signer;
mod stack;
mod stage;
mod twin;

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub use request::{Request, Response};
pub use signer::{Signer, body_sha256};
pub use stack::{Options, Stack, shared};
pub use twin::Twin;

/// The Twilio account of every stack, put together so that it looks like nobody's.
#[must_use]
pub fn account_sid() -> String {
    format!("AC{}", "e2".repeat(16))
}

/// The account's Auth Token.
pub const AUTH_TOKEN: &str = "e2e-auth-token-e2e-auth-token-e2";

/// The key that `Authorization: Bearer` carries.
pub const API_KEY: &str = "e2e-api-key";

/// The account's number for calls and SMS.
pub const PHONE_NUMBER: &str = "+15005550006";

/// A person's number, E.164, that no other test of this run uses.
#[must_use]
pub fn fresh_number() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("+1202555{:04}", 1000 + NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Calls `probe` until it gives a value, and panics when it has not within `patience`.
///
/// # Panics
/// After `patience`, with `what` in the message.
pub fn eventually<T>(what: &str, patience: Duration, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(value) = probe() {
            return value;
        }
        assert!(Instant::now() < deadline, "{what}: not within {patience:?}");
        sleep(Duration::from_millis(25));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_numbers_are_e164_and_all_different() {
        let (first, second) = (fresh_number(), fresh_number());
        assert_ne!(first, second);
        assert!(first.strip_prefix('+').unwrap().parse::<u64>().is_ok());
    }

    #[test]
    fn eventually_gives_the_first_value_and_asks_no_more() {
        let mut asked = 0;
        let value = eventually("a value", Duration::from_secs(5), || {
            asked += 1;
            (asked == 3).then_some(asked)
        });
        assert_eq!((value, asked), (3, 3));
    }
}
