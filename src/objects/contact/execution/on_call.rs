//! An execution on the call that it placed: every voice request is one command, answered with
//! TwiML. The addresses that Twilio calls back say which answer they ask for, so that a
//! request that comes twice hears the same again and moves nothing.

use std::collections::VecDeque;

use serde_json::json;

use super::commands::{AnswerStep, StepAnswer};
use super::run::{Run, parameters};
use crate::flow::{
    Input, Next, Outcome, QUERY_EVENT, QUERY_EXECUTION, StepKind, StepUrl, Verb, Waiting, voice,
};
use crate::log::Record;
use crate::objects::contact::Contact;
use crate::objects::id::ExecutionSid;
use crate::objects::peers::Peers;
use crate::objects::{ObjectFault, paths};
use crate::ports::Host;
use crate::twilio::twiml::{EMPTY, Pause, Redirect, Say, VoiceResponse};

/// What stands before an execution's SID in a step's address. An execution that travels in the
/// address is base64url and never begins so.
pub const MARK: &str = "~";
/// How often, and for how many milliseconds each, a voice request waits for a turn that is
/// under way. Twilio waits 15 s.
const WAITS: u32 = 30;
const WAIT: i64 = 100;
/// Seconds of silence between two looks for a reply, while somebody is on the line.
const POLL: u32 = 2;

impl Run {
    /// An address at which Twilio goes on with the execution. It names the answer that it asks
    /// for: the one after `turn` others.
    pub(super) fn step_url(&self, turn: u32, step: &StepUrl<'_>) -> String {
        let path = match step.kind {
            StepKind::MenuSelection => paths::MENU_SELECTION,
            StepKind::VoicemailSaved => paths::VOICEMAIL_SAVED,
            StepKind::Transcription => paths::TRANSCRIPTION,
            StepKind::Step => paths::VOICE_STEP,
        };
        let mut url = self.base.clone();
        url.push_str(path);
        if step.kind == StepKind::Transcription {
            return url;
        }
        for part in ["?", QUERY_EXECUTION, "=", &self.mark(turn)] {
            url.push_str(part);
        }
        if let Some(event) = step.event {
            for part in ["&", QUERY_EVENT, "=", event] {
                url.push_str(part);
            }
        }
        url
    }

    fn mark(&self, turn: u32) -> String {
        let mut mark = MARK.to_owned();
        mark.push_str(self.sid.as_str());
        mark.push('.');
        mark.push_str(&turn.to_string());
        mark
    }

    fn here(&self) -> String {
        self.step_url(
            self.turn,
            &StepUrl {
                kind: StepKind::Step,
                execution: "",
                event: None,
            },
        )
    }
}

/// Reads what stands for an execution in an address: its SID and which answer is asked for.
pub fn read_mark(text: &str) -> Option<(ExecutionSid, u32)> {
    let (sid, turn) = text.strip_prefix(MARK)?.split_once('.')?;
    Some((ExecutionSid::parse(sid)?, turn.parse().ok()?))
}

impl<H: Host> Contact<H> {
    /// What the call hears after a turn.
    pub(super) fn twiml(&self, run: &Run, verbs: &[Verb], next: &Next) -> String {
        let mut response = VoiceResponse::new();
        for verb in verbs {
            voice::write(verb, &mut response);
        }
        if matches!(next, Next::WaitReply { .. }) {
            return poll(&mut response, run);
        }
        response.finish().unwrap_or_else(|error| {
            self.host
                .log(Record::error("flow.twiml_refused").with("why", error.to_string()));
            let apology = Say::text(&self.host.settings().apology);
            let said = VoiceResponse::new().say(&apology).hangup().finish();
            said.unwrap_or_else(|_| EMPTY.to_owned())
        })
    }
}

/// Silence, and another look: the flow waits for a message while its call is on the line.
fn poll(response: &mut VoiceResponse, run: &Run) -> String {
    let here = run.here();
    response.pause(&Pause { length: Some(POLL) });
    response.redirect(&Redirect::to(&here));
    response.finish().unwrap_or_else(|_| EMPTY.to_owned())
}

impl<H: Peers> Contact<H> {
    pub(in crate::objects::contact) async fn answer_step(
        &self,
        command: AnswerStep,
    ) -> Result<StepAnswer, ObjectFault> {
        let nothing = StepAnswer {
            twiml: None,
            keep: None,
        };
        let mut waits = 0;
        let hold = loop {
            match self.hold(&command.sid) {
                Some(hold) => break hold,
                None if waits < WAITS => {
                    waits += 1;
                    self.host.pause(WAIT).await;
                }
                None => return Ok(nothing),
            }
        };
        let Some(run) = self.run(&command.sid)? else {
            return Ok(nothing);
        };
        if command.turn < run.turn {
            return Ok(answer_of(&run));
        }
        if !run.active || command.turn > run.turn {
            return Ok(nothing);
        }
        let heard = Input::Voice {
            parameters: parameters(&command.parameters),
            event: command.event.clone(),
        };
        let given = match run.execution.waiting() {
            Waiting::Callback | Waiting::Enter => vec![heard],
            // Twilio asks what to say: the call was placed, whatever became of the answer.
            Waiting::Effect if !run.execution.is_on_call() => {
                let call_sid = parameters(&command.parameters).remove("CallSid");
                vec![Input::Done(Outcome::Ok(json!({ "sid": call_sid }))), heard]
            }
            Waiting::Effect => Vec::new(),
            Waiting::Reply(_) => {
                return Ok(StepAnswer {
                    twiml: Some(poll(&mut VoiceResponse::new(), &run)),
                    keep: None,
                });
            }
            Waiting::Nothing => return Ok(nothing),
        };
        self.go_on(&command.sid, VecDeque::from(given), true)
            .await?;
        drop(hold);
        // Without a new answer the flow cannot go on now: an apology is better than silence.
        let after = self.run(&command.sid)?;
        let after = after.filter(|run| run.turn > command.turn);
        Ok(after.map_or(nothing, |run| answer_of(&run)))
    }
}

/// The last answer, and where the call comes back to.
fn answer_of(run: &Run) -> StepAnswer {
    let answer = Some(run.answer.as_str()).filter(|answer| !answer.is_empty());
    StepAnswer {
        twiml: Some(answer.unwrap_or(EMPTY).to_owned()),
        keep: run.keep.then(|| run.mark(run.turn)),
    }
}
