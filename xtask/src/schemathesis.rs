//! schemathesis, which makes up requests from the API's OpenAPI document: installed for the deep
//! tests only, in a Python environment of its own among the tools.

use std::path::PathBuf;
use std::process::Command;

use crate::{Result, run, tools};

const VERSION: &str = "4.32.5";

/// The program, installed when it is not there.
///
/// # Errors
/// When there is no Python 3 with venv, or it cannot be installed.
pub fn ensure() -> Result<PathBuf> {
    let folder = tools::cache()?.join(format!("schemathesis-{VERSION}"));
    let program = folder.join("bin/schemathesis");
    let said = run::output(Command::new(&program).arg("--version"));
    if said.is_some_and(|said| said.ends_with(VERSION)) {
        return Ok(program);
    }
    println!("xtask: installing schemathesis (about 30 seconds)");
    let log = |name: &str| Ok(tools::cache()?.join("logs").join(name));
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(&folder);
    run::logged(&mut venv, "python3 -m venv", &log("venv.log")?)?;
    let mut pip = Command::new(folder.join("bin/pip"));
    pip.args(["install", "--disable-pip-version-check", "--quiet"])
        .arg(format!("schemathesis=={VERSION}"));
    run::logged(&mut pip, "pip install schemathesis", &log("pip.log")?)?;
    Ok(program)
}
