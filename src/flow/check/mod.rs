//! The static check of a definition: what parsing found, and what only shows when the
//! whole flow is seen. Everything here is a warning: parsing alone refuses.

mod graph;
mod names;
mod secrets;
mod states;
#[cfg(test)]
mod tests;

use super::{definition::Definition, report::Report};
use serde_json::Value;

/// Checks a definition without running it: errors refuse it, warnings inform.
#[must_use]
pub fn check(document: &Value) -> Report {
    let mut report = Report::default();
    if let Some(definition) = Definition::read(document, &mut report) {
        graph::check(&definition, &mut report);
        states::check(&definition, &mut report);
        names::check(&definition, &mut report);
    }
    secrets::check(document, &mut report);
    report
}
