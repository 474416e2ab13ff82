//! What a single state lacks: paths for silence, for empty recordings, for no match.

use crate::flow::{
    definition::{Definition, State},
    report::{Report, child},
    widget::Widget,
};
use crate::sorted::SortedSet;

pub(super) fn check(definition: &Definition, report: &mut Report) {
    let initial = definition.initial();
    if matches!(initial.widget(), Widget::Trigger(_))
        && initial
            .transitions()
            .iter()
            .all(|transition| transition.next().is_none())
    {
        report.warn(initial.pointer(), "no event of the trigger leads anywhere");
    }
    for state in definition.states() {
        repeated_events(state, report);
        let lacks = |event: &str| !state.leads_on(event);
        match state.widget() {
            Widget::Gather(_) if lacks("timeout") => {
                report.warn(
                    state.pointer(),
                    "silence (`timeout`) leads nowhere: the call ends",
                );
            }
            Widget::RecordVoicemail(_) if lacks("noAudio") => {
                let message = "an empty recording (`noAudio`) leads nowhere: the call ends";
                report.warn(state.pointer(), message);
            }
            Widget::Split(split) => {
                // A split on data of ours may well end the flow; one on what a person
                // keyed, said or wrote meets every answer there is.
                let asked = ["Digits", "SpeechResult", ".inbound."];
                if lacks("noMatch") && asked.iter().any(|part| split.source().contains(part)) {
                    let message = "81005: an unexpected answer leads nowhere (`noMatch`)";
                    report.warn(state.pointer(), message);
                }
                if split.input().is_some() {
                    disagreements(state, split.source(), report);
                }
            }
            _ => {}
        }
    }
}

fn repeated_events(state: &State, report: &mut Report) {
    let mut seen = SortedSet::new();
    for (index, transition) in state.transitions().iter().enumerate() {
        if transition.event() != "match" && !seen.insert(transition.event()) {
            let at = child(&child(state.pointer(), "transitions"), &index.to_string());
            let message = format!(
                "`{}` is listed twice; the first that leads on is taken",
                transition.event()
            );
            report.warn(at, message);
        }
    }
}

/// Conditions that test something else than the split's `input`. They are evaluated as
/// they are written; which of the two Studio takes is not documented.
fn disagreements(state: &State, input: &str, report: &mut Report) {
    let plain = |text: &str| {
        text.chars()
            .filter(|c| !c.is_whitespace())
            .collect::<String>()
    };
    for (index, transition) in state.transitions().iter().enumerate() {
        for (number, condition) in transition.conditions().iter().enumerate() {
            let argument = condition.source();
            if !argument.is_empty() && plain(argument) != plain(input) {
                let at = format!(
                    "{}/transitions/{index}/conditions/{number}/arguments",
                    state.pointer()
                );
                let tested = if condition.tests_input() {
                    "input"
                } else {
                    "arguments"
                };
                report.warn(
                    at,
                    format!("`arguments` is not the split's `input`; `{tested}` is tested"),
                );
            }
        }
    }
}
