//! What a person does with a page: finds things by what they are and are called, as a screen
//! reader is told it, and clicks, types and reads.

use std::fs;
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};
use xtask::project::Project;

use crate::browser::{Browser, ELEMENT};

/// Longer than any answer of the Worker or step of a call takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Which elements may have a role at all; the browser says which have it.
fn candidates(role: &str) -> String {
    let native = match role {
        "button" => "button",
        "textbox" => "input,textarea",
        "combobox" => "input,select",
        "spinbutton" | "radio" | "checkbox" => "input",
        "DisclosureTriangle" => "summary",
        "region" => "section",
        _ => "",
    };
    let named = format!("[role={role}]");
    if native.is_empty() {
        named
    } else {
        format!("{native},{named}")
    }
}

/// Something on the page.
pub struct Thing<'a> {
    browser: &'a Browser,
    id: String,
}

/// A page, as a person sees it.
pub struct Person {
    browser: Browser,
}

impl Person {
    /// Opens a page in a window of their own.
    pub fn opens(url: &str) -> Person {
        let browser = Browser::start();
        browser.act("/window/rect", &json!({"width": 1280, "height": 1100}));
        browser.open(url);
        Person { browser }
    }

    /// The first visible thing of a role whose name begins so; waits until there is one.
    #[track_caller]
    pub fn sees(&self, role: &str, name: &str) -> Thing<'_> {
        let scope = format!("/session/{}", self.browser.session);
        look(&self.browser, &scope, role, name)
    }

    /// Clicks it.
    #[track_caller]
    pub fn clicks(&self, role: &str, name: &str) {
        self.sees(role, name).click();
    }

    /// Replaces what stands in a field.
    #[track_caller]
    pub fn fills(&self, role: &str, name: &str, text: &str) {
        let field = self.sees(role, name);
        field.order("POST", "/clear", &json!({}));
        field.order("POST", "/value", &json!({"text": text}));
    }

    /// Picks from a list by typing what is wanted.
    #[track_caller]
    pub fn picks(&self, name: &str, choice: &str) {
        let list = self.sees("combobox", name);
        list.order("POST", "/value", &json!({"text": choice}));
    }

    /// Reads a thing until a text is in it, and returns all of it.
    #[track_caller]
    pub fn reads(&self, role: &str, name: &str, text: &str) -> String {
        let thing = self.sees(role, name);
        until(|| {
            let shown = thing.text();
            if shown.contains(text) {
                Ok(shown)
            } else {
                Err(format!("{role} {name:?} without {text:?}: {shown:?}"))
            }
        })
    }

    /// What the clipboard holds.
    pub fn pastes(&self) -> String {
        let allowed = json!({"descriptor": {"name": "clipboard-read"}, "state": "granted"});
        self.browser.act("/permissions", &allowed);
        let script = "const done = arguments[0]; navigator.clipboard.readText().then(done, e => done('!' + e))";
        let held = self
            .browser
            .act("/execute/async", &json!({"script": script, "args": []}));
        held.as_str().unwrap_or_default().to_owned()
    }

    /// Keeps what is on the screen as `target/e2e/screenshots/NAME.png`.
    pub fn photographs(&self, name: &str) {
        let path = format!("/session/{}/screenshot", self.browser.session);
        let picture = self.browser.command("GET", &path, &Value::Null);
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(picture.as_str().unwrap_or_default())
            .unwrap();
        assert!(bytes.starts_with(b"\x89PNG"), "not a picture");
        let folder = Project::here().path("target/e2e/screenshots");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.png")), bytes).unwrap();
    }
}

impl<'a> Thing<'a> {
    /// The first visible thing of a role whose name begins so, within this one.
    #[track_caller]
    pub fn sees(&self, role: &str, name: &str) -> Thing<'a> {
        let scope = format!("/session/{}/element/{}", self.browser.session, self.id);
        look(self.browser, &scope, role, name)
    }

    /// Clicks it.
    pub fn click(&self) {
        self.order("POST", "/click", &json!({}));
    }

    /// Its text, as it is seen.
    pub fn text(&self) -> String {
        let text = self.order("GET", "/text", &Value::Null);
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Whether it can be used.
    pub fn is_enabled(&self) -> bool {
        self.order("GET", "/enabled", &Value::Null) == true
    }

    /// What is around it.
    pub fn parent(&self) -> Thing<'a> {
        let scope = format!(
            "/session/{}/element/{}/element",
            self.browser.session, self.id
        );
        let up = json!({"using": "xpath", "value": ".."});
        let found = self.browser.command("POST", &scope, &up);
        Thing {
            browser: self.browser,
            id: found[ELEMENT].as_str().unwrap().to_owned(),
        }
    }

    fn order(&self, method: &str, what: &str, body: &Value) -> Value {
        let path = format!(
            "/session/{}/element/{}{what}",
            self.browser.session, self.id
        );
        self.browser.command(method, &path, body)
    }
}

#[track_caller]
fn look<'a>(browser: &'a Browser, scope: &str, role: &str, name: &str) -> Thing<'a> {
    let wanted = json!({"using": "css selector", "value": candidates(role)});
    until(|| {
        let mut others = Vec::new();
        let found = browser.command("POST", &format!("{scope}/elements"), &wanted);
        for element in found.as_array().into_iter().flatten() {
            let id = element[ELEMENT].as_str().unwrap_or_default().to_owned();
            let ask = |what: &str| {
                let path = format!("/session/{}/element/{id}/{what}", browser.session);
                browser.try_command("GET", &path)
            };
            // The page may have replaced it meanwhile.
            let Some(label) = ask("computedlabel") else {
                continue;
            };
            let label = label.as_str().unwrap_or_default().to_owned();
            let fits = label.starts_with(name)
                && ask("computedrole").is_some_and(|have| have == role)
                && ask("displayed").is_some_and(|shown| shown == true);
            if fits {
                return Ok(Thing { browser, id });
            }
            others.push(label);
        }
        Err(format!("no {role} {name:?} among {others:?}"))
    })
}

#[track_caller]
fn until<T>(mut probe: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match probe() {
            Ok(value) => return value,
            Err(why) => assert!(Instant::now() < deadline, "{why}"),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
