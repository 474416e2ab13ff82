//! A plain HTTP/1.1 client for one request per connection.
//!
//! It dials what it is told and sends the URL byte for byte as given: a parser that tidies
//! URLs would sign one thing and request another.

use base64::Engine as _;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::net::TcpStream;

/// The most of an answer that is read, in bytes; a longer one is an error.
const MAX_ANSWER: usize = 1 << 20;

/// What is to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing<'a> {
    pub method: &'a str,
    /// Absolute `http://` URL; a fragment is not sent.
    pub url: &'a str,
    /// `host:port` to dial instead of the URL's own authority.
    pub dial: Option<&'a str>,
    pub headers: &'a [(String, String)],
    pub body: Vec<u8>,
    pub connect_timeout: Duration,
    pub read_timeout: Duration,
}

/// An answer, whole.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Not a URL this client can call.
    Url(String),
    /// No TCP connection: the only case Twilio retries by default.
    Connect(String),
    /// No whole answer in time.
    Timeout,
    /// The connection broke or spoke no HTTP.
    Broken(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Url(url) => write!(f, "cannot call {url}"),
            Failure::Connect(why) => write!(f, "cannot connect: {why}"),
            Failure::Timeout => f.write_str("no answer in time"),
            Failure::Broken(why) => write!(f, "connection broken: {why}"),
        }
    }
}

/// The parts of `http://user:pass@host:port/path?query#fragment`.
pub(crate) struct UrlParts<'a> {
    pub user_info: Option<&'a str>,
    pub authority: &'a str,
    pub target: &'a str,
}

/// Takes an absolute HTTP(S) URL apart without changing a byte of it.
pub(crate) fn split_url(url: &str) -> Option<UrlParts<'_>> {
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"))?;
    let rest = rest.split('#').next().unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    let (user_info, authority) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    (!authority.is_empty()).then_some(UrlParts {
        user_info,
        authority,
        target,
    })
}

/// Sends once. Basic auth in the URL is offered only after a 401 that asks for it, as Twilio does.
pub(crate) async fn send(request: &Outgoing<'_>) -> Result<Answer, Failure> {
    let parts = split_url(request.url).ok_or_else(|| Failure::Url(request.url.to_owned()))?;
    let first = once(request, &parts, None).await?;
    match parts.user_info {
        Some(user) if first.status == 401 && first.header("www-authenticate").is_some() => {
            let plain = crate::form::unescape_path(user);
            let value = base64::engine::general_purpose::STANDARD.encode(plain);
            once(request, &parts, Some(format!("Basic {value}"))).await
        }
        _ => Ok(first),
    }
}

async fn once(
    request: &Outgoing<'_>,
    parts: &UrlParts<'_>,
    authorization: Option<String>,
) -> Result<Answer, Failure> {
    let dial = match request.dial {
        Some(dial) => dial.to_owned(),
        None if request.url.starts_with("https://") => {
            return Err(Failure::Url(request.url.to_owned()));
        }
        None => with_port(parts.authority),
    };
    let stream = tokio::time::timeout(request.connect_timeout, TcpStream::connect(&dial))
        .await
        .map_err(|_| Failure::Connect("timed out".to_owned()))?
        .map_err(|e| Failure::Connect(e.to_string()))?;
    tokio::time::timeout(
        request.read_timeout,
        exchange(request, parts, authorization, stream),
    )
    .await
    .map_err(|_| Failure::Timeout)?
}

fn with_port(authority: &str) -> String {
    let tail = authority.rsplit(']').next().unwrap_or(authority);
    if tail.contains(':') {
        authority.to_owned()
    } else {
        format!("{authority}:80")
    }
}

async fn exchange(
    request: &Outgoing<'_>,
    parts: &UrlParts<'_>,
    authorization: Option<String>,
    stream: TcpStream,
) -> Result<Answer, Failure> {
    let broken = |e: &dyn std::fmt::Display| Failure::Broken(e.to_string());
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|e| broken(&e))?;
    let driver = tokio::spawn(connection);
    let target = if parts.target.starts_with('/') {
        parts.target.to_owned()
    } else {
        format!("/{}", parts.target)
    };
    let mut builder = hyper::Request::builder()
        .method(request.method)
        .uri(target)
        .header("host", parts.authority)
        .header("connection", "close");
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    if let Some(value) = authorization {
        builder = builder.header("authorization", value);
    }
    let outgoing = builder
        .body(Full::new(Bytes::from(request.body.clone())))
        .map_err(|_| Failure::Url(request.url.to_owned()))?;
    let answer = async {
        let response = sender
            .send_request(outgoing)
            .await
            .map_err(|e| broken(&e))?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(n, v)| {
                (
                    n.to_string(),
                    String::from_utf8_lossy(v.as_bytes()).into_owned(),
                )
            })
            .collect();
        let body = Limited::new(response.into_body(), MAX_ANSWER)
            .collect()
            .await
            .map_err(|e| Failure::Broken(e.to_string()))?
            .to_bytes();
        Ok(Answer {
            status,
            headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }
    .await;
    driver.abort();
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_verbatim() {
        let p = split_url("http://u:p%40@Host.test:81/a//b?q=1'#rc=2").expect("a url");
        assert_eq!(p.user_info, Some("u:p%40"));
        assert_eq!(p.authority, "Host.test:81");
        assert_eq!(p.target, "/a//b?q=1'");
        assert!(split_url("ftp://x/").is_none());
        assert!(split_url("http:///x").is_none());
        assert_eq!(with_port("[::1]"), "[::1]:80");
        assert_eq!(with_port("a:8"), "a:8");
    }
}
