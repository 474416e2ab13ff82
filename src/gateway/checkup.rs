//! `GET /v1/doctor`: what the deployment alone can say about its health. What can be asked of
//! Twilio from anywhere (numbers, registrations, permissions) is `cargo xtask doctor`'s, which
//! asks this first.
//!
//! It shows no secret's value, and changes nothing.

use serde_json::{Value, json};

use super::guard::public_url;
use super::http::{Incoming, Response};
use super::problem::Problem;
use super::published;
use super::world::{Unavailable, World};
use crate::objects::id::day;
use crate::objects::ledger::{CountDay, DayCount, GAP, TurnGap, day_shard};
use crate::objects::registry::{INSTANCE, TurnRotation};
use crate::objects::schema::Level;
use crate::ports::Millis;
use crate::rotation::Step;
use crate::settings::Settings;
use crate::time::{DAY, MINUTE, rfc3339};

/// An event that waits longer is a backlog.
const WAIT: Millis = 5 * MINUTE;
/// Twilio's lists are walked every five minutes.
const SWEEP: Millis = 30 * MINUTE;

/// How good or bad it is.
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
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Unknown => "unknown",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Stable name.
    pub name: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// What was found.
    pub says: String,
    /// What to do; empty when nothing is to be done.
    pub fix: &'static str,
}

fn check(
    name: &'static str,
    verdict: Verdict,
    says: impl Into<String>,
    fix: &'static str,
) -> Check {
    let fix = if verdict == Verdict::Ok { "" } else { fix };
    Check {
        name,
        verdict,
        says: says.into(),
        fix,
    }
}

/// Every check of the deployment, the worst verdict, and what the asker needs for its own.
///
/// # Errors
/// None: what does not answer is a finding.
pub async fn answer<W: World>(world: &W, request: &impl Incoming) -> Result<Response, Problem> {
    let settings = world.settings();
    let now = world.now();
    let own = public_url(None, request.url()).1;
    let mut checks = of_settings(settings, &own);
    checks.push(rest(rest_works(world).await));
    let kv = published::answers(world).await;
    checks.push(match kv {
        true => check("kv", Verdict::Ok, "KV answers", ""),
        false => check("kv", Verdict::Fail, "KV does not answer", KV_FIX),
    });
    let turned = world.ask(INSTANCE, &TurnRotation::default()).await;
    let today = world.ask(&day_shard(&day(now)), &CountDay {}).await;
    let yesterday = world.ask(&day_shard(&day(now - DAY)), &CountDay {}).await;
    let levels = [
        ("registry", turned.as_ref().ok().map(|view| view.schema)),
        ("ledger", today.as_ref().ok().map(|count| count.schema)),
    ];
    checks.push(schema(&levels));
    checks.push(backlog(&[yesterday, today], now));
    if settings.gap_after.is_some() {
        let view = world.ask(GAP, &TurnGap::default()).await;
        let until = view.map(|view| view.swept.iter().map(|swept| swept.until).min().flatten());
        checks.push(gap(until, now));
    }
    let under_way = turned.ok().is_some_and(|view| {
        let mut both = [view.auth_token, view.api_key].into_iter().flatten();
        both.any(|rotation| !matches!(rotation.step, Step::Finish | Step::Abort))
    });
    checks.push(rotation(under_way, settings.signing.len() > 1));
    Ok(Response::json(200, &document(settings, &own, &checks, now)))
}

fn document(settings: &Settings, own: &str, checks: &[Check], now: Millis) -> Value {
    let worst = checks.iter().map(|check| check.verdict).max();
    let mut shown = Vec::new();
    for check in checks {
        shown.push(json!({
            "check": check.name, "verdict": check.verdict.as_str(), "says": check.says,
            "fix": check.fix,
        }));
    }
    json!({
        "verdict": worst.unwrap_or(Verdict::Ok).as_str(),
        "version": env!("CARGO_PKG_VERSION"),
        "time": rfc3339(now),
        "account_sid": settings.account_sid,
        "base_url": settings.public_base_url.as_deref().unwrap_or(own),
        "phone_number": settings.phone_number,
        "whatsapp_number": settings.whatsapp_number,
        "checks": shown,
    })
}

/// Asks Twilio for something small with the deployment's own credentials: the status, 0 for
/// no answer or no credentials.
pub(super) async fn rest_works<W: World>(world: &W) -> u16 {
    let Some(account) = world.settings().account() else {
        return 0;
    };
    let answer = world.send(account.probe()).await;
    answer.map_or(0, |answer| answer.status)
}

/// What can be seen in the settings. `own` is the base that the request itself came by.
fn of_settings(settings: &Settings, own: &str) -> Vec<Check> {
    let mut checks = Vec::new();
    let present = [
        ("TWILIO_ACCOUNT_SID", settings.account_sid.is_some()),
        ("TWILIO_AUTH_TOKEN", !settings.signing.is_empty()),
        ("API_KEYS", !settings.api_keys.is_empty()),
    ];
    let missing = present.iter().filter(|(_, set)| !set);
    let missing: Vec<&str> = missing.map(|(name, _)| *name).collect();
    checks.push(match missing.as_slice() {
        [] => check("secrets", Verdict::Ok, "all that are needed are set", ""),
        names => {
            let says = ["not set: ", &names.join(", ")].concat();
            check("secrets", Verdict::Fail, says, SECRETS_FIX)
        }
    });
    for (faults, verdict) in [
        (&settings.faults, Verdict::Fail),
        (&settings.doubts, Verdict::Warn),
    ] {
        for fault in faults {
            let says = [fault.name, " ", fault.reason].concat();
            checks.push(check("setting", verdict, says, SETTING_FIX));
        }
    }
    let is_key = settings
        .credentials
        .as_ref()
        .map(|own| own.user.starts_with("SK"));
    checks.push(match is_key {
        Some(true) => check("rest_credentials", Verdict::Ok, "an API key", ""),
        Some(false) => {
            let says = "the Auth Token itself: what reads it can do everything";
            check("rest_credentials", Verdict::Warn, says, KEY_FIX)
        }
        None => check("rest_credentials", Verdict::Fail, "none", SECRETS_FIX),
    });
    checks.push(base_url(settings.public_base_url.as_deref(), own));
    for (open, name, says) in [
        (settings.test_routes, "test_routes", "/__test/... is open"),
        (
            settings.flows.hosts.local,
            "flow_local_hosts",
            "flows may ask private hosts",
        ),
    ] {
        if open {
            let verdict = match own.starts_with("https://") {
                true => Verdict::Fail,
                false => Verdict::Warn,
            };
            checks.push(check(name, verdict, says, OPEN_FIX));
        }
    }
    let told = settings.messaging.webhook.is_some();
    checks.push(match told {
        true => check("events", Verdict::Ok, "the application is told", ""),
        false => check(
            "events",
            Verdict::Warn,
            "events are kept and told nobody",
            EVENTS_FIX,
        ),
    });
    checks
}

fn base_url(configured: Option<&str>, own: &str) -> Check {
    const NAME: &str = "base_url";
    match configured {
        None => {
            let says = [
                "PUBLIC_BASE_URL is not set: signatures are checked for ",
                own,
            ]
            .concat();
            check(NAME, Verdict::Warn, says, BASE_FIX)
        }
        Some(base) if base.starts_with("http://") && !own.starts_with("http://") => {
            let says = [base, ": Twilio would send calls and texts unencrypted"].concat();
            check(NAME, Verdict::Fail, says, BASE_FIX)
        }
        Some(base) if base != own => {
            let says = ["this request came by ", own, ", not by ", base].concat();
            check(NAME, Verdict::Unknown, says, BASE_FIX)
        }
        Some(base) => check(NAME, Verdict::Ok, base, ""),
    }
}

fn rest(status: u16) -> Check {
    const NAME: &str = "rest";
    match status {
        200 => check(NAME, Verdict::Ok, "Twilio takes the credentials", ""),
        401 | 403 => {
            let says = "Twilio refuses the credentials";
            check(NAME, Verdict::Fail, says, REST_FIX)
        }
        0 => check(NAME, Verdict::Fail, "Twilio does not answer", REST_FIX),
        other => {
            let says = ["Twilio answers ", &other.to_string()].concat();
            check(NAME, Verdict::Warn, says, REST_FIX)
        }
    }
}

fn schema(levels: &[(&str, Option<Level>)]) -> Check {
    let mut says = String::new();
    let mut verdict = Verdict::Ok;
    for (name, level) in levels {
        says.push_str(if says.is_empty() { "" } else { ", " });
        says.push_str(name);
        let Some(level) = level else {
            says.push_str(" does not answer");
            verdict = Verdict::Fail;
            continue;
        };
        says.push(' ');
        says.push_str(&level.has.to_string());
        says.push_str(" of ");
        says.push_str(&level.knows.to_string());
        if level.has != level.knows {
            verdict = verdict.max(Verdict::Warn);
        }
    }
    check("migrations", verdict, says, MIGRATION_FIX)
}

fn backlog(days: &[Result<DayCount, Unavailable>], now: Millis) -> Check {
    const NAME: &str = "queue";
    let (mut waiting, mut dead, mut oldest) = (0, 0, now);
    for day in days {
        let Ok(day) = day else {
            return check(
                NAME,
                Verdict::Unknown,
                "the ledger does not answer",
                QUEUE_FIX,
            );
        };
        for (state, count, first) in &day.events {
            match state.as_str() {
                "pending" => {
                    waiting += count;
                    oldest = oldest.min(*first);
                }
                "dead" => dead += count,
                _ => {}
            }
        }
    }
    let verdict = if dead > 0 || now.saturating_sub(oldest) > WAIT {
        Verdict::Warn
    } else {
        Verdict::Ok
    };
    let mut says = waiting.to_string() + " events wait";
    if waiting > 0 {
        says.push_str(", the oldest since ");
        says.push_str(&rfc3339(oldest));
    }
    says.push_str(", ");
    says.push_str(&dead.to_string());
    says.push_str(" were given up since yesterday");
    check(NAME, verdict, says, QUEUE_FIX)
}

fn gap(until: Result<Option<Millis>, Unavailable>, now: Millis) -> Check {
    const NAME: &str = "gap_recovery";
    match until {
        Err(Unavailable) => check(
            NAME,
            Verdict::Unknown,
            "the ledger does not answer",
            GAP_FIX,
        ),
        Ok(None) => check(
            NAME,
            Verdict::Warn,
            "Twilio's lists were never read",
            GAP_FIX,
        ),
        Ok(Some(until)) => {
            let late = now.saturating_sub(until) > SWEEP;
            let verdict = if late { Verdict::Warn } else { Verdict::Ok };
            let says = ["Twilio's lists were read until ", &rfc3339(until)].concat();
            check(NAME, verdict, says, GAP_FIX)
        }
    }
}

fn rotation(under_way: bool, two_tokens: bool) -> Check {
    const NAME: &str = "rotation";
    match (under_way, two_tokens) {
        (false, false) => check(NAME, Verdict::Ok, "none is under way", ""),
        (true, _) => check(NAME, Verdict::Warn, "one is under way", ROTATION_FIX),
        (false, true) => {
            let says = "none is under way, and two tokens are accepted";
            check(
                NAME,
                Verdict::Warn,
                says,
                "Delete the secret TWILIO_AUTH_TOKEN_NEXT.",
            )
        }
    }
}

const SECRETS_FIX: &str = "Set them: wrangler secret put NAME.";
const SETTING_FIX: &str = "See docs/configuration.md for what it takes.";
const KEY_FIX: &str = "Create a standard API key in Twilio and set TWILIO_API_KEY_SID and \
                       TWILIO_API_KEY_SECRET.";
const BASE_FIX: &str =
    "Set PUBLIC_BASE_URL to the https:// base that stands in Twilio, to the letter.";
const OPEN_FIX: &str = "Unset HOOKSWITCH_TEST_ROUTES and FLOW_LOCAL_HOSTS in production.";
const EVENTS_FIX: &str = "Set EVENTS_URL and EVENTS_SECRET, unless nobody needs to be told.";
const REST_FIX: &str = "Look at Twilio's status page, and at TWILIO_EDGE and TWILIO_REGION; when it \
                        refuses, set the key or token anew.";
const KV_FIX: &str =
    "Look at the binding PUBLISHED in wrangler.toml and at Cloudflare's status page.";
const MIGRATION_FIX: &str = "Deploy the newest release: an older one reads what a newer one wrote, and \
                             should not stay.";
const QUEUE_FIX: &str = "See that EVENTS_URL answers 2xx within ten seconds; GET /v1/events?state=dead \
                         lists what was given up, and each can be replayed.";
const GAP_FIX: &str = "See that the Worker has its cron trigger (wrangler.toml, [triggers]), and look \
                       for gap.list_unreadable in the log.";
const ROTATION_FIX: &str = "Go on with it: cargo xtask rotate.";
