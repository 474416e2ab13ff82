//! Calls: TwiML really fetched and played against what the caller does.

mod common;

use common::{Answer, Received, Stage, account_path, nothing, said, twiml};
use serde_json::{Value, json};

const MENU: &str = "<Gather action=\"/voice/menu-selection\" numDigits=\"1\" timeout=\"3\"><Say>Press 1 for sales.</Say></Gather><Say>No input.</Say><Redirect>/voice/incoming?again=1</Redirect>";

fn ivr(r: &Received) -> Answer {
    match r.path() {
        "/voice/incoming" => match r.target.contains("again=1") {
            true => twiml("<Say>Goodbye.</Say><Hangup/>"),
            false => twiml(MENU),
        },
        "/voice/menu-selection" => match r.param("Digits").as_deref() {
            Some("1") => twiml(
                "<Say>Sales.</Say><Dial action=\"done\" callerId=\"+15550001111\">+15557770001</Dial><Say>never</Say>",
            ),
            Some("3") => twiml(
                "<Record action=\"/voice/saved\" maxLength=\"120\" transcribe=\"true\" transcribeCallback=\"/voice/transcription\" recordingStatusCallback=\"/voice/recording\"/><Say>Nothing heard.</Say>",
            ),
            _ => twiml("<Say>Wrong key.</Say><Redirect>/voice/incoming</Redirect>"),
        },
        "/voice/done" => twiml("<Say>Dialled.</Say>"),
        "/voice/saved" => twiml("<Say>Thank you.</Say><Hangup/>"),
        _ => nothing(),
    }
}

async fn call(stage: &Stage, script: Value) -> Value {
    stage
        .post(
            "/twin/calls",
            json!({"to": "+15550001111", "from": "+15551234567", "script": script}),
        )
        .await
}

#[tokio::test]
async fn a_key_leads_through_the_menu_and_the_dial_has_its_outcome() {
    let stage = Stage::new(ivr).await;
    let heard = call(&stage, json!([{"digits": "1"}, {"dial": "busy"}])).await;
    assert_eq!(said(&heard), ["Press 1 for sales.", "Sales.", "Dialled."]);
    assert_eq!(heard["status"], "completed");
    let dial = heard["transcript"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|e| e.get("dial").is_some())
        .expect("a dial");
    assert_eq!(dial["dial"]["to"], "+15557770001");
    assert_eq!(dial["dial"]["status"], "busy");
    let done = &stage.app.at("/voice/done")[0];
    assert_eq!(done.param("DialCallStatus").as_deref(), Some("busy"));
    assert_eq!(done.param("CallStatus").as_deref(), Some("in-progress"));
    let first = &stage.app.at("/voice/incoming")[0];
    assert_eq!(first.param("CallStatus").as_deref(), Some("ringing"));
    assert_eq!(first.param("Direction").as_deref(), Some("inbound"));
    let end = &stage.app.at("/voice/status")[0];
    assert_eq!(end.param("CallStatus").as_deref(), Some("completed"));
    assert!(
        end.param("CallDuration")
            .and_then(|d| d.parse::<u64>().ok())
            .is_some_and(|d| d > 30)
    );
    let children = stage.get("/twin/calls?direction=outbound-dial").await;
    assert_eq!(children[0]["parent_call_sid"], heard["sid"]);
}

#[tokio::test]
async fn silence_falls_through_to_the_next_verb() {
    let stage = Stage::new(ivr).await;
    let heard = call(&stage, json!([])).await;
    assert_eq!(
        said(&heard),
        ["Press 1 for sales.", "No input.", "Goodbye."]
    );
    assert!(stage.app.at("/voice/menu-selection").is_empty());
}

#[tokio::test]
async fn a_voicemail_is_saved_transcribed_and_reported() {
    let stage = Stage::new(ivr).await;
    let heard = call(
        &stage,
        json!([{"digits": "3"}, {"record": {"duration": 7, "text": "hello"}}]),
    )
    .await;
    assert_eq!(said(&heard).last().map(String::as_str), Some("Thank you."));
    let saved = &stage.app.at("/voice/saved")[0];
    assert_eq!(saved.param("RecordingDuration").as_deref(), Some("7"));
    let text = &stage.app.at("/voice/transcription")[0];
    assert_eq!(text.param("TranscriptionText").as_deref(), Some("hello"));
    assert_eq!(text.param("RecordingSid"), saved.param("RecordingSid"));
    assert_eq!(
        stage.app.at("/voice/recording")[0]
            .param("RecordingStatus")
            .as_deref(),
        Some("completed")
    );
    let url = saved.param("RecordingUrl").expect("a url");
    let path = url
        .strip_prefix(&stage.twin.origin())
        .expect("the twin's own")
        .to_owned();
    assert_eq!(stage.rest("GET", &format!("{path}.mp3"), &[]).await.0, 200);
    assert_eq!(
        stage.rest("DELETE", &format!("{path}.json"), &[]).await.0,
        204
    );
    assert_eq!(stage.rest("GET", &format!("{path}.mp3"), &[]).await.0, 404);
}

#[tokio::test]
async fn an_empty_recording_does_not_call_the_action() {
    let stage = Stage::new(ivr).await;
    let heard = call(
        &stage,
        json!([{"digits": "3"}, {"record": {"duration": 0}}]),
    )
    .await;
    assert_eq!(
        said(&heard).last().map(String::as_str),
        Some("Nothing heard.")
    );
    assert!(stage.app.at("/voice/saved").is_empty());
    assert!(stage.app.at("/voice/transcription").is_empty());
}

#[tokio::test]
async fn a_call_that_loops_is_ended() {
    let stage = Stage::new(|_| twiml("<Redirect/>")).await;
    let heard = call(&stage, json!([])).await;
    assert!(heard.to_string().contains("step_limit"), "{heard}");
    assert!(stage.app.at("/voice/incoming").len() <= 61);
}

#[tokio::test]
async fn speech_hang_up_and_an_empty_result_are_told_apart() {
    let stage = Stage::new(|r| match r.path() {
        "/voice/incoming" => twiml("<Gather input=\"dtmf speech\" action=\"/got\" actionOnEmptyResult=\"true\"><Say>Speak.</Say></Gather>"),
        "/got" => twiml("<Say>Got it.</Say>"),
        _ => nothing(),
    })
    .await;
    call(
        &stage,
        json!([{"speech": {"text": "sales please", "confidence": 0.5}}]),
    )
    .await;
    call(&stage, json!([])).await;
    let gone = call(&stage, json!([{"hangup": true}])).await;
    let got = stage.app.at("/got");
    assert_eq!(got.len(), 2);
    assert_eq!(
        got[0].param("SpeechResult").as_deref(),
        Some("sales please")
    );
    assert_eq!(got[0].param("Confidence").as_deref(), Some("0.5"));
    assert_eq!(got[1].param("Digits").as_deref(), Some(""));
    assert_eq!(
        gone["transcript"]
            .as_array()
            .and_then(|t| t.last())
            .map(|e| e["hangup"].clone()),
        Some(json!("caller"))
    );
}

#[tokio::test]
async fn a_reject_ends_the_call_before_it_is_answered() {
    let stage = Stage::new(|r| {
        if r.path() == "/voice/incoming" {
            twiml("<Reject reason=\"busy\"/>")
        } else {
            nothing()
        }
    })
    .await;
    let heard = call(&stage, json!([])).await;
    assert_eq!(heard["status"], "busy");
    assert_eq!(heard["duration"], "0");
}

async fn place(stage: &Stage, extra: &[(&str, &str)]) -> Value {
    let callback = format!("{}/voice/status", stage.app.origin);
    let mut form = vec![
        ("To", "+15551234567"),
        ("From", "+15550001111"),
        ("StatusCallback", callback.as_str()),
    ];
    for event in ["initiated", "ringing", "answered", "completed"] {
        form.push(("StatusCallbackEvent", event));
    }
    form.extend_from_slice(extra);
    let (status, call) = stage.rest("POST", &account_path("Calls.json"), &form).await;
    assert_eq!(status, 201, "{call}");
    assert_eq!(call["status"], "queued");
    call
}

fn progress(stage: &Stage) -> Vec<String> {
    stage
        .app
        .at("/voice/status")
        .iter()
        .filter_map(|r| r.param("CallStatus"))
        .collect()
}

#[tokio::test]
async fn an_outbound_call_reports_each_event_once_and_in_order() {
    let stage = Stage::new(ivr).await;
    stage.freeze().await;
    stage
        .post(
            "/twin/scripts",
            json!({"to": "+15551234567", "script": [{"digits": "1"}]}),
        )
        .await;
    let url = format!("{}/voice/incoming", stage.app.origin);
    let call = place(&stage, &[("Url", &url)]).await;
    stage.advance(1000).await;
    assert_eq!(
        progress(&stage),
        ["initiated", "ringing", "in-progress", "completed"]
    );
    let sequence: Vec<String> = stage
        .app
        .at("/voice/status")
        .iter()
        .filter_map(|r| r.param("SequenceNumber"))
        .collect();
    assert_eq!(sequence, ["0", "1", "2", "3"]);
    let last = stage.app.at("/voice/status").pop().expect("the last");
    assert_eq!(
        last.param("CallbackSource").as_deref(),
        Some("call-progress-events")
    );
    assert!(
        last.param("Timestamp")
            .is_some_and(|t| t.ends_with("+0000"))
    );
    let shown = stage
        .get(&format!(
            "/twin/calls/{}",
            call["sid"].as_str().expect("a sid")
        ))
        .await;
    assert_eq!(said(&shown), ["Press 1 for sales.", "Sales.", "Dialled."]);
}

#[tokio::test]
async fn busy_no_answer_failed_and_canceled_are_told_apart() {
    for answer in ["busy", "no-answer", "failed", "canceled"] {
        let stage = Stage::new(ivr).await;
        stage.freeze().await;
        stage
            .post(
                "/twin/scripts",
                json!({"to": "+15551234567", "answer": answer}),
            )
            .await;
        place(&stage, &[("Twiml", "<Response><Say>Hi</Say></Response>")]).await;
        stage.advance(1000).await;
        assert_eq!(progress(&stage), ["initiated", "ringing", answer]);
    }
}

#[tokio::test]
async fn a_ringing_call_can_be_canceled_and_a_held_one_redirected() {
    let stage = Stage::new(ivr).await;
    stage.freeze().await;
    stage
        .post(
            "/twin/scripts",
            json!({"to": "+15551234567", "ring_ms": 20000, "script": [{"hold": true}]}),
        )
        .await;
    let hold = (
        "Twiml",
        "<Response><Gather><Say>Wait.</Say></Gather></Response>",
    );
    let ringing = place(&stage, &[hold]).await;
    let path =
        |c: &Value| account_path(&format!("Calls/{}.json", c["sid"].as_str().expect("a sid")));
    stage.advance(5000).await;
    assert_eq!(
        stage.rest("GET", &path(&ringing), &[]).await.1["status"],
        "ringing"
    );
    let (status, _) = stage
        .rest("POST", &path(&ringing), &[("Status", "canceled")])
        .await;
    assert_eq!(status, 200);
    let until = json!({"matching": {"kind": "call-status", "params": {"CallStatus": "canceled"}}});
    assert_eq!(stage.post("/twin/wait", until).await["met"], true);

    let held = place(&stage, &[hold]).await;
    stage.advance(30_000).await;
    assert_eq!(
        stage.rest("GET", &path(&held), &[]).await.1["status"],
        "in-progress"
    );
    let next = [("Twiml", "<Response><Say>Moved.</Say></Response>")];
    assert_eq!(stage.rest("POST", &path(&held), &next).await.0, 200);
    let until = json!({"of": "calls", "matching": {"sid": held["sid"], "status": "completed"}});
    let done = stage.post("/twin/wait", until).await;
    assert_eq!(said(&done["found"][0]), ["Wait.", "Moved."]);
    let (status, error) = stage.rest("POST", &path(&held), &next).await;
    assert_eq!((status, error["code"].as_u64()), (400, Some(21220)));
}

#[tokio::test]
async fn a_live_call_is_played_key_by_key() {
    let stage = Stage::new(ivr).await;
    let started = stage
        .post(
            "/twin/calls",
            json!({"to": "+15550001111", "from": "+15551234567", "live": true}),
        )
        .await;
    let sid = started["sid"].as_str().expect("a sid").to_owned();
    stage
        .post("/twin/wait", json!({"matching": {"kind": "voice"}}))
        .await;
    stage
        .post(&format!("/twin/calls/{sid}/input"), json!({"digits": "1"}))
        .await;
    let until = json!({"of": "calls", "matching": {"sid": sid, "status": "completed"}, "timeout_ms": 20000});
    let done = stage.post("/twin/wait", until).await;
    assert_eq!(
        said(&done["found"][0]),
        ["Press 1 for sales.", "Sales.", "Dialled."]
    );
}

#[tokio::test]
async fn a_handset_that_rings_can_take_or_refuse_the_call() {
    for (step, status) in [
        (json!({"answer": true}), "completed"),
        (json!({"answer": false}), "busy"),
        (json!({"hangup": true}), "busy"),
    ] {
        let stage = Stage::new(ivr).await;
        stage
            .post(
                "/twin/scripts",
                json!({"to": "+15551234567", "answer": "live"}),
            )
            .await;
        let call = place(&stage, &[("Twiml", "<Response><Say>Hi</Say></Response>")]).await;
        let until = json!({"of": "calls", "matching": {"sid": call["sid"], "status": "ringing", "live": true}});
        assert_eq!(stage.post("/twin/wait", until).await["met"], true);
        let sid = call["sid"].as_str().expect("a sid");
        stage.post(&format!("/twin/calls/{sid}/input"), step).await;
        let until = json!({"of": "calls", "matching": {"sid": sid, "status": status}});
        assert_eq!(
            stage.post("/twin/wait", until).await["met"],
            true,
            "{status}"
        );
    }
}

#[tokio::test]
async fn the_handset_page_and_its_parts_are_served() {
    let stage = Stage::new(ivr).await;
    for (path, part) in [
        ("/handset", "<title>Handset"),
        ("/handset/handset.js", "/twin/calls"),
        ("/handset/handset.css", ".phone"),
    ] {
        let (status, body) = stage.raw("GET", path, &[], "").await.expect("an answer");
        assert_eq!(status, 200);
        assert!(body.contains(part), "{path}");
    }
}
