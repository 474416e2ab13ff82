//! Verify v2: services, verifications, checks, attempts, with Twilio's own limits.

mod limits;

use super::messages::{is_recipient, is_sid};
use super::{Ask, Outcome, Reply};
use crate::clock::{iso8601, parse_span};
use crate::error::ApiError;
use crate::form;
use crate::state::World;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A code lives so long, in milliseconds.
const LIFETIME_MS: i64 = 600_000;
const MAX_SENDS: usize = 5;
const MAX_CHECKS: u32 = 5;
const CHANNELS: [&str; 6] = ["sms", "call", "email", "whatsapp", "sna", "auto"];

/// All of Verify.
#[derive(Debug, Default)]
pub struct Verify {
    pub services: Vec<VerifyService>,
    pub verifications: Vec<Verification>,
    /// Channels switched off (60223).
    pub disabled: BTreeSet<String>,
    /// Number prefixes blocked by Fraud Guard (60410).
    pub blocked: BTreeSet<String>,
    /// Number prefixes outside the geo permissions (60605).
    pub forbidden: BTreeSet<String>,
    /// What became of the sends on a channel, by the status that attempts show.
    pub deliveries: BTreeMap<String, String>,
}

/// A Verify service.
#[derive(Debug, Clone)]
pub struct VerifyService {
    pub sid: String,
    pub friendly_name: String,
    pub code_length: usize,
    pub created: i64,
    pub rate_limits: Vec<RateLimit>,
}

/// A service rate limit with its buckets and what was counted.
#[derive(Debug, Clone)]
pub struct RateLimit {
    pub sid: String,
    pub unique_name: String,
    pub description: String,
    /// (SID, most, interval in seconds)
    pub buckets: Vec<(String, usize, i64)>,
    /// (value of the key, time)
    pub seen: Vec<(String, i64)>,
}

/// One verification of one address.
#[derive(Debug, Clone)]
pub struct Verification {
    pub sid: String,
    pub service: String,
    pub to: String,
    pub channel: String,
    pub status: String,
    pub code: String,
    pub created: i64,
    pub updated: i64,
    pub checks: u32,
    /// (time, channel, attempt SID)
    pub sends: Vec<(i64, String, String)>,
    pub locale: Option<String>,
    pub custom: bool,
}

impl Verification {
    fn alive(&self, now: i64) -> bool {
        self.status == "pending" && now < self.created + LIFETIME_MS
    }
}

pub(crate) fn route(world: &mut World, ask: &Ask, rest: &[&str]) -> Outcome {
    match (ask.method.as_str(), rest) {
        ("POST", ["Services"]) => create_service(world, ask),
        ("GET", ["Services"]) => {
            let all = world
                .verify
                .services
                .iter()
                .map(|s| service_json(world, s))
                .collect();
            super::page_meta(ask, world, "services", all)
        }
        (_, ["Services", service, rest @ ..]) => {
            let unknown = !world.verify.services.iter().any(|s| s.sid == *service);
            if !is_sid(service, "VA") || (world.config.strict_verify && unknown) {
                return Err(ask.not_found());
            }
            of_service(world, ask, service, rest)
        }
        ("GET", ["Attempts"]) => {
            let all = attempts(world, ask);
            super::page_meta(ask, world, "attempts", all)
        }
        (method, ["SafeList", "Numbers"]) => super::accounts::safe_list(world, ask, method),
        _ => Err(ask.not_found()),
    }
}

fn of_service(world: &mut World, ask: &Ask, service: &str, rest: &[&str]) -> Outcome {
    match (ask.method.as_str(), rest) {
        ("GET", []) => {
            let found = world.verify.services.iter().find(|s| s.sid == service);
            found
                .map(|s| Reply::json(200, service_json(world, s)))
                .ok_or_else(|| ask.not_found())
        }
        ("POST", ["Verifications"]) => start(world, ask, service),
        ("GET", ["Verifications", key]) => {
            let now = world.now();
            let found = lookup(world, service, key)
                .filter(|v| v.alive(now) || v.status == "max_attempts_reached");
            found
                .map(|v| Reply::json(200, show(world, v)))
                .ok_or_else(|| ask.not_found())
        }
        ("POST", ["Verifications", key]) => settle(world, ask, service, key),
        ("POST", ["VerificationCheck"]) => check(world, ask, service),
        (_, ["RateLimits", rest @ ..]) => limits::rate_limits(world, ask, service, rest),
        _ => Err(ask.not_found()),
    }
}

fn create_service(world: &mut World, ask: &Ask) -> Outcome {
    let name = ask.given("FriendlyName").unwrap_or_default();
    let digits = name.chars().filter(char::is_ascii_digit).count();
    if name.is_empty() || name.chars().count() > 32 || digits >= 5 {
        return Err(invalid("FriendlyName"));
    }
    let code_length = match ask.given("CodeLength") {
        None => 6,
        Some(text) => text
            .parse()
            .ok()
            .filter(|n| (4..=10).contains(n))
            .ok_or_else(|| invalid("CodeLength"))?,
    };
    let service = VerifyService {
        sid: world.ids.sid("VA"),
        friendly_name: name.to_owned(),
        code_length,
        created: world.now(),
        rate_limits: Vec::new(),
    };
    let shown = service_json(world, &service);
    world.verify.services.push(service);
    Ok(Reply::json(201, shown))
}

fn service_json(world: &World, s: &VerifyService) -> Value {
    json!({
        "sid": s.sid,
        "account_sid": world.account(),
        "friendly_name": s.friendly_name,
        "code_length": s.code_length,
        "date_created": iso8601(s.created),
        "date_updated": iso8601(s.created),
        "url": format!("{}/verify/v2/Services/{}", world.origin, s.sid),
    })
}

fn invalid(name: &str) -> ApiError {
    ApiError::new(400, 60200, format!("Invalid parameter `{name}`"))
}

fn start(world: &mut World, ask: &Ask, service: &str) -> Outcome {
    let to = ask.given("To").ok_or_else(|| invalid("To"))?.to_owned();
    let channel = ask
        .given("Channel")
        .ok_or_else(|| invalid("Channel"))?
        .to_owned();
    if !CHANNELS.contains(&channel.as_str()) {
        return Err(invalid("Channel"));
    }
    let well_formed = if channel == "email" {
        to.split_once('@')
            .is_some_and(|(a, b)| !a.is_empty() && b.contains('.'))
    } else {
        to.starts_with('+') && is_recipient(&to)
    };
    if !well_formed {
        return Err(invalid("To"));
    }
    let custom = ask.given("CustomCode");
    if custom.is_some_and(|c| !(4..=10).contains(&c.chars().count())) {
        return Err(invalid("CustomCode"));
    }
    limits::guard(world, &to, &channel)?;
    limits::rate_limited(world, ask, service)?;
    let now = world.now();
    let attempt = (now, channel.clone(), world.ids.sid("VL"));
    let running = world
        .verify
        .verifications
        .iter_mut()
        .find(|v| v.service == service && v.to == to && v.alive(now));
    if let Some(verification) = running {
        if verification.sends.len() >= MAX_SENDS {
            return Err(ApiError::new(429, 60203, crate::error::meaning(60203)));
        }
        verification.sends.push(attempt);
        verification.channel = channel;
        verification.updated = now;
        let verification = verification.clone();
        return Ok(Reply::json(201, show(world, &verification)));
    }
    let length = world
        .verify
        .services
        .iter()
        .find(|s| s.sid == service)
        .map_or(6, |s| s.code_length);
    let code = match custom {
        Some(code) => code.to_owned(),
        None => world.ids.digits(length),
    };
    let verification = Verification {
        sid: world.ids.sid("VE"),
        service: service.to_owned(),
        to,
        channel,
        status: "pending".to_owned(),
        code,
        created: now,
        updated: now,
        checks: 0,
        sends: vec![attempt],
        locale: ask.given("Locale").map(str::to_owned),
        custom: custom.is_some(),
    };
    let shown = show(world, &verification);
    world.verify.verifications.push(verification);
    Ok(Reply::json(201, shown))
}

/// By SID or address; the newest wins.
fn lookup<'a>(world: &'a World, service: &str, key: &str) -> Option<&'a Verification> {
    world
        .verify
        .verifications
        .iter()
        .rev()
        .find(|v| v.service == service && (v.sid == key || v.to == key))
}

fn settle(world: &mut World, ask: &Ask, service: &str, key: &str) -> Outcome {
    let status = ask.given("Status").unwrap_or_default().to_owned();
    if !matches!(status.as_str(), "canceled" | "approved") {
        return Err(invalid("Status"));
    }
    let now = world.now();
    let found = world
        .verify
        .verifications
        .iter_mut()
        .rev()
        .find(|v| v.service == service && (v.sid == key || v.to == key) && v.alive(now))
        .ok_or_else(|| ask.not_found())?;
    if status == "approved" && !found.custom {
        return Err(invalid("Status"));
    }
    found.status = status;
    found.updated = now;
    let found = found.clone();
    Ok(Reply::json(200, show(world, &found)))
}

fn check(world: &mut World, ask: &Ask, service: &str) -> Outcome {
    let key = ask
        .given("VerificationSid")
        .or_else(|| ask.given("To"))
        .ok_or_else(|| invalid("To"))?
        .to_owned();
    let code = ask.given("Code").ok_or_else(|| invalid("Code"))?.to_owned();
    if !(4..=10).contains(&code.chars().count()) {
        return Err(invalid("Code"));
    }
    let now = world.now();
    let found = world
        .verify
        .verifications
        .iter_mut()
        .rev()
        .find(|v| v.service == service && (v.sid == key || v.to == key))
        .filter(|v| {
            v.alive(now) || (v.status == "max_attempts_reached" && now < v.created + LIFETIME_MS)
        })
        .ok_or_else(|| ask.not_found())?;
    if found.checks >= MAX_CHECKS {
        found.status = "max_attempts_reached".to_owned();
        return Err(ApiError::new(429, 60202, crate::error::meaning(60202)));
    }
    found.checks += 1;
    found.updated = now;
    if found.code == code {
        found.status = "approved".to_owned();
    }
    let found = found.clone();
    Ok(Reply::json(
        201,
        json!({
            "sid": found.sid,
            "service_sid": service,
            "account_sid": world.account(),
            "to": found.to,
            "channel": shown_channel(&found),
            "status": found.status,
            "valid": found.status == "approved",
            "amount": null,
            "payee": null,
            "sna_attempts_error_codes": [],
            "date_created": iso8601(found.created),
            "date_updated": iso8601(found.updated),
        }),
    ))
}

/// `auto` shows as the channel that was chosen.
fn shown_channel(v: &Verification) -> &str {
    if v.channel == "auto" {
        "sms"
    } else {
        &v.channel
    }
}

fn show(world: &World, v: &Verification) -> Value {
    let attempts: Vec<Value> = v
        .sends
        .iter()
        .map(|(at, channel, sid)| {
            json!({"time": iso8601(*at), "channel": channel.to_uppercase(), "attempt_sid": sid})
        })
        .collect();
    json!({
        "sid": v.sid,
        "service_sid": v.service,
        "account_sid": world.account(),
        "to": v.to,
        "channel": shown_channel(v),
        "status": v.status,
        "valid": v.status == "approved",
        "date_created": iso8601(v.created),
        "date_updated": iso8601(v.updated),
        "lookup": {},
        "amount": null,
        "payee": null,
        "send_code_attempts": attempts,
        "sna": null,
        "url": format!("{}/verify/v2/Services/{}/Verifications/{}", world.origin, v.service, v.sid),
    })
}

fn attempts(world: &World, ask: &Ask) -> Vec<Value> {
    let asked = |name| form::get(&ask.query, name);
    let of_verification = asked("VerificationSid");
    let of_service = asked("VerifyServiceSid");
    let on_channel = asked("Channel");
    let since = asked("DateCreatedAfter")
        .and_then(parse_span)
        .map(|(from, _)| from);
    let mut out = Vec::new();
    for v in world.verify.verifications.iter().rev() {
        let other = of_verification.is_some_and(|sid| sid != v.sid)
            || of_service.is_some_and(|sid| sid != v.service);
        if other {
            continue;
        }
        for (at, channel, sid) in v.sends.iter().rev() {
            let late = since.is_none_or(|since| *at >= since);
            if late && on_channel.is_none_or(|wanted| wanted == channel) {
                out.push(attempt(world, v, *at, channel, sid));
            }
        }
    }
    out
}

fn attempt(world: &World, v: &Verification, at: i64, channel: &str, sid: &str) -> Value {
    let delivery = world.verify.deliveries.get(channel);
    let approved = v.status == "approved";
    let status = match channel {
        "call" => "call_status",
        _ => "message_status",
    };
    json!({
        "sid": sid,
        "account_sid": world.account(),
        "service_sid": v.service,
        "verification_sid": v.sid,
        "date_created": iso8601(at),
        "date_updated": iso8601(at),
        "conversion_status": if approved { "converted" } else { "unconverted" },
        "channel": channel,
        "price": match delivery {
            Some(_) => json!({"value": "0.05", "currency": "usd"}),
            None => json!({}),
        },
        "channel_data": {
            "verification_sid": v.sid,
            "to": v.to,
            "country": super::lookups::country(&v.to).0,
            "status": if approved { "confirmed" } else { "unconfirmed" },
            status: delivery,
        },
        "url": format!("{}/verify/v2/Attempts/{sid}", world.origin),
    })
}

/// The codes, as a person would read them on the phone.
pub(crate) fn codes(world: &World) -> Value {
    let now = world.now();
    let list: Vec<Value> = world
        .verify
        .verifications
        .iter()
        .map(|v| {
            json!({
                "sid": v.sid, "service_sid": v.service, "to": v.to, "channel": v.channel,
                "code": v.code, "status": v.status, "checks": v.checks, "sends": v.sends.len(),
                "locale": v.locale, "alive": v.alive(now), "expires_at_ms": v.created + LIFETIME_MS,
            })
        })
        .collect();
    Value::Array(list)
}
