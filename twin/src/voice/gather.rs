//! `<Gather>`: what is said while it waits, and what the caller answers.

use super::leg::{End, Flow, Heard, Leg, flow_of};
use super::script::Step;
use super::twiml::Node;
use crate::form::Params;
use serde_json::json;

/// How a Gather ended.
enum Input {
    Keys {
        digits: String,
        finished_on: Option<char>,
    },
    Words {
        text: String,
        confidence: f64,
    },
    Nothing,
}

impl Leg {
    pub(super) async fn gather(&mut self, node: &Node, base: &str) -> Flow {
        for sound in &node.children {
            if matches!(sound.name.as_str(), "Say" | "Play" | "Pause") {
                match self.hear(sound, base).await {
                    Flow::On => {}
                    other => return other,
                }
            }
        }
        let kinds = node.attr("input").unwrap_or("dtmf").to_owned();
        let input = match self.input(node, &kinds).await {
            Ok(input) => input,
            Err(flow) => return flow,
        };
        self.act_on(node, base, &kinds, input)
    }

    async fn input(&mut self, node: &Node, kinds: &str) -> Result<Input, Flow> {
        let dtmf = kinds.split_whitespace().any(|k| k == "dtmf");
        let speech = kinds.split_whitespace().any(|k| k == "speech");
        let seconds = node.number("timeout", 5);
        let mut pressed = String::new();
        loop {
            let heard = self
                .listen(seconds, |step| {
                    matches!(step, Step::Digits(_) | Step::Speech(_))
                })
                .await;
            match heard {
                Heard::Changed(update) => return Err(flow_of(update)),
                Heard::Step(Step::Hangup(_)) => {
                    return Err(Flow::Over(End::Caller));
                }
                Heard::Step(Step::Digits(keys)) if dtmf => {
                    pressed.push_str(&keys);
                    let (digits, finished_on, complete) = collect(node, &pressed);
                    // On a live line the keys come one by one.
                    if complete || !self.is_live() {
                        self.elapsed_ms += 1000;
                        return Ok(Input::Keys {
                            digits,
                            finished_on,
                        });
                    }
                }
                Heard::Step(Step::Speech(words)) if speech => {
                    let (text, confidence) = words.parts();
                    self.elapsed_ms += 2000;
                    return Ok(Input::Words {
                        text: text.to_owned(),
                        confidence,
                    });
                }
                Heard::Step(_) | Heard::Silence => {
                    self.elapsed_ms += seconds * 1000;
                    if pressed.is_empty() {
                        return Ok(Input::Nothing);
                    }
                    let (digits, finished_on, _) = collect(node, &pressed);
                    return Ok(Input::Keys {
                        digits,
                        finished_on,
                    });
                }
            }
        }
    }

    fn act_on(&mut self, node: &Node, base: &str, kinds: &str, input: Input) -> Flow {
        let mut params: Params = Vec::new();
        let mut add = |name: &str, value: &str| params.push((name.to_owned(), value.to_owned()));
        let empty = match &input {
            Input::Keys {
                digits,
                finished_on,
            } => {
                add("Digits", digits);
                let key = finished_on.map(String::from).unwrap_or_default();
                add("FinishedOnKey", &key);
                self.note(
                    json!({"gather": {"input": kinds, "digits": digits, "finished_on_key": key}}),
                );
                digits.is_empty()
            }
            Input::Words { text, confidence } => {
                add("SpeechResult", text);
                add("Confidence", &format!("{confidence}"));
                self.note(
                    json!({"gather": {"input": kinds, "speech": text, "confidence": confidence}}),
                );
                text.is_empty()
            }
            Input::Nothing => {
                self.note(json!({"gather": {"input": kinds, "result": "silence"}}));
                true
            }
        };
        if empty && !node.flag("actionOnEmptyResult") {
            return Flow::On;
        }
        if matches!(input, Input::Nothing) && kinds.contains("dtmf") {
            add("Digits", "");
        }
        let action = node.attr("action").unwrap_or_default();
        Flow::Goto(self.target(node, "method", action, base, params))
    }
}

/// The digits that count, the key that finished them, and whether there is nothing to wait for.
fn collect(node: &Node, pressed: &str) -> (String, Option<char>, bool) {
    let finish = node.attr("finishOnKey").unwrap_or("#");
    let most = node.attr("numDigits").and_then(|n| n.parse::<usize>().ok());
    let mut digits = String::new();
    for key in pressed
        .chars()
        .filter(|c| c.is_ascii_digit() || matches!(c, '*' | '#'))
    {
        if finish.contains(key) {
            return (digits, Some(key), true);
        }
        digits.push(key);
        if most.is_some_and(|n| digits.len() >= n) {
            return (digits, None, true);
        }
    }
    (digits, None, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gather(attrs: &[(&str, &str)]) -> Node {
        Node {
            attrs: attrs
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
            ..Node::default()
        }
    }

    #[test]
    fn keys_count_up_to_the_number_wanted_or_the_finishing_key() {
        let one = gather(&[("numDigits", "1")]);
        assert_eq!(collect(&one, "12"), ("1".to_owned(), None, true));
        let plain = gather(&[]);
        assert_eq!(collect(&plain, "12#3"), ("12".to_owned(), Some('#'), true));
        assert_eq!(collect(&plain, "12"), ("12".to_owned(), None, false));
        let never = gather(&[("finishOnKey", "")]);
        assert_eq!(collect(&never, "1#"), ("1#".to_owned(), None, false));
    }
}
