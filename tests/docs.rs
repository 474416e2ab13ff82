//! The documents are true to the code, as far as reading both can show it: each setting and each
//! route is named, and each test that docs/security.md promises exists.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests: clippy knows #[test] functions only"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

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
    found
}

/// The code of a file, without its tests.
fn code_of(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

/// What stands between back ticks.
fn quoted(text: &str) -> BTreeSet<String> {
    text.lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

fn is_setting(text: &str) -> bool {
    text.len() > 4
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// Names that look like settings, in the strings of the code that reads them.
fn settings() -> BTreeSet<String> {
    let mut files = sources(&root().join("src/settings"));
    files.push(root().join("src/settings.rs"));
    let mut names = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        let code = code_of(&text)
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            let strings = line.split('"').skip(1).step_by(2);
            names.extend(strings.filter(|text| is_setting(text)).map(str::to_owned));
        }
    }
    names
}

#[test]
fn every_setting_is_in_the_configuration_reference() {
    let settings = settings();
    assert!(settings.len() > 40, "{settings:?}");
    let documented = quoted(&read("docs/configuration.md"));
    let missing: Vec<_> = settings.difference(&documented).collect();
    assert!(
        missing.is_empty(),
        "not in docs/configuration.md: {missing:?}"
    );
}

#[test]
fn the_configuration_reference_names_no_setting_that_nobody_reads() {
    let settings = settings();
    let reference = read("docs/configuration.md");
    let first_cells = reference
        .lines()
        .filter(|line| line.starts_with("| `"))
        .filter_map(|line| line.split('|').nth(1));
    let named: BTreeSet<String> = first_cells.flat_map(quoted).collect();
    let unknown: Vec<_> = named.difference(&settings).collect();
    assert!(unknown.is_empty(), "nobody reads {unknown:?}");
}

#[test]
fn the_consoles_list_of_settings_is_that_of_the_code_that_reads_them() {
    let text = read("src/gateway/console/catalogue.rs");
    // The first text of each entry, which may stand on a line of its own.
    let listed: BTreeSet<String> = text
        .split('(')
        .filter_map(|entry| entry.trim_start().strip_prefix('"')?.split('"').next())
        .map(str::to_owned)
        .collect();
    assert_eq!(listed, settings());
}

/// Paths that `route.rs` documents, each where its comment begins, with nothing in their
/// braces: `/v1/messages/{}`.
fn routes() -> BTreeSet<String> {
    let text = read("src/gateway/route.rs");
    let comments = code_of(&text)
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("/// `/"))
        .map(|comment| "`/".to_owned() + comment);
    comments
        .filter_map(|comment| paths_in(&comment).into_iter().next())
        .collect()
}

fn paths_in(text: &str) -> Vec<String> {
    let text = without_names(text);
    let paths = text.split('`').skip(1).step_by(2);
    // `POST /v1/calls` in a document; a query is no part of the path.
    let paths = paths.filter_map(|quoted| quoted.split_whitespace().find(|w| w.starts_with('/')));
    let paths = paths.map(|path| path.split(['?', '[']).next().unwrap_or(path));
    let paths = paths.filter(|path| !path.ends_with("..."));
    paths.map(str::to_owned).collect()
}

/// `/v1/messages/{id}` as `/v1/messages/{}`.
fn without_names(path: &str) -> String {
    let mut parts = path.split('{');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str("{}");
        text.push_str(part.split_once('}').map_or("", |(_, rest)| rest));
    }
    text
}

#[test]
fn every_route_is_in_the_api_reference() {
    let routes = routes();
    assert!(routes.len() > 35, "{routes:?}");
    let reference = read("docs/api.md");
    let documented: BTreeSet<String> = reference.lines().flat_map(paths_in).collect();
    let missing: Vec<_> = routes.difference(&documented).collect();
    assert!(missing.is_empty(), "not in docs/api.md: {missing:?}");
}

/// Names of tests are sentences: words in lower case, two underscores at least.
fn is_test(text: &str) -> bool {
    text.matches('_').count() >= 2
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[test]
fn every_test_that_the_threat_model_names_exists() {
    let folders = ["src", "tests"].map(|folder| sources(&root().join(folder)));
    let code: Vec<String> = folders
        .iter()
        .flatten()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let named: Vec<String> = quoted(&read("docs/security.md"))
        .into_iter()
        .filter(|text| is_test(text))
        .collect();
    assert!(named.len() > 40, "{named:?}");
    let missing: Vec<_> = named
        .iter()
        .filter(|name| {
            let definition = format!("fn {name}(");
            !code.iter().any(|text| text.contains(&definition))
        })
        .collect();
    assert!(missing.is_empty(), "no such test: {missing:?}");
}

#[test]
fn every_link_between_the_documents_leads_somewhere() {
    let mut documents: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md", "SECURITY.md"]
        .map(|name| root().join(name))
        .into();
    let docs = fs::read_dir(root().join("docs")).unwrap();
    let docs = docs.map(|entry| entry.unwrap().path());
    documents.extend(docs.filter(|path| path.extension().is_some_and(|e| e == "md")));
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        let links = text.split("](").skip(1);
        let links = links.filter_map(|rest| rest.split([')', '#']).next());
        for link in links.filter(|link| !link.is_empty() && !link.contains("://")) {
            let target = document.parent().unwrap().join(link);
            assert!(target.exists(), "{}: {link}", document.display());
        }
    }
}
