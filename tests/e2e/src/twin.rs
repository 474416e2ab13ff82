//! A twin with no Worker beside it, for tests of the twin itself.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use xtask::group::Group;
use xtask::http::free_port;
use xtask::project::Project;

use crate::launch::launch;
use crate::request::Request;
use crate::stack::new_folder;

/// A running twin. Dropping it ends it.
#[derive(Debug)]
pub struct Twin {
    group: Group,
    port: u16,
    folder: PathBuf,
}

impl Twin {
    /// The program, not yet started.
    #[must_use]
    pub fn command() -> Command {
        let project = Project::here();
        let program = std::env::var_os("HOOKSWITCH_TWIN").map_or_else(
            || project.target().join("debug/hookswitch-twin"),
            PathBuf::from,
        );
        Command::new(program)
    }

    /// Starts one on a free port with these options, and returns when it answers.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn start(arguments: &[&str]) -> Twin {
        let folder = new_folder(&Project::here());
        let port = free_port().unwrap();
        let mut command = Self::command();
        command.args(arguments).args(["--port", &port.to_string()]);
        let group = launch(&mut command, "twin", port, &folder.join("twin.log"));
        Twin {
            group,
            port,
            folder,
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A request to it.
    pub fn request(&self, method: &str, target: &str) -> Request {
        Request::new(method, &self.url(), target)
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        self.group.kill();
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}
