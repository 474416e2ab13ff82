//! Ways through the flow: states that nothing reaches, loops that nothing leaves, verbs
//! for a caller who is not there.

use crate::flow::{
    definition::{Definition, State, Transition},
    report::{Report, child},
    widget::Widget,
};
use crate::sorted::SortedSet;

pub(super) fn check(definition: &Definition, report: &mut Report) {
    let reachable = definition.reachable_from(definition.initial_index());
    for (index, state) in definition.states().iter().enumerate() {
        if !reachable.contains(&index) {
            report.warn(state.pointer(), "nothing leads to this state");
        }
    }
    no_way_out(definition, &reachable, report);
    silent_loops(definition, &reachable, report);
    after_hangup(definition, report);
    without_a_call(definition, report);
}

/// The events that can really happen in a state, as it is wired.
pub(super) fn possible_events(state: &State) -> Vec<&'static str> {
    let events = state.widget().events().iter().copied();
    let kind = state.kind();
    events
        .filter(|event| match (state.widget(), *event) {
            // Speech is listened for only when it leads somewhere, and keys likewise.
            (Widget::Gather(_), "speech") => state.leads_on("speech"),
            (Widget::Gather(_), "keypress") => {
                state.leads_on("keypress") || !state.leads_on("speech")
            }
            (Widget::MakeOutgoingCall(_), "answeredByMachine" | "hangup") => {
                kind == "make-outgoing-call-v1"
            }
            (Widget::VirtualAgent(_), "return") => kind == "connect-virtual-agent",
            (Widget::VirtualAgent(_), event) if event != "hangup" => {
                kind != "connect-virtual-agent"
            }
            (Widget::Conversation(_), "created") => kind == "start-conversation",
            (Widget::Conversation(_), "resumed") => kind == "resume-conversation",
            (Widget::SendToFlex(_), "composerStarted") | (Widget::Split(_), "match") => false,
            _ => true,
        })
        .collect()
}

/// States from which every path goes on for ever.
fn no_way_out(definition: &Definition, reachable: &SortedSet<usize>, report: &mut Report) {
    let mut ends: SortedSet<usize> = SortedSet::new();
    let mut grows = true;
    while grows {
        grows = false;
        for index in reachable {
            let state = definition.at(*index);
            let leaves = |transition: &Transition| match transition.next() {
                Some(next) => ends.contains(&next),
                None => transition.event() == "match",
            };
            let ended = possible_events(state)
                .iter()
                .any(|event| !state.leads_on(event))
                || state.transitions().iter().any(leaves);
            if ended && ends.insert(*index) {
                grows = true;
            }
        }
    }
    for index in reachable.difference(&ends) {
        let pointer = definition.at(*index).pointer();
        report.warn(
            pointer,
            "no path from here ends: the flow runs until its step limit",
        );
    }
}

/// Menus that a silent caller never leaves: following silence, and steps that always go
/// the same way, leads back.
fn silent_loops(definition: &Definition, reachable: &SortedSet<usize>, report: &mut Report) {
    for index in reachable {
        let state = definition.at(*index);
        if !matches!(state.widget(), Widget::Gather(_)) {
            continue;
        }
        let mut seen = SortedSet::new();
        let mut at = *index;
        while seen.insert(at) {
            let state = definition.at(at);
            let event = match state.widget() {
                Widget::Gather(_) => "timeout",
                Widget::SayPlay(_) => "audioComplete",
                Widget::SetVariables(_) | Widget::ForkStream(_) => "next",
                _ => break,
            };
            match state.transition(event).and_then(Transition::next) {
                Some(next) if next == *index => {
                    let message = "silence repeats this for ever: count the rounds, and end";
                    report.warn(definition.at(*index).pointer(), message);
                    break;
                }
                Some(next) => at = next,
                None => break,
            }
        }
    }
}

/// Voice widgets behind an event that means that the caller is gone.
fn after_hangup(definition: &Definition, report: &mut Report) {
    for state in definition.states() {
        for (index, transition) in state.transitions().iter().enumerate() {
            if !state.widget().after_hangup().contains(&transition.event()) {
                continue;
            }
            let Some(next) = transition.next() else {
                continue;
            };
            if let Some(verb) = first_needing_call(definition, next) {
                let at = child(&child(state.pointer(), "transitions"), &index.to_string());
                let name = definition.at(verb).name();
                report.warn(
                    at,
                    format!("nobody is on the line any more, and `{name}` speaks"),
                );
            }
        }
    }
}

/// The first widget from `start` on that needs a call, when no call is placed before it.
fn first_needing_call(definition: &Definition, start: usize) -> Option<usize> {
    let mut seen = SortedSet::new();
    seen.insert(start);
    let mut open = vec![start];
    while let Some(index) = open.pop() {
        let state = definition.at(index);
        if state.widget().needs_call() {
            return Some(index);
        }
        let places_call = matches!(state.widget(), Widget::MakeOutgoingCall(_));
        for transition in state.transitions() {
            if places_call && matches!(transition.event(), "answered" | "answeredByMachine") {
                continue;
            }
            if let Some(next) = transition.next()
                && seen.insert(next)
            {
                open.push(next);
            }
        }
    }
    None
}

/// Voice widgets that a message or a request reaches without a call.
fn without_a_call(definition: &Definition, report: &mut Report) {
    let trigger = definition.initial();
    for (index, transition) in trigger.transitions().iter().enumerate() {
        let event = transition.event();
        if !matches!(
            event,
            "incomingMessage" | "incomingConversationMessage" | "incomingRequest"
        ) {
            continue;
        }
        let Some(next) = transition.next() else {
            continue;
        };
        if let Some(verb) = first_needing_call(definition, next) {
            let at = child(&child(trigger.pointer(), "transitions"), &index.to_string());
            let name = definition.at(verb).name();
            report.warn(
                at,
                format!("`{event}` leads to `{name}`, which needs a call"),
            );
        }
    }
}
