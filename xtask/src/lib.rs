//! The project's commands, `cargo xtask …`. A library as well, so that the end-to-end tests
//! start the Worker exactly as `cargo xtask dev` does.
//!
//! What must never happen: a process that outlives the command that started it, or a step
//! that is skipped in silence.

pub mod assets;
pub mod bench;
pub mod bundle;
pub mod campaign_bench;
pub mod cli;
pub(crate) mod deep;
pub mod deny;
pub mod dev;
pub mod dev_vars;
pub mod group;
pub mod handed;
pub mod http;
pub mod notes;
pub mod project;
pub mod run;
pub mod schemathesis;
pub mod setup;
pub mod size;
pub mod suite;
pub mod tally;
pub mod tools;
pub mod wrangler;

use std::fmt;

/// Why a command could not do its work, and the exit code that says so.
#[derive(Debug)]
pub struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// A failure with exit code 1. The message is one clear sentence, with the command to
    /// run when there is one.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: 1,
        }
    }

    /// The same failure with another exit code.
    #[must_use]
    pub fn with_code(self, code: u8) -> Self {
        Self { code, ..self }
    }

    /// The exit code, never 0.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.code.max(1)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// The result of a command or of a step of it.
pub type Result<T> = std::result::Result<T, Failure>;
