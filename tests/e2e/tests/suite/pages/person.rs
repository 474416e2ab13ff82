//! A person at the console: finds things by what they are and are called, as a screen reader
//! tells it, presses them with the mouse, and types.

use std::fs;
use std::path::Path;
use std::time::Duration;

use hookswitch_e2e::{Stack, eventually};
use serde_json::{Value, json};
use xtask::project::Project;

use crate::browser::Browser;

/// Opens an operator's session.
pub const OPERATOR_KEY: &str = "e2e-console-operator";
/// Opens a viewer's.
pub const VIEWER_KEY: &str = "e2e-console-viewer-key";
/// Where pictures of pages are left.
const PICTURES: &str = "target/e2e/pages";
const SOON: Duration = Duration::from_secs(20);
/// Holds a key down until the end of the action: Control.
const CONTROL: char = '\u{e009}';

/// A person with a browser.
pub struct Person {
    browser: Browser,
    console: String,
}

impl Person {
    /// At the log-in page.
    pub fn at(stack: &Stack) -> Person {
        let console = format!("{}/console", stack.worker_url());
        let browser = Browser::start();
        let person = Person { browser, console };
        person.window(1280, false);
        person.browser.open(&person.console);
        person
    }

    /// Logged in, at the overview.
    #[track_caller]
    pub fn logged_in(stack: &Stack, key: &str) -> Person {
        let person = Person::at(stack);
        person.enters("Key", key);
        person.presses("button", "Log in");
        person.sees("heading", "Overview");
        person
    }

    /// A window of this width, in daylight or in the dark.
    pub fn window(&self, width: u32, dark: bool) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.browser
            .devtools("Emulation.setDeviceMetricsOverride", &size);
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.browser.devtools("Emulation.setEmulatedMedia", &media);
    }

    /// Opens a page of the console by its address, as a bookmark does.
    pub fn opens(&self, page: &str) {
        self.browser.open(&format!("{}#/{page}", self.console));
    }

    /// Opens a page anew, from nothing.
    pub fn reloads(&self, page: &str) {
        self.browser.open("about:blank");
        self.opens(page);
    }

    /// The page that is open, as [`Person::opens`] takes it.
    pub fn place(&self) -> String {
        let place = self.browser.run("return location.hash.slice(2)");
        place.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until nothing more is being loaded.
    pub fn settles(&self) {
        self.patiently("a page at rest", || {
            (!self.text().contains("Loading…")).then_some(())
        });
    }

    /// What has this role and, when that is asked for, exactly this name: role, name and node.
    fn all(&self, role: &str, name: Option<&str>) -> Vec<(String, i64)> {
        let root = self
            .browser
            .devtools("DOM.getDocument", &json!({"depth": 0}));
        let mut query = json!({"nodeId": root["root"]["nodeId"], "role": role});
        if let Some(name) = name {
            query["accessibleName"] = name.into();
        }
        let found = self.browser.devtools("Accessibility.queryAXTree", &query);
        let nodes = found["nodes"].as_array().cloned().unwrap_or_default();
        let nodes = nodes.iter().filter(|node| node["ignored"] != true);
        let pairs = nodes.filter_map(|node| {
            let name = node["name"]["value"].as_str().unwrap_or_default();
            Some((name.to_owned(), node["backendDOMNodeId"].as_i64()?))
        });
        pairs.collect()
    }

    /// The names of everything of a role.
    pub fn names(&self, role: &str) -> Vec<String> {
        self.all(role, None)
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    }

    /// Waits until there is something of this role and name.
    #[track_caller]
    pub fn sees(&self, role: &str, name: &str) -> i64 {
        let what = format!("seeing the {role} {name:?}");
        let found = || self.all(role, Some(name)).first().map(|(_, node)| *node);
        self.patiently(&what, found)
    }

    /// Whether there is something of this role and name now.
    pub fn has(&self, role: &str, name: &str) -> bool {
        !self.all(role, Some(name)).is_empty()
    }

    /// Waits until the page says this.
    #[track_caller]
    pub fn reads(&self, text: &str) {
        self.patiently(&format!("reading {text:?}"), || {
            self.text().contains(text).then_some(())
        });
    }

    /// Everything on the page that can be read.
    pub fn text(&self) -> String {
        let text = self.browser.run("return document.body.innerText");
        text.as_str().unwrap_or_default().to_owned()
    }

    #[track_caller]
    fn patiently<T>(&self, what: &str, probe: impl Fn() -> Option<T>) -> T {
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            eventually(what, SOON, &probe)
        }));
        found.unwrap_or_else(|_| {
            self.keeps_a_picture("failed");
            panic!("{what}: not on this page:\n{}", self.text())
        })
    }

    /// Presses something with the mouse, once it is there.
    #[track_caller]
    pub fn presses(&self, role: &str, name: &str) {
        let node = self.sees(role, name);
        let it = json!({ "backendNodeId": node });
        self.browser.devtools("DOM.scrollIntoViewIfNeeded", &it);
        let found = self.browser.devtools("DOM.getContentQuads", &it);
        let corners = found["quads"][0].as_array().cloned().unwrap_or_default();
        let middle = |first: usize| {
            let values = corners.iter().skip(first).step_by(2);
            values.filter_map(Value::as_f64).sum::<f64>() / 4.0
        };
        self.browser.press_at(middle(0), middle(1));
    }

    /// Types into a field, in place of what it holds.
    #[track_caller]
    pub fn enters(&self, label: &str, text: &str) {
        self.focuses(label);
        self.browser.type_keys_held(CONTROL, "a");
        self.browser
            .devtools("Input.insertText", &json!({ "text": text }));
    }

    /// Chooses an option by typing what it says.
    #[track_caller]
    pub fn chooses(&self, label: &str, option: &str) {
        self.focuses(label);
        self.browser.type_keys(option);
    }

    /// Gives a file to a field.
    #[track_caller]
    pub fn gives(&self, label: &str, file: &Path) {
        let node = self.labelled(label);
        let files = json!({"backendNodeId": node, "files": [file]});
        self.browser.devtools("DOM.setFileInputFiles", &files);
    }

    #[track_caller]
    fn focuses(&self, label: &str) {
        let node = self.labelled(label);
        self.browser
            .devtools("DOM.focus", &json!({ "backendNodeId": node }));
    }

    /// The control that a screen reader announces by this label.
    #[track_caller]
    fn labelled(&self, label: &str) -> i64 {
        const ROLES: [&str; 6] = [
            "textbox",
            "searchbox",
            "combobox",
            "spinbutton",
            "InputTime",
            "button",
        ];
        self.patiently(&format!("the field {label:?}"), || {
            ROLES.iter().find_map(|role| {
                let all = self.all(role, None);
                // A file's field also says which file it has.
                let with_file = format!("{label}: ");
                let fits = |name: &str| {
                    name == label || (*role == "button" && name.starts_with(&with_file))
                };
                all.into_iter()
                    .find(|(name, _)| fits(name))
                    .map(|(_, node)| node)
            })
        })
    }

    /// Presses keys wherever the focus is.
    pub fn types(&self, keys: &str) {
        self.browser.type_keys(keys);
    }

    /// Keeps a picture of the page among the test's artefacts.
    pub fn keeps_a_picture(&self, name: &str) {
        let folder = Project::here().path(PICTURES);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.png")), self.browser.picture()).unwrap();
    }

    /// What a script says of the page.
    pub fn measures(&self, script: &str) -> Value {
        self.browser.run(script)
    }

    /// What axe-core finds on this page that is serious or critical.
    pub fn grave_findings(&self) -> Vec<String> {
        let axe = Project::here().path("node_modules/axe-core/axe.min.js");
        let axe = fs::read_to_string(&axe)
            .unwrap_or_else(|error| panic!("{}: {error}: run `cargo xtask setup`", axe.display()));
        self.browser.run(&axe);
        let found = self.browser.run_async(
            "const done = arguments[arguments.length - 1];
             axe.run(document, {resultTypes: ['violations']}).then(
                ({violations, passes}) => done({passes: passes.length, found: violations
                    .filter((one) => ['serious', 'critical'].includes(one.impact))
                    .map((one) => `${one.impact} ${one.id}: ${one.nodes.map((node) => node.target.join(' ') + ' ' + (node.failureSummary ?? '')).join('; ')}`)}),
                (error) => done({found: [String(error)]}));",
        );
        assert!(
            found["passes"].as_u64() > Some(5),
            "axe did not run: {found}"
        );
        let found = found["found"].as_array().cloned().unwrap_or_default();
        found.iter().map(ToString::to_string).collect()
    }
}
