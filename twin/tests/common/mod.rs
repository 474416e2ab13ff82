//! A twin, an application that answers what a test says, and a client; all by plain sockets,
//! so that the tests depend on nothing that the twin is made of.
#![allow(dead_code, reason = "each test file uses its part of the harness")]

use base64::Engine as _;
use hookswitch_twin::{Config, Twin};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const ACCOUNT: &str = "AC00000000000000000000000000000000";
pub const TOKEN: &str = "twin-auth-token";

/// A request as the application got it.
#[derive(Debug, Clone)]
pub struct Received {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Received {
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, v)| v.as_str())
    }

    /// A parameter, decoded (good enough for what the tests look at).
    pub fn param(&self, name: &str) -> Option<String> {
        let text = if self.body.is_empty() {
            self.target.split_once('?').map_or("", |(_, q)| q)
        } else {
            &self.body
        };
        text.split('&').find_map(|pair| {
            let (n, v) = pair.split_once('=')?;
            (decode(n) == name).then(|| decode(v))
        })
    }

    pub fn params(&self) -> Vec<(String, String)> {
        self.body
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(n, v)| (decode(n), decode(v)))
            .collect()
    }
}

pub fn decode(text: &str) -> String {
    let bytes = text.replace('+', " ").into_bytes();
    let mut out = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i] == b'%' {
            let hex = std::str::from_utf8(&bytes[i + 1..i + 3]).expect("ascii");
            out.push(u8::from_str_radix(hex, 16).expect("hex"));
            i += 3;
        } else {
            out.push(bytes[i]);
            i += 1;
        }
    }
    String::from_utf8(out).expect("utf-8")
}

type Handler = Box<dyn Fn(&Received) -> Answer + Send + Sync>;

/// What the application says.
pub struct Answer(pub u16, pub &'static str, pub String);

pub fn twiml(inner: &str) -> Answer {
    Answer(
        200,
        "text/xml",
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{inner}</Response>"),
    )
}

pub fn nothing() -> Answer {
    Answer(204, "text/plain", String::new())
}

/// An application under test's command.
pub struct App {
    pub origin: String,
    pub received: Arc<Mutex<Vec<Received>>>,
}

impl App {
    pub async fn start(handler: impl Fn(&Received) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let received = Arc::new(Mutex::new(Vec::new()));
        let handler: Arc<Handler> = Arc::new(Box::new(handler));
        let kept = Arc::clone(&received);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let (handler, kept) = (Arc::clone(&handler), Arc::clone(&kept));
                tokio::spawn(async move { answer(stream, &handler, &kept).await });
            }
        });
        Self { origin, received }
    }

    pub fn at(&self, path: &str) -> Vec<Received> {
        let all = self.received.lock().expect("the list");
        all.iter().filter(|r| r.path() == path).cloned().collect()
    }
}

async fn answer(mut stream: TcpStream, handler: &Handler, kept: &Mutex<Vec<Received>>) {
    let Some(request) = read_request(&mut stream).await else {
        return;
    };
    let Answer(status, kind, body) = handler(&request);
    kept.lock().expect("the list").push(request);
    let text = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(text.as_bytes()).await;
}

async fn read_request(stream: &mut TcpStream) -> Option<Received> {
    let (head, rest) = read_head(stream).await?;
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|l| l.split_once(": "))
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(n, _)| n.eq_ignore_ascii_case("content-length"));
    let length: usize = length.and_then(|(_, v)| v.parse().ok()).unwrap_or(0);
    let mut body = rest;
    while body.len() < length {
        let mut buffer = [0; 4096];
        let n = stream.read(&mut buffer).await.ok()?;
        body.extend_from_slice(&buffer[..n]);
    }
    Some(Received {
        method,
        target,
        headers,
        body: String::from_utf8(body).ok()?,
    })
}

async fn read_head(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Some((String::from_utf8(bytes).ok()?, rest));
        }
        let mut buffer = [0; 4096];
        let n = stream.read(&mut buffer).await.ok()?;
        if n == 0 {
            return None;
        }
        bytes.extend_from_slice(&buffer[..n]);
    }
}

/// A twin with an application behind it.
pub struct Stage {
    pub twin: Twin,
    pub app: App,
}

impl Stage {
    pub async fn new(handler: impl Fn(&Received) -> Answer + Send + Sync + 'static) -> Self {
        Self::with(Config::default(), handler).await
    }

    pub async fn with(
        config: Config,
        handler: impl Fn(&Received) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let app = App::start(handler).await;
        let config = Config {
            worker: Some(app.origin.clone()),
            ..config
        };
        let twin = Twin::start(config).await.expect("a twin");
        Self { twin, app }
    }

    /// A request to Twilio's REST API, authenticated.
    pub async fn rest(&self, method: &str, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let plain = format!("{ACCOUNT}:{TOKEN}");
        let auth = format!(
            "Basic {}",
            base64::engine::general_purpose::STANDARD.encode(plain)
        );
        let body = encode(form);
        let (status, body) = self
            .raw(
                method,
                path,
                &[
                    ("authorization", &auth),
                    ("content-type", "application/x-www-form-urlencoded"),
                ],
                &body,
            )
            .await
            .expect("an answer");
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    pub async fn send_sms(&self, to: &str, body: &str) -> (u16, Value) {
        let callback = format!("{}/webhooks/sms/status", self.app.origin);
        let form = [
            ("To", to),
            ("From", "+15550001111"),
            ("Body", body),
            ("StatusCallback", callback.as_str()),
        ];
        self.rest("POST", &account_path("Messages.json"), &form)
            .await
    }

    /// The control API.
    pub async fn ask(&self, method: &str, path: &str, body: Value) -> Value {
        let text = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let (status, answer) = self
            .raw(method, path, &[("content-type", "application/json")], &text)
            .await
            .expect("an answer");
        assert_eq!(status, 200, "{method} {path}: {answer}");
        serde_json::from_str(&answer).expect("json")
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.ask("POST", path, body).await
    }

    pub async fn get(&self, path: &str) -> Value {
        self.ask("GET", path, Value::Null).await
    }

    pub async fn freeze(&self) {
        self.post("/twin/clock", json!({"freeze": true})).await;
    }

    pub async fn advance(&self, ms: i64) {
        self.post("/twin/clock", json!({"advance_ms": ms})).await;
    }

    /// Status and body; `None` when the connection was closed without an answer.
    pub async fn raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(self.twin.addr())
            .await
            .expect("the twin");
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: twin\r\nconnection: close\r\ncontent-length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream
            .write_all(format!("{head}\r\n{body}").as_bytes())
            .await
            .expect("sent");
        let (head, mut rest) = read_head(&mut stream).await?;
        stream.read_to_end(&mut rest).await.ok()?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, String::from_utf8_lossy(&rest).into_owned()))
    }
}

pub fn account_path(rest: &str) -> String {
    format!("/api/2010-04-01/Accounts/{ACCOUNT}/{rest}")
}

pub fn encode(form: &[(&str, &str)]) -> String {
    let escape = |text: &str| -> String {
        text.bytes()
            .map(|b| {
                if b.is_ascii_alphanumeric() {
                    char::from(b).to_string()
                } else {
                    format!("%{b:02X}")
                }
            })
            .collect()
    };
    let pairs: Vec<String> = form
        .iter()
        .map(|(n, v)| format!("{}={}", escape(n), escape(v)))
        .collect();
    pairs.join("&")
}

/// The texts said in a transcript, in order.
pub fn said(call: &Value) -> Vec<String> {
    let list = call["transcript"].as_array().expect("a transcript");
    list.iter()
        .filter_map(|e| e["say"].as_str().map(str::to_owned))
        .collect()
}

/// The statuses called back for, in the order they were sent.
pub fn statuses(received: &[Received]) -> Vec<String> {
    received
        .iter()
        .filter_map(|r| r.param("MessageStatus"))
        .collect()
}
