//! The command line.

use std::path::PathBuf;

use crate::Check;

/// What `cargo xtask lint help` prints.
pub const USAGE: &str = "\
cargo xtask lint PATH... [--format text|sarif] [--output FILE] [--only CHECK,...] [--strict]
    Look for what goes wrong in code that calls Twilio: JavaScript, TypeScript, Python, Ruby, Go,
    PHP, Rust, and the scripts of .html, .vue and .svelte files. What .gitignore names is left out.
cargo xtask lint checks
    List the checks.

Exit code: 0 no finding of severity error (with --strict: nor warning), 1 some, 2 could not run.
A finding is allowed by a comment on its line or the one above, with a reason:
    hookswitch-lint: allow(hard-coded-phone-number) the support line, printed on every invoice";

/// A parsed command line.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Print the usage.
    Help,
    /// List the checks.
    Checks,
    /// Look.
    Lint(Options),
}

/// How to report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// A line for each finding.
    #[default]
    Text,
    /// SARIF 2.1.0.
    Sarif,
}

/// Options of a run.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// How to report.
    pub format: Format,
    /// Where the report goes; standard output when not given.
    pub output: Option<PathBuf>,
    /// The checks wanted; empty means all.
    pub only: Vec<Check>,
    /// Warnings fail as well.
    pub strict: bool,
}

/// Reads the arguments.
///
/// # Errors
/// A sentence that names the argument.
pub fn parse(arguments: &[String]) -> Result<Command, String> {
    let mut options = Options::default();
    let mut rest = arguments.iter().map(String::as_str);
    while let Some(argument) = rest.next() {
        let (name, inline) = match argument.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value)),
            _ => (argument, None),
        };
        let mut value = || {
            inline
                .or_else(|| rest.next())
                .ok_or_else(|| format!("{name} needs a value"))
        };
        match name {
            "help" | "--help" | "-h" if arguments.len() == 1 => return Ok(Command::Help),
            "checks" if arguments.len() == 1 => return Ok(Command::Checks),
            "--strict" => options.strict = true,
            "--output" => options.output = Some(value()?.into()),
            "--format" => {
                options.format = match value()? {
                    "text" => Format::Text,
                    "sarif" => Format::Sarif,
                    other => return Err(format!("there is no format `{other}`")),
                }
            }
            "--only" => {
                for name in value()?.split(',') {
                    let check = Check::named(name)
                        .ok_or_else(|| format!("there is no check `{name}`: see `lint checks`"))?;
                    options.only.push(check);
                }
            }
            flag if flag.starts_with('-') => return Err(format!("there is no option `{flag}`")),
            path => options.paths.push(path.into()),
        }
    }
    if options.paths.is_empty() {
        return Err("no path given; `cargo xtask lint help` says more".to_owned());
    }
    Ok(Command::Lint(options))
}
