//! A million broken inputs: templates, regular expressions and definitions out of a seeded
//! generator. Nothing may panic, take long or hold much memory. `cargo xtask test --deep` tries
//! the million, optimized, by `HOOKSWITCH_FUZZ=1`; without it a sample runs.

#![cfg(all(test, target_os = "linux"))]
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the helpers of a test may fail it"
)]

use hookswitch::flow::{
    Definition, Flows, check,
    liquid::{Clock, MAX_OUTPUT, Template},
    simulate,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Of one input, on a busy machine and without optimization.
const LONGEST: Duration = Duration::from_secs(5);
/// Of one kind of input; what was not tried by then is not tried.
const BOX: Duration = Duration::from_secs(400);
/// Of the whole process: kilobytes at the most ever.
const MEMORY: u64 = 400 * 1024;

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides.max(1)
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.roll(of.len())]
    }
}

/// Tries inputs until there were `many` or the time is up, and says what came of it.
fn tried(name: &str, many: u64, mut input: impl FnMut(&mut Dice) -> Duration) {
    let many = match std::env::var_os("HOOKSWITCH_FUZZ") {
        Some(_) => many,
        None => many / 200,
    };
    let (start, mut slowest, mut count) = (Instant::now(), Duration::ZERO, 0);
    while count < many && start.elapsed() < BOX {
        slowest = slowest.max(input(&mut Dice(count.wrapping_mul(0x9e37_79b9_7f4a_7c15))));
        count += 1;
    }
    let peak = peak_memory();
    println!(
        "{name}: {count} inputs in {:.0?}, slowest {slowest:.1?}, {peak} KB",
        start.elapsed()
    );
    assert!(count * 10 >= many, "only {count} of {many} within the time");
    assert!(slowest < LONGEST, "{name}: one input took {slowest:?}");
    assert!(peak < MEMORY, "{name}: {peak} KB");
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    let digits: String = line.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

const EXPRESSIONS: [&str; 24] = [
    "x",
    "flow.variables.n",
    "widgets['a b'].body",
    "list[0]",
    "list[i]",
    "list.first.size",
    "'text'",
    "\"\"",
    "1",
    "-1.5",
    "999999999999999999999",
    "nil",
    "blank",
    "true",
    "(1..3)",
    "(1..99999999)",
    "forloop.index0",
    "a.b[c.d[e.f[g]]]",
    "[",
    "'",
    "..",
    "a. b",
    "x | ",
    "{{",
];
const FILTERS: [&str; 40] = [
    "downcase",
    "upcase",
    "to_json",
    "plus: 1",
    "minus: x",
    "times: 99999999999",
    "divided_by: 0",
    "modulo: 0",
    "default: 'd'",
    "replace: '', 'xxxxxxxxxx'",
    "replace: 'x', x",
    "strip",
    "split: ''",
    "split: ','",
    "join: x",
    "first",
    "last",
    "size",
    "slice: -3, 99",
    "sort",
    "truncate: 3",
    "url_encode",
    "escape",
    "append: x",
    "prepend: list",
    "remove: 'e'",
    "remove_first: 'e'",
    "date: '%s%Y%%%'",
    "date: x",
    "abs",
    "ceil",
    "round: 99",
    "capitalize",
    "uniq",
    "map: 'a'",
    "nosuch: 1, 2",
    ":",
    "append: x | append: x | append: x",
    "reverse",
    "concat: list",
];
const CONDITIONS: [&str; 8] = [
    "x",
    "x == 'a'",
    "x contains 'e' and list",
    "1 < 2 or",
    "x != nil",
    "not x",
    "list > 1",
    "==",
];

/// Liquid text of all that the language has, nested and broken.
fn template(dice: &mut Dice, depth: usize, text: &mut String) {
    for _ in 0..=dice.roll(3) {
        let sides = if depth > 4 { 4 } else { 9 };
        match dice.roll(sides) {
            0 => text.push_str(dice.one(&["plain ", "\u{1F600}", "\0", "}}", "{%", "{{ ", "%}"])),
            1..=2 => {
                text.push_str("{{");
                text.push_str(dice.one(&EXPRESSIONS));
                for _ in 0..dice.roll(5) {
                    text.push('|');
                    text.push_str(dice.one(&FILTERS));
                }
                text.push_str("}}");
            }
            3 => {
                text.push_str("{% assign x = x ");
                for _ in 0..=dice.roll(4) {
                    text.push('|');
                    text.push_str(dice.one(&FILTERS));
                }
                text.push_str("%}");
            }
            4 => block(dice, depth, text, "if ", dice_condition, "endif"),
            5 => block(
                dice,
                depth,
                text,
                "for i in ",
                |d| d.one(&["(1..9999)", "list", "x", "nil"]),
                "endfor",
            ),
            6 => block(
                dice,
                depth,
                text,
                "case ",
                |d| d.one(&EXPRESSIONS),
                "endcase",
            ),
            7 => block(dice, depth, text, "capture ", |_| "x", "endcapture"),
            _ => block(dice, depth, text, "unless ", dice_condition, "endunless"),
        }
    }
}

fn dice_condition(dice: &mut Dice) -> &'static str {
    dice.one(&CONDITIONS)
}

fn block(
    dice: &mut Dice,
    depth: usize,
    text: &mut String,
    open: &str,
    of: impl Fn(&mut Dice) -> &'static str,
    close: &str,
) {
    text.push_str(dice.one(&["{%", "{%-", "{% "]));
    text.push_str(open);
    text.push_str(of(dice));
    text.push_str("%}");
    template(dice, depth + 1, text);
    if dice.roll(4) == 0 {
        text.push_str(dice.one(&[
            "{% else %}",
            "{% elsif x %}",
            "{% when 'a', 1 %}",
            "{% break %}",
        ]));
        template(dice, depth + 1, text);
    }
    // One block in sixteen stays open.
    if dice.roll(16) > 0 {
        text.push_str("{% ");
        text.push_str(close);
        text.push_str(" %}");
    }
}

#[test]
fn templates_end_within_their_limits() {
    let context = json!({
        "x": "some text of a caller, é", "list": [1, "two", {"a": 3}, null, [4]], "i": 1,
        "flow": {"variables": {"n": "3"}}, "widgets": {"a b": {"body": "{\"k\":[1,2]}"}},
    });
    let clock = Clock {
        now_ms: 1_795_512_600_000,
        utc_offset_minutes: -480,
    };
    tried("templates", 450_000, |dice| {
        let mut text = String::new();
        if dice.roll(20) == 0 {
            // What doubles at every turn.
            let times = dice.roll(60);
            text.push_str("{% assign x = 'aaaaaaaa' %}");
            text.push_str(&"{% assign x = x | append: x %}".repeat(times));
            text.push_str(&"{% for a in (1..999) %}".repeat(dice.roll(50)));
            text.push_str("{{ x | replace: 'a', x }}");
        }
        template(dice, 0, &mut text);
        timed(|| {
            let Ok(parsed) = Template::parse(&text) else {
                return;
            };
            let _ = parsed.survey();
            if let Ok(output) = parsed.render(&context, clock) {
                assert!(output.len() <= MAX_OUTPUT, "{text}");
            }
        })
    });
}

/// A pattern of all that the engine knows, and bombs.
fn pattern(dice: &mut Dice, depth: usize, text: &mut String) {
    for _ in 0..=dice.roll(4) {
        match dice.roll(if depth > 5 { 5 } else { 9 }) {
            0 => text
                .push_str(dice.one(&["a", "b", "é", "1", " ", "\\d", "\\w+", "\\s*", ".", "\\b"])),
            1 => text
                .push_str(dice.one(&["[a-z]", "[^a]", "[", "]", "[a-", "[]a]", "[\\d_]", "[z-a]"])),
            2 => text.push_str(dice.one(&[
                "*",
                "+",
                "?",
                "*?",
                "++",
                "{2,5}",
                "{9999}",
                "{,3}",
                "{1,2}{3,4}",
                "{",
            ])),
            3 => text
                .push_str(dice.one(&["^", "$", "|", "\\1", "\\2", "\\", "(?i)", "(?s)", ")", "("])),
            4 => text.push_str(dice.one(&[
                "(a+)+$",
                "(a|a)*b",
                "(a|aa)+$",
                "(.*)*x",
                "([a-z]+)*1",
                "(?=.*a)(?!.*c)",
            ])),
            _ => {
                text.push_str(
                    dice.one(&["(", "(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?<n>"]),
                );
                pattern(dice, depth + 1, text);
                if dice.roll(16) > 0 {
                    text.push(')');
                }
                text.push_str(dice.one(&["", "*", "+", "?", "{3}", "{0,60}"]));
            }
        }
    }
}

#[test]
fn expressions_end_within_their_limits() {
    let script =
        json!({"start": {"message": {"From": "+1", "To": "+2", "Body": "x"}}, "steps": []});
    let mut flow = json!({
        "description": "", "initial_state": "Trigger", "flags": {"allow_concurrent_calls": true},
        "states": [
            {"name": "Trigger", "type": "trigger", "properties": {},
             "transitions": [{"event": "incomingMessage", "next": "split"}]},
            {"name": "split", "type": "split-based-on", "properties": {"input": "{{trigger.message.Body}}"},
             "transitions": [{"event": "noMatch"}, {"event": "match", "conditions": [
                {"type": "regex", "friendly_name": "", "arguments": ["{{trigger.message.Body}}"], "value": ""}]}]}
        ]
    });
    tried("expressions", 350_000, |dice| {
        let mut text = String::new();
        pattern(dice, 0, &mut text);
        if dice.roll(50) == 0 {
            text = text.repeat(1 + dice.roll(200));
        }
        let subject = dice
            .one(&["a", "ab", "aé1 ", "aaaaaaaaaaaaaaaaaaaaaaaa!", "x1y2"])
            .repeat(1 + dice.roll(40));
        *flow
            .pointer_mut("/states/1/transitions/1/conditions/0/value")
            .unwrap() = Value::from(text);
        let mut script = script.clone();
        *script.pointer_mut("/start/message/Body").unwrap() = Value::from(subject);
        let script = simulate::Script::parse(&script).unwrap();
        timed(|| {
            if let Ok(definition) = Definition::parse(&flow) {
                let transcript = simulate::simulate(&definition, &Flows::new(), &script);
                assert_eq!(transcript.end, simulate::End::Ended);
            }
        })
    });
}

const FLOWS: [&str; 3] = [
    include_str!("../../flows/acme-ivr.json"),
    include_str!("../../tests/flow/flows/every-voice-widget.json"),
    include_str!("../../tests/flow/flows/legacy.json"),
];

/// Text that is nearly a definition: cut, doubled, with bytes of another.
fn document(dice: &mut Dice) -> String {
    match dice.roll(40) {
        0 => return "[".repeat(dice.roll(100_000)),
        1 => return r#"{"definition":"#.repeat(dice.roll(2_000)),
        2 => {
            let state = r#"{"name":"a","type":"say-play","transitions":[],"properties":{}}"#;
            let states = vec![state; 1 + dice.roll(1_100)].join(",");
            return format!(r#"{{"states":[{states}],"initial_state":"a","flags":{{}}}}"#);
        }
        _ => {}
    }
    let mut text: Vec<char> = FLOWS[dice.roll(FLOWS.len())].chars().collect();
    for _ in 0..=dice.roll(3) {
        let (at, long) = (dice.roll(text.len()), 1 + dice.roll(30));
        let end = (at + long).min(text.len());
        match dice.roll(4) {
            0 => drop(text.drain(at..end)),
            1 => {
                let piece: Vec<char> = text[at..end].to_vec();
                let to = dice.roll(text.len());
                text.splice(to..to, piece);
            }
            2 => {
                let odd = dice.one(&[
                    "null",
                    "[]",
                    "{}",
                    "1e999",
                    "\"\"",
                    "\"next\":",
                    "\"{{\"",
                    "\\u0000",
                    "-",
                ]);
                text.splice(at..at, odd.chars());
            }
            _ => {
                let other = dice.one(&["a", "\"", "}", "{", ",", ":", "0", " "]);
                text.splice(at..end.min(at + 1), other.chars());
            }
        }
    }
    text.into_iter().collect()
}

/// A document whose values were put in each other's places.
fn shuffled(dice: &mut Dice) -> Option<Value> {
    let mut value: Value = serde_json::from_str(FLOWS[dice.roll(FLOWS.len())]).ok()?;
    let states = value["states"].as_array()?.len();
    for _ in 0..=dice.roll(4) {
        let (from, to) = (dice.roll(states), dice.roll(states));
        let part = dice.one(&["properties", "transitions", "name", "type"]);
        let other = dice.one(&["properties", "transitions", "name", "type"]);
        let moved = value["states"][from][part].clone();
        // Only what still is an object has places.
        if !value["states"][to].is_object() {
            continue;
        }
        match dice.roll(3) {
            0 => value["states"][to][other] = moved,
            1 => value["states"][to][part] = moved,
            _ => {
                if let Some(Value::Object(properties)) = value["states"][to].get_mut("properties") {
                    properties.insert("say".to_owned(), moved);
                }
            }
        }
    }
    Some(value)
}

#[test]
fn definitions_are_read_within_their_limits() {
    tried("definitions", 250_000, |dice| {
        let text = document(dice);
        let value = match dice.roll(2) {
            0 => serde_json::from_str(&text).ok(),
            _ => shuffled(dice),
        };
        timed(|| {
            let Some(value) = value else { return };
            let report = check(&value);
            assert_eq!(
                Definition::parse(&value).is_ok(),
                report.is_accepted(),
                "{value}"
            );
        })
    });
}
