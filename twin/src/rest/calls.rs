//! Calls: create, fetch, list, redirect, hang up, delete.

use super::messages::is_callback_url;
use super::{Ask, Outcome, Reply};
use crate::clock::parse_span;
use crate::error::ApiError;
use crate::form;
use crate::state::{Call, Job, World};
use crate::voice::script::CallUpdate;
use serde_json::Value;

const MAX_TWIML: usize = 4000;
const EVENTS: [&str; 4] = ["initiated", "ringing", "answered", "completed"];

pub(crate) fn route(world: &mut World, ask: &Ask, rest: &[&str]) -> Outcome {
    match (ask.method.as_str(), rest) {
        ("POST", []) => create(world, ask),
        ("GET", []) => list(world, ask),
        ("GET", [sid]) => {
            let call = world.call(sid).ok_or_else(|| ask.not_found())?;
            Ok(Reply::json(200, call.json(world.account())))
        }
        ("POST", [sid]) => update(world, ask, sid),
        _ => Err(ask.not_found()),
    }
}

fn is_callable(text: &str) -> bool {
    match text.split_once(':') {
        Some(("client" | "sip", rest)) => !rest.is_empty(),
        Some(("whatsapp", rest)) => super::messages::is_recipient(rest),
        Some(_) => false,
        None => super::messages::is_recipient(text),
    }
}

fn check_numbers(to: &str, from: &str) -> Result<(), ApiError> {
    if !is_callable(to) {
        return Err(ApiError::new(
            400,
            21211,
            format!("Invalid 'To' Phone Number: {to}"),
        ));
    }
    if !is_callable(from) || from == "+15005550001" {
        return Err(ApiError::new(
            400,
            21212,
            format!("Invalid From Number (caller ID): {from}"),
        ));
    }
    let code = match to {
        "+15005550001" => 21217,
        "+15005550002" => 21214,
        "+15005550003" => 21215,
        "+15005550004" => 21216,
        _ => return Ok(()),
    };
    Err(ApiError::new(
        400,
        code,
        format!("The number {to} cannot be called"),
    ))
}

fn create(world: &mut World, ask: &Ask) -> Outcome {
    let to = ask.given("To").ok_or_else(|| ApiError::bad(21201))?;
    let from = ask.given("From").ok_or_else(|| ApiError::bad(21213))?;
    check_numbers(to, from)?;
    let url = ask.given("Url");
    let twiml = ask.given("Twiml");
    if url.is_none() && twiml.is_none() {
        let code = if ask.given("ApplicationSid").is_some() {
            21218
        } else {
            21205
        };
        return Err(ApiError::bad(code));
    }
    if url.is_some_and(|u| !is_callback_url(u)) {
        return Err(ApiError::bad(21205));
    }
    if twiml.is_some_and(|t| t.chars().count() > MAX_TWIML) {
        return Err(ApiError::new(
            400,
            20001,
            "Twiml may have at most 4000 characters",
        ));
    }
    let callback = match ask.given("StatusCallback") {
        Some(u) if !is_callback_url(u) => return Err(ApiError::bad(21609)),
        other => other.map(str::to_owned),
    };
    let events: Vec<String> = form::all(&ask.params, "StatusCallbackEvent")
        .iter()
        .flat_map(|v| v.split_whitespace())
        .map(str::to_owned)
        .collect();
    if events.iter().any(|e| !EVENTS.contains(&e.as_str())) {
        return Err(ApiError::new(400, 21626, "Invalid 'StatusCallbackEvent'"));
    }
    let now = world.now();
    let sid = world.ids.sid("CA");
    let text = |name: &str| ask.given(name).map(str::to_owned);
    world.add_call(Call {
        sid: sid.clone(),
        from: from.to_owned(),
        to: to.to_owned(),
        status: "queued".to_owned(),
        direction: "outbound-api".to_owned(),
        created: now,
        updated: now,
        status_callback: callback,
        status_callback_method: text("StatusCallbackMethod").unwrap_or_else(|| "POST".to_owned()),
        status_callback_events: if events.is_empty() {
            vec!["completed".to_owned()]
        } else {
            events
        },
        // Url wins over Twiml when both are given.
        twiml: if url.is_some() { None } else { text("Twiml") },
        url: text("Url"),
        method: text("Method").unwrap_or_else(|| "POST".to_owned()),
        fallback_url: text("FallbackUrl"),
        machine_detection: text("MachineDetection"),
        async_amd_callback: (ask.flag("AsyncAmd") == Some(true))
            .then(|| text("AsyncAmdStatusCallback"))
            .flatten(),
        record: ask.flag("Record") == Some(true),
        recording_callback: text("RecordingStatusCallback"),
        send_digits: text("SendDigits"),
        ..Call::default()
    });
    let due = now + world.config.step_ms;
    world.plan(due, Job::Dial { sid: sid.clone() });
    let call = world.call(&sid).ok_or_else(|| ask.not_found())?;
    Ok(Reply::json(201, call.json(world.account())))
}

fn list(world: &World, ask: &Ask) -> Outcome {
    let (mut first, mut last) = (i64::MIN, i64::MAX);
    for (name, value) in &ask.query {
        let wrong = || ApiError::new(400, 20001, format!("Invalid {name}"));
        match name.as_str() {
            "StartTime" => (first, last) = parse_span(value).ok_or_else(wrong)?,
            "StartTime>" => first = parse_span(value).ok_or_else(wrong)?.0,
            "StartTime<" => last = parse_span(value).ok_or_else(wrong)?.1,
            _ => {}
        }
    }
    let same = |name: &str, have: &str| ask.given(name).is_none_or(|want| want == have);
    let found: Vec<Value> = world
        .calls
        .iter()
        .rev()
        .filter(|c| same("To", &c.to) && same("From", &c.from) && same("Status", &c.status))
        .filter(|c| same("ParentCallSid", c.parent.as_deref().unwrap_or_default()))
        .filter(|c| (first..=last).contains(&c.started.unwrap_or(c.created)))
        .map(|c| c.json(world.account()))
        .collect();
    super::page_2010(ask, world, "calls", found)
}

fn update(world: &mut World, ask: &Ask, sid: &str) -> Outcome {
    let now = world.now();
    let call = world.call_mut(sid).ok_or_else(|| ask.not_found())?;
    if let Some(url) = ask.given("StatusCallback") {
        call.status_callback = Some(url.to_owned());
    }
    let early = matches!(call.status.as_str(), "queued" | "ringing" | "initiated");
    let change = match (ask.given("Status"), ask.given("Url"), ask.given("Twiml")) {
        (Some("canceled"), _, _) if early => CallUpdate::Cancel,
        (Some("completed"), _, _) if early => CallUpdate::Cancel,
        (Some("completed"), _, _) if !call.is_over() => CallUpdate::Complete,
        (None, Some(url), _) if !call.is_over() => CallUpdate::Goto {
            url: url.to_owned(),
            method: ask.given("Method").unwrap_or("POST").to_owned(),
        },
        (None, None, Some(twiml)) if !call.is_over() => CallUpdate::Twiml(twiml.to_owned()),
        (None, None, None) => {
            return Ok(Reply::json(
                200,
                world
                    .call(sid)
                    .map(|c| c.json(world.account()))
                    .unwrap_or_default(),
            ));
        }
        (Some("canceled" | "completed") | None, _, _) => return Err(ApiError::bad(21220)),
        (Some(_), _, _) => return Err(ApiError::new(400, 20001, "Invalid Status")),
    };
    let ends = match change {
        CallUpdate::Cancel => Some("canceled"),
        CallUpdate::Complete => Some("completed"),
        CallUpdate::Goto { .. } | CallUpdate::Twiml(_) => None,
    };
    let heard = call
        .control
        .as_ref()
        .is_some_and(|c| c.send(change).is_ok());
    if let Some(status) = ends {
        // A call that is not placed yet has nobody to tell; the dialler looks at the status.
        call.status = status.to_owned();
        call.updated = now;
    } else if !heard {
        return Err(ApiError::bad(21220));
    }
    let call = world.call(sid).ok_or_else(|| ask.not_found())?;
    Ok(Reply::json(200, call.json(world.account())))
}
