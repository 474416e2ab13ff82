//! A line for each finding, as compilers write them.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::Outcome;

/// Writes the findings that nothing allows, what to do about each check, and the summary.
///
/// # Errors
/// When it cannot be written.
pub fn write(outcome: &Outcome, out: &mut impl Write) -> io::Result<()> {
    let mut checks = BTreeSet::new();
    for finding in outcome.findings.iter().filter(|f| f.allowed.is_none()) {
        checks.insert(finding.check);
        writeln!(
            out,
            "{}:{}:{}: {}[{}]: {}",
            finding.path,
            finding.place.line,
            finding.place.column,
            finding.severity.name(),
            finding.check.name(),
            finding.message
        )?;
    }
    if !checks.is_empty() {
        writeln!(out)?;
    }
    for check in checks {
        writeln!(out, "{}: {}", check.name(), check.help())?;
    }
    for (path, reason) in &outcome.left_out {
        writeln!(out, "{path}: left out, {reason}")?;
    }
    super::summary(outcome, out)
}
