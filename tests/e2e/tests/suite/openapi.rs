//! The API against its own OpenAPI document: schemathesis makes up requests, good and bad, and
//! holds every answer to it.

use std::process::{Command, Stdio};

use hookswitch_e2e::{API_KEY, Options, Stack};
use xtask::project::Project;

#[test]
#[ignore = "takes minutes; `cargo xtask test --deep` installs schemathesis and runs it"]
fn schemathesis_finds_no_answer_that_the_document_does_not_promise() {
    let program = std::env::var_os("HOOKSWITCH_SCHEMATHESIS")
        .expect("HOOKSWITCH_SCHEMATHESIS names schemathesis: `cargo xtask test --deep` sets it");
    let options = Options::default()
        .var("VERIFY_GUARD", "off")
        .var("VERIFY_LIMIT_ADDRESS", "off")
        .var("VERIFY_LIMIT_PREFIX", "off")
        .var("VERIFY_LIMIT_ACCOUNT", "off");
    let stack = Stack::start(&options);
    let project = Project::here();
    let output = Command::new(program)
        .arg("--config-file")
        .arg(project.path("tests/e2e/schemathesis.toml"))
        .arg("run")
        .arg(project.path("docs/openapi.json"))
        .args(["--url", &stack.worker_url()])
        .args(["--header", &format!("Authorization: Bearer {API_KEY}")])
        .args(
            std::env::var("HOOKSWITCH_SCHEMATHESIS_ARGS")
                .unwrap_or_default()
                .split_whitespace(),
        )
        .env(
            "SCHEMATHESIS_HOOKS",
            project.path("tests/e2e/schemathesis_hooks.py"),
        )
        .current_dir(project.path("target/e2e"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
