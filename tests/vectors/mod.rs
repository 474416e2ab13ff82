//! Published `X-Twilio-Signature` figures (tests/vectors/signature.json) and what each must
//! lead to. The native and the browser tests run these same checks.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "clippy knows test functions, not the functions they call"
)]

use hookswitch::twilio::form::{Form, encode};
use hookswitch::twilio::signature::{
    Content, Key, Mismatch, PortForm, QueryForm, Variant, body_sha256, verify,
};
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Vectors {
    pub(crate) body_hashes: Vec<BodyHash>,
    pub(crate) cases: Vec<Case>,
}

#[derive(Deserialize)]
pub(crate) struct BodyHash {
    pub(crate) body: String,
    pub(crate) sha256: String,
}

/// A request as it is received. Without `form` and `raw` it is a GET.
#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) token: String,
    pub(crate) url: String,
    pub(crate) signature: String,
    pub(crate) form: Option<Vec<(String, String)>>,
    pub(crate) raw: Option<String>,
    pub(crate) verdict: String,
    pub(crate) signed_url: Option<String>,
    pub(crate) port: Option<String>,
    pub(crate) query: Option<String>,
}

pub(crate) fn load() -> Vectors {
    serde_json::from_str(include_str!("signature.json")).expect("signature.json has this shape")
}

impl Case {
    /// The body as bytes on the wire.
    pub(crate) fn body(&self) -> String {
        match (&self.form, &self.raw) {
            (Some(pairs), _) => encode(pairs.iter().map(|(n, v)| (n.as_str(), v.as_str()))),
            (None, Some(raw)) => raw.clone(),
            (None, None) => String::new(),
        }
    }

    /// Hands the request to `verify` as a gateway would, with `keys`.
    pub(crate) fn verify(&self, keys: &[&Key]) -> Result<(usize, Variant), Mismatch> {
        let body = self.body();
        let form = Form::parse(body.as_bytes()).expect("the body is a form");
        let content = match (&self.form, &self.raw) {
            (Some(_), _) => Content::Form(&form),
            (None, Some(raw)) => Content::Other(raw.as_bytes()),
            (None, None) => Content::None,
        };
        verify(keys, &self.url, &content, Some(&self.signature))
            .map(|accepted| (accepted.key_index, accepted.variant))
    }

    /// What `verify` must say of it, with its token as the only key.
    pub(crate) fn expected(&self) -> Result<(usize, Variant), Mismatch> {
        match self.verdict.as_str() {
            "accepted" => Ok((0, self.expected_variant())),
            "missing" => Err(Mismatch::Missing),
            "malformed" => Err(Mismatch::Malformed),
            "body hash missing" => Err(Mismatch::BodyHashMissing),
            "body hash" => Err(Mismatch::BodyHash),
            "wrong" => Err(Mismatch::Wrong),
            other => panic!("{}: no verdict is called {other}", self.name),
        }
    }

    fn expected_variant(&self) -> Variant {
        let port = match self.port.as_deref() {
            Some("as given") => PortForm::AsGiven,
            Some("removed") => PortForm::Removed,
            Some("standard added") => PortForm::StandardAdded,
            other => panic!("{}: no port form is called {other:?}", self.name),
        };
        let query = match self.query.as_deref() {
            Some("as given") => QueryForm::AsGiven,
            Some("quote escaped") => QueryForm::QuoteEscaped,
            Some("reencoded") => QueryForm::Reencoded,
            other => panic!("{}: no query form is called {other:?}", self.name),
        };
        Variant { port, query }
    }
}

/// 63 cases, 48 of them genuine: a file cut short must not pass for a pass.
pub(crate) fn check_that_the_file_is_complete() {
    let vectors = load();
    let genuine = vectors
        .cases
        .iter()
        .filter(|case| case.verdict == "accepted");
    assert_eq!((vectors.cases.len(), genuine.count()), (63, 48));
    assert_eq!(vectors.body_hashes.len(), 3);
}

/// Every case gets its exact verdict: the spelling that was signed, or the reason for refusal.
pub(crate) fn check_every_verdict() {
    for case in load().cases {
        let key = Key::new(&case.token);
        assert_eq!(case.verify(&[&key]), case.expected(), "{}", case.name);
    }
}

/// No genuine case is accepted with another token, and each is with two.
pub(crate) fn check_that_the_token_decides() {
    let other = Key::new("not the token");
    for case in load().cases {
        let key = Key::new(&case.token);
        let two = case.verify(&[&other, &key]);
        match case.expected() {
            Ok((_, variant)) => {
                assert_eq!(
                    case.verify(&[&other]),
                    Err(Mismatch::Wrong),
                    "{}",
                    case.name
                );
                assert_eq!(two, Ok((1, variant)), "{}", case.name);
            }
            Err(mismatch) => assert_eq!(two, Err(mismatch), "{}", case.name),
        }
    }
}

/// What Twilio signed is what this library would have signed.
pub(crate) fn check_that_signing_gives_the_same_figures() {
    for case in load().cases {
        if case.verdict != "accepted" {
            continue;
        }
        let url = case.signed_url.as_ref().unwrap_or(&case.url);
        let key = Key::new(&case.token);
        let signature = match &case.form {
            Some(pairs) => {
                let form = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str()));
                key.sign_form(url, &form.collect())
            }
            None => key.sign_url(url),
        };
        assert_eq!(signature, case.signature, "{}", case.name);
    }
}

/// One changed bit of a genuine signature, anywhere, and it is refused.
pub(crate) fn check_that_every_bit_of_a_signature_counts() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    for mut case in load().cases {
        if case.verdict != "accepted" {
            continue;
        }
        let key = Key::new(&case.token);
        let genuine = STANDARD.decode(&case.signature).expect("base64");
        for bit in 0..genuine.len() * 8 {
            let mut forged = genuine.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            case.signature = STANDARD.encode(forged);
            assert_eq!(case.verify(&[&key]), Err(Mismatch::Wrong), "{}", case.name);
        }
    }
}

/// Body hashes are written as Twilio writes them.
pub(crate) fn check_the_body_hashes() {
    for hash in load().body_hashes {
        assert_eq!(body_sha256(hash.body.as_bytes()), hash.sha256);
    }
}
