//! The direction of dependencies, held by reading the sources: what a folder may name of the
//! crate, and that only the platform names `worker`.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests: clippy knows #[test] functions only"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Every folder of the crate, and what it may use besides itself.
const MAY_USE: [(&str, &[&str]); 12] = [
    ("access", &["json", "ports", "secret", "time"]),
    ("twilio", &["ports", "time"]),
    ("messaging", &["json", "ports", "time", "twilio"]),
    ("flow", &["json", "ports", "time", "twilio"]),
    ("rotation", &["ports", "time"]),
    ("verify", &["messaging", "ports", "time", "twilio"]),
    ("campaign", &["messaging", "ports", "time", "twilio"]),
    ("effects", &["flow", "log", "ports", "time", "twilio"]),
    (
        "settings",
        &[
            "campaign",
            "effects",
            "messaging",
            "ports",
            "secret",
            "time",
            "twilio",
            "verify",
        ],
    ),
    (
        "objects",
        &[
            "campaign",
            "effects",
            "flow",
            "json",
            "log",
            "messaging",
            "ports",
            "rotation",
            "secret",
            "settings",
            "time",
            "twilio",
            "verify",
        ],
    ),
    (
        "gateway",
        &[
            "access",
            "campaign",
            "effects",
            "flow",
            "json",
            "log",
            "messaging",
            "objects",
            "ports",
            "rotation",
            "secret",
            "settings",
            "time",
            "twilio",
            "verify",
        ],
    ),
    (
        "platform",
        &[
            "access", "flow", "gateway", "json", "log", "objects", "ports", "secret", "settings",
            "time", "twilio",
        ],
    ),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The modules that a text names after `crate::`, comments aside.
fn used(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                .collect::<String>()
        })
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn dependencies_point_one_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for (folder, allowed) in MAY_USE {
        for path in sources(&root.join(folder)) {
            for name in used(&fs::read_to_string(&path).unwrap()) {
                if name != folder && !allowed.contains(&name.as_str()) {
                    wrong.push(format!("{} uses crate::{name}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_folder_has_a_rule() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(root).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            let name = entry.file_name().into_string().unwrap();
            assert!(
                MAY_USE.iter().any(|(folder, _)| *folder == name),
                "{name} has no rule"
            );
        }
    }
}

#[test]
fn only_the_platform_names_the_worker_crate() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in sources(&root) {
        if path.starts_with(root.join("platform")) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let names = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .any(|line| {
                line.contains("worker::")
                    || line.contains("js_sys")
                    || line.contains("wasm_bindgen")
            });
        assert!(!names, "{} names the platform", path.display());
    }
}
