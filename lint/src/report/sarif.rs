//! SARIF 2.1.0, which code hosts and editors read. No text of the code is in it.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::report::DOCS;
use crate::{Check, Finding, Outcome, Severity};

/// The standard's schema, by its public address.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes one log with one run.
///
/// # Errors
/// When it cannot be written.
pub fn write(outcome: &Outcome, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &log(outcome))?;
    writeln!(out)
}

/// The log as a value.
#[must_use]
pub fn log(outcome: &Outcome) -> Value {
    let rules: Vec<Value> = Check::ALL.iter().copied().map(rule).collect();
    let results: Vec<Value> = outcome.findings.iter().map(result).collect();
    let left_out: Vec<Value> = outcome
        .left_out
        .iter()
        .map(|(path, reason)| {
            json!({
                "level": "warning",
                "message": {"text": format!("left out: {reason}")},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(path)}}}],
            })
        })
        .collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "hookswitch-lint",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "utf16CodeUnits",
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": left_out,
            }],
            "results": results,
        }],
    })
}

fn rule(check: Check) -> Value {
    json!({
        "id": check.name(),
        "shortDescription": {"text": check.name().replace('-', " ")},
        "help": {"text": format!("{} See {DOCS}.", check.help())},
        "defaultConfiguration": {"level": level(check.severity())},
    })
}

fn result(finding: &Finding) -> Value {
    let place = finding.place;
    let index = Check::ALL.iter().position(|check| *check == finding.check);
    let mut result = json!({
        "ruleId": finding.check.name(),
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(&finding.path)},
            "region": {
                "startLine": place.line,
                "startColumn": place.column,
                "endLine": place.end_line,
                "endColumn": place.end_column,
            },
        }}],
    });
    if let (Some(reason), Some(map)) = (&finding.allowed, result.as_object_mut()) {
        let allowed = json!([{"kind": "inSource", "justification": reason}]);
        map.insert("suppressions".to_owned(), allowed);
    }
    result
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// A path as a relative URI.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
