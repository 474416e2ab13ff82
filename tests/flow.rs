//! Flows run by script: each `tests/flow/scripts/*.json` names a flow, says what
//! happens, and has a golden transcript beside it (`*.txt`). Set `HOOKSWITCH_BLESS=1`
//! to write the transcripts anew, then read the difference.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "the helpers of a test may fail it"
)]

use hookswitch::flow::{Definition, Flows, Report, explore::explore, simulate};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn flow(path: &Path) -> Definition {
    Definition::parse(&json(path))
        .unwrap_or_else(|report: Report| panic!("{}: {:#?}", path.display(), report.errors))
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|e| panic!("{folder}: {e}"));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    files.sort();
    files
}

#[test]
fn every_script_gives_its_golden_transcript() {
    let scripts = files("tests/flow/scripts", "json");
    assert!(
        scripts.len() >= 10,
        "only {} scripts were found",
        scripts.len()
    );
    let bless = std::env::var_os("HOOKSWITCH_BLESS").is_some();
    for path in scripts {
        let script = json(&path);
        let named = script["flow"]
            .as_str()
            .unwrap_or_else(|| panic!("{}: no flow", path.display()));
        let definition = flow(&root().join(named));
        let mut flows = Flows::new();
        for (sid, file) in script["subflows"].as_object().into_iter().flatten() {
            flows.insert(
                sid.clone(),
                flow(&root().join(file.as_str().unwrap())).into(),
            );
        }
        let parsed = simulate::Script::parse(&script)
            .unwrap_or_else(|e| panic!("{}: {e:?}", path.display()));
        let transcript = simulate::simulate(&definition, &flows, &parsed).to_string();
        let golden = path.with_extension("txt");
        if bless {
            fs::write(&golden, &transcript).unwrap();
        }
        let wanted = fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(transcript, wanted, "{}", path.display());
    }
}

#[test]
fn every_state_of_our_flows_is_reached_by_generated_inputs() {
    let mut flows = files("flows", "json");
    flows.extend(files("tests/flow/flows", "json"));
    for path in flows {
        let coverage = explore(&flow(&path), 20_000);
        assert_eq!(
            coverage.missed.len(),
            0,
            "{}: {:?}",
            path.display(),
            coverage.missed
        );
        assert_eq!(
            coverage.failures.len(),
            0,
            "{}: {:?}",
            path.display(),
            coverage.failures
        );
        assert!(coverage.ended > 0, "{}: nothing ever ends", path.display());
    }
}
