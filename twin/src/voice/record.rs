//! `<Record>`: the recording, its callbacks, its transcription.

use super::leg::{End, Flow, Heard, Leg, flow_of};
use super::script::{RecordStep, Step};
use super::twiml::Node;
use crate::clock::rfc2822;
use crate::engine::join_url;
use crate::form::Params;
use crate::state::Recording;
use serde_json::json;

/// Transcribed are recordings longer than this, in seconds (Twilio docs, TwiML Record).
const SHORTEST_TRANSCRIBED: u64 = 2;
const LONGEST_TRANSCRIBED: u64 = 120;

impl Leg {
    pub(super) async fn record(&mut self, node: &Node, base: &str) -> Flow {
        let most = node.number("maxLength", 3600);
        let patience = if self.is_live() {
            most.min(300)
        } else {
            node.number("timeout", 5)
        };
        let heard = self
            .listen(patience, |step| matches!(step, Step::Record(_)))
            .await;
        let step = match heard {
            Heard::Changed(update) => return flow_of(update),
            Heard::Step(Step::Hangup(_)) => {
                self.note(json!({"record": {"result": "hangup"}}));
                self.recording_absent(node, base);
                return Flow::Over(End::Caller);
            }
            Heard::Step(Step::Record(step)) => step,
            Heard::Step(_) | Heard::Silence => RecordStep::default(),
        };
        let duration = step.duration.min(most);
        if duration == 0 {
            self.elapsed_ms += node.number("timeout", 5) * 1000;
            self.note(json!({"record": {"result": "empty"}}));
            self.recording_absent(node, base);
            return if step.hangup {
                Flow::Over(End::Caller)
            } else {
                Flow::On
            };
        }
        self.elapsed_ms += duration * 1000;
        let recording = self.keep_recording(duration, "RecordVerb", step.text.clone());
        self.note(
            json!({"record": {"duration": duration, "text": step.text, "sid": recording.sid}}),
        );
        self.follow_up(node, base, &recording, &step);
        self.after_recording(node, base, &recording, &step).await
    }

    /// The action, or the document again when there is none.
    async fn after_recording(
        &mut self,
        node: &Node,
        base: &str,
        recording: &Recording,
        step: &RecordStep,
    ) -> Flow {
        let mut params = self.recording_params(recording);
        self.recording.clone_from(&params);
        let key = if step.hangup {
            Some("hangup")
        } else {
            step.digits.as_deref()
        };
        if let Some(key) = key {
            params.push(("Digits".to_owned(), key.to_owned()));
        }
        let action = node.attr("action").unwrap_or_default();
        if step.hangup {
            params.push(("CallStatus".to_owned(), "completed".to_owned()));
            let method = node.attr("method").unwrap_or("POST").to_owned();
            self.request("voice", &method, &join_url(base, action), params)
                .await;
            return Flow::Over(End::Caller);
        }
        Flow::Goto(self.target(node, "method", action, base, params))
    }

    /// Stores a recording of this call.
    pub(super) fn keep_recording(
        &mut self,
        duration: u64,
        source: &str,
        text: Option<String>,
    ) -> Recording {
        let mut world = self.shared.world();
        let recording = Recording {
            sid: world.ids.sid("RE"),
            call_sid: self.sid.clone(),
            duration,
            source: source.to_owned(),
            channels: 1,
            created: world.now(),
            text,
            ..Recording::default()
        };
        world.recordings.push(recording.clone());
        recording
    }

    pub(super) fn recording_params(&self, recording: &Recording) -> Params {
        let world = self.shared.world();
        let url = format!(
            "{}/api/2010-04-01/Accounts/{}/Recordings/{}",
            world.origin,
            world.account(),
            recording.sid
        );
        vec![
            ("RecordingSid".to_owned(), recording.sid.clone()),
            ("RecordingUrl".to_owned(), url),
            (
                "RecordingDuration".to_owned(),
                recording.duration.to_string(),
            ),
        ]
    }

    /// Plans the recording's own callback and the transcription's.
    fn follow_up(&mut self, node: &Node, base: &str, recording: &Recording, step: &RecordStep) {
        self.recording_callback(node, base, recording);
        if !node.flag("transcribe") && node.attr("transcribeCallback").is_none() {
            return;
        }
        if recording.duration <= SHORTEST_TRANSCRIBED || recording.duration > LONGEST_TRANSCRIBED {
            return;
        }
        let mut params = self.recording_params(recording);
        let mut world = self.shared.world();
        let sid = world.ids.sid("TR");
        let failed = step.transcription_fails;
        if let Some(kept) = world.recordings.iter_mut().find(|r| r.sid == recording.sid) {
            kept.transcription_sid = Some(sid.clone());
        }
        let own = format!(
            "{}/api/2010-04-01/Accounts/{}/Transcriptions/{sid}",
            world.origin,
            world.account()
        );
        drop(world);
        // Without a callback it is there to be fetched all the same.
        let Some(url) = node.attr("transcribeCallback") else {
            return;
        };
        let url = join_url(base, url);
        let mut add = |name: &str, value: &str| params.push((name.to_owned(), value.to_owned()));
        add("TranscriptionSid", &sid);
        add("TranscriptionUrl", &own);
        add("TranscriptionType", "fast");
        add(
            "TranscriptionStatus",
            if failed { "failed" } else { "completed" },
        );
        if !failed {
            add(
                "TranscriptionText",
                step.text.as_deref().unwrap_or_default(),
            );
        }
        self.later("transcription", step.transcription_delay_ms, &url, params);
    }

    fn recording_events(node: &Node) -> Vec<&str> {
        node.attr("recordingStatusCallbackEvent")
            .unwrap_or("completed")
            .split_whitespace()
            .collect()
    }

    pub(super) fn recording_callback(&mut self, node: &Node, base: &str, recording: &Recording) {
        let Some(url) = node.attr("recordingStatusCallback") else {
            return;
        };
        let url = join_url(base, url);
        for event in ["in-progress", "completed"] {
            if !Self::recording_events(node).contains(&event) {
                continue;
            }
            let mut params = self.recording_params(recording);
            let mut add =
                |name: &str, value: &str| params.push((name.to_owned(), value.to_owned()));
            add("RecordingStatus", event);
            add("RecordingChannels", &recording.channels.to_string());
            add("RecordingSource", &recording.source);
            add("RecordingTrack", "both");
            add("RecordingStartTime", &rfc2822(recording.created));
            self.later("recording-status", 0, &url, params);
        }
    }

    fn recording_absent(&mut self, node: &Node, base: &str) {
        let Some(url) = node.attr("recordingStatusCallback") else {
            return;
        };
        if !Self::recording_events(node).contains(&"absent") {
            return;
        }
        let sid = self.shared.world().ids.sid("RE");
        let params = vec![
            ("RecordingSid".to_owned(), sid),
            ("RecordingStatus".to_owned(), "absent".to_owned()),
            ("RecordingDuration".to_owned(), "0".to_owned()),
            ("RecordingSource".to_owned(), "RecordVerb".to_owned()),
        ];
        self.later("recording-status", 0, &join_url(base, url), params);
    }

    /// Plans a request for when the call is over, or later still.
    fn later(&mut self, kind: &'static str, delay_ms: i64, url: &str, params: Params) {
        let mut all = self.params(params);
        // Twilio tells of a recording after the call, whatever the call was doing then.
        if kind == "transcription" {
            crate::json::set(&mut all, "CallStatus", "completed");
        }
        let mut webhook = self
            .shared
            .world()
            .webhook(kind, &self.sid, "POST", url, all);
        if let Some(signing) = self.signing {
            webhook.signing = signing;
        }
        self.afterwards.push((delay_ms, webhook));
    }
}
