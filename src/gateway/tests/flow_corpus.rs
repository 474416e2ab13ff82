//! A folder of exports, published here and walked: `HOOKSWITCH_FLOW_DIR=exports cargo test --lib
//! flow_corpus -- --include-ignored --nocapture`. Without the variable, our own flows.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::flow::{Definition, explore::explore};
use crate::gateway::testing::{TestWorld, json_of};

fn exports() -> Vec<PathBuf> {
    let folder = std::env::var("HOOKSWITCH_FLOW_DIR")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/flow/flows").to_owned());
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    paths.sort();
    assert!(!paths.is_empty(), "{folder} holds no flow");
    paths
}

/// Ways out that an input can take: those of events that the flow leads on, and every match.
fn dead_ends(definition: &Definition, untaken: &[(String, String, String)]) -> Vec<String> {
    let starts = definition
        .states()
        .iter()
        .find(|state| state.kind() == "trigger");
    let starts = starts.map(crate::flow::State::name).unwrap_or_default();
    untaken
        .iter()
        .filter(|(from, event, to)| {
            // A way in that the author did not wire, and an event that nobody listens for.
            !(to.is_empty() && (from == starts || event == "speech" || event == "keypress"))
        })
        .map(|(from, event, to)| format!("{from} {event} -> {to}"))
        .collect()
}

#[test]
fn every_export_is_published_and_runs_to_an_end_on_every_branch() {
    let (mut states, mut reached, mut refused, mut missed) = (0, 0, Vec::new(), Vec::new());
    for path in exports() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        // A conversation that has to be begun is what this gateway refuses.
        if name == "conversations" {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let world = TestWorld::new();
        let answer = world.api("PUT", "/v1/flows/export", Some(&document));
        if answer.status != 200 {
            refused.push(format!("{name}: {}", json_of(&answer)["errors"]));
            continue;
        }
        let definition = Definition::parse(&document).unwrap();
        let seen = explore(&definition, 20_000);
        reached += seen.reached.len();
        states += definition.states().len() - seen.unreachable.len();
        let untaken: Vec<_> = seen.untaken.into_iter().collect();
        let untaken = dead_ends(&definition, &untaken);
        println!(
            "{name}: {} inputs, {} ended, missed {:?}, not taken {untaken:?}",
            seen.inputs, seen.ended, seen.missed
        );
        assert!(seen.ended > 0, "{name} never ends");
        missed.extend(untaken.into_iter().map(|way| format!("{name}: {way}")));
    }
    println!(
        "{reached} of {states} states reached, {} refused",
        refused.len()
    );
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(reached * 100 >= states * 95, "{reached} of {states} states");
    // Rare ways, behind two conditions at once, are for reading.
    assert!(missed.len() * 20 <= states, "{missed:#?}");
}
