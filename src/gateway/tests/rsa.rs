//! RS256 by long multiplication, so that natively run tests check real signatures. Slow, in no
//! constant time, and of use for nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::access::jwt::Jwk;

/// SHA-256 in a DigestInfo (RFC 8017, 9.2, note 1).
const DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2.2).
pub fn verify(key: &Jwk, signed: &str, signature: &[u8]) -> bool {
    let n = URL_SAFE_NO_PAD.decode(&key.n).unwrap();
    let e = URL_SAFE_NO_PAD.decode(&key.e).unwrap();
    if signature.len() != n.len() || signature >= n.as_slice() {
        return false;
    }
    let mut encoded = vec![0, 1];
    encoded.resize(n.len() - DIGEST_INFO.len() - 33, 0xff);
    encoded.push(0);
    encoded.extend(DIGEST_INFO);
    encoded.extend(Sha256::digest(signed));
    power(signature, &e, &n) == encoded
}

/// `base ^ exponent mod modulus`, all with the highest byte first.
fn power(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Vec<u8> {
    let mut result = vec![0; modulus.len()];
    *result.last_mut().unwrap() = 1;
    for bit in exponent
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1))
    {
        result = times(&result, &result, modulus);
        if bit == 1 {
            result = times(&result, base, modulus);
        }
    }
    result
}

/// `a * b mod modulus`: for each bit of `b`, doubled and added to.
fn times(a: &[u8], b: &[u8], modulus: &[u8]) -> Vec<u8> {
    let mut sum = vec![0; modulus.len()];
    for bit in b
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1))
    {
        sum = plus(&sum, &sum.clone(), modulus);
        if bit == 1 {
            sum = plus(&sum, a, modulus);
        }
    }
    sum
}

/// `a + b mod modulus`, of two numbers below it.
fn plus(a: &[u8], b: &[u8], modulus: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let mut sum: Vec<u8> = a
        .iter()
        .zip(b)
        .rev()
        .map(|(a, b)| {
            let digit = u16::from(*a) + u16::from(*b) + carry;
            carry = digit >> 8;
            digit as u8
        })
        .collect();
    sum.reverse();
    if carry == 0 && sum.as_slice() < modulus {
        return sum;
    }
    let mut borrow = 0;
    let mut rest: Vec<u8> = sum
        .iter()
        .zip(modulus)
        .rev()
        .map(|(a, b)| {
            let digit = i16::from(*a) - i16::from(*b) - borrow;
            borrow = i16::from(digit < 0);
            digit as u8
        })
        .collect();
    rest.reverse();
    rest
}
