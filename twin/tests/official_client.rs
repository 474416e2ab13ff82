//! Twilio's official Node library, when it is at hand:
//! `TWILIO_NODE_DIR=... cargo test -p hookswitch-twin --test official_client -- --ignored`,
//! where the folder has `node_modules/twilio`.

mod common;

use common::{Stage, nothing};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the npm package twilio: set TWILIO_NODE_DIR to a folder that has it"]
async fn twilios_own_library_works_with_every_resource() {
    let dir = std::env::var("TWILIO_NODE_DIR")
        .expect("TWILIO_NODE_DIR names a folder with node_modules/twilio");
    let stage = Stage::new(|_| nothing()).await;
    let origin = stage.twin.origin();
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/node/official-client.mjs"
    );
    let run = move || {
        std::process::Command::new("node")
            .args([script, &origin])
            .current_dir(dir)
            .output()
    };
    let output = tokio::task::spawn_blocking(run)
        .await
        .expect("a thread")
        .expect("node");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(said.lines().count(), 8, "{said}");
}
