//! What operators run: the deployment's doctor and the rotation, as programs, against the Worker and
//! the twin.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use hookswitch_e2e::{
    API_KEY, AUTH_TOKEN, Options, PHONE_NUMBER, Stack, account_sid, fresh_number,
};
use serde_json::{Value, json};
use xtask::project::Project;

use crate::acts::{send, twin};

/// Longer than a rotation takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

fn ops(stack: &Stack, command: &str) -> Command {
    let program = std::env::var_os("HOOKSWITCH_OPS").map_or_else(
        || Project::here().target().join("debug/hookswitch-ops"),
        PathBuf::from,
    );
    let origin = format!("{}/{{product}}", stack.twin_url());
    let mut ops = Command::new(program);
    ops.arg(command)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOOKSWITCH_URL", stack.worker_url())
        .env("HOOKSWITCH_API_KEY", API_KEY)
        .env("TWILIO_ORIGIN", origin)
        .env("TWILIO_ACCOUNT_SID", account_sid())
        .env("TWILIO_AUTH_TOKEN", AUTH_TOKEN)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    ops
}

/// A request to the twin's REST API.
#[track_caller]
fn rest(stack: &Stack, token: &str, path: &str, form: &[(&str, &str)]) -> Value {
    use base64::Engine as _;
    let pair = format!("{}:{token}", account_sid());
    let pair = base64::engine::general_purpose::STANDARD.encode(pair);
    let request = stack.twin("POST", path).form(form);
    let answer = request
        .header("Authorization", &format!("Basic {pair}"))
        .send();
    assert!((200..300).contains(&answer.status), "{}", answer.text());
    answer.json()
}

#[test]
fn the_doctor_tells_what_is_wrong_here_and_at_twilio_and_what_to_do() {
    let stack = Stack::start(&Options::default());
    let numbers = format!(
        "/api/2010-04-01/Accounts/{}/IncomingPhoneNumbers.json",
        account_sid()
    );
    let voice = format!("{}/voice/incoming#rc=2&rp=all", stack.worker_url());
    let sms = format!("{}/webhooks/sms/incoming/", stack.worker_url());
    let ours = [
        ("PhoneNumber", PHONE_NUMBER),
        ("VoiceUrl", voice.as_str()),
        ("SmsUrl", sms.as_str()),
    ];
    rest(&stack, AUTH_TOKEN, &numbers, &ours);
    let toll_free = rest(
        &stack,
        AUTH_TOKEN,
        &numbers,
        &[("PhoneNumber", "+18335550100")],
    );
    let service = [("FriendlyName", "receipts")];
    let service = rest(&stack, AUTH_TOKEN, "/messaging/v1/Services", &service);
    let (service, toll_free) = (service["sid"].as_str(), toll_free["sid"].as_str());
    let config = json!({
        "campaigns": {service.unwrap(): "IN_PROGRESS"},
        "toll_free": {toll_free.unwrap(): "TWILIO_REJECTED"},
        "whatsapp_senders": {"whatsapp:+14155238886": ["ONLINE", ""]},
    });
    let configured = stack.twin("PUT", "/twin/config").json(&config).send();
    let _ = configured.expect(200);

    let mut doctor = ops(&stack, "doctor");
    let output = doctor
        .args(["--json", "--countries", "US,PK"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "something fails");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = |check: &str, verdict: &str, words: &str| {
        let checks = report["checks"].as_array().unwrap();
        let is = |one: &&Value| {
            let says = one["says"].as_str().unwrap_or_default();
            one["check"] == check && one["verdict"] == verdict && says.contains(words)
        };
        let one = checks.iter().find(is);
        let one = one.unwrap_or_else(|| panic!("{check} {verdict} {words}: {report:#}"));
        assert_eq!(one["fix"] == "", verdict == "ok", "{one}");
    };
    found("deployment", "ok", "answers");
    found("rest", "ok", "credentials");
    found("setting", "warn", "API_KEYS");
    found("rest_credentials", "warn", "Auth Token");
    found("base_url", "warn", "PUBLIC_BASE_URL");
    found("test_routes", "warn", "__test");
    found("migrations", "ok", "registry");
    found("queue", "ok", "0 events wait");
    found("numbers", "ok", "voice");
    found("numbers", "fail", "path");
    found("fallback", "warn", PHONE_NUMBER);
    found("10dlc", "warn", "IN_PROGRESS");
    found("toll_free", "fail", "TWILIO_REJECTED");
    found("whatsapp", "ok", "ONLINE");
    found("whatsapp", "warn", "no webhook");
    found("geo_permissions", "fail", "PK");
    found("clock", "ok", "Twilio");
    found("clock", "ok", "deployment");
    let text = String::from_utf8(output.stdout).unwrap();
    for secret in [AUTH_TOKEN, API_KEY] {
        assert!(!text.contains(secret), "{text}");
    }
    // Without credentials of Twilio's, what it knows is unknown, and nothing is made up.
    let mut doctor = ops(&stack, "doctor");
    let output = doctor.env_remove("TWILIO_AUTH_TOKEN").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("unknown  twilio"), "{text}");
    assert!(!text.contains("geo_permissions"), "{text}");
}

/// A program that takes secrets as wrangler does, and the file that it puts them in. It ends when
/// that file is gone.
fn secrets_program(stack: &Stack) -> (String, PathBuf) {
    let folder = stack.folder();
    let (script, put) = (folder.join("secrets.sh"), folder.join("secrets.json"));
    let text = format!(
        "cat > {0}.part && mv {0}.part {0}\nwhile [ -e {0} ]; do sleep 0.1; done\n",
        put.display()
    );
    fs::write(&script, text).unwrap();
    (format!("sh {}", script.display()), put)
}

/// Deploys whatever secrets come until the program has ended; its output and exit code, and how
/// often secrets came.
fn attended(stack: &Stack, mut child: Child, put: &PathBuf) -> (String, Option<i32>, usize) {
    let begun = Instant::now();
    let mut deployed = 0;
    let status = loop {
        if let Ok(text) = fs::read_to_string(put) {
            let secrets: Value = serde_json::from_str(&text).unwrap();
            let secrets = secrets.as_object().unwrap();
            let changes = secrets.iter().map(|(name, value)| {
                let value = value.as_str().map(str::to_owned);
                (name.clone(), value)
            });
            stack.deploy(&changes.collect::<Vec<_>>());
            deployed += 1;
            fs::remove_file(put).unwrap();
        }
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > PATIENCE {
            let _ = child.kill();
        }
        sleep(Duration::from_millis(50));
    };
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (String::from_utf8(text).unwrap(), status.code(), deployed)
}

/// What Twilio signs now is taken.
#[track_caller]
fn webhooks_work(stack: &Stack) {
    let form = json!({
        "MessageSid": "SM000000000000000000000000000000e2", "AccountSid": account_sid(),
        "From": fresh_number(), "To": PHONE_NUMBER, "Body": "hello",
    });
    let hook = json!({"url": "/webhooks/sms/incoming", "params": form});
    assert_eq!(twin(stack, "/twin/webhook", &hook)["status"], 200);
}

#[test]
fn an_auth_token_is_exchanged_for_good_by_a_driver_that_stops_and_goes_on() {
    let stack = Stack::start(&Options::default());
    let (program, put) = secrets_program(&stack);
    let state = stack.folder().join("rotation.json");
    let rotate = |more: &[&str]| {
        let mut rotate = ops(&stack, "rotate");
        let rotate = rotate
            .args(["--quiet", "20", "--secrets", &program])
            .arg("--state");
        let child = rotate.arg(&state).args(more).spawn().unwrap();
        attended(&stack, child, &put)
    };
    webhooks_work(&stack);

    // Nothing comes in that Twilio signs, and it does not wait for it.
    let (said, code, deployed) = rotate(&["--wait", "0"]);
    // The deployment was slow to show its secrets, perhaps; the same command goes on.
    let (said, code, deployed) = match deployed {
        1 if code == Some(2) => rotate(&["--wait", "30"]),
        _ => (said, code, deployed),
    };
    assert_eq!(code, Some(1), "{said} {deployed}");
    assert!(said.contains("no webhook with the new token"), "{said}");
    assert!(state.exists());
    // Twilio signs with the new one now, and REST calls work.
    webhooks_work(&stack);
    let _ = send(&stack, &fresh_number(), "under way");
    let kept = fs::read_to_string(&state).unwrap();
    let new = serde_json::from_str::<Value>(&kept).unwrap()["new"].clone();
    let new = new.as_str().unwrap().to_owned();

    let (said, code, deployed) = rotate(&["--wait", "150", "--prove-to", &fresh_number()]);
    assert_eq!((code, deployed), (Some(0), 1), "{said}");
    assert!(!said.contains(&new) && !said.contains(AUTH_TOKEN), "{said}");
    assert!(!state.exists());
    webhooks_work(&stack);
    let _ = send(&stack, &fresh_number(), "after it");
    // The old one is worth nothing, here and at Twilio.
    let form = [("AccountSid", account_sid())];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    let stale = stack.webhook("/webhooks/sms/incoming").form(&form).signed();
    assert_eq!(stale.send().status, 403);
    let view = stack.get("/v1/rotation").send().expect(200).json();
    let steps = view["auth_token"]["log"].as_array().unwrap().iter();
    let steps: Vec<_> = steps.map(|taken| taken["step"].clone()).collect();
    let all = ["start", "accept", "promote", "prove", "retire", "finish"];
    assert_eq!(steps, all);
    assert_eq!(view["accepts"].as_array().unwrap().len(), 1);
}

#[test]
fn an_api_key_is_exchanged_and_the_old_one_deleted() {
    let options = Options::default();
    let keys = format!("/api/2010-04-01/Accounts/{}/Keys.json", account_sid());
    let stack = Stack::start(&options);
    let old = rest(&stack, AUTH_TOKEN, &keys, &[("FriendlyName", "of old")]);
    let text = |field: &str| old[field].as_str().map(str::to_owned);
    stack.deploy(&[
        ("TWILIO_API_KEY_SID".to_owned(), text("sid")),
        ("TWILIO_API_KEY_SECRET".to_owned(), text("secret")),
    ]);
    let (program, put) = secrets_program(&stack);
    let mut rotate = ops(&stack, "rotate");
    let rotate = rotate.args(["--api-key", "--quiet", "20", "--wait", "150"]);
    let rotate = rotate.args(["--secrets", &program]).arg("--state");
    let child = rotate.arg(stack.folder().join("key.json")).spawn().unwrap();
    let (said, code, deployed) = attended(&stack, child, &put);
    assert_eq!((code, deployed), (Some(0), 1), "{said}");
    let _ = send(&stack, &fresh_number(), "with the new key");
    let view = stack.get("/v1/rotation").send().expect(200).json();
    assert_ne!(view["api_key_sid"], old["sid"]);
    let requests = stack.twin("GET", "/twin/requests").send().json();
    let last = requests.as_array().unwrap().iter().rev();
    let mut posts = last.filter(|request| {
        let path = request["path"].as_str().unwrap_or_default();
        request["method"] == "POST" && path.ends_with("/Messages.json")
    });
    assert_eq!(posts.next().unwrap()["authorized_as"], view["api_key_sid"]);
}
