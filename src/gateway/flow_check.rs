//! What refuses a flow here: the engine's errors, and what this gateway cannot do although the
//! engine could ask for it. A flow must not be published and then fail on the line.

use serde_json::Value;

use crate::flow::{self, Definition, Finding, Report, State};
use crate::sorted::SortedSet;

/// Checks a definition. `knows` says of a Studio SID or name whether that flow is published.
#[must_use]
pub fn check(document: &Value, knows: &dyn Fn(&str) -> bool) -> Report {
    let mut report = flow::check(document);
    if let Ok(definition) = Definition::parse(document) {
        for (event, states) in definition.entries() {
            by_kind(&definition, event, &states, &mut report);
        }
        for state in definition.states() {
            if state.kind() == "run-subflow" {
                subflow(state, knows, &mut report);
            }
        }
    }
    report
}

/// Widgets that the way a flow begins cannot have.
fn by_kind(definition: &Definition, event: &str, reached: &SortedSet<usize>, report: &mut Report) {
    for index in reached {
        let Some(state) = definition.states().get(*index) else {
            continue;
        };
        let at = || state.pointer().to_owned() + "/type";
        match (event, state.kind()) {
            ("incomingRequest", kind @ ("start-conversation" | "resume-conversation")) => {
                let message = [
                    "`",
                    kind,
                    "` cannot run: how Studio sets the conversation up is not documented; send \
                     messages without a conversation instead",
                ];
                push(&mut report.errors, at(), message.concat());
            }
            (_, kind @ ("start-conversation" | "resume-conversation")) => {
                let message = [
                    "behind `",
                    event,
                    "` `",
                    kind,
                    "` gives `failed`, as in Studio",
                ];
                push(&mut report.warnings, at(), message.concat());
            }
            ("incomingCall", "send-and-wait-for-reply") => {
                let message =
                    "a call that is on the line ends here: the flow goes on with the reply";
                push(&mut report.warnings, at(), message.to_owned());
            }
            ("incomingCall", "make-outgoing-call-v1" | "make-outgoing-call-v2") => {
                let message = "while a call is on the line, another gives `failed`";
                push(&mut report.warnings, at(), message.to_owned());
            }
            _ => {}
        }
    }
}

fn subflow(state: &State, knows: &dyn Fn(&str) -> bool, report: &mut Report) {
    let at = state.pointer().to_owned() + "/properties/flow_sid";
    match state.subflow() {
        Some(name) if knows(name) => {}
        Some(name) => {
            let message = [
                "no flow `",
                name,
                "` is published: until one is, the widget gives `failed`",
            ];
            push(&mut report.warnings, at, message.concat());
        }
        None => {
            let message = "a subflow that only a template names is not found: the widget gives \
                           `failed`";
            push(&mut report.warnings, at, message.to_owned());
        }
    }
}

fn push(list: &mut Vec<Finding>, pointer: String, message: String) {
    let finding = Finding { pointer, message };
    if !list.contains(&finding) {
        list.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn flow(event: &str, kind: &str, properties: &Value) -> Value {
        json!({
            "description": "", "initial_state": "Trigger", "flags": {"allow_concurrent_calls": true},
            "states": [
                {"name": "Trigger", "type": "trigger", "properties": {},
                 "transitions": [{"event": event, "next": "it"}]},
                {"name": "it", "type": kind, "properties": properties, "transitions": []}
            ]
        })
    }

    fn found(event: &str, kind: &str, properties: &Value) -> Report {
        check(&flow(event, kind, properties), &|name| name == "FW1")
    }

    fn says(list: &[Finding], words: &str) -> bool {
        list.iter().any(|finding| finding.message.contains(words))
    }

    #[test]
    fn a_conversation_is_refused_where_it_would_have_to_begin_and_fails_elsewhere() {
        let properties = json!({"conversation_service_sid": "IS1"});
        let request = found("incomingRequest", "start-conversation", &properties);
        assert!(says(&request.errors, "not documented"), "{request:?}");
        let message = found("incomingMessage", "resume-conversation", &properties);
        assert!(message.errors.is_empty());
        assert!(says(&message.warnings, "gives `failed`"), "{message:?}");
    }

    #[test]
    fn subflows_that_nobody_published_are_told_by_their_place() {
        let unknown = |sid: &str| {
            let properties = json!({"flow_sid": sid, "flow_revision": "LatestPublished"});
            let report = found("incomingCall", "run-subflow", &properties);
            assert!(report.errors.is_empty());
            let mut found = report.warnings.into_iter();
            found.any(|finding| finding.pointer == "/states/1/properties/flow_sid")
        };
        assert!(unknown("FW2") && unknown("{{flow.variables.sid}}"));
        assert!(!unknown("FW1"));
    }
}
