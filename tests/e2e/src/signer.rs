//! Signing requests as Twilio does, written from Twilio's documentation ("Webhooks
//! Security") and not from the Worker's checker.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// Signs with one account's Auth Token.
#[derive(Debug, Clone)]
pub struct Signer {
    auth_token: String,
}

impl Signer {
    /// A signer for this Auth Token.
    #[must_use]
    pub fn new(auth_token: &str) -> Self {
        Self {
            auth_token: auth_token.to_owned(),
        }
    }

    /// The value of `X-Twilio-Signature` for this URL and these decoded form parameters,
    /// which are none for GET and JSON requests.
    ///
    /// # Panics
    /// Never: HMAC takes a key of any length.
    #[must_use]
    pub fn sign(&self, url: &str, form: &[(String, String)]) -> String {
        let mut parameters: Vec<&(String, String)> = form.iter().collect();
        parameters.sort();
        parameters.dedup();
        let mut mac = Hmac::<Sha1>::new_from_slice(self.auth_token.as_bytes()).unwrap();
        mac.update(url.as_bytes());
        for (name, value) in parameters {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
        STANDARD.encode(mac.finalize().into_bytes())
    }
}

/// The value of `bodySHA256`, which Twilio adds to the URL of a request with a JSON body.
#[must_use]
pub fn body_sha256(body: &[u8]) -> String {
    Sha256::digest(body)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of Twilio's documentation.
    #[test]
    fn twilios_own_example_gives_twilios_own_signature() {
        let form = [
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675309"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        assert_eq!(
            Signer::new("12345").sign(url, &form),
            "RSOYDt4T1cUTdK1PDd93/VVr8B8="
        );
    }

    #[test]
    fn order_and_exact_repeats_of_parameters_do_not_change_the_signature() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let signer = Signer::new("token");
        let once = signer.sign(
            "http://x/",
            &[pair("A", "1"), pair("A", "2"), pair("B", "")],
        );
        let more = [
            pair("B", ""),
            pair("A", "2"),
            pair("A", "1"),
            pair("A", "2"),
        ];
        assert_eq!(signer.sign("http://x/", &more), once);
        assert_ne!(signer.sign("http://x/", &more[..2]), once);
    }

    #[test]
    fn the_body_hash_is_lower_case_hex() {
        assert_eq!(
            body_sha256(b""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
