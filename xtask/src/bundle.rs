//! Building the Worker: cargo, wasm-bindgen, esbuild around an entry of our own, wasm-opt;
//! and the console's pages beside it.
//!
//! These are the steps of worker-build, without its entry: that one puts three proxies and two
//! promises before each request (docs/performance.md), and cannot be replaced from outside.
//!
//! With wasm's default, `panic=abort`, one panic throws the whole instance away and every
//! other request in it with it. Unwinding asks for a standard library built that way, which
//! the flags here have the stable toolchain do, by way of `RUSTC_BOOTSTRAP`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use crate::cli::BuildOptions;
use crate::project::Project;
use crate::setup::{self, Need};
use crate::size::{self, kilobytes};
use crate::tools::{self, CargoTool};
use crate::{Failure, Result, assets, run};

/// Set to `1` where the bundle in `build/` is to be used as it is.
pub const PREBUILT: &str = "HOOKSWITCH_PREBUILT";

/// Set to `1` where a failed build leaves the last bundle in use, rather than ending wrangler.
pub const KEEP_LAST: &str = "HOOKSWITCH_KEEP_LAST";

/// The module's name in the bundle.
const WASM_FILE: &str = "index_bg.wasm";

/// How the bundle is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build.
    Dev,
    /// Small, optimised by wasm-opt.
    Release,
}

/// `cargo xtask build`: builds, prints the sizes, and holds them to the budget.
///
/// # Errors
/// When the build fails or its gzip size is over the budget.
pub fn build(project: &Project, options: &BuildOptions) -> Result<()> {
    setup::ensure(project, &Need::BUILD)?;
    let profile = if options.dev {
        Profile::Dev
    } else {
        Profile::Release
    };
    let outdir = options.outdir.as_deref().unwrap_or(Path::new("build"));
    let start = Instant::now();
    compile(project, profile, outdir)?;
    println!(
        "xtask: built {} in {:.1} s",
        outdir.display(),
        start.elapsed().as_secs_f32()
    );
    report_size(&project.root().join(outdir), options.max_gzip_kb)
}

/// Prints the sizes of the bundle in this folder and holds them to a budget in kilobytes of
/// 1000 bytes.
///
/// # Errors
/// When the bundle cannot be read or its gzip size is over the budget.
pub fn report_size(bundle: &Path, max_gzip_kb: Option<u64>) -> Result<()> {
    let sizes = size::measure(bundle)?;
    for (name, size) in [("wasm", sizes.wasm), ("bundle", sizes.whole)] {
        println!(
            "xtask: {name:<6} {:>10}, gzip {:>9}",
            kilobytes(size.raw),
            kilobytes(size.gzip)
        );
    }
    match max_gzip_kb {
        Some(limit) if sizes.whole.gzip > limit * 1000 => Err(Failure::new(format!(
            "the bundle's gzip size, {}, is over the budget of {limit} KB",
            kilobytes(sizes.whole.gzip)
        ))),
        _ => Ok(()),
    }
}

/// `cargo xtask bundle`: what `wrangler.toml` names as its build command. Quick under
/// `wrangler dev`, release otherwise.
///
/// # Errors
/// When the build fails, or a prebuilt bundle is asked for and there is none.
pub fn for_wrangler(project: &Project) -> Result<()> {
    let outdir = Path::new("build");
    let main = project.root().join(outdir).join("index.js");
    let is_set = |name| env::var_os(name).is_some_and(|value| value == "1");
    if is_set(PREBUILT) {
        return if main.is_file() && main.with_file_name(assets::FOLDER).is_dir() {
            Ok(())
        } else {
            Err(Failure::new(format!(
                "{PREBUILT} is set, but {} or the assets beside it are missing: run `cargo xtask build`",
                main.display()
            )))
        };
    }
    setup::ensure(project, &Need::BUILD)?;
    let profile = match env::var("WRANGLER_COMMAND").as_deref() {
        Ok("dev") => Profile::Dev,
        _ => Profile::Release,
    };
    match compile(project, profile, outdir) {
        Err(failure) if is_set(KEEP_LAST) && main.is_file() => {
            eprintln!("xtask: {failure}: the last bundle stays in use");
            Ok(())
        }
        outcome => outcome,
    }
}

/// Compiles the Worker into `outdir`, relative to the project's root.
///
/// # Errors
/// When a step fails.
pub fn compile(project: &Project, profile: Profile, outdir: &Path) -> Result<()> {
    let compiled = rust(project, profile)?;
    let stage = target(project).join("stage");
    let outdir = project.root().join(outdir);
    for folder in [&stage, &outdir] {
        fs::create_dir_all(folder).map_err(io(folder))?;
    }
    let mut bindgen = Command::new(CargoTool::WasmBindgen.program(project, "wasm-bindgen")?);
    bindgen
        .arg(compiled)
        .args([
            "--target",
            "module",
            "--no-typescript",
            "--out-name",
            "index",
        ])
        .arg("--out-dir")
        .arg(&stage)
        // A trap leaves a broken instance behind: a new one takes its place.
        .args([
            "--experimental-reset-state-function",
            "--force-enable-abort-handler",
        ]);
    run::shown(&mut bindgen)?;
    entry(project, &stage, &outdir)?;
    assets::build(project, &outdir)?;
    let (from, to) = (stage.join(WASM_FILE), outdir.join(WASM_FILE));
    match profile {
        Profile::Release => optimise(project, &from, &to),
        Profile::Dev => fs::copy(&from, &to).map(drop).map_err(io(&from)),
    }
}

/// The module as cargo leaves it.
fn rust(project: &Project, profile: Profile) -> Result<PathBuf> {
    let mut build = tools::cargo();
    build
        .args(["build", "--lib", "--quiet", "--package", "hookswitch"])
        .args(["--target", tools::WASM])
        .args(["-Z", "build-std=std,panic_unwind"]) // unwind 1 of 3
        // Sorting and formatting as small code: 8 KB of the gzip size.
        .args(["-Z", "build-std-features=optimize_for_size"])
        .env("RUSTC_BOOTSTRAP", "1") // unwind 2 of 3
        .env("RUSTFLAGS", rustflags(profile)) // unwind 3 of 3
        // A folder of its own: RUSTC_BOOTSTRAP would have build scripts run anew at each
        // change between this build and any other.
        .env("CARGO_TARGET_DIR", target(project))
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .current_dir(project.root());
    let folder = match profile {
        Profile::Dev => "debug",
        Profile::Release => {
            build.arg("--release");
            "release"
        }
    };
    run::shown(&mut build)?;
    let module = Path::new(tools::WASM).join(folder).join("hookswitch.wasm");
    Ok(target(project).join(module))
}

/// Puts our entry and what wasm-bindgen wrote into one file.
fn entry(project: &Project, stage: &Path, outdir: &Path) -> Result<()> {
    let index = stage.join("index.js");
    let glue = fs::read_to_string(&index).map_err(io(&index))?;
    // The runtime gives a module to a plain import.
    let glue = glue.replace("import source ", "import ");
    fs::write(&index, glue).map_err(io(&index))?;
    let entry = stage.join("entry.js");
    fs::copy(project.path("src/platform/entry.js"), &entry).map_err(io(&entry))?;
    let mut esbuild = Command::new(tools::npm_program(project, "esbuild"));
    esbuild
        .arg(&entry)
        .args([
            "--bundle",
            "--format=esm",
            "--minify",
            "--log-level=warning",
        ])
        .arg(format!("--external:./{WASM_FILE}"))
        .arg("--external:cloudflare:*")
        .arg(format!("--outfile={}", outdir.join("index.js").display()))
        .env("PATH", tools::path_with_node(project));
    run::shown(&mut esbuild)
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| Failure::new(format!("{path}: {error}"))
}

/// A panic of ours says what went wrong in its message; the paths of source files beside it
/// are a tenth of a release's data.
fn rustflags(profile: Profile) -> &'static str {
    match profile {
        Profile::Dev => "-Cpanic=unwind",
        Profile::Release => "-Cpanic=unwind -Zlocation-detail=none",
    }
}

/// Runs wasm-opt. Functions are put in the order of their names: copies of one generic stand
/// together, where gzip sees how alike they are. Then the names go: a tenth of the size, for back
/// traces that a Worker never shows. What is skipped makes the module smaller and its gzip size,
/// the one that is limited, larger (docs/performance.md).
fn optimise(project: &Project, from: &Path, to: &Path) -> Result<()> {
    let mut optimise = Command::new(tools::npm_program(project, "wasm-opt"));
    optimise
        .arg(from)
        .args([
            "-O2",
            "--skip-pass=inlining-optimizing",
            "--skip-pass=reorder-functions",
            "--reorder-functions-by-name",
            "--strip-debug",
            "--strip-producers",
        ])
        // What rustc uses and the runtime is known to have.
        .args([
            "--enable-mutable-globals",
            "--enable-sign-ext",
            "--enable-nontrapping-float-to-int",
            "--enable-bulk-memory",
            "--enable-multivalue",
            "--enable-reference-types",
            "--enable-exception-handling",
        ])
        .arg("-o")
        .arg(to)
        .env("PATH", tools::path_with_node(project))
        .current_dir(project.root());
    run::shown(&mut optimise)
}

fn target(project: &Project) -> PathBuf {
    project.target().join("worker")
}
