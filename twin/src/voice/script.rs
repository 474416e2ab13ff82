//! What the person on the line does, written down beforehand or done live.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One act of the person, e.g. `{"digits": "1"}`.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Presses keys.
    Digits(String),
    /// Says something.
    Speech(Speech),
    /// Does nothing for once.
    Silence(bool),
    /// Speaks after the beep.
    Record(RecordStep),
    /// Hangs up.
    Hangup(bool),
    /// Takes a live call that rings, or refuses it.
    Answer(bool),
    /// What becomes of the next Dial.
    Dial(DialStep),
    /// Stays on the line until the call is changed from outside.
    Hold(bool),
    /// Waits so long in the twin's time, then goes on.
    WaitMs(i64),
    /// What becomes of the next Pay; parameters of its action.
    Pay(Map<String, Value>),
    /// What becomes of the next Enqueue: `bridged`, `hangup`, `leave`, `error`, ...
    Queue(String),
    /// Parameters of the action of the next Connect.
    Connect(Map<String, Value>),
}

/// Spoken words, with how sure the recogniser is.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
#[serde(untagged)]
pub enum Speech {
    /// The words alone.
    Text(String),
    /// The words and a confidence from 0 to 1.
    Full {
        /// The words.
        text: String,
        /// From 0 to 1.
        confidence: f64,
    },
}

impl Speech {
    pub(crate) fn parts(&self) -> (&str, f64) {
        match self {
            Speech::Text(text) => (text, 0.9),
            Speech::Full { text, confidence } => (text, *confidence),
        }
    }
}

/// A recording: its length in seconds, the words in it, and how it ends.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct RecordStep {
    /// Seconds; 0 is an empty recording.
    pub duration: u64,
    /// What a transcription will say.
    pub text: Option<String>,
    /// The key that ends it.
    pub digits: Option<String>,
    /// Ends by hanging up.
    pub hangup: bool,
    /// The transcription fails.
    pub transcription_fails: bool,
    /// The transcription comes so much later, in the twin's time.
    pub transcription_delay_ms: i64,
}

/// The outcome of a Dial: a status, or a status with details.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
#[serde(untagged)]
pub enum DialStep {
    /// `completed`, `busy`, `no-answer`, `failed` or `canceled`.
    Status(String),
    /// With details.
    Full {
        /// As above.
        status: String,
        /// Seconds of talk.
        #[serde(default = "talk")]
        duration: u64,
        /// The caller hangs up when it is over.
        #[serde(default)]
        hangup: bool,
    },
}

fn talk() -> u64 {
    12
}

impl DialStep {
    pub(crate) fn parts(&self) -> (&str, u64, bool) {
        match self {
            DialStep::Status(status) => (status, talk(), false),
            DialStep::Full {
                status,
                duration,
                hangup,
            } => (status, *duration, *hangup),
        }
    }
}

/// What a number does when it is called.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct CallScript {
    /// The number this is for.
    pub to: String,
    /// `human` (default), `machine`, `fax`, `busy`, `no-answer`, `failed`, `canceled`.
    pub answer: Option<String>,
    /// How long it rings, in the twin's milliseconds.
    pub ring_ms: i64,
    /// What the person does.
    pub script: Vec<Step>,
}

/// A change to a running call, from the REST API.
#[derive(Debug, Clone)]
pub enum CallUpdate {
    /// Before it was answered.
    Cancel,
    /// Hang up.
    Complete,
    /// Go on with another document.
    Goto {
        /// Its URL.
        url: String,
        /// Its method.
        method: String,
    },
    /// Go on with this document.
    Twiml(String),
}

/// What a number can do when it is called.
const ANSWERS: [&str; 8] = [
    "human",
    "machine",
    "fax",
    "busy",
    "no-answer",
    "failed",
    "canceled",
    "live",
];

/// Reads the script of a number or a list of them.
pub(crate) fn parse(value: Value) -> Result<Vec<CallScript>, String> {
    crate::json::list(value)
        .into_iter()
        .map(|one| {
            let script: CallScript = serde_json::from_value(one).map_err(|e| e.to_string())?;
            match &script.answer {
                Some(answer) if !ANSWERS.contains(&answer.as_str()) => {
                    Err(format!("no such answer: {answer}"))
                }
                _ => Ok(script),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn steps_are_read_as_people_write_them() {
        let steps: Vec<Step> = serde_json::from_value(json!([
            {"digits": "1"}, {"speech": "sales"}, {"speech": {"text": "no", "confidence": 0.4}},
            {"silence": true}, {"record": {"duration": 7, "text": "hello"}}, {"hangup": true},
            {"dial": "busy"}, {"dial": {"status": "completed", "hangup": true}}, {"wait_ms": 50}
        ]))
        .expect("steps");
        assert_eq!(steps.len(), 9);
        assert_eq!(steps[0], Step::Digits("1".to_owned()));
        let wrong: Result<Step, _> = serde_json::from_value(json!({"press": "1"}));
        assert!(wrong.is_err());
    }
}
