//! The twin as a program, with no Worker: what its README says works, and Twilio's official Node
//! library works against it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use hookswitch_e2e::{Options, PHONE_NUMBER, Response, Stack, Twin};
use serde_json::{Value, json};
use xtask::project::Project;
use xtask::tools;

const SENDER: &str = "+15550001111";

fn send(twin: &Twin, to: &str) -> Response {
    let target = format!(
        "/api/2010-04-01/Accounts/AC{}/Messages.json",
        "0".repeat(32)
    );
    let credentials = format!("AC{}:twin-auth-token", "0".repeat(32));
    let form = [("To", to), ("From", SENDER), ("Body", "Hello")];
    twin.request("POST", &target)
        .header("Authorization", &basic(&credentials))
        .form(&form)
        .send()
}

fn basic(credentials: &str) -> String {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(credentials);
    format!("Basic {encoded}")
}

fn file(name: &str, text: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{}-{name}", std::process::id()));
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_file_of_faults_is_in_force_from_the_start_and_after_a_reset() {
    let script = json!({
        "auth_token": "not-this-one",
        "step_ms": 1,
        "faults": [
            {"match": {"path": "/Messages.json"}, "times": 2,
             "act": {"status": 429, "code": 20429, "headers": {"Retry-After": "2"}}},
            {"match": {"path": "/Messages.json", "to": "+15551230003"}, "act": {"body": "<html>", "content_type": "text/html", "status": 200}},
        ],
        "outcomes": [{"to": "+15551230004", "statuses": ["sent", {"undelivered": 30003}]}],
        "filtered_words": ["casino"],
    });
    let path = file("faults.json", &script.to_string());
    // An option behind the file wins over it.
    let twin = Twin::start(&[
        "--config",
        path.to_str().unwrap(),
        "--auth-token",
        "twin-auth-token",
    ]);
    for round in ["at the start", "after a reset"] {
        for _ in 0..2 {
            let refused = send(&twin, "+15551230001").expect(429);
            assert_eq!(refused.header("retry-after"), "2", "{round}");
            assert_eq!(refused.json()["code"], 20429);
        }
        let _ = send(&twin, "+15551230001").expect(201);
        assert_eq!(send(&twin, "+15551230003").expect(200).text(), "<html>");
        let sid = send(&twin, "+15551230004").expect(201).json()["sid"].clone();
        let until = json!({"of": "messages", "matching": {"sid": sid, "status": "undelivered"}});
        let met = twin
            .request("POST", "/twin/wait")
            .json(&until)
            .send()
            .expect(200)
            .json();
        assert_eq!(met["found"][0]["error_code"], 30003, "{met}");
        let _ = twin.request("POST", "/twin/reset").send().expect(200);
    }
    fs::remove_file(path).unwrap();
}

#[test]
fn a_file_with_a_misspelt_script_ends_the_program_with_its_name() {
    let path = file("misspelt.json", r#"{"faults": [{"act": {"stauts": 500}}]}"#);
    let output = Twin::command()
        .args(["--config"])
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("stauts"), "{said}");
    fs::remove_file(path).unwrap();
}

#[test]
fn the_commands_of_the_readme_do_what_it_says() {
    let stack = Stack::start(&Options::default());
    let readme = fs::read_to_string(Project::here().path("twin/README.md")).unwrap();
    let (_, section) = readme.split_once("## Try it").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    // A command goes on while its lines are indented.
    let mut commands: Vec<String> = Vec::new();
    for line in section.lines().filter(|line| line.starts_with("    ")) {
        match commands.last_mut() {
            Some(last) if !line.starts_with("    curl") => *last += line,
            _ => commands.push(line.to_owned()),
        }
    }
    assert!(commands.len() > 8, "{commands:?}");
    for command in commands {
        let command = command
            .replace("localhost:8788", &stack.twin_url()["http://".len()..])
            .replace("+15550001111", PHONE_NUMBER);
        let output = Command::new("sh").args(["-c", &command]).output().unwrap();
        let answer: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{command}: {error}: {output:?}"));
        let refused = answer
            .as_object()
            .is_some_and(|answer| answer.len() == 1 && answer.contains_key("error"));
        assert!(
            !refused && answer["errors"].as_array().is_none_or(Vec::is_empty),
            "{command}: {answer}"
        );
    }
}

#[test]
fn the_file_of_the_readme_is_one_that_the_twin_takes() {
    let readme = fs::read_to_string(Project::here().path("twin/README.md")).unwrap();
    let (_, file_text) = readme.split_once("options behind it win:\n\n").unwrap();
    let (file_text, _) = file_text.split_once("\n\n").unwrap();
    let path = file("readme.json", file_text);
    let twin = Twin::start(&["--config", path.to_str().unwrap()]);
    for _ in 0..3 {
        let _ = send(&twin, "+15551230001").expect(503);
    }
    let _ = send(&twin, "+15551230001").expect(201);
    fs::remove_file(path).unwrap();
}

#[test]
fn twilios_official_node_library_works_with_every_resource() {
    let project = Project::here();
    let twin = Twin::start(&["--step-ms", "20"]);
    let output = Command::new(tools::node(&project))
        .arg(project.path("twin/tests/node/official-client.mjs"))
        .arg(twin.url())
        .current_dir(project.root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{errors}");
    let checks = [
        "messages",
        "scheduling",
        "calls",
        "recordings",
        "typing",
        "verify",
        "services",
        "content",
        "others",
        "tokens",
    ];
    let expected: Vec<String> = checks.map(|name| format!("ok {name}")).into();
    assert_eq!(said.lines().collect::<Vec<_>>(), expected);
    let asked: Value = twin
        .request("GET", "/twin/requests")
        .send()
        .expect(200)
        .json();
    let asked = asked.as_array().unwrap();
    let by_the_library = |request: &&Value| {
        let agent = request["user_agent"].as_str();
        agent.is_some_and(|agent| agent.starts_with("twilio-node"))
    };
    assert!(asked.iter().filter(by_the_library).count() > 50);
}
