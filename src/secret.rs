//! Secrets as types: they cannot be printed, and they compare in constant time.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// A secret string. `Debug` says `Secret`; there is no `Display` and no `Serialize`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value; do it the moment it leaves the binding.
    pub fn new(value: impl Into<String>) -> Secret {
        Secret(value.into())
    }

    /// The value, for the one place that has to send or use it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `candidate` is this secret, in time that depends on neither: both sides
    /// are hashed under one key first, so that their lengths do not show either.
    pub fn matches(&self, candidate: &str) -> bool {
        let digest = |text: &str| {
            Hmac::<Sha256>::new_from_slice(b"hookswitch compare")
                .map(|mac| mac.chain_update(text.as_bytes()))
        };
        match (digest(&self.0), digest(candidate)) {
            (Ok(ours), Ok(theirs)) => ours.verify(&theirs.finalize().into_bytes()).is_ok(),
            _ => false,
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_matches_itself_and_nothing_else_and_is_never_printed() {
        let secret = Secret::new("k3y");
        assert!(secret.matches("k3y"));
        for other in ["", "k3", "k3y ", "K3Y", "k3yk3y"] {
            assert!(!secret.matches(other), "{other:?}");
        }
        assert_eq!(format!("{secret:?}"), "Secret");
    }
}
