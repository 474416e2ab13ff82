//! The static check of a definition: what parsing found, and what only shows when the
//! whole flow is seen.

use super::{definition::Definition, report::Report};
use serde_json::Value;

/// Checks a definition without running it: errors refuse it, warnings inform.
#[must_use]
pub fn check(document: &Value) -> Report {
    let mut report = Report::default();
    let _ = Definition::read(document, &mut report);
    report
}
