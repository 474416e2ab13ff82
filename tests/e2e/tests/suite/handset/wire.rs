//! What went over the wire: shown raw, signed, and copied as a curl line and as a test that both
//! work as they are pasted.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use hookswitch_e2e::{AUTH_TOKEN, Options, Signer, Stack};
use xtask::project::Project;
use xtask::tools;

use super::picks_up;

#[test]
fn a_step_is_shown_raw_with_its_signature_and_its_copies_work_as_pasted() {
    // Its own: the newest step is this test's.
    let stack = Stack::start(&Options::default());
    let (person, number) = picks_up(&stack);
    person.fills("textbox", "Message", "help");
    person.clicks("button", "Send");
    person.reads("log", "Conversation", "Reply STOP to end messages");
    let line = person.sees(
        "DisclosureTriangle",
        "POST /webhooks/sms/incoming → 200 · sms-inbound",
    );
    line.click();
    let step = line.parent();
    let shown = step.text();
    for part in [
        "POST /webhooks/sms/incoming HTTP/1.1",
        "&Body=help&",
        "<Response><Message>",
        &number,
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    the_signature_is_twilios(&stack, &shown);
    person.photographs("handset-wire");

    step.sees("button", "Copy as curl").click();
    person.reads("status", "Copied", "Copy as curl: done.");
    let curl = person.pastes();
    let answer = Command::new("sh").args(["-c", &curl]).output().unwrap();
    let answer = String::from_utf8_lossy(&answer.stdout).into_owned();
    assert!(answer.starts_with("HTTP/1.1 200"), "{curl}\n{answer}");
    assert!(answer.contains("<Response>"), "{answer}");
    let forged = curl.replace("Body=help", "Body=stop");
    let refused = Command::new("sh").args(["-c", &forged]).output().unwrap();
    let refused = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");

    step.sees("button", "Copy as test").click();
    person.reads("status", "Copied", "Copy as test: done.");
    let test = person.pastes();
    assert_eq!(run(&test), (true, String::new()));
    let broken = test.replace("answer.status, 200", "answer.status, 404");
    assert_ne!(broken, test, "{test}");
    assert!(!run(&broken).0, "a test that cannot fail: {test}");
}

/// Computed by this suite's own signer, from what is on the screen.
fn the_signature_is_twilios(stack: &Stack, shown: &str) {
    let line = |name: &str| {
        let found = shown.lines().find_map(|line| line.strip_prefix(name));
        found
            .unwrap_or_else(|| panic!("{name} in {shown}"))
            .to_owned()
    };
    let signature = line("X-Twilio-Signature: ");
    let body = shown.lines().find(|line| line.contains("&Body=")).unwrap();
    let form: Vec<(String, String)> = body
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect();
    let url = format!("{}/webhooks/sms/incoming", stack.worker_url());
    assert_eq!(Signer::new(AUTH_TOKEN).sign(&url, &form), signature);
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                let digits = std::str::from_utf8(&digits).unwrap();
                bytes.push(u8::from_str_radix(digits, 16).unwrap());
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// Runs a copied test with Node; whether it passed, and what it said when it did not.
fn run(test: &str) -> (bool, String) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{}-copied.test.mjs", std::process::id()));
    fs::write(&path, test).unwrap();
    let mut node = Command::new(tools::node(&Project::here()));
    let output = node.arg("--test").arg(&path).output().unwrap();
    fs::remove_file(&path).unwrap();
    let passed = output.status.success();
    let said = if passed { Vec::new() } else { output.stdout };
    (passed, String::from_utf8_lossy(&said).into_owned())
}
