//! `cargo xtask doctor`: asks the deployment what it alone knows (`GET /v1/doctor`), and Twilio the rest.
//! It changes nothing.

pub mod checks;
pub mod overrides;

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::http::Client;
use crate::options::Options;
use checks::{Fetched, Finding, Verdict, finding};

/// Asks, judges and prints. Whether nothing failed.
///
/// # Errors
/// When an option is missing, or the output cannot be written.
pub fn run(options: &Options, out: &mut dyn Write) -> Result<bool, String> {
    let findings = examine(options)?;
    let printed = if options.json {
        print_json(&findings, out)
    } else {
        print(&findings, out)
    };
    printed.map_err(|error| error.to_string())?;
    Ok(worst(&findings) != Verdict::Fail)
}

fn worst(findings: &[Finding]) -> Verdict {
    let verdicts = findings.iter().map(|finding| finding.verdict);
    verdicts.max().unwrap_or(Verdict::Unknown)
}

/// Everything that was found.
///
/// # Errors
/// When an option is missing.
pub fn examine(options: &Options) -> Result<Vec<Finding>, String> {
    let (url, gateway) = options.gateway()?;
    let mut findings = Vec::new();
    let report = gateway
        .get(&format!("{url}/v1/doctor"))
        .and_then(crate::http::Answer::ok);
    let report = match report {
        Ok(answer) => {
            findings.push(finding(
                "deployment",
                Verdict::Ok,
                format!("{url} answers"),
                "",
            ));
            answer.body
        }
        Err(why) => {
            let says = format!("{url}/v1/doctor: {why}");
            let fix =
                "See that HOOKSWITCH_URL is the Worker's and HOOKSWITCH_API_KEY one of API_KEYS.";
            findings.push(finding("deployment", Verdict::Fail, says, fix));
            Value::Null
        }
    };
    findings.extend(reported(&report));
    let base = report["base_url"].as_str().unwrap_or(&url).to_owned();
    if base != url {
        findings.push(reachable(&gateway, &base));
    }
    let date = ask_twilio(options, &report, &base, &mut findings);
    findings.extend(checks::clock(
        now(),
        report["time"].as_str(),
        date.as_deref(),
    ));
    Ok(findings)
}

/// What the deployment found.
fn reported(report: &Value) -> Vec<Finding> {
    let checks = report["checks"].as_array().cloned().unwrap_or_default();
    let text = |check: &Value, field: &str| check[field].as_str().unwrap_or_default().to_owned();
    let findings = checks.iter().map(|check| Finding {
        check: text(check, "check"),
        verdict: Verdict::parse(&text(check, "verdict")),
        says: text(check, "says"),
        fix: text(check, "fix"),
    });
    findings.collect()
}

/// Whether the base that Twilio calls leads to a deployment.
fn reachable(client: &Client, base: &str) -> Finding {
    const CHECK: &str = "base_url_reachable";
    let fix = "See that its DNS, certificate and route lead to the Worker.";
    match client.get(&format!("{base}/healthz")) {
        Ok(answer) if answer.status == 200 && answer.text("status") == "ok" => {
            finding(CHECK, Verdict::Ok, format!("{base} answers"), "")
        }
        Ok(answer) => {
            let says = format!("{base}/healthz answers {}", answer.status);
            finding(CHECK, Verdict::Fail, says, fix)
        }
        Err(why) => finding(CHECK, Verdict::Fail, format!("{base}: {why}"), fix),
    }
}

/// Asks Twilio, with the Auth Token when there is one. Its time, as its header says.
fn ask_twilio(
    options: &Options,
    report: &Value,
    base: &str,
    findings: &mut Vec<Finding>,
) -> Option<String> {
    let sid = options.get("TWILIO_ACCOUNT_SID");
    let sid = sid.or_else(|| report["account_sid"].as_str().map(str::to_owned));
    let pair = |user: Option<String>, name| Some((user?, options.get(name)?));
    let own = pair(sid.clone(), "TWILIO_AUTH_TOKEN")
        .or_else(|| pair(options.get("TWILIO_API_KEY_SID"), "TWILIO_API_KEY_SECRET"));
    let (Some(sid), Some((user, password))) = (sid, own) else {
        let says = "no credentials of Twilio's are set: what it knows was not asked";
        let fix = "Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN for this command.";
        findings.push(finding("twilio", Verdict::Unknown, says.to_owned(), fix));
        return None;
    };
    if report["account_sid"]
        .as_str()
        .is_some_and(|theirs| theirs != sid)
    {
        let says = "the deployment works for another account than TWILIO_ACCOUNT_SID here";
        let fix = "Give this command the credentials of the deployment's account.";
        findings.push(finding("twilio", Verdict::Fail, says.to_owned(), fix));
    }
    let client = Client::basic(&user, &password, options.timeout);
    let account = format!("{}/2010-04-01/Accounts/{sid}", options.twilio("api"));
    let messaging = options.twilio("messaging");
    let list = |url: String, key: &str| client.list(&url, key);
    let ours = |field: &str| report[field].as_str();

    let numbers = list(
        format!("{account}/IncomingPhoneNumbers.json?PageSize=1000"),
        "incoming_phone_numbers",
    );
    findings.extend(checks::numbers(base, &numbers, ours("phone_number")));
    let services = list(format!("{messaging}/v1/Services?PageSize=100"), "services");
    let registered: Vec<Fetched> = services
        .iter()
        .flatten()
        .map(|service| {
            let sid = service["sid"].as_str().unwrap_or_default();
            list(
                format!("{messaging}/v1/Services/{sid}/Compliance/Usa2p"),
                "compliance",
            )
        })
        .collect();
    findings.extend(checks::services(base, &services, &registered));
    let verifications = list(
        format!("{messaging}/v1/Tollfree/Verifications?PageSize=100"),
        "verifications",
    );
    findings.extend(checks::toll_free(&numbers, &verifications));
    let senders = list(
        format!("{messaging}/v2/Channels/Senders?Channel=whatsapp"),
        "senders",
    );
    findings.extend(checks::whatsapp(base, &senders, ours("whatsapp_number")));
    let url = format!("{}/v1/Messaging/GeoPermissions", options.twilio("accounts"));
    let answer = client.get(&url).and_then(crate::http::Answer::ok);
    let date = answer.as_ref().ok().and_then(|answer| answer.date.clone());
    let countries = answer.map(|answer| answer.body["permissions"].as_array().cloned());
    let countries = countries.map(Option::unwrap_or_default);
    findings.extend(checks::geo(&countries, &options.countries));
    date.or_else(|| {
        client
            .get(&format!("{account}/Messages.json?PageSize=1"))
            .ok()?
            .date
    })
}

fn now() -> i64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

fn print(findings: &[Finding], out: &mut dyn Write) -> std::io::Result<()> {
    for finding in findings {
        let verdict = finding.verdict.as_str();
        writeln!(out, "{verdict:<8} {:<22} {}", finding.check, finding.says)?;
        if !finding.fix.is_empty() {
            writeln!(out, "{:31} {}", "", finding.fix)?;
        }
    }
    let count = |verdict| findings.iter().filter(|one| one.verdict == verdict).count();
    writeln!(
        out,
        "{} ok, {} warn, {} fail, {} unknown",
        count(Verdict::Ok),
        count(Verdict::Warn),
        count(Verdict::Fail),
        count(Verdict::Unknown)
    )
}

fn print_json(findings: &[Finding], out: &mut dyn Write) -> std::io::Result<()> {
    let shown = findings.iter().map(|finding| {
        json!({
            "check": finding.check, "verdict": finding.verdict.as_str(), "says": finding.says,
            "fix": finding.fix,
        })
    });
    let shown: Vec<Value> = shown.collect();
    writeln!(
        out,
        "{:#}",
        json!({"verdict": worst(findings).as_str(), "checks": shown})
    )
}
