//! The console's pages: bundled and minified by esbuild into static assets, which the platform
//! serves without running the Worker (docs/decisions/0005).
//!
//! What must never happen: a page that loads anything but these files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::project::Project;
use crate::{Failure, Result, run, tools};

/// The folder of a bundle that `[assets]` in `wrangler.toml` names.
pub const FOLDER: &str = "assets";

/// Files that are served as they are written: from `console/`, to the assets' folder.
const COPIED: [(&str, &str); 2] = [("index.html", "console.html"), ("_headers", "_headers")];

/// Builds the pages into the bundle's folder, over what an earlier build left there: a Worker
/// that runs meanwhile goes on serving them.
///
/// # Errors
/// When esbuild refuses a file, or one cannot be written.
pub fn build(project: &Project, bundle: &Path) -> Result<()> {
    let folder = bundle.join(FOLDER);
    let pages = folder.join("console");
    fs::create_dir_all(&pages).map_err(io(&pages))?;
    let source = project.path("console");
    for (from, to) in COPIED {
        let from = source.join(from);
        fs::copy(&from, folder.join(to)).map_err(io(&from))?;
    }
    // The document of the API, served at /openapi.json; a test holds it to the code.
    let document = project.path("docs/openapi.json");
    fs::copy(&document, folder.join("openapi.json")).map_err(io(&document))?;
    let mut esbuild = Command::new(tools::npm_program(project, "esbuild"));
    esbuild
        .arg(entry(&source, "app.js"))
        .arg(entry(&source, "app.css"))
        .args(["--bundle", "--minify", "--format=esm", "--target=es2022"])
        .args(["--legal-comments=none", "--log-level=warning"])
        .arg(format!("--outdir={}", pages.display()))
        .env("PATH", tools::path_with_node(project));
    run::shown(&mut esbuild)
}

fn entry(source: &Path, name: &str) -> PathBuf {
    source.join("src").join(name)
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| Failure::new(format!("{path}: {error}"))
}
