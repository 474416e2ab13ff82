//! The functions of `border.js`, as Rust calls them.

use js_sys::Promise;
use js_sys::futures::JsFuture;
use wasm_bindgen::prelude::*;
use worker::Env;
use worker::web_sys::{Request, Response};

#[wasm_bindgen(module = "/src/platform/border.js")]
extern "C" {
    pub(super) fn body(request: &Request, limit: u32) -> Promise;
    pub(super) fn network(request: &Request) -> Option<u32>;
    pub(super) fn reader(request: &Request) -> JsValue;
    #[wasm_bindgen(js_name = nextPiece)]
    pub(super) fn next_piece(reader: &JsValue) -> Promise;
    #[wasm_bindgen(catch)]
    pub(super) fn respond(status: u16, headers: &str, body: &str) -> Result<Response, JsValue>;
    #[wasm_bindgen(catch, js_name = openStream)]
    pub(super) fn open_stream(status: u16, headers: &str) -> Result<Stream, JsValue>;
    #[wasm_bindgen(js_name = writePiece)]
    pub(super) fn write_piece(stream: &Stream, text: &str) -> Promise;
    #[wasm_bindgen(js_name = endStream)]
    pub(super) fn end_stream(stream: &Stream) -> Promise;

    pub(super) fn ask(env: &Env, binding: &str, name: &str, verb: &str, body: &str) -> Promise;
    #[wasm_bindgen(js_name = sqlOf)]
    pub(super) fn sql_of(state: &JsValue) -> JsValue;
    #[wasm_bindgen(js_name = setAlarm)]
    pub(super) fn set_alarm(state: &JsValue, at: f64);
    #[wasm_bindgen(catch)]
    pub(super) fn exec(sql: &JsValue, statement: &str, values: &str) -> Result<String, JsValue>;

    pub(super) fn send(
        method: &str,
        url: &str,
        headers: &str,
        body: Option<&str>,
        milliseconds: u32,
        limit: u32,
    ) -> Promise;
    pub(super) fn look(urls: &str, milliseconds: u32) -> Promise;
    pub(super) fn relay(url: &str, authorization: Option<&str>, milliseconds: u32) -> Promise;
    pub(super) fn pause(milliseconds: f64) -> Promise;

    pub(super) fn variable(env: &Env, name: &str) -> Option<String>;
    #[wasm_bindgen(js_name = readKey)]
    pub(super) fn read_key(env: &Env, binding: &str, key: &str) -> Promise;
    #[wasm_bindgen(js_name = writeKey)]
    pub(super) fn write_key(env: &Env, binding: &str, key: &str, value: &str) -> Promise;
    pub(super) fn enqueue(env: &Env, binding: &str, texts: &str) -> Promise;
    pub(super) fn mail(
        env: &Env,
        binding: &str,
        from: &str,
        to: &str,
        subject: &str,
        text: &str,
    ) -> Promise;
    #[wasm_bindgen(js_name = verifyRs256)]
    pub(super) fn verify_rs256(n: &str, e: &str, signed: &str, signature: &[u8]) -> Promise;
    pub(super) fn allow(env: &Env, binding: &str, key: &str) -> Promise;
}

#[wasm_bindgen]
extern "C" {
    /// An answer whose body is written piece by piece.
    pub(super) type Stream;
    #[wasm_bindgen(method, getter)]
    pub(super) fn response(this: &Stream) -> Response;

    /// What `send` gives back.
    pub(super) type Answer;
    #[wasm_bindgen(method, getter)]
    pub(super) fn status(this: &Answer) -> u16;
    #[wasm_bindgen(method, getter, js_name = retryAfter)]
    pub(super) fn retry_after(this: &Answer) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = contentType)]
    pub(super) fn content_type(this: &Answer) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    pub(super) fn location(this: &Answer) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    pub(super) fn body(this: &Answer) -> String;

    #[wasm_bindgen(js_namespace = console, js_name = log)]
    pub(super) fn log_info(line: &str);
    #[wasm_bindgen(js_namespace = console, js_name = warn)]
    pub(super) fn log_warn(line: &str);
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    pub(super) fn log_error(line: &str);
}

/// What went wrong on the other side: an `Error`'s name and message.
pub(super) struct Fault(JsValue);

impl Fault {
    /// The text for a log line.
    pub(super) fn why(&self) -> String {
        String::from(js_sys::Error::from(self.0.clone()).to_string())
    }

    /// Whether a time limit passed.
    pub(super) fn is_timeout(&self) -> bool {
        js_sys::Error::from(self.0.clone()).name() == "TimeoutError"
    }
}

impl From<JsValue> for Fault {
    fn from(value: JsValue) -> Fault {
        Fault(value)
    }
}

/// What a function of the border promised.
pub(super) async fn kept(promise: Promise) -> Result<JsValue, Fault> {
    JsFuture::from(promise).await.map_err(Fault)
}
