//! Building the Worker: worker-build with pinned tools, and with panics that unwind.
//!
//! With wasm's default, `panic=abort`, one panic throws the whole instance away and every
//! other request in it with it. Unwinding asks for a standard library built that way.
//! worker-build's own `--panic-unwind` does that with a nightly toolchain; the flags here do
//! the same on the stable one, by way of `RUSTC_BOOTSTRAP`. Should a future stable refuse,
//! `--panic-unwind` in place of the three marked lines is the supported way.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::cli::BuildOptions;
use crate::project::Project;
use crate::setup::{self, Need};
use crate::size::{self, kilobytes};
use crate::tools::{self, CargoTool};
use crate::{Failure, Result, run};

/// Set to `1` where the bundle in `build/` is to be used as it is.
pub const PREBUILT: &str = "HOOKSWITCH_PREBUILT";

/// Set to `1` where a failed build leaves the last bundle in use, rather than ending wrangler.
pub const KEEP_LAST: &str = "HOOKSWITCH_KEEP_LAST";

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
        return if main.is_file() {
            Ok(())
        } else {
            Err(Failure::new(format!(
                "{PREBUILT} is set, but there is no {}: run `cargo xtask build`",
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
/// When worker-build fails.
pub fn compile(project: &Project, profile: Profile, outdir: &Path) -> Result<()> {
    let mut build =
        std::process::Command::new(CargoTool::WorkerBuild.program(project, "worker-build")?);
    build
        .arg(match profile {
            Profile::Dev => "--dev",
            Profile::Release => "--release",
        })
        .arg("--no-opt")
        .arg("--out-dir")
        .arg(outdir)
        // The path comes first, or `-Z` would be taken for it.
        .arg(".")
        .args(["-Z", "build-std=std,panic_unwind"]) // unwind 1 of 3
        // Sorting and formatting as small code: 8 KB of the gzip size.
        .args(["-Z", "build-std-features=optimize_for_size"])
        .env("RUSTC_BOOTSTRAP", "1") // unwind 2 of 3
        .env("RUSTFLAGS", rustflags(profile)) // unwind 3 of 3
        // A folder of its own: RUSTC_BOOTSTRAP would have build scripts run anew at each
        // change between this build and any other.
        .env("CARGO_TARGET_DIR", target(project))
        .env(
            "WASM_BINDGEN_BIN",
            CargoTool::WasmBindgen.program(project, "wasm-bindgen")?,
        )
        .env("WASM_OPT_BIN", tools::npm_program(project, "wasm-opt"))
        .env("ESBUILD_BIN", tools::npm_program(project, "esbuild"))
        .env("PATH", tools::path_with_node(project))
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        // Cargo says what is wrong; worker-build's own back trace adds forty lines to it.
        .env("RUST_BACKTRACE", "0")
        .current_dir(project.root());
    run::shown(&mut build)?;
    if profile == Profile::Release {
        optimise(project, &outdir.join("index_bg.wasm"))?;
    }
    Ok(())
}

/// A panic of ours says what went wrong in its message; the paths of source files beside it
/// are a tenth of a release's data.
fn rustflags(profile: Profile) -> &'static str {
    match profile {
        Profile::Dev => "-Cpanic=unwind",
        Profile::Release => "-Cpanic=unwind -Zlocation-detail=none",
    }
}

/// Runs wasm-opt in place of worker-build, which keeps every function's name: a tenth of the
/// bundle's gzip size, for back traces that a Worker never shows. What is skipped makes the
/// module smaller and its gzip size, the one that is limited, larger (docs/performance.md).
fn optimise(project: &Project, wasm: &Path) -> Result<()> {
    let mut optimise = std::process::Command::new(tools::npm_program(project, "wasm-opt"));
    optimise
        .arg(wasm)
        .args([
            "-O2",
            "--skip-pass=inlining-optimizing",
            "--skip-pass=coalesce-locals",
            "--strip-debug",
            "--strip-producers",
        ])
        // worker-build's list: what rustc uses and the runtime is known to have.
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
        .arg(wasm)
        .env("PATH", tools::path_with_node(project))
        .current_dir(project.root());
    run::shown(&mut optimise)
}

fn target(project: &Project) -> PathBuf {
    project.target().join("worker")
}
