//! SIDs, codes and tokens: looking random, the same for the same seed.
//!
//! Each kind counts for itself, so that the n-th message has the same SID whatever else happened.

use sha1::{Digest, Sha1};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A counter hashed with the seed; the n-th name of a run is always the same.
#[derive(Debug, Clone)]
pub struct Ids {
    seed: u64,
    counts: BTreeMap<String, u64>,
}

impl Ids {
    /// Names for this seed, from the first.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            counts: BTreeMap::new(),
        }
    }

    /// The next 32 lower-case hexadecimal digits of a kind.
    pub fn hex(&mut self, kind: &str) -> String {
        let count = self.counts.entry(kind.to_owned()).or_default();
        *count += 1;
        let key = format!("{kind} {count}");
        let mut out = self.keyed(&key);
        out.truncate(32);
        out
    }

    /// 40 hexadecimal digits that depend on the seed and `key` alone.
    pub fn keyed(&self, key: &str) -> String {
        let mut out = String::with_capacity(40);
        for byte in Sha1::digest(format!("twin {} for {key}", self.seed).as_bytes()) {
            let _ = write!(out, "{byte:02x}");
        }
        out
    }

    /// A SID: two letters and 32 hexadecimal digits.
    pub fn sid(&mut self, prefix: &str) -> String {
        format!("{prefix}{}", self.hex(prefix))
    }

    /// A version-4 UUID in shape, as Twilio's idempotency token is.
    pub fn uuid(&mut self) -> String {
        let h = self.hex("uuid");
        format!(
            "{}-{}-4{}-a{}-{}",
            &h[..8],
            &h[8..12],
            &h[13..16],
            &h[17..20],
            &h[20..32]
        )
    }

    /// A number below `bound` (0 for a bound of 0).
    pub fn below(&mut self, bound: u64) -> u64 {
        let n = u64::from_str_radix(&self.hex("number")[..12], 16).unwrap_or(0);
        if bound == 0 { 0 } else { n % bound }
    }

    /// `len` decimal digits.
    pub fn digits(&mut self, len: usize) -> String {
        (0..len)
            .map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap_or(0)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_names_the_same_things() {
        let (mut a, mut b, mut c) = (Ids::new(7), Ids::new(7), Ids::new(8));
        let first = a.sid("SM");
        assert_eq!(first.len(), 34);
        assert_eq!(first, b.sid("SM"));
        assert_ne!(first, c.sid("SM"));
        assert_ne!(first, a.sid("SM"));
        assert_eq!(a.uuid().len(), 36);
    }
}
