//! Running one program to its end.

use std::fs::File;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::group::Group;
use crate::{Failure, Result};

/// How often a quiet step says that it is still at work.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// What to name a program in a message: its file name.
fn name(command: &Command) -> String {
    Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program())
        .to_string_lossy()
        .into_owned()
}

/// Starts a program as a [`Group`], with no standard input.
///
/// # Errors
/// When the program cannot be started.
pub fn spawn(command: &mut Command) -> Result<Group> {
    command.stdin(Stdio::null());
    Group::spawn(command)
        .map_err(|error| Failure::new(format!("cannot start `{}`: {error}", name(command))))
}

/// Runs a program whose output the user sees.
///
/// # Errors
/// When it cannot be started or does not succeed; the exit code is the program's.
pub fn shown(command: &mut Command) -> Result<()> {
    let status = spawn(command)?
        .wait()
        .map_err(|error| Failure::new(format!("waiting for `{}`: {error}", name(command))))?;
    check(command, status)
}

/// Runs a program whose output goes to a log file, and shows the log's end when it fails.
/// Says every now and then that `what` is still going on.
///
/// # Errors
/// When it cannot be started or does not succeed.
pub fn logged(command: &mut Command, what: &str, log: &Path) -> Result<()> {
    let failed = |error: std::io::Error| Failure::new(format!("{}: {error}", log.display()));
    if let Some(folder) = log.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let out = File::create(log).map_err(failed)?;
    command.stdout(out.try_clone().map_err(failed)?).stderr(out);
    let mut group = spawn(command)?;
    let start = Instant::now();
    let mut beats = 1;
    let status = loop {
        if let Some(status) = group.try_wait().map_err(failed)? {
            break status;
        }
        if start.elapsed() >= HEARTBEAT * beats {
            println!("xtask: … {what}, {} s so far", start.elapsed().as_secs());
            beats += 1;
        }
        sleep(Duration::from_millis(50));
    };
    check(command, status).map_err(|failure| {
        let text = std::fs::read_to_string(log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let end = lines.get(lines.len().saturating_sub(20)..).unwrap_or(&[]);
        Failure::new(format!(
            "{failure}\n{}\nThe whole log: {}",
            end.join("\n"),
            log.display()
        ))
    })
}

/// The standard output of a program that succeeds, trimmed; `None` when it does not.
#[must_use]
pub fn output(command: &mut Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

fn check(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    let failure = Failure::new(format!("`{}` failed ({status})", name(command)));
    Err(
        match status.code().and_then(|code| u8::try_from(code).ok()) {
            Some(code) => failure.with_code(code),
            None => failure,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_failing_program_gives_its_own_exit_code() {
        assert!(shown(&mut sh("true")).is_ok());
        assert_eq!(shown(&mut sh("exit 7")).unwrap_err().code(), 7);
    }

    #[test]
    fn the_end_of_a_failed_steps_log_is_in_the_message() {
        let log = std::env::temp_dir().join(format!("xtask-run-{}.log", std::process::id()));
        let failure = logged(&mut sh("echo the reason; exit 1"), "failing", &log).unwrap_err();
        assert!(failure.to_string().contains("the reason"), "{failure}");
        std::fs::remove_file(log).unwrap();
    }

    #[test]
    fn output_is_only_that_of_a_program_that_succeeds() {
        assert_eq!(output(&mut sh("echo 1.2")), Some("1.2".to_owned()));
        assert_eq!(output(&mut sh("echo 1.2; exit 1")), None);
        assert_eq!(output(&mut Command::new("no-such-program-here")), None);
    }
}
