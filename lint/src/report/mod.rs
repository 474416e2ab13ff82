//! What is written of the findings.

pub mod sarif;
pub mod text;

use std::io::{self, Write};

use crate::{Check, Outcome, Severity};

/// Where more is said on each check, from the project's root.
pub const DOCS: &str = "docs/lint.md";

/// How many findings of a severity nothing allows.
fn count(outcome: &Outcome, severity: Severity) -> usize {
    let counted =
        |finding: &&crate::Finding| finding.severity == severity && finding.allowed.is_none();
    outcome.findings.iter().filter(counted).count()
}

/// One line that sums it up.
///
/// # Errors
/// When it cannot be written.
pub fn summary(outcome: &Outcome, out: &mut impl Write) -> io::Result<()> {
    let allowed = outcome.findings.iter().filter(|f| f.allowed.is_some());
    writeln!(
        out,
        "{} files: {} errors, {} warnings, {} infos, {} allowed, {} files left out",
        outcome.files,
        count(outcome, Severity::Error),
        count(outcome, Severity::Warning),
        count(outcome, Severity::Info),
        allowed.count(),
        outcome.left_out.len(),
    )
}

/// The checks, a line each.
///
/// # Errors
/// When they cannot be written.
pub fn checks(out: &mut impl Write) -> io::Result<()> {
    for check in Check::ALL {
        writeln!(
            out,
            "{:<8} {}\n         {}",
            check.severity().name(),
            check.name(),
            check.help()
        )?;
    }
    Ok(())
}
