//! Requests as Twilio sends and signs them, and a client for one of them.
//!
//! The signature is written from Twilio's documentation ("Webhooks security"), with none of
//! the Worker's code: a mistake there must not hide here.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha1::Sha1;

use crate::{Failure, Result};

/// The Auth Token of every server here.
pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// The account.
pub const ACCOUNT: &str = "AC00000000000000000000000000000001";

/// One POST, ready to be sent again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Path and query.
    pub path: String,
    /// The one header that differs from request to request.
    pub header: (&'static str, String),
    /// `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl Post {
    /// A webhook to a server on this port, signed with this token.
    pub fn webhook(port: u16, path: &str, parameters: &[(&str, String)], token: &str) -> Post {
        let mut data = format!("http://127.0.0.1:{port}{path}");
        let mut sorted: Vec<_> = parameters.iter().collect();
        sorted.sort();
        for (name, value) in sorted {
            data.push_str(name);
            data.push_str(value);
        }
        let mut body = String::new();
        for (name, value) in parameters {
            if !body.is_empty() {
                body.push('&');
            }
            body.push_str(name);
            body.push('=');
            encode(&mut body, value);
        }
        Post {
            path: path.to_owned(),
            header: ("X-Twilio-Signature", sign(token, &data)),
            content_type: "application/x-www-form-urlencoded; charset=UTF-8",
            body,
        }
    }

    /// Sends it and gives back status and body.
    pub fn send(&self, port: u16) -> Result<(u16, String)> {
        exchange(port, "POST", &self.path, Some(self))
    }
}

/// A GET of this path.
pub fn get(port: u16, path: &str) -> Result<(u16, String)> {
    exchange(port, "GET", path, None)
}

/// One request and its answer.
pub fn exchange(port: u16, method: &str, path: &str, post: Option<&Post>) -> Result<(u16, String)> {
    let failed = |error: std::io::Error| Failure::new(format!("{method} {path}: {error}"));
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
    let patience = Some(Duration::from_secs(30));
    stream.set_read_timeout(patience).map_err(failed)?;
    let mut text = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\
         Authorization: Bearer bench-key\r\n"
    );
    if let Some(post) = post {
        let (name, value) = &post.header;
        text.push_str(&format!(
            "{name}: {value}\r\nContent-Type: {}\r\nContent-Length: {}\r\n",
            post.content_type,
            post.body.len()
        ));
    }
    text.push_str("\r\n");
    text.push_str(post.map_or("", |post| &post.body));
    stream.write_all(text.as_bytes()).map_err(failed)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(failed)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status =
        status.ok_or_else(|| Failure::new(format!("{method} {path}: not HTTP: {head}")))?;
    Ok((status, body.to_owned()))
}

fn sign(token: &str, data: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).expect("a key of any length");
    mac.update(data.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn encode(text: &mut String, value: &str) {
    for byte in value.bytes() {
        match byte {
            b' ' => text.push('+'),
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' | b'*' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twilios_own_example_gives_twilios_own_signature() {
        // Twilio docs, "Webhooks security", the example with a form.
        let data = "https://example.com/myapp.php?foo=1&bar=2CallSidCA1234567890ABCDE\
                    Caller+14158675310Digits1234From+14158675310To+18005551212";
        assert_eq!(sign("12345", data), "L/OH5YylLD5NRKLltdqwSvS0BnU=");
    }

    #[test]
    fn a_webhook_is_a_form_and_its_signature_covers_the_sorted_parameters() {
        let parameters = [("To", "+1 5".to_owned()), ("Body", "a&b".to_owned())];
        let post = Post::webhook(80, "/x?y=1", &parameters, "token");
        assert_eq!(post.body, "To=%2B1+5&Body=a%26b");
        let data = "http://127.0.0.1:80/x?y=1Bodya&bTo+1 5";
        assert_eq!(post.header.1, sign("token", data));
    }
}
