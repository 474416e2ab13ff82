//! The console's pages in headless Chromium: each task as a person does it. Pictures of the
//! pages are left in `target/e2e/pages`.

mod flows;
mod look;
mod person;
mod served;
mod session;
mod tasks;

use std::path::PathBuf;
use std::sync::OnceLock;

use hookswitch_e2e::{Options, Stack};

use person::{OPERATOR_KEY, VIEWER_KEY};

/// One stack for these tests, which have the only console.
pub fn stack() -> &'static Stack {
    static STACK: OnceLock<Stack> = OnceLock::new();
    STACK.get_or_init(|| Stack::start(&options()))
}

/// A stack with a console.
pub fn options() -> Options {
    Options::default()
        .var("CONSOLE_KEY", OPERATOR_KEY)
        .var("CONSOLE_VIEWER_KEY", VIEWER_KEY)
}

/// A file that a person has on their disk.
pub fn file(name: &str, text: &str) -> PathBuf {
    let folder = xtask::project::Project::here().path("target/e2e/files");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}
