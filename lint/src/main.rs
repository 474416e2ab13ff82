//! `cargo xtask lint ...`: see [`hookswitch_lint::USAGE`].

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut out = std::io::stdout().lock();
    match hookswitch_lint::run(&arguments, &mut out) {
        Ok(verdict) => ExitCode::from(verdict.code()),
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "lint: {message}");
            ExitCode::from(2)
        }
    }
}
