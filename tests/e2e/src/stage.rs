//! A folder to run one Worker from: the project's `wrangler.toml` as it is, but with the
//! bundle already built, and without the developer's own `.dev.vars`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use xtask::assets::FOLDER;

/// Of the project's root, what a stage must not have: the build's own and the developer's.
const LEFT_OUT: [&str; 6] = [
    "build",
    "node_modules",
    "target",
    "wrangler.toml",
    "Cargo.toml",
    "Cargo.lock",
];

/// Lays out `stage` from the project at `root` and the bundle, which is copied: building
/// anew during a test run changes nothing under it. `more` is added to the configuration.
///
/// # Errors
/// Those of the file system.
pub(crate) fn lay(stage: &Path, root: &Path, bundle: &Path, more: &str) -> std::io::Result<()> {
    fs::create_dir_all(stage.join("build"))?;
    for name in ["index.js", "index_bg.wasm"] {
        fs::copy(bundle.join(name), stage.join("build").join(name))?;
    }
    copy_folder(&bundle.join(FOLDER), &stage.join("build").join(FOLDER))?;
    let config = fs::read_to_string(root.join("wrangler.toml"))?;
    let config = format!("{}\n{more}", without_build(&config));
    fs::write(stage.join("wrangler.toml"), config)?;
    // Whatever else the configuration may name, such as a folder of assets.
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let name = entry.file_name();
        let hidden = name.to_string_lossy().starts_with('.');
        if !hidden && !LEFT_OUT.iter().any(|left_out| name == *left_out) {
            symlink(entry.path(), stage.join(&name))?;
        }
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// The configuration without its `[build]` table.
fn without_build(config: &str) -> String {
    let mut keep = true;
    let mut kept = String::with_capacity(config.len());
    for line in config.lines() {
        if line.trim_start().starts_with('[') {
            keep = line.trim() != "[build]";
        }
        if keep {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_build_table_is_left_out() {
        let config = "name = \"x\"\n[build]\ncommand = \"y\"\n\n[[queues.producers]]\nqueue = \"q\"\n[vars]\nA = \"1\"\n";
        assert_eq!(
            without_build(config),
            "name = \"x\"\n[[queues.producers]]\nqueue = \"q\"\n[vars]\nA = \"1\"\n"
        );
    }
}
