//! A headless Chromium, driven over WebDriver (W3C) by the few commands that are needed.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookswitch_e2e::{Request, eventually};
use serde_json::{Value, json};
use xtask::http::free_port;

/// A browser with one page. Dropping it ends both.
pub struct Browser {
    driver: Child,
    base: String,
    /// WebDriver's name of it.
    pub session: String,
}

/// The key of an element in WebDriver's answers.
pub const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

impl Browser {
    /// Starts one.
    ///
    /// # Panics
    /// When there is no chromedriver: set `CHROMEDRIVER`, or put one on the path.
    pub fn start() -> Browser {
        let program = std::env::var_os("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into());
        let port = free_port().unwrap();
        let driver = Command::new(program)
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("chromedriver: {error}"));
        let base = format!("http://127.0.0.1:{port}");
        let mut browser = Browser {
            driver,
            base,
            session: String::new(),
        };
        eventually("chromedriver", Duration::from_secs(20), || {
            let status = Request::new("GET", &browser.base, "/status")
                .try_send()
                .ok()?;
            (status.json()["value"]["ready"] == true).then_some(())
        });
        let options = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args":
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]}}}});
        let value = browser.command("POST", "/session", &options);
        browser.session = value["sessionId"].as_str().unwrap().to_owned();
        browser
    }

    /// One command of WebDriver's, by its path; what it answers.
    pub fn command(&self, method: &str, path: &str, body: &Value) -> Value {
        let request = Request::new(method, &self.base, path);
        let request = if method == "POST" {
            request.json(body)
        } else {
            request
        };
        request.send().expect(200).json()["value"].clone()
    }

    /// What can be read, unless it is gone.
    pub fn try_command(&self, method: &str, path: &str) -> Option<Value> {
        let answer = Request::new(method, &self.base, path).try_send().ok()?;
        (answer.status == 200).then(|| answer.json()["value"].clone())
    }

    /// A command of this session's.
    pub fn act(&self, path: &str, body: &Value) -> Value {
        self.command("POST", &format!("/session/{}{path}", self.session), body)
    }

    /// Asks the browser itself (Chrome DevTools Protocol).
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.act(
            "/goog/cdp/execute",
            &json!({"cmd": command, "params": parameters}),
        )
    }

    /// Runs a script that calls its last argument when it is done, with what it says.
    pub fn run_async(&self, script: &str) -> Value {
        self.act("/execute/async", &json!({"script": script, "args": []}))
    }

    /// The page as it is seen, as a PNG.
    pub fn picture(&self) -> Vec<u8> {
        let path = format!("/session/{}/screenshot", self.session);
        let text = self.command("GET", &path, &Value::Null);
        STANDARD.decode(text.as_str().unwrap()).unwrap()
    }

    /// Presses the mouse at a point of the window.
    pub fn press_at(&self, x: f64, y: f64) {
        let steps = json!([
            {"type": "pointerMove", "duration": 0, "x": x.round() as i64, "y": y.round() as i64},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]);
        let mouse = json!({"type": "pointer", "id": "mouse", "actions": steps});
        self.act("/actions", &json!({ "actions": [mouse] }));
    }

    /// Opens a page.
    pub fn open(&self, url: &str) {
        self.act("/url", &json!({"url": url}));
    }

    /// Runs a script and returns what it returns.
    pub fn run(&self, script: &str) -> Value {
        self.act("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Types keys at whatever has the focus, as a person with a keyboard does.
    pub fn type_keys(&self, keys: &str) {
        let presses: Vec<Value> = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key})))
            .collect();
        let actions = json!({"actions": [{"type": "key", "id": "keyboard", "actions": presses}]});
        self.act("/actions", &actions);
    }

    /// Types keys while another is held down.
    pub fn type_keys_held(&self, held: char, keys: &str) {
        let mut presses = vec![json!({"type": "keyDown", "value": held})];
        presses.extend(
            keys.chars().flat_map(|key| {
                ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key}))
            }),
        );
        presses.push(json!({"type": "keyUp", "value": held}));
        let actions = json!({"actions": [{"type": "key", "id": "keyboard", "actions": presses}]});
        self.act("/actions", &actions);
    }

    /// The id of the element that has the focus.
    pub fn focus(&self) -> String {
        self.run("return document.activeElement.id")
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// The text of an element, by id, as it is seen.
    pub fn text(&self, id: &str) -> String {
        let found = self.act(
            "/element",
            &json!({"using": "css selector", "value": format!("#{id}")}),
        );
        let element = found[ELEMENT].as_str().unwrap().to_owned();
        let path = format!("/session/{}/element/{element}/text", self.session);
        self.command("GET", &path, &Value::Null)
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// The accessible name and role of an element, as a screen reader is told them.
    pub fn announced(&self, id: &str) -> (String, String) {
        let found = self.act(
            "/element",
            &json!({"using": "css selector", "value": format!("#{id}")}),
        );
        let element = found[ELEMENT].as_str().unwrap().to_owned();
        let ask = |what: &str| {
            let path = format!("/session/{}/element/{element}/{what}", self.session);
            self.command("GET", &path, &Value::Null)
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        (ask("computedrole"), ask("computedlabel"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let path = format!("/session/{}", self.session);
            let _ = Request::new("DELETE", &self.base, &path).try_send();
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
