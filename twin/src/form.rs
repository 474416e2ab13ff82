//! `application/x-www-form-urlencoded`, both ways, and no more lenient than it must be.

/// Parameters in order, names repeated where they were.
pub type Params = Vec<(String, String)>;

/// Encodes as Twilio does: unreserved bytes as they are, a space as `+`.
pub fn encode(params: &[(String, String)]) -> String {
    let mut out = String::new();
    for (i, (name, value)) in params.iter().enumerate() {
        if i > 0 {
            out.push('&');
        }
        escape(&mut out, name);
        out.push('=');
        escape(&mut out, value);
    }
    out
}

fn escape(out: &mut String, text: &str) {
    use std::fmt::Write as _;
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
}

/// Decodes a form or a query; a broken escape is kept as it stands.
pub fn decode(text: &str) -> Params {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (unescape(name), unescape(value))
        })
        .collect()
}

/// One decoded component (plus signs are spaces).
pub fn unescape(text: &str) -> String {
    percent(text, true)
}

/// One decoded path segment (plus signs are plus signs).
pub fn unescape_path(text: &str) -> String {
    percent(text, false)
}

fn percent(text: &str, plus: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(&byte) = bytes.get(i) {
        let hex = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
        match byte {
            b'+' if plus => out.push(b' '),
            b'%' => match (hex(i + 1), hex(i + 2)) {
                (Some(high), Some(low)) => {
                    out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                    i += 2;
                }
                _ => out.push(b'%'),
            },
            _ => out.push(byte),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The first value of a name.
pub fn get<'a>(params: &'a [(String, String)], name: &str) -> Option<&'a str> {
    params
        .iter()
        .find(|(n, _)| n == name)
        .map(|(_, v)| v.as_str())
}

/// All values of a name.
pub fn all<'a>(params: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    params
        .iter()
        .filter(|(n, _)| n == name)
        .map(|(_, v)| v.as_str())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded_the_same() {
        let params = vec![
            ("Body".to_owned(), "50% off & more+ é 😜\n".to_owned()),
            ("Empty".to_owned(), String::new()),
            ("MediaUrl".to_owned(), "https://a.test/?x=1&y=2".to_owned()),
        ];
        assert_eq!(decode(&encode(&params)), params);
    }

    #[test]
    fn a_broken_escape_is_kept() {
        assert_eq!(unescape("100%+%zz%4"), "100% %zz%4");
        assert_eq!(unescape_path("+1%2B"), "+1+");
    }
}
