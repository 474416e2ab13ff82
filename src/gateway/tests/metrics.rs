//! The figures, read back by a parser that takes nothing but OpenMetrics 1.0.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{message, ok};
use crate::gateway::testing::{TestRequest, TestWorld};

/// A sample: its name, its labels, its value.
type Samples = BTreeMap<(String, Labels), f64>;
/// Names and values.
type Labels = Vec<(String, String)>;

fn is_name(text: &str) -> bool {
    let first = text.chars().next();
    first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Reads `{a="b",c="d"}` up to its end; what follows.
fn labels(text: &str) -> Result<(Labels, &str), String> {
    let Some(mut rest) = text.strip_prefix('{') else {
        return Ok((Vec::new(), text));
    };
    let mut found = Labels::new();
    loop {
        let (name, after) = rest.split_once("=\"").ok_or("a label without a value")?;
        if !is_name(name) || found.iter().any(|(known, _)| known == name) {
            return Err(format!("label {name}"));
        }
        let mut value = String::new();
        let mut chars = after.char_indices();
        let end = loop {
            match chars.next().ok_or("a value without an end")? {
                (at, '"') => break at,
                (_, '\\') => match chars.next().ok_or("an escape without an end")?.1 {
                    'n' => value.push('\n'),
                    c @ ('\\' | '"') => value.push(c),
                    c => return Err(format!("escape {c}")),
                },
                (_, c) => value.push(c),
            }
        };
        found.push((name.to_owned(), value));
        rest = after.get(end + 1..).unwrap_or_default();
        match rest.chars().next() {
            Some(',') => rest = rest.get(1..).unwrap_or_default(),
            Some('}') => return Ok((found, rest.get(1..).unwrap_or_default())),
            _ => return Err("labels without an end".to_owned()),
        }
    }
}

/// Every sample, or what is wrong.
fn parsed(text: &str) -> Result<Samples, String> {
    let body = text.strip_suffix("# EOF\n").ok_or("no # EOF at the end")?;
    let (mut samples, mut seen) = (Samples::new(), BTreeSet::new());
    let (mut family, mut kind) = ("", "");
    for line in body.split_terminator('\n') {
        let wrong = |why: &str| Err(format!("{why}: {line}"));
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            (family, kind) = rest.split_once(' ').ok_or("a type without a name")?;
            if !is_name(family) || !seen.insert(family) {
                return wrong("a family twice, or none");
            }
            if !["counter", "gauge", "info"].contains(&kind) {
                return wrong("no such type");
            }
        } else if let Some(rest) = line.strip_prefix("# HELP ") {
            if rest.split_once(' ').is_none_or(|(name, _)| name != family) {
                return wrong("help of another family");
            }
        } else {
            let end = line.find(['{', ' ']).ok_or("no value")?;
            let (name, rest) = line.split_at(end);
            let suffix = name.strip_prefix(family).filter(|_| !family.is_empty());
            let expected = match kind {
                "counter" => "_total",
                "info" => "_info",
                _ => "",
            };
            if suffix != Some(expected) {
                return wrong("a sample of another family");
            }
            let (labels, rest) = labels(rest)?;
            let value = rest
                .strip_prefix(' ')
                .and_then(|text| text.parse::<f64>().ok());
            let Some(value) = value.filter(|value| kind != "counter" || *value >= 0.0) else {
                return wrong("no value");
            };
            if samples.insert((name.to_owned(), labels), value).is_some() {
                return wrong("a sample twice");
            }
        }
    }
    Ok(samples)
}

fn scraped(world: &TestWorld) -> Samples {
    let response = world.api("GET", "/metrics", None);
    assert_eq!(response.status, 200, "{}", response.body);
    assert!(
        response
            .content_type
            .starts_with("application/openmetrics-text; version=1.0.0")
    );
    parsed(&response.body).unwrap_or_else(|why| panic!("{why}\n{}", response.body))
}

fn value(samples: &Samples, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let own = labels.iter();
    let own = own.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    samples.get(&(name.to_owned(), own.collect())).copied()
}

#[test]
fn the_figures_are_openmetrics_and_those_of_the_day() {
    let world = TestWorld::new();
    assert_eq!(
        value(&scraped(&world), "hookswitch_event_wait_seconds", &[]),
        Some(0.0)
    );
    for number in 1..=2 {
        let sid = format!("SM{number:032x}");
        ok(world.webhook("/webhooks/sms/incoming", &message(&sid, "hello")));
    }
    let body = json!({"to": "+14155550100", "body": "hello"});
    assert_eq!(world.api("POST", "/v1/messages", Some(&body)).status, 202);
    let forged = TestRequest::post("/webhooks/sms/incoming").form(&message("SM1", "x"));
    assert_eq!(world.send(&forged.signed("another")).status, 403);
    world.settle();
    let samples = scraped(&world);
    let received = [("direction", "inbound"), ("status", "received")];
    assert_eq!(
        value(&samples, "hookswitch_day_messages", &received),
        Some(2.0)
    );
    let queued = [("direction", "outbound"), ("status", "queued")];
    assert_eq!(
        value(&samples, "hookswitch_day_messages", &queued),
        Some(1.0)
    );
    let kept = value(&samples, "hookswitch_day_events", &[("state", "kept")]);
    assert!(kept.is_some_and(|kept| kept >= 3.0), "{samples:?}");
    let refused: f64 = samples
        .iter()
        .filter(|((name, _), _)| name == "hookswitch_webhooks_rejected_total")
        .map(|(_, value)| value)
        .sum();
    assert_eq!(refused, 1.0, "{samples:?}");
    // Nobody's number is in it.
    assert!(!format!("{samples:?}").contains("4155550100"));
}

#[test]
fn they_are_for_holders_of_a_key_and_never_half() {
    let world = TestWorld::new();
    assert_eq!(world.send(&TestRequest::new("GET", "/metrics")).status, 401);
    world.objects_down.set(true);
    assert_eq!(world.api("GET", "/metrics", None).status, 503);
}

#[test]
fn the_parser_takes_nothing_but_openmetrics() {
    let good = "# TYPE a counter\n# HELP a x\na_total{l=\"q\\\"\\n\"} 1\n# EOF\n";
    assert_eq!(parsed(good).map(|samples| samples.len()), Ok(1));
    for wrong in [
        "# TYPE a counter\na_total 1\n",
        "# TYPE a counter\na 1\n# EOF\n",
        "# TYPE a gauge\na 1\na 1\n# EOF\n",
        "# TYPE a gauge\na{l=\"x\" 1\n# EOF\n",
        "# TYPE a gauge\nb 1\n# EOF\n",
        "# TYPE a gauge\n# TYPE a gauge\n# EOF\n",
        "# TYPE a gauge\na{l=\"\\x\"} 1\n# EOF\n",
        "# TYPE a gauge\n\na 1\n# EOF\n",
        "a 1\n# EOF\n",
        "# TYPE a counter\na_total -1\n# EOF\n",
    ] {
        assert!(parsed(wrong).is_err(), "{wrong}");
    }
}
