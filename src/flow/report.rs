//! What a reader or a check of a flow definition found, each with the JSON pointer of
//! the place. Errors refuse a definition, warnings inform. A finding never quotes a
//! property's value at length: a definition may hold secrets, and reports are shown.

use serde::Serialize;

/// No report grows beyond this many findings of a kind; a broken upload of thousands of
/// states would otherwise answer with megabytes.
pub(crate) const MAX_FINDINGS: usize = 500;

/// One finding: where and what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// RFC 6901 JSON pointer into the document as it was submitted, such as
    /// `/states/3/properties/timeout`.
    pub pointer: String,
    /// One sentence for the flow's author.
    pub message: String,
}

/// Errors and warnings of one definition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Findings that refuse the definition.
    pub errors: Vec<Finding>,
    /// Findings that the author should know and that refuse nothing.
    pub warnings: Vec<Finding>,
}

impl Report {
    /// True when nothing refuses the definition.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.errors.is_empty()
    }

    pub(crate) fn error(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        push(&mut self.errors, pointer.into(), message.into());
    }

    pub(crate) fn warn(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        push(&mut self.warnings, pointer.into(), message.into());
    }
}

impl std::fmt::Display for Report {
    /// One line for each finding: `error /states/3/type: there is no widget ...`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (kind, list) in [("error", &self.errors), ("warning", &self.warnings)] {
            for finding in list {
                writeln!(f, "{kind} {}: {}", finding.pointer, finding.message)?;
            }
        }
        Ok(())
    }
}

fn push(list: &mut Vec<Finding>, pointer: String, message: String) {
    if list.len() < MAX_FINDINGS {
        list.push(Finding { pointer, message });
    }
}

/// `pointer` with one more reference token, escaped as RFC 6901 asks.
pub(crate) fn child(pointer: &str, token: &str) -> String {
    let mut longer = String::with_capacity(pointer.len() + token.len() + 1);
    longer.push_str(pointer);
    longer.push('/');
    for letter in token.chars() {
        match letter {
            '~' => longer.push_str("~0"),
            '/' => longer.push_str("~1"),
            other => longer.push(other),
        }
    }
    longer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointer_tokens_are_escaped() {
        assert_eq!(child("/states/0", "a/b~c"), "/states/0/a~1b~0c");
    }

    #[test]
    fn a_report_reads_as_lines() {
        let mut report = Report::default();
        report.warn("/b", "odd");
        report.error("/a", "wrong");
        assert_eq!(report.to_string(), "error /a: wrong\nwarning /b: odd\n");
    }

    #[test]
    fn a_report_stops_growing() {
        let mut report = Report::default();
        for _ in 0..MAX_FINDINGS + 10 {
            report.warn("", "again");
        }
        assert_eq!(report.warnings.len(), MAX_FINDINGS);
        assert!(report.is_accepted());
    }
}
