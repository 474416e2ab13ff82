//! `application/x-www-form-urlencoded`: the body of a webhook, and of a REST request.
//!
//! A parsed [`Form`] is what the signature is computed over, so it must lose nothing: order,
//! repeated names, empty values, white space and parameters nobody here knows are all kept.
//! A name or value in which nothing is encoded is borrowed from the body.
//!
//! Decoding follows the WHATWG URL Standard, "application/x-www-form-urlencoded parsing": `+`
//! is a space, a `%` that does not start a two-digit escape stands for itself, empty pairs
//! (`a=1&&b=2`) are skipped. One decision differs: bytes that are not UTF-8 after decoding
//! are refused instead of being replaced by U+FFFD. Twilio sends UTF-8 only, and a replaced
//! character would show up later as a signature that does not match, with no hint at the cause.

use std::borrow::Cow;
use std::fmt;

/// The most parameters a form may have. Twilio sends fewer than a hundred; a 64 KiB body of
/// `&a&a&a...` would otherwise make tens of thousands of pairs to sort.
pub const MAX_PARAMETERS: usize = 1_000;

/// Why a body is not a form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// The pair at this position (from 0) holds bytes that are not UTF-8 once decoded.
    #[error("parameter {position} of the form is not valid UTF-8")]
    NotUtf8 {
        /// Position of the pair in the body, from 0.
        position: usize,
    },
    /// More pairs than [`MAX_PARAMETERS`].
    #[error("the form has more than {MAX_PARAMETERS} parameters")]
    TooManyParameters,
}

/// The parameters of a form in the order they came, repeats included.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Form<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Form<'a> {
    /// Decodes a body.
    ///
    /// # Errors
    /// [`FormError`] when a name or value is not UTF-8, or there are too many of them.
    pub fn parse(body: &'a [u8]) -> Result<Form<'a>, FormError> {
        let mut pairs = Vec::new();
        for pair in body
            .split(|&byte| byte == b'&')
            .filter(|pair| !pair.is_empty())
        {
            let position = pairs.len();
            if position == MAX_PARAMETERS {
                return Err(FormError::TooManyParameters);
            }
            let mut halves = pair.splitn(2, |&byte| byte == b'=');
            let name = halves.next().unwrap_or_default();
            let value = halves.next().unwrap_or_default();
            match (decode(name), decode(value)) {
                (Some(name), Some(value)) => pairs.push((name, value)),
                _ => return Err(FormError::NotUtf8 { position }),
            }
        }
        Ok(Form { pairs })
    }

    /// The first value of a parameter; `Some("")` when it is there and empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// Every value of a parameter, in the order they came.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.iter()
            .filter_map(move |(key, value)| (key == name).then_some(value))
    }

    /// Every pair in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (&**name, &**value))
    }

    /// How many pairs there are, repeats counted.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there is no pair at all.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}

/// Names only: values are what people wrote and dialled.
impl fmt::Debug for Form<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = formatter.debug_list();
        for (name, _) in self.iter() {
            list.entry(&name);
        }
        list.finish()
    }
}

impl<'a, N, V> FromIterator<(N, V)> for Form<'a>
where
    N: Into<Cow<'a, str>>,
    V: Into<Cow<'a, str>>,
{
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Form {
            pairs: pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        }
    }
}

/// Encodes pairs as a form body, in the order given, as the WHATWG URL Standard
/// ("application/x-www-form-urlencoded serializing") has it.
pub fn encode<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> String {
    let mut body = String::new();
    for (name, value) in pairs {
        if !body.is_empty() {
            body.push('&');
        }
        encode_into(&mut body, name);
        body.push('=');
        encode_into(&mut body, value);
    }
    body
}

fn encode_into(body: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b' ' => body.push('+'),
            b'*' | b'-' | b'.' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                body.push(char::from(byte));
            }
            _ => push_escape(body, byte),
        }
    }
}

/// Writes one byte as `%XX`, upper-case.
pub(crate) fn push_escape(text: &mut String, byte: u8) {
    let digit = |value: u8| {
        char::from_digit(u32::from(value), 16)
            .unwrap_or('0')
            .to_ascii_uppercase()
    };
    text.push('%');
    text.push(digit(byte >> 4));
    text.push(digit(byte & 0xf));
}

/// Undoes `+` and `%XX`. `None` when the result is not UTF-8.
fn decode(raw: &[u8]) -> Option<Cow<'_, str>> {
    if raw.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        String::from_utf8(decode_bytes(raw)).ok().map(Cow::Owned)
    } else {
        std::str::from_utf8(raw).ok().map(Cow::Borrowed)
    }
}

/// Undoes `+` and `%XX`, byte for byte.
pub(crate) fn decode_bytes(raw: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'+', _) => decoded.push(b' '),
            (b'%', [high, low, beyond @ ..]) => match (hex_value(*high), hex_value(*low)) {
                (Some(high), Some(low)) => {
                    decoded.push(high << 4 | low);
                    rest = beyond;
                }
                _ => decoded.push(b'%'),
            },
            _ => decoded.push(byte),
        }
    }
    decoded
}

fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(body: &str) -> Vec<(String, String)> {
        let form = Form::parse(body.as_bytes()).unwrap();
        form.iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    #[test]
    fn order_and_repeats_and_empty_values_are_kept() {
        assert_eq!(
            pairs("b=2&a=1&b=&b=2&c"),
            owned(&[("b", "2"), ("a", "1"), ("b", ""), ("b", "2"), ("c", "")])
        );
    }

    #[test]
    fn get_is_the_first_value_and_get_all_every_one() {
        let form = Form::parse(b"Digits=5678&Digits=1234&Empty=").unwrap();
        assert_eq!(form.get("Digits"), Some("5678"));
        assert_eq!(form.get_all("Digits").collect::<Vec<_>>(), ["5678", "1234"]);
        assert_eq!(form.get("Empty"), Some(""));
        assert_eq!(form.get("digits"), None);
        assert_eq!(form.len(), 3);
    }

    #[test]
    fn plus_is_a_space_and_an_escaped_plus_is_a_plus() {
        assert_eq!(
            pairs("From=%2B14158675309&Body=a+b%20c"),
            owned(&[("From", "+14158675309"), ("Body", "a b c")])
        );
    }

    #[test]
    fn white_space_around_a_value_is_kept() {
        assert_eq!(pairs("Body=++STOP%0A"), owned(&[("Body", "  STOP\n")]));
    }

    #[test]
    fn a_percent_that_escapes_nothing_stands_for_itself() {
        assert_eq!(
            pairs("a=100%&b=%zz&c=%4&d=%%34"),
            owned(&[("a", "100%"), ("b", "%zz"), ("c", "%4"), ("d", "%4")])
        );
    }

    #[test]
    fn only_the_first_equals_sign_separates_and_empty_pairs_are_skipped() {
        assert_eq!(pairs("&a=b=c&&=v&"), owned(&[("a", "b=c"), ("", "v")]));
        assert!(Form::parse(b"").unwrap().is_empty());
    }

    #[test]
    fn what_is_not_encoded_is_borrowed() {
        let form = Form::parse(b"CallSid=CA1&Body=a+b").unwrap();
        assert!(matches!(
            form.pairs.as_slice(),
            [
                (Cow::Borrowed(_), Cow::Borrowed("CA1")),
                (Cow::Borrowed(_), Cow::Owned(_))
            ]
        ));
    }

    #[test]
    fn debug_output_shows_no_value() {
        let form = Form::parse(b"Body=secret&From=%2B1415").unwrap();
        assert_eq!(format!("{form:?}"), r#"["Body", "From"]"#);
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused_by_position() {
        let error = FormError::NotUtf8 { position: 1 };
        assert_eq!(Form::parse(b"a=1&b=%FF").unwrap_err(), error);
        assert_eq!(Form::parse(b"a=1&\xff=2").unwrap_err(), error);
        assert_eq!(pairs("b=%F0%9F%98%9C"), owned(&[("b", "😜")]));
    }

    #[test]
    fn a_thousand_parameters_are_taken_and_one_more_is_refused() {
        let body = "a=1&".repeat(MAX_PARAMETERS);
        assert_eq!(Form::parse(body.as_bytes()).unwrap().len(), MAX_PARAMETERS);
        assert_eq!(
            Form::parse(format!("{body}b=2").as_bytes()).unwrap_err(),
            FormError::TooManyParameters
        );
    }

    #[test]
    fn encoding_is_the_one_of_the_url_standard() {
        assert_eq!(
            encode([("To", "+1415"), ("Body", "it's 5% ü~*-._ &=\n")]),
            "To=%2B1415&Body=it%27s+5%25+%C3%BC%7E*-._+%26%3D%0A"
        );
        assert_eq!(encode([("a", ""), ("", "b")]), "a=&=b");
    }

    #[cfg(not(target_arch = "wasm32"))]
    mod properties {
        use super::*;
        use proptest::prelude::*;

        proptest! {
            #[test]
            fn parsing_undoes_encoding(pairs in proptest::collection::vec((".*", ".*"), 0..12)) {
                let body = encode(pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())));
                let form = Form::parse(body.as_bytes()).unwrap();
                let back: Vec<_> = form.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
                prop_assert_eq!(back, pairs);
            }

            #[test]
            fn no_body_panics_and_decoding_never_grows(
                body in proptest::collection::vec(any::<u8>(), 0..300),
            ) {
                if let Ok(form) = Form::parse(&body) {
                    let bytes: usize = form.iter().map(|(n, v)| n.len() + v.len()).sum();
                    prop_assert!(bytes <= body.len());
                }
            }
        }
    }
}
