//! What goes wrong in code that calls Twilio: ten checks for six languages, as rules of
//! ast-grep (`rules/`, `utils/`), with text and SARIF.
//!
//! What must never happen: a secret that was found standing in the output, a file left out
//! without a word, or the exit code of a clean run for one that could not be done.

pub mod check;
pub mod cli;
pub mod language;
pub mod report;
pub mod rules;
pub mod scan;
pub mod suppress;
pub mod walk;

use std::fs::File;
use std::io::Write;

pub use check::{Check, Severity};
pub use cli::USAGE;
use cli::{Command, Format, Options};
pub use rules::Rules;
pub use scan::{Finding, Place};

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing that fails a build.
    Clean,
    /// A finding that does.
    Findings,
}

impl Verdict {
    /// The exit code: 0, or 1. What could not be done is 2, which is no verdict.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
        }
    }
}

/// All findings of some paths.
#[derive(Debug, Default)]
pub struct Outcome {
    /// In the order of paths and lines.
    pub findings: Vec<Finding>,
    /// How many files were read.
    pub files: usize,
    /// Files that were left out, each with the reason.
    pub left_out: Vec<(String, String)>,
}

impl Outcome {
    /// Whether this fails a build: an error that nothing allows; with `strict` a warning too.
    #[must_use]
    pub fn verdict(&self, strict: bool) -> Verdict {
        let limit = if strict {
            Severity::Warning
        } else {
            Severity::Error
        };
        let fails = |finding: &Finding| finding.allowed.is_none() && finding.severity >= limit;
        if self.findings.iter().any(fails) {
            Verdict::Findings
        } else {
            Verdict::Clean
        }
    }
}

/// Runs the command line.
///
/// # Errors
/// One sentence, when the arguments are wrong, a path is not there or nothing could be written.
pub fn run(arguments: &[String], out: &mut impl Write) -> Result<Verdict, String> {
    let written = |error: std::io::Error| format!("writing the report: {error}");
    match cli::parse(arguments)? {
        Command::Help => writeln!(out, "{USAGE}")
            .map_err(written)
            .map(|()| Verdict::Clean),
        Command::Checks => report::checks(out)
            .map_err(written)
            .map(|()| Verdict::Clean),
        Command::Lint(options) => {
            let outcome = lint(&options)?;
            match &options.output {
                Some(path) => {
                    let file = File::create(path)
                        .map_err(|error| format!("{}: {error}", path.display()))?;
                    report(&outcome, options.format, file).map_err(written)?;
                    report::summary(&outcome, out).map_err(written)?;
                }
                None => report(&outcome, options.format, out).map_err(written)?,
            }
            Ok(outcome.verdict(options.strict))
        }
    }
}

fn lint(options: &Options) -> Result<Outcome, String> {
    let rules = Rules::load()?;
    let mut outcome = Outcome::default();
    for file in walk::files(&options.paths)? {
        let (source, language) = match walk::read(&file) {
            Ok(Some(read)) => read,
            Ok(None) => continue,
            Err(reason) => {
                outcome.left_out.push((walk::shown(&file), reason));
                continue;
            }
        };
        outcome.files += 1;
        let found = scan::scan(&rules, &file, &source, language);
        let wanted =
            |finding: &Finding| options.only.is_empty() || options.only.contains(&finding.check);
        outcome.findings.extend(found.into_iter().filter(wanted));
    }
    Ok(outcome)
}

fn report(outcome: &Outcome, format: Format, mut out: impl Write) -> std::io::Result<()> {
    match format {
        Format::Text => report::text::write(outcome, &mut out),
        Format::Sarif => report::sarif::write(outcome, &mut out),
    }
}
