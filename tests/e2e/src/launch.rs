//! Starting a server and waiting until it answers.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use xtask::group::Group;
use xtask::http;

/// Wrangler takes one to three seconds on an idle machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// Starts a server whose output is added to a log, and gives it back once its port answers.
///
/// # Panics
/// When it ends or does not answer, with its log.
pub(crate) fn launch(command: &mut Command, name: &str, port: u16, log: &Path) -> Group {
    let file = File::options().create(true).append(true).open(log).unwrap();
    command
        .stdin(Stdio::null())
        .stdout(file.try_clone().unwrap())
        .stderr(file);
    let mut group = Group::spawn(command).unwrap_or_else(|error| panic!("the {name}: {error}"));
    let start = Instant::now();
    while !http::answers(port, "/") {
        let ended = group.try_wait().unwrap();
        assert!(
            ended.is_none() && start.elapsed() < PATIENCE,
            "the {name} does not answer on port {port} ({ended:?}). Its log:\n{}",
            std::fs::read_to_string(log).unwrap_or_default()
        );
        sleep(Duration::from_millis(50));
    }
    group
}
