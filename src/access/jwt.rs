//! The token that Cloudflare Access puts on a request (Cloudflare docs, "Validate JWTs"): read,
//! and its claims checked. The signature in between is the platform's to check, by [`Jwk`].
//!
//! What must never happen: the token itself says by which rules it is checked. One algorithm
//! counts, RS256, whatever the header names.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::json;
use crate::ports::Millis;
use crate::time::{MINUTE, SECOND};

/// How far clocks may be apart.
const SKEW: Millis = MINUTE;
/// Access tokens have one to two thousand characters.
const LONGEST: usize = 8 * 1024;

/// Why a token does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is not three parts of base64 and JSON.
    #[error("the token cannot be read")]
    Malformed,
    /// Its header names another algorithm than RS256.
    #[error("the token is not signed by RS256")]
    Algorithm,
    /// No key of the team has its `kid`.
    #[error("no key of the team signed the token")]
    UnknownKey,
    /// The signature is wrong.
    #[error("the token's signature is wrong")]
    Signature,
    /// Another team's.
    #[error("the token is another team's")]
    Issuer,
    /// Another application's.
    #[error("the token is for another application")]
    Audience,
    /// It has expired.
    #[error("the token has expired")]
    Expired,
    /// It is not in force yet.
    #[error("the token is not in force yet")]
    NotYet,
    /// It says nobody's name.
    #[error("the token names nobody")]
    Nobody,
}

/// A public key of the team, as its list has it. The rest of the list is of no use here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwk {
    /// The key's id.
    pub kid: String,
    /// Modulus, base64url.
    pub n: String,
    /// Exponent, base64url.
    pub e: String,
}

/// The RSA keys of a team's list: `{"keys": [{"kid", "kty": "RSA", "n", "e", ...}]}`.
pub fn keys(body: &str) -> Option<Vec<Jwk>> {
    let list = json::value(body).ok()?;
    let keys = list.get("keys")?.as_array()?.iter().filter_map(|key| {
        let text = |name: &str| Some(key.get(name)?.as_str()?.to_owned());
        (text("kty")? == "RSA").then_some(())?;
        Some(Jwk {
            kid: text("kid")?,
            n: text("n")?,
            e: text("e")?,
        })
    });
    let keys: Vec<Jwk> = keys.collect();
    (!keys.is_empty()).then_some(keys)
}

/// A token that was read, and whose signature is still to be checked.
#[derive(Debug)]
pub struct Token<'a> {
    /// What is signed: header and claims as they came.
    pub signed: &'a str,
    /// The signature.
    pub signature: Vec<u8>,
    /// The key's id.
    pub kid: String,
    claims: Value,
}

impl<'a> Token<'a> {
    /// Reads a token.
    ///
    /// # Errors
    /// [`Refused::Malformed`] and [`Refused::Algorithm`].
    pub fn read(text: &'a str) -> Result<Token<'a>, Refused> {
        if text.len() > LONGEST {
            return Err(Refused::Malformed);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(Refused::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(Refused::Malformed)?;
        let header = part(header)?;
        if header.get("alg").and_then(Value::as_str) != Some("RS256") {
            return Err(Refused::Algorithm);
        }
        let kid = header.get("kid").and_then(Value::as_str);
        let signature = URL_SAFE_NO_PAD.decode(signature).ok();
        Ok(Token {
            signed,
            signature: signature
                .filter(|s| !s.is_empty())
                .ok_or(Refused::Malformed)?,
            kid: kid.ok_or(Refused::UnknownKey)?.to_owned(),
            claims: part(claims)?,
        })
    }

    /// Checks the claims of a token whose signature is right: who it is, and until when.
    ///
    /// # Errors
    /// The first claim that does not fit.
    pub fn check(
        &self,
        issuer: &str,
        audience: &str,
        now: Millis,
    ) -> Result<(String, Millis), Refused> {
        let text = |name: &str| self.claims.get(name).and_then(Value::as_str);
        if text("iss") != Some(issuer) {
            return Err(Refused::Issuer);
        }
        let fits = match self.claims.get("aud") {
            Some(Value::String(one)) => one == audience,
            Some(Value::Array(many)) => many.iter().any(|one| one == audience),
            _ => false,
        };
        if !fits {
            return Err(Refused::Audience);
        }
        let time = |name: &str| {
            let seconds = self.claims.get(name)?.as_i64()?;
            seconds.checked_mul(SECOND)
        };
        let expires_at = time("exp").ok_or(Refused::Expired)?;
        if now >= expires_at {
            return Err(Refused::Expired);
        }
        let begins = [time("nbf"), time("iat")].into_iter().flatten().max();
        if begins.is_some_and(|begins| begins > now.saturating_add(SKEW)) {
            return Err(Refused::NotYet);
        }
        // A person has an address, a service token a common name.
        let named = |name: &str| text(name).filter(|name| !name.is_empty());
        let actor = named("email").or_else(|| named("common_name"));
        Ok((actor.ok_or(Refused::Nobody)?.to_owned(), expires_at))
    }
}

fn part(text: &str) -> Result<Value, Refused> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    let value = bytes.and_then(|bytes| json::value_in(&bytes).ok());
    value.filter(Value::is_object).ok_or(Refused::Malformed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Millis = 1_795_512_600_000;
    const TEAM: &str = "https://acme.cloudflareaccess.com";

    fn token(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2lnbmVk", part(header), part(claims))
    }

    fn claims() -> Value {
        json!({
            "iss": TEAM, "aud": ["other", "ours"], "email": "anna@acme.example",
            "exp": NOW / 1_000 + 60, "iat": NOW / 1_000, "nbf": NOW / 1_000,
        })
    }

    fn check(claims: &Value) -> Result<(String, Millis), Refused> {
        let text = token(&json!({ "alg": "RS256", "kid": "k" }), claims);
        Token::read(&text)?.check(TEAM, "ours", NOW)
    }

    #[test]
    fn a_token_of_ours_names_a_person_and_an_end() {
        let (actor, expires_at) = check(&claims()).unwrap();
        assert_eq!(
            (actor.as_str(), expires_at),
            ("anna@acme.example", NOW + 60_000)
        );
        let mut one = claims();
        one["aud"] = json!("ours");
        assert!(check(&one).is_ok());
    }

    #[test]
    fn each_claim_that_does_not_fit_is_refused() {
        let second = NOW / 1_000;
        for (name, value, refused) in [
            (
                "iss",
                json!("https://evil.cloudflareaccess.com"),
                Refused::Issuer,
            ),
            ("iss", json!([TEAM]), Refused::Issuer),
            ("aud", json!(["other"]), Refused::Audience),
            ("aud", json!("our"), Refused::Audience),
            ("aud", json!([]), Refused::Audience),
            ("aud", json!({ "ours": 1 }), Refused::Audience),
            ("exp", json!(second), Refused::Expired),
            ("exp", json!("9999999999"), Refused::Expired),
            ("exp", Value::Null, Refused::Expired),
            ("exp", json!(i64::MAX), Refused::Expired),
            ("nbf", json!(second + 61), Refused::NotYet),
            ("iat", json!(second + 61), Refused::NotYet),
            ("email", json!(""), Refused::Nobody),
        ] {
            let mut claims = claims();
            claims[name] = value.clone();
            assert_eq!(check(&claims), Err(refused), "{name}: {value}");
        }
    }

    #[test]
    fn no_algorithm_but_one_counts_and_none_least_of_all() {
        for alg in ["none", "None", "HS256", "RS512", "rs256", "ES256", ""] {
            let text = token(&json!({ "alg": alg, "kid": "k" }), &claims());
            assert_eq!(Token::read(&text).unwrap_err(), Refused::Algorithm, "{alg}");
        }
        let text = token(&json!({ "kid": "k" }), &claims());
        assert_eq!(Token::read(&text).unwrap_err(), Refused::Algorithm);
        let text = token(&json!({ "alg": "RS256" }), &claims());
        assert_eq!(Token::read(&text).unwrap_err(), Refused::UnknownKey);
    }

    #[test]
    fn what_is_no_token_is_refused_and_nothing_breaks() {
        let good = token(&json!({ "alg": "RS256", "kid": "k" }), &claims());
        let bare = good.rsplit_once('.').unwrap().0.to_owned();
        for text in [
            "",
            ".",
            "..",
            "a.b.c",
            "e30.e30.",
            &bare,
            &format!("{bare}."),
            "W10.W10.aa",
        ] {
            assert!(Token::read(text).is_err(), "{text}");
        }
        assert!(Token::read(&"a".repeat(LONGEST + 1)).is_err());
    }

    #[test]
    fn a_teams_list_gives_its_rsa_keys() {
        let list = r#"{"keys":[{"kid":"a","kty":"RSA","alg":"RS256","n":"nn","e":"AQAB"},
            {"kid":"b","kty":"EC","x":"","y":""},{"kty":"RSA","n":"","e":""}],"public_cert":{}}"#;
        let keys = keys(list).unwrap();
        assert_eq!(keys.len(), 1);
        assert_eq!((keys[0].kid.as_str(), keys[0].n.as_str()), ("a", "nn"));
        for odd in ["", "[]", "{}", r#"{"keys":[]}"#, r#"{"keys":{}}"#] {
            assert_eq!(super::keys(odd), None, "{odd}");
        }
    }
}
