//! `X-Twilio-Signature`: who may speak to the gateway.
//!
//! Twilio docs, "Webhooks security": the signature is base64(HMAC-SHA1(Auth Token, data)), and
//! data is the URL as Twilio requested it. A form body adds, for every distinct name in byte
//! order and every distinct value of it in byte order, the decoded name and value with nothing
//! between. Any other body is covered by `bodySHA256` in the query, which is part of the URL.
//!
//! What must never happen:
//! - a request accepted that no configured token signed. An empty token is no token.
//! - a URL that went through a URL parser: host case, `+`, `%27`, a double slash and the port
//!   are signed as they were written. Here a URL is text.
//! - a comparison that takes longer the more bytes are right.
//! - a caller that learns from [`Mismatch`] why it was refused. It is for the operator's log.
//!
//! The signed data has no separators, so a POST with parameters has the same signature as a
//! GET of `url + parameters`. The caller therefore fixes the method and the kind of
//! [`Content`] by the route and the Content-Type, never by what would match.

mod variant;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::form::Form;
use variant::without_fragment;
pub use variant::{PortForm, QueryForm, Variant};
pub(in crate::twilio) use variant::{SplitUrl, standard_port};

/// Length of an HMAC-SHA1, in bytes.
pub(in crate::twilio) const MAC_BYTES: usize = 20;
/// Length of a signature as sent: base64 of [`MAC_BYTES`], padding included.
const HEADER_CHARS: usize = 28;
/// Characters of a fingerprint: 60 bits.
const FINGERPRINT_CHARS: usize = 10;
/// Block size of SHA-1, in bytes: a longer HMAC key is hashed first (RFC 2104).
const BLOCK_BYTES: usize = 64;
/// The query parameter Twilio adds to a webhook whose body is not a form.
pub(in crate::twilio) const BODY_HASH_PARAMETER: &str = "bodySHA256";

/// An Auth Token as the HMAC state it leads to. The two key blocks are hashed once, here, so
/// that a request pays for its own bytes only.
#[derive(Clone)]
pub struct Key {
    mac: Hmac<Sha1>,
    usable: bool,
}

impl Key {
    /// From the Auth Token of the account (or sub-account) whose webhooks it signs. API key
    /// secrets do not sign webhooks. A key of an empty token accepts nothing.
    pub fn new(token: &str) -> Key {
        // HMAC pads a short key with zeros, so a padded block is the same key; taking a block
        // makes this infallible.
        let mut block = [0_u8; BLOCK_BYTES];
        if token.len() > BLOCK_BYTES {
            fill(&mut block, &Sha1::digest(token));
        } else {
            fill(&mut block, token.as_bytes());
        }
        Key {
            mac: <Hmac<Sha1> as KeyInit>::new(&block.into()),
            usable: !token.is_empty(),
        }
    }

    /// The signature of a request with no body parameters: a GET, or a URL that already
    /// carries `bodySHA256`.
    pub fn sign_url(&self, url: &str) -> String {
        self.sign(url, &[])
    }

    /// The signature of a form POST.
    pub fn sign_form(&self, url: &str, form: &Form<'_>) -> String {
        self.sign(url, &signed_pairs(form))
    }

    /// What tells this token from others, fit to be shown to an operator: part of a signature
    /// over a text that is no URL, so it opens nothing.
    pub fn fingerprint(&self) -> String {
        let mut text = self.sign_url("hookswitch: fingerprint of a token");
        text.truncate(FINGERPRINT_CHARS);
        text
    }

    fn sign(&self, url: &str, pairs: &[(&str, &str)]) -> String {
        let mac = self.absorb(&[without_fragment(url)], pairs);
        STANDARD.encode(mac.finalize().into_bytes())
    }

    /// Whether this key signed a URL, given in pieces, and parameters in this very order.
    /// Takes the same time wherever the two differ.
    pub(in crate::twilio) fn signed(
        &self,
        url: &[&str],
        pairs: &[(&str, &str)],
        given: &[u8; MAC_BYTES],
    ) -> bool {
        self.usable && self.absorb(url, pairs).verify_slice(given).is_ok()
    }

    /// The state after the URL, given in pieces, and the parameters.
    fn absorb(&self, url: &[&str], pairs: &[(&str, &str)]) -> Hmac<Sha1> {
        let mut mac = self.mac.clone();
        for piece in url {
            mac.update(piece.as_bytes());
        }
        for (name, value) in pairs {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
        mac
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key(redacted)")
    }
}

/// The part of a request that is signed beside its URL.
#[derive(Clone, Copy)]
pub enum Content<'a> {
    /// A GET, or a POST without a body.
    None,
    /// `application/x-www-form-urlencoded`: the parameters are signed.
    Form(&'a Form<'a>),
    /// Any other body, as the bytes that came: its hash is in the query.
    Other(&'a [u8]),
}

/// How a request was found genuine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// Which of the keys given signed it.
    pub key_index: usize,
    /// How the URL Twilio signed differs from the URL given.
    pub variant: Variant,
}

/// Why a request is not genuine. For the operator's log: a caller is told nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// There is no `X-Twilio-Signature`.
    #[error("the request has no X-Twilio-Signature header")]
    Missing,
    /// The header cannot be an HMAC-SHA1.
    #[error("X-Twilio-Signature is not 28 characters of base64 for 20 bytes")]
    Malformed,
    /// The body is not a form and the query has no `bodySHA256`.
    #[error("the body is not a form and the query has no bodySHA256")]
    BodyHashMissing,
    /// The URL is signed, the body is not the one it was signed for.
    #[error("the URL is signed, but the body is not the one bodySHA256 names")]
    BodyHash,
    /// No key signed any known variant of this URL with these parameters.
    #[error("no configured Auth Token signed this URL with these parameters")]
    Wrong,
}

/// Checks a signature.
///
/// `url` is the public URL as text: the configured base followed by the raw path and query.
/// The variants that Twilio's own libraries try are tried after the plain one, so the normal
/// case costs one HMAC. `keys` are the tokens in force, the likeliest first; with none, nothing
/// is accepted.
///
/// 1. The header is a base64 MAC.
/// 2. A body that is not a form is announced by `bodySHA256`.
/// 3. A key signed the URL (a variant of it) and the form's parameters.
/// 4. The body hashes to `bodySHA256`. Last, so that a forger cannot make the gateway hash.
///
/// # Errors
/// [`Mismatch`], for the log.
pub fn verify(
    keys: &[&Key],
    url: &str,
    content: &Content<'_>,
    header: Option<&str>,
) -> Result<Accepted, Mismatch> {
    let given = parse_header(header)?;
    let url = SplitUrl::of(url);
    let claimed = url.query.and_then(claimed_body_hash);
    if matches!(content, Content::Other(_)) && claimed.is_none() {
        return Err(Mismatch::BodyHashMissing);
    }
    let accepted = find_signer(keys, &url, content, &given).ok_or(Mismatch::Wrong)?;
    // A URL signed for a JSON body must not pass with the body taken away.
    let body = match content {
        Content::Other(body) => Some(*body),
        Content::Form(form) if !form.is_empty() => None,
        Content::Form(_) | Content::None => Some(&[][..]),
    };
    match (body, claimed) {
        (Some(body), Some(claimed)) if body_sha256(body) != claimed => Err(Mismatch::BodyHash),
        _ => Ok(accepted),
    }
}

fn find_signer(
    keys: &[&Key],
    url: &SplitUrl<'_>,
    content: &Content<'_>,
    given: &[u8; MAC_BYTES],
) -> Option<Accepted> {
    let pairs = match content {
        Content::Form(form) => signed_pairs(form),
        Content::None | Content::Other(_) => Vec::new(),
    };
    url.variants().find_map(|variant| {
        let query = url.query_in(variant.query);
        let pieces = url.pieces(variant.port, query.as_deref());
        keys.iter()
            .position(|key| key.signed(&pieces, &pairs, given))
            .map(|key_index| Accepted { key_index, variant })
    })
}

/// The lower-case hexadecimal SHA-256 of a body, as Twilio writes it into `bodySHA256`.
pub fn body_sha256(body: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(body) {
        for digit in [byte >> 4, byte & 0xf] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    text
}

/// The last `bodySHA256` of a query: Twilio appends its own to what was configured.
pub(in crate::twilio) fn claimed_body_hash(query: &str) -> Option<&str> {
    query.rsplit('&').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name == BODY_HASH_PARAMETER).then_some(value)
    })
}

/// The pairs in the order they are signed: by name, then by value, each pair once. Sorting the
/// joined `name + value` texts instead would put `ReasonConferenceEnded` before `Reason`.
pub(in crate::twilio) fn signed_pairs<'f>(form: &'f Form<'_>) -> Vec<(&'f str, &'f str)> {
    let mut pairs: Vec<_> = form.iter().collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

pub(in crate::twilio) fn parse_header(header: Option<&str>) -> Result<[u8; MAC_BYTES], Mismatch> {
    let text = header.ok_or(Mismatch::Missing)?;
    if text.is_empty() {
        return Err(Mismatch::Missing);
    }
    // One byte more than needed: the decoder wants room for what 28 characters could hold.
    let mut room = [0_u8; MAC_BYTES + 1];
    let decoded = (text.len() == HEADER_CHARS)
        .then(|| STANDARD.decode_slice(text, &mut room).ok())
        .flatten();
    match (decoded, room.first_chunk()) {
        (Some(MAC_BYTES), Some(mac)) => Ok(*mac),
        _ => Err(Mismatch::Malformed),
    }
}

fn fill(block: &mut [u8; BLOCK_BYTES], bytes: &[u8]) {
    for (place, byte) in block.iter_mut().zip(bytes) {
        *place = *byte;
    }
}

#[cfg(test)]
mod tests;
