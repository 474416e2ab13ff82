//! Where the deployment's secrets are set: by `wrangler secret bulk`, all of them in one version of
//! the Worker. Values go to its standard input, never into its arguments.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// The program that takes secrets: the one named, with its arguments, else the project's wrangler.
fn command(program: Option<&str>) -> Command {
    let mut words = program.unwrap_or_default().split_whitespace();
    if let Some(program) = words.next() {
        let mut command = Command::new(program);
        command.args(words);
        return command;
    }
    let mut command = Command::new(root().join("node_modules/node/bin/node"));
    command
        .arg(root().join("node_modules/wrangler/bin/wrangler.js"))
        .args(["secret", "bulk"])
        .current_dir(root())
        .env("WRANGLER_SEND_METRICS", "false");
    command
}

/// Sets every secret of an object, and deletes those that are `null`.
///
/// # Errors
/// When the program cannot be started, or says that it failed.
pub(super) fn put(program: Option<&str>, secrets: &Value) -> Result<(), String> {
    let mut command = command(program);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot set secrets: {error}; run `cargo xtask setup`"))?;
    let mut input = child.stdin.take().ok_or("no standard input")?;
    let written = input.write_all(secrets.to_string().as_bytes());
    drop(input);
    let status = child.wait().map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(format!("setting secrets failed ({status})"));
    }
    written.map_err(|error| format!("setting secrets: {error}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_go_to_the_programs_input_and_its_failure_is_ours() {
        let path = std::env::temp_dir().join(format!("ops-secrets-{}", std::process::id()));
        let program = format!("tee {}", path.display());
        put(Some(&program), &json!({"A": "b", "C": null})).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(text, r#"{"A":"b","C":null}"#);
        assert!(put(Some("false"), &json!({})).is_err());
        assert!(put(Some("/no/such/program"), &json!({})).is_err());
    }
}
