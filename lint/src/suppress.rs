//! `hookswitch-lint: allow(CHECK, ...) reason` in a comment: on the line of a finding, on the
//! line above it, or, as `allow-file(...)`, for the whole file.

use crate::{Check, Finding, Place};

const MARK: &str = "hookswitch-lint:";

/// A comment that allows something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    checks: Vec<Check>,
    reason: String,
    /// The line that it speaks of, from 1; none for the whole file.
    line: Option<usize>,
    place: Place,
}

/// A comment of the code.
#[derive(Debug, Clone, Copy)]
pub struct Comment<'t> {
    /// Its text, marks and all.
    pub text: &'t str,
    /// Where it is.
    pub place: Place,
    /// The line of the code that it stands beside or above, from 1.
    pub beside: usize,
}

/// Reads a comment; `None` when it says nothing to this tool.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub fn read(comment: Comment<'_>) -> Option<Result<Suppression, String>> {
    let (_, said) = comment.text.split_once(MARK)?;
    Some(suppression(said.trim(), comment))
}

fn suppression(said: &str, comment: Comment<'_>) -> Result<Suppression, String> {
    let shape = || format!("not of the form `{MARK} allow(CHECK) the reason`");
    let (whole_file, said) = match said.strip_prefix("allow-file(") {
        Some(said) => (true, said),
        None => (false, said.strip_prefix("allow(").ok_or_else(shape)?),
    };
    let (names, reason) = said.split_once(')').ok_or_else(shape)?;
    let reason = reason.trim_start_matches([' ', ':', '-']);
    let reason = reason.trim_end_matches(['*', '/', '-', '>', ' ', '}']);
    let mut checks = Vec::new();
    for name in names.split(',').map(str::trim) {
        let check = Check::named(name).filter(|check| *check != Check::Suppression);
        checks.push(check.ok_or_else(|| format!("there is no check `{name}`"))?);
    }
    if !reason.contains(char::is_alphabetic) {
        return Err("it gives no reason".to_owned());
    }
    Ok(Suppression {
        checks,
        reason: reason.to_owned(),
        line: (!whole_file).then_some(comment.beside),
        place: comment.place,
    })
}

/// Marks what is allowed, and adds a finding for each comment that is wrong or allows nothing.
pub fn apply(comments: &[Comment<'_>], path: &str, findings: &mut Vec<Finding>) {
    let mut about_comments = Vec::new();
    let mut blame = |place: Place, message: String, severity| {
        about_comments.push(Finding {
            check: Check::Suppression,
            severity,
            path: path.to_owned(),
            place,
            message,
            allowed: None,
        });
    };
    for comment in comments {
        match read(*comment) {
            None => {}
            Some(Err(wrong)) => blame(
                comment.place,
                format!("This allows nothing: {wrong}."),
                Check::Suppression.severity(),
            ),
            Some(Ok(suppression)) => {
                for unused in suppression.allow(findings) {
                    blame(
                        suppression.place,
                        format!("There is no {} here to allow.", unused.name()),
                        crate::Severity::Warning,
                    );
                }
            }
        }
    }
    findings.extend(about_comments);
}

impl Suppression {
    /// Allows what it speaks of, and returns the checks for which there was nothing.
    fn allow(&self, findings: &mut [Finding]) -> Vec<Check> {
        let mut unused = self.checks.clone();
        for finding in findings {
            let here = self.line.is_none_or(|line| line == finding.place.line);
            if here && self.checks.contains(&finding.check) {
                finding.allowed = Some(self.reason.clone());
                unused.retain(|check| *check != finding.check);
            }
        }
        unused
    }
}
