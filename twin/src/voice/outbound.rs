//! From the first ring to the last callback: calls in and calls out.

use super::leg::{End, Heard, Leg, Target, call_params, progress_params};
use super::script::{CallScript, CallUpdate, Step};
use crate::config::Hook;
use crate::engine::{Activity, Shared};
use crate::form::Params;
use crate::state::{Call, Job, Signing};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Seconds that a handset rings.
const LIVE_RING_S: u64 = 30;

/// `POST /twin/calls`: a person calls a number of the application.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Placement {
    pub to: String,
    pub from: String,
    #[serde(default)]
    pub script: Vec<Step>,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub status_callback: Option<String>,
    #[serde(default)]
    pub params: Map<String, Value>,
    #[serde(default)]
    pub sign: Option<Signing>,
    /// Answers at once; the call goes on by `/twin/calls/{sid}/input`.
    #[serde(default)]
    pub live: bool,
}

/// Places an inbound call and, unless it is live, plays it to its end. The call's SID.
pub(crate) async fn ring_in(shared: &Arc<Shared>, placement: Placement) -> Result<String, String> {
    let (sid, target) = {
        let mut world = shared.world();
        let hook = world.config.hook(Hook::Voice, &placement.to);
        let url = placement
            .url
            .clone()
            .or(hook)
            .ok_or("no webhook: give `url`, or start the twin with --worker")?;
        if !crate::rest::messages::is_callback_url(&url) {
            return Err(format!("not a URL the twin can call: {url}"));
        }
        let now = world.now();
        let sid = world.ids.sid("CA");
        let status_callback = placement
            .status_callback
            .clone()
            .or_else(|| world.config.hook(Hook::VoiceStatus, &placement.to));
        let method = world.config.method(&placement.to);
        let fallback_url = world.config.fallback(&placement.to);
        world.add_call(Call {
            sid: sid.clone(),
            from: placement.from.clone(),
            to: placement.to.clone(),
            status: "ringing".to_owned(),
            direction: "inbound".to_owned(),
            created: now,
            updated: now,
            status_callback,
            status_callback_method: "POST".to_owned(),
            status_callback_events: vec!["completed".to_owned()],
            fallback_url,
            extra: crate::json::to_params(&placement.params),
            ..Call::default()
        });
        (
            sid,
            Target::Url {
                url,
                method,
                params: Vec::new(),
            },
        )
    };
    let activity = Activity::new(shared);
    let (mut leg, handles) = Leg::new(
        Arc::clone(shared),
        sid.clone(),
        placement.script,
        placement.live,
        activity,
    );
    leg.signing = placement.sign;
    if let Some(call) = shared.world().call_mut(&sid) {
        call.control = Some(handles.control);
        call.keypad = handles.keypad;
    }
    let playing = async move {
        let end = leg.run(target).await;
        finish(&mut leg, end).await;
    };
    if placement.live {
        tokio::spawn(playing);
    } else {
        playing.await;
    }
    Ok(sid)
}

/// An outbound call made through the REST API.
pub(crate) async fn place(shared: Arc<Shared>, sid: String, activity: Activity) {
    let Some((script, target)) = prepare(&shared, &sid) else {
        return;
    };
    let live = script.script.is_empty() && script.answer.as_deref() == Some("live");
    let (mut leg, handles) = Leg::new(
        Arc::clone(&shared),
        sid.clone(),
        script.script,
        live,
        activity,
    );
    if let Some(call) = shared.world().call_mut(&sid) {
        call.control = Some(handles.control);
        call.keypad = handles.keypad;
    }
    progress(&mut leg, "initiated", "initiated").await;
    set_status(&leg, "ringing");
    progress(&mut leg, "ringing", "ringing").await;
    let answer = script.answer.as_deref().unwrap_or("human");
    let refused = ring(&mut leg, answer, script.ring_ms).await;
    leg.elapsed_ms = 0;
    if let Some(status) = refused {
        finish(&mut leg, End::Rejected(status)).await;
        return;
    }
    picked_up(&mut leg, answer).await;
    let end = leg.run(target).await;
    finish(&mut leg, end).await;
}

/// Lets it ring; the status when nobody takes the call.
async fn ring(leg: &mut Leg, answer: &str, ring_ms: i64) -> Option<&'static str> {
    let update = if ring_ms > 0 {
        leg.wait(Some(ring_ms)).await
    } else {
        None
    };
    let over = leg.shared.world().call(&leg.sid).is_none_or(Call::is_over);
    if over || matches!(update, Some(CallUpdate::Cancel | CallUpdate::Complete)) {
        return Some("canceled");
    }
    match answer {
        "busy" => Some("busy"),
        "no-answer" => Some("no-answer"),
        "failed" => Some("failed"),
        "canceled" => Some("canceled"),
        "live" => match leg
            .listen(LIVE_RING_S, |s| matches!(s, Step::Answer(_)))
            .await
        {
            Heard::Step(Step::Answer(true)) => None,
            Heard::Step(_) => Some("busy"),
            Heard::Silence => Some("no-answer"),
            Heard::Changed(_) => Some("canceled"),
        },
        _ => None,
    }
}

fn prepare(shared: &Arc<Shared>, sid: &str) -> Option<(CallScript, Target)> {
    let world = shared.world();
    let call = world.call(sid).filter(|c| !c.is_over())?;
    let script = world.scripts.get(&call.to).cloned().unwrap_or_default();
    let target = match (&call.url, &call.twiml) {
        (Some(url), _) => Target::Url {
            url: url.clone(),
            method: call.method.clone(),
            params: Vec::new(),
        },
        (None, twiml) => Target::Document(twiml.clone().unwrap_or_default()),
    };
    Some((script, target))
}

/// The called party answers: a person, a machine or a fax.
async fn picked_up(leg: &mut Leg, answer: &str) {
    leg.answered = true;
    let (amd, digits) = {
        let mut world = leg.shared.world();
        let now = world.now();
        let Some(call) = world.call_mut(&leg.sid) else {
            return;
        };
        call.status = "in-progress".to_owned();
        call.started = Some(now);
        call.updated = now;
        if call.machine_detection.is_some() {
            let end_of_message = call.machine_detection.as_deref() == Some("DetectMessageEnd");
            let by = match answer {
                "machine" if end_of_message => "machine_end_beep",
                "machine" => "machine_start",
                "fax" => "fax",
                _ => "human",
            };
            call.answered_by = Some(by.to_owned());
        }
        let amd = call
            .async_amd_callback
            .clone()
            .zip(call.answered_by.clone());
        (amd, call.send_digits.clone())
    };
    if let Some(digits) = digits {
        leg.note(json!({"send_digits": digits}));
    }
    progress(leg, "answered", "in-progress").await;
    if let Some((url, by)) = amd {
        let params = vec![
            ("AnsweredBy".to_owned(), by),
            ("MachineDetectionDuration".to_owned(), "2500".to_owned()),
        ];
        leg.request("amd", "POST", &url, params).await;
    }
}

fn set_status(leg: &Leg, status: &str) {
    let mut world = leg.shared.world();
    let now = world.now();
    if let Some(call) = world.call_mut(&leg.sid).filter(|c| !c.is_over()) {
        call.status = status.to_owned();
        call.updated = now;
    }
}

/// Sends a progress callback if the call asked for the event.
async fn progress(leg: &mut Leg, event: &str, shown: &str) {
    let found = {
        let mut world = leg.shared.world();
        let now = world.now();
        let account = world.account().to_owned();
        let Some(call) = world.call_mut(&leg.sid) else {
            return;
        };
        let Some(url) = call.status_callback.clone() else {
            return;
        };
        if !call.status_callback_events.iter().any(|e| e == event) {
            return;
        }
        let sequence = call.sequence;
        call.sequence += 1;
        let mut params = call_params(call, &account);
        crate::json::set(&mut params, "CallStatus", shown);
        params.extend(progress_params(now, sequence));
        if event == "completed" {
            let seconds = call.duration.unwrap_or(0);
            let response = match shown {
                "completed" => "200",
                "busy" => "486",
                "failed" => "404",
                _ => "487",
            };
            params.extend([
                ("CallDuration".to_owned(), seconds.to_string()),
                ("Duration".to_owned(), seconds.div_ceil(60).to_string()),
                ("SipResponseCode".to_owned(), response.to_owned()),
            ]);
            params.extend(leg.recording.clone());
        }
        let method = call.status_callback_method.clone();
        let mut webhook = world.webhook("call-status", &leg.sid, &method, &url, params);
        if let Some(signing) = leg.signing {
            webhook.signing = signing;
        }
        webhook
    };
    leg.send(found).await;
}

/// Ends the call: status, duration, and all that Twilio sends afterwards.
async fn finish(leg: &mut Leg, end: End) {
    let status = match &end {
        End::Rejected(status) => status,
        End::Broken if !leg.answered => "failed",
        _ => "completed",
    };
    let why = match &end {
        End::Twiml(why) => *why,
        End::Caller => "caller",
        End::Rejected(status) => status,
        End::Api => "api",
        End::Broken => "error",
    };
    leg.note(json!({"hangup": why}));
    record_whole_call(leg, status);
    {
        let mut world = leg.shared.world();
        let elapsed = leg.elapsed_ms;
        let ended = world.now() + i64::try_from(elapsed).unwrap_or(0);
        if let Some(call) = world.call_mut(&leg.sid) {
            call.status = (*status).to_owned();
            call.updated = ended;
            call.ended = Some(ended);
            call.duration = Some(if status == "completed" {
                elapsed.div_ceil(1000).max(1)
            } else {
                0
            });
            call.control = None;
            call.keypad = None;
        }
    }
    for (delay_ms, webhook) in std::mem::take(&mut leg.afterwards) {
        if delay_ms > 0 {
            let mut world = leg.shared.world();
            let due = world.now() + delay_ms;
            world.plan(due, Job::Send(Box::new(webhook)));
        } else {
            leg.send(webhook).await;
        }
    }
    leg.shared.wake.notify_one();
    progress(leg, "completed", status).await;
}

/// `Record=true` of the REST API records the call as a whole.
fn record_whole_call(leg: &mut Leg, status: &str) {
    let callback = {
        let world = leg.shared.world();
        let call = world
            .call(&leg.sid)
            .filter(|c| c.record && status == "completed");
        match call {
            Some(call) => call.recording_callback.clone(),
            None => return,
        }
    };
    let recording = leg.keep_recording((leg.elapsed_ms / 1000).max(1), "OutboundAPI", None);
    let params: Params = leg.recording_params(&recording);
    leg.recording.clone_from(&params);
    if let Some(url) = callback {
        let mut all = leg.params(params);
        crate::json::set(&mut all, "RecordingStatus", "completed");
        crate::json::set(&mut all, "RecordingSource", "OutboundAPI");
        crate::json::set(&mut all, "RecordingChannels", "1");
        let webhook = leg
            .shared
            .world()
            .webhook("recording-status", &leg.sid, "POST", &url, all);
        leg.afterwards.push((0, webhook));
    }
}
