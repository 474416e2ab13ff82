//! Broken flows: the parser, the check, the engine, the explorer and the picture are
//! given definitions with random damage. Nothing may panic or hang, and what the parser
//! accepts must run. `HOOKSWITCH_FUZZ_CASES=1000000` raises the number of cases.

#![cfg(all(test, not(target_arch = "wasm32")))]
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the helpers of a test may fail it"
)]

use hookswitch::flow::{Definition, Flows, check, draw, explore::explore, simulate};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const FLOWS: [&str; 6] = [
    include_str!("../flows/acme-ivr.json"),
    include_str!("flow/flows/survey.json"),
    include_str!("flow/flows/orders.json"),
    include_str!("flow/flows/every-voice-widget.json"),
    include_str!("flow/flows/reminder.json"),
    include_str!("flow/flows/legacy.json"),
];

/// A small generator of our own: the damage depends on the seed alone.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides.max(1)
    }
}

fn odd_value(dice: &mut Dice) -> Value {
    let odd = [
        json!(null),
        json!(""),
        json!(-1),
        json!(1e300),
        json!(true),
        json!([]),
        json!({}),
        json!([[[[]]]]),
        json!("{{"),
        json!("{% if %}"),
        json!("{{ widgets | to_json }}"),
        json!("{% for i in (1..99999) %}{{ i }}{% endfor %}"),
        json!("{{ 'now' | date: '%s' | times: 99999999999 | append: trigger }}"),
        json!("{{ x.y[z].size | split: '' | join: widgets }}"),
        json!("(a+)+$"),
        json!("regex"),
        json!("trigger"),
        json!("say-play"),
        json!("Trigger"),
        json!("menu"),
        json!("match"),
        json!("\u{0}\u{fffd}é\u{1F600}"),
        json!("x".repeat(5000)),
    ];
    odd[dice.roll(odd.len())].clone()
}

/// Every node of a document, as pointers.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match value {
        Value::Object(map) => {
            for (key, item) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                pointers(item, &format!("{at}/{key}"), all);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, &format!("{at}/{index}"), all);
            }
        }
        _ => {}
    }
}

fn damaged(flow: usize, seed: u64, blows: usize) -> Value {
    let mut document: Value = serde_json::from_str(FLOWS[flow % FLOWS.len()]).unwrap();
    let mut dice = Dice(seed);
    for _ in 0..blows {
        let mut all = Vec::new();
        pointers(&document, "", &mut all);
        let (from, to) = (
            all[dice.roll(all.len())].clone(),
            all[dice.roll(all.len())].clone(),
        );
        let moved = document.pointer(&from).cloned().unwrap_or_default();
        let Some(place) = document.pointer_mut(&to) else {
            continue;
        };
        match dice.roll(5) {
            // A part of the document at a wrong place, unless it would grow for ever.
            0 if moved.to_string().len() < 2000 => *place = moved,
            1 => *place = Value::Null,
            2 => {
                if let Value::Object(map) = place {
                    let keys: Vec<String> = map.keys().cloned().collect();
                    if !keys.is_empty() {
                        map.remove(&keys[dice.roll(keys.len())]);
                    }
                }
            }
            3 => {
                if let Value::Array(items) = place
                    && !items.is_empty()
                {
                    let at = dice.roll(items.len());
                    let item = items[at].clone();
                    items.push(item);
                }
            }
            _ => *place = odd_value(&mut dice),
        }
    }
    document
}

fn cases() -> u32 {
    let wanted = std::env::var("HOOKSWITCH_FUZZ_CASES").ok();
    wanted.and_then(|n| n.parse().ok()).unwrap_or(150)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn damaged_flows_are_refused_or_run(flow in 0usize..6, seed: u64, blows in 1usize..6) {
        let document = damaged(flow, seed, blows);
        let report = check(&document);
        match Definition::parse(&document) {
            Ok(definition) => {
                prop_assert!(report.errors.is_empty(), "{:?}", report.errors);
                let coverage = explore(&definition, 60);
                prop_assert!(coverage.reached.len() <= definition.states().len());
                prop_assert!(draw(&definition, &[]).ends_with("</svg>\n"));
            }
            Err(refused) => prop_assert_eq!(refused.errors, report.errors),
        }
    }

    #[test]
    fn every_error_points_into_the_document(flow in 0usize..5, seed: u64) {
        let document = damaged(flow, seed, 2);
        for finding in check(&document).errors {
            prop_assert!(document.pointer(&finding.pointer).is_some(), "{finding:?}");
        }
    }

    #[test]
    fn any_script_is_survived(flow in 0usize..6, seed: u64, length in 0usize..12) {
        let mut dice = Dice(seed);
        let steps: Vec<Value> = (0..length).map(|_| random_step(&mut dice)).collect();
        let start = [
            json!({"call": {"From": "+1", "To": "+2"}}),
            json!({"message": {"From": "+1", "Body": "hi"}}),
            json!({"request": {"to": "+1", "from": "+2"}}),
        ];
        let script = json!({"start": start[dice.roll(3)], "steps": steps});
        let document: Value = serde_json::from_str(FLOWS[flow]).unwrap();
        let definition = Definition::parse(&document).unwrap();
        let script = simulate::Script::parse(&script).unwrap();
        let transcript = simulate::simulate(&definition, &Flows::new(), &script);
        prop_assert!(!transcript.lines.is_empty());
    }
}

fn random_step(dice: &mut Dice) -> Value {
    let mut parameters = Map::new();
    for _ in 0..dice.roll(4) {
        let keys = [
            "Digits",
            "CallStatus",
            "RecordingUrl",
            "FlowEvent",
            "Result",
            "From",
            "x",
        ];
        let values = ["1", "completed", "hangup", "", "9999999999999999999", "é"];
        parameters.insert(
            keys[dice.roll(keys.len())].to_owned(),
            values[dice.roll(values.len())].into(),
        );
    }
    let steps = [
        json!({"press": "1"}),
        json!({"press": "3"}),
        json!({"speak": "yes"}),
        json!({"silence": true}),
        json!({"record": 3}),
        json!({"record": 0}),
        json!({"dial": "busy"}),
        json!({"hangup": true}),
        json!({"reply": "12"}),
        json!({"timeout": true}),
        json!({"undelivered": true}),
        json!({"http": {"json": {"a": [1, 2]}}}),
        json!({"http": {"status": 500}}),
        json!({"ok": {"sid": "SM1"}}),
        json!({"fail": null}),
        json!({"call": "in-progress"}),
        json!({"voice": parameters}),
    ];
    steps[dice.roll(steps.len())].clone()
}
