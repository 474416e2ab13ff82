//! What Twilio says about the account, judged. Pure: values in, findings out.

use hookswitch::time::{MINUTE, SECOND, parse_rfc2822, parse_rfc3339};
use serde_json::Value;

use super::overrides;

/// How good or bad it is, in the order of the deployment's own verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It could not be found out.
    Unknown,
    /// It works, and will bring trouble.
    Warn,
    /// Something does not work.
    Fail,
}

impl Verdict {
    /// Its name in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }

    /// Reads a name; what is none is not known.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        let all = [Self::Ok, Self::Warn, Self::Fail];
        let found = all.into_iter().find(|verdict| verdict.as_str() == name);
        found.unwrap_or(Self::Unknown)
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable name.
    pub check: String,
    /// How it is.
    pub verdict: Verdict,
    /// What was found.
    pub says: String,
    /// What to do; empty when nothing is to be done.
    pub fix: String,
}

pub(super) fn finding(check: &str, verdict: Verdict, says: String, fix: &str) -> Finding {
    let fix = if verdict == Verdict::Ok { "" } else { fix };
    Finding {
        check: check.to_owned(),
        verdict,
        says,
        fix: fix.to_owned(),
    }
}

/// A list of Twilio's, or why it cannot be had.
pub type Fetched = Result<Vec<Value>, String>;

/// The findings about a list, or that nobody knows.
fn each(check: &str, list: &Fetched, judge: impl FnOnce(&[Value]) -> Vec<Finding>) -> Vec<Finding> {
    match list {
        Ok(items) => judge(items),
        Err(why) => {
            let fix =
                "Ask with the account's SID and Auth Token: an API key may not see everything.";
            vec![finding(check, Verdict::Unknown, why.clone(), fix)]
        }
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// Where the deployment takes calls and texts, by both names of each path.
const VOICE: [&str; 2] = ["/voice/incoming", "/webhooks/twilio/voice/incoming"];
const SMS: [&str; 3] = [
    "/webhooks/sms/incoming",
    "/webhooks/twilio/sms/incoming",
    "/webhooks/twilio/webhooks/sms/incoming",
];
const WHATSAPP: [&str; 3] = [
    "/webhooks/whatsapp",
    "/webhooks/twilio/whatsapp",
    "/webhooks/twilio/webhooks/whatsapp",
];

/// Where a webhook goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// Nowhere.
    None,
    /// To the deployment, spelt as it expects it.
    Ours,
    /// To the deployment, with a signature it will refuse.
    Misspelt,
    /// To one of the deployment's other paths, or none of them.
    WrongPath,
    /// To somebody else.
    Elsewhere,
}

fn target(base: &str, url: &str, paths: &[&str]) -> Target {
    let url = url.split('#').next().unwrap_or_default();
    if url.is_empty() {
        return Target::None;
    }
    let bare = url.split('?').next().unwrap_or_default();
    match bare.strip_prefix(base) {
        Some(path) if paths.contains(&path) => Target::Ours,
        Some(path) if path.starts_with('/') => Target::WrongPath,
        _ if host(url) == host(base) => Target::Misspelt,
        _ => Target::Elsewhere,
    }
}

/// The host, in lower case and without its port.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    host.split(':')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
}

/// One webhook of one thing: where it goes, and how hard Twilio tries.
fn webhook(check: &str, whose: &str, base: &str, url: &str, paths: &[&str]) -> Vec<Finding> {
    let say = |what: &str| format!("{whose}: {what}");
    let at = |path: &str| format!("Point it at {base}{path}{}", overrides::RECOMMENDED);
    let first = at(paths.first().unwrap_or(&""));
    match target(base, url, paths) {
        Target::None => vec![finding(check, Verdict::Warn, say("has no webhook"), &first)],
        Target::Elsewhere => {
            let says = say(&format!("goes to {}", host(url)));
            vec![finding(check, Verdict::Warn, says, &first)]
        }
        Target::Misspelt => {
            let says = say("is spelt otherwise than PUBLIC_BASE_URL: every signature is refused");
            vec![finding(check, Verdict::Fail, says, &first)]
        }
        Target::WrongPath => {
            let says = say("goes to a path that does something else");
            vec![finding(check, Verdict::Fail, says, &first)]
        }
        Target::Ours => {
            let mut findings = vec![finding(check, Verdict::Ok, say("comes here"), "")];
            if let Some((verdict, what)) = overrides::judge(url) {
                let fix = format!("Add {} to its URL.", overrides::RECOMMENDED);
                findings.push(finding("connection_overrides", verdict, say(&what), &fix));
            }
            findings
        }
    }
}

/// `IncomingPhoneNumbers`: where calls and texts go.
#[must_use]
pub fn numbers(base: &str, list: &Fetched, ours: Option<&str>) -> Vec<Finding> {
    each("numbers", list, |numbers| {
        let mut findings = Vec::new();
        for number in numbers {
            findings.extend(number_findings(base, number));
        }
        let owned = |ours: &str| {
            numbers
                .iter()
                .any(|number| text(number, "phone_number") == ours)
        };
        if let Some(ours) = ours.filter(|ours| !owned(ours)) {
            let says = format!("TWILIO_PHONE_NUMBER, {ours}, is none of the account's numbers");
            let fix = "Set it to one of them, or the account's credentials are another one's.";
            findings.push(finding("numbers", Verdict::Fail, says, fix));
        }
        let good = |finding: &Finding| finding.check == "numbers" && finding.verdict == Verdict::Ok;
        if !findings.iter().any(good) {
            let says = format!("none of {} numbers points at {base}", numbers.len());
            let fix = "Point a number's webhooks at the deployment.";
            findings.push(finding("numbers", Verdict::Fail, says, fix));
        }
        findings
    })
}

fn number_findings(base: &str, number: &Value) -> Vec<Finding> {
    let name = text(number, "phone_number");
    let mut findings = Vec::new();
    let can = |what: &str| number["capabilities"][what].as_bool() != Some(false);
    let instead = [
        ("voice", "trunk_sid"),
        ("voice", "voice_application_sid"),
        ("sms", "sms_application_sid"),
    ];
    for (kind, url, paths) in [
        ("voice", "voice_url", &VOICE[..]),
        ("sms", "sms_url", &SMS[..]),
    ] {
        if !can(kind) {
            continue;
        }
        let other = instead
            .iter()
            .find(|(of, field)| *of == kind && !text(number, field).is_empty());
        if let Some((_, field)) = other {
            let says = format!("{name} {kind}: its {field} wins over its URL");
            let fix = "Take it away, or point the application at the deployment.";
            findings.push(finding("numbers", Verdict::Warn, says, fix));
            continue;
        }
        let whose = format!("{name} {kind}");
        let found = webhook("numbers", &whose, base, text(number, url), paths);
        let comes_here = found.iter().any(|finding| finding.verdict == Verdict::Ok);
        findings.extend(found);
        if comes_here && kind == "voice" && text(number, "voice_fallback_url").is_empty() {
            let says =
                format!("{whose}: no fallback URL: a caller hears Twilio's error and is cut off");
            let fix = "Set voice_fallback_url to a TwiML Bin that apologises.";
            findings.push(finding("fallback", Verdict::Warn, says, fix));
        }
    }
    findings
}

/// Messaging Services: where their inbound messages go. `registered` is each one's
/// `Compliance/Usa2p`, in the same order.
#[must_use]
pub fn services(base: &str, list: &Fetched, registered: &[Fetched]) -> Vec<Finding> {
    each("messaging_service", list, |services| {
        let mut findings = Vec::new();
        for (at, service) in services.iter().enumerate() {
            let name = [text(service, "sid"), " ", text(service, "friendly_name")].concat();
            let url = text(service, "inbound_request_url");
            if service["use_inbound_webhook_on_number"] == true {
                let says = format!("{name}: its numbers' own webhooks are used");
                findings.push(finding("messaging_service", Verdict::Ok, says, ""));
            } else {
                findings.extend(webhook("messaging_service", &name, base, url, &SMS));
            }
            if let Some(campaigns) = registered.get(at) {
                findings.extend(campaigns_of(&name, campaigns));
            }
        }
        findings
    })
}

/// 10DLC: the campaigns of one service.
fn campaigns_of(service: &str, list: &Fetched) -> Vec<Finding> {
    const CHECK: &str = "10dlc";
    each(CHECK, list, |campaigns| {
        if campaigns.is_empty() {
            let says = format!("{service}: no campaign is registered");
            let fix = "Carriers in the US block its long codes (30034): register a brand and a \
                       campaign, unless it sends to no US numbers.";
            return vec![finding(CHECK, Verdict::Warn, says, fix)];
        }
        let judged = campaigns.iter().map(|campaign| {
            let status = text(campaign, "campaign_status");
            let faults = campaign["errors"].as_array().map_or(0, Vec::len);
            let says = format!("{service}: campaign {} is {status}", text(campaign, "sid"));
            match status {
                "VERIFIED" => finding(CHECK, Verdict::Ok, says, ""),
                _ if status == "FAILED" || faults > 0 => {
                    let fix = "Read its errors in Twilio, correct and submit it again.";
                    finding(CHECK, Verdict::Fail, says, fix)
                }
                _ => {
                    let fix =
                        "Wait until it is VERIFIED: until then US traffic is blocked (30034).";
                    finding(CHECK, Verdict::Warn, says, fix)
                }
            }
        });
        judged.collect()
    })
}

/// Area codes of toll-free numbers (NANPA).
const TOLL_FREE: [&str; 7] = ["800", "833", "844", "855", "866", "877", "888"];

fn is_toll_free(number: &str) -> bool {
    let area = number.strip_prefix("+1").and_then(|rest| rest.get(..3));
    area.is_some_and(|area| number.len() == 12 && TOLL_FREE.contains(&area))
}

/// `Tollfree/Verifications` of the toll-free numbers among the account's.
#[must_use]
pub fn toll_free(numbers: &Fetched, verifications: &Fetched) -> Vec<Finding> {
    const CHECK: &str = "toll_free";
    let Ok(numbers) = numbers else {
        return Vec::new();
    };
    let ours: Vec<&Value> = numbers
        .iter()
        .filter(|number| is_toll_free(text(number, "phone_number")))
        .collect();
    if ours.is_empty() {
        return Vec::new();
    }
    each(CHECK, verifications, |verifications| {
        let judged = ours.iter().map(|number| {
            let name = text(number, "phone_number");
            let known = verifications
                .iter()
                .find(|one| text(one, "tollfree_phone_number_sid") == text(number, "sid"));
            let status = known.map_or("not submitted", |one| text(one, "status"));
            let says = format!("{name}: verification {status}");
            match status {
                "TWILIO_APPROVED" => finding(CHECK, Verdict::Ok, says, ""),
                "PENDING_REVIEW" | "IN_REVIEW" => {
                    let fix = "Wait for the review: until then its texts are blocked (30032).";
                    finding(CHECK, Verdict::Warn, says, fix)
                }
                _ => {
                    let fix = "Submit a toll-free verification: without one its texts are blocked \
                               (30032).";
                    finding(CHECK, Verdict::Fail, says, fix)
                }
            }
        });
        judged.collect()
    })
}

/// Messaging geo permissions. `wanted` are the countries that are sent to; without, only what
/// is open is said.
#[must_use]
pub fn geo(list: &Fetched, wanted: &[String]) -> Vec<Finding> {
    const CHECK: &str = "geo_permissions";
    each(CHECK, list, |countries| {
        let is_open = |country: &Value| country["enabled"] == true;
        let mut findings = Vec::new();
        for code in wanted {
            let known = countries
                .iter()
                .find(|one| text(one, "country_code") == code);
            if !known.is_some_and(is_open) {
                let says = format!("{code} is closed: texts there are refused (21408)");
                let fix = "Open it in Twilio: Messaging, Settings, Geo permissions.";
                findings.push(finding(CHECK, Verdict::Fail, says, fix));
            }
        }
        let risky: Vec<&str> = countries
            .iter()
            .filter(|one| is_open(one) && text(one, "message").contains("High Risk"))
            .map(|one| text(one, "country_code"))
            .filter(|code| !wanted.iter().any(|wanted| wanted == code))
            .collect();
        if !risky.is_empty() {
            let says = format!("open to countries of high risk: {}", risky.join(", "));
            let fix = "Close those that you do not send to: they are where pumped traffic goes.";
            findings.push(finding(CHECK, Verdict::Warn, says, fix));
        }
        if findings.is_empty() {
            let open = countries.iter().filter(|one| is_open(one)).count();
            let says = format!("{open} countries are open");
            let verdict = if open == 0 {
                Verdict::Fail
            } else {
                Verdict::Ok
            };
            let fix = "Open the countries that you send to.";
            findings.push(finding(CHECK, verdict, says, fix));
        }
        findings
    })
}

/// `Channels/Senders` of WhatsApp. `ours` is the deployment's own sender.
#[must_use]
pub fn whatsapp(base: &str, list: &Fetched, ours: Option<&str>) -> Vec<Finding> {
    const CHECK: &str = "whatsapp";
    each(CHECK, list, |senders| {
        let mut findings = Vec::new();
        for sender in senders {
            let name = text(sender, "sender_id");
            let status = text(sender, "status");
            let says = format!("{name} is {status}");
            let (verdict, fix) = match status {
                "ONLINE" | "ONLINE:UPDATING" => (Verdict::Ok, ""),
                "OFFLINE" => (
                    Verdict::Fail,
                    "Read its offline_reasons in Twilio and Meta.",
                ),
                _ => (Verdict::Warn, "Finish its registration in Twilio."),
            };
            findings.push(finding(CHECK, verdict, says, fix));
            if verdict == Verdict::Ok {
                let url = text(&sender["webhook"], "callback_url");
                findings.extend(webhook(CHECK, name, base, url, &WHATSAPP));
            }
        }
        let plain = |id: &str| id.trim_start_matches("whatsapp:").to_owned();
        let knows = |ours: &str| {
            let mut ids = senders.iter().map(|sender| text(sender, "sender_id"));
            ids.any(|id| plain(id) == plain(ours))
        };
        if let Some(ours) = ours.filter(|ours| !knows(ours)) {
            let says = format!("TWILIO_WHATSAPP_NUMBER, {ours}, is no sender of the account");
            let fix =
                "Set it to one, or register it. (The sandbox is none: fine while developing.)";
            findings.push(finding(CHECK, Verdict::Warn, says, fix));
        }
        findings
    })
}

/// The clocks: ours here, the deployment's (RFC 3339), Twilio's (the header `Date`).
#[must_use]
pub fn clock(here: i64, gateway: Option<&str>, twilio: Option<&str>) -> Vec<Finding> {
    let judge = |whose: &str, there: Option<i64>| {
        const CHECK: &str = "clock";
        let Some(there) = there else {
            let says = format!("{whose} said no time");
            return finding(CHECK, Verdict::Unknown, says, "");
        };
        let apart = (there - here).abs();
        // A header has whole seconds, and the answer took its time.
        let verdict = match apart {
            _ if apart <= 5 * SECOND => Verdict::Ok,
            _ if apart <= MINUTE => Verdict::Warn,
            _ => Verdict::Fail,
        };
        let says = format!("{whose} and this machine are {} s apart", apart / SECOND);
        let fix = "When both are apart from it, this machine's clock is wrong: set it by NTP.";
        finding(CHECK, verdict, says, fix)
    };
    vec![
        judge("the deployment", gateway.and_then(parse_rfc3339)),
        judge("Twilio", twilio.and_then(parse_rfc2822)),
    ]
}

#[cfg(test)]
mod tests;
