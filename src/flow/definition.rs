//! A Studio flow definition, parsed: states with typed widgets, transitions with typed
//! conditions, names resolved to indexes. Parsing accepts what Studio exports (also
//! wrapped in a REST answer, also the format of before 2019) and refuses the rest with
//! every defect's JSON pointer.
//!
//! Sources: Twilio docs, "Studio REST API v2 schemas" and "Studio Widget Library".

use super::{
    condition::Condition,
    envelope, legacy,
    liquid::{Path, Survey},
    properties::{Properties, References},
    report::{Report, child},
    widget::Widget,
};
use crate::sorted::{SortedMap, SortedSet};
use serde_json::{Map, Value};
use std::cell::OnceCell;

/// Most states of a flow (Twilio's schema).
pub(crate) const MAX_STATES: usize = 1000;

/// A parsed flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    description: String,
    states: Vec<State>,
    initial: usize,
    allow_concurrent_calls: bool,
    names: SortedMap<String, usize>,
}

/// One state: a widget with a name and ways out.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    name: String,
    kind: String,
    widget: Widget,
    transitions: Vec<Transition>,
    references: References,
    pointer: String,
    later: Later,
}

/// The paths that templates may read from a state on, once somebody asked: each step of a
/// call does. It follows from the definition and says nothing about equality.
#[derive(Debug, Clone, Default)]
struct Later(OnceCell<SortedSet<Path>>);

impl PartialEq for Later {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A way out of a state.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    event: String,
    next: Option<usize>,
    conditions: Vec<Condition>,
}

impl Transition {
    /// The event that takes it.
    #[must_use]
    pub fn event(&self) -> &str {
        &self.event
    }

    /// The index of the next state; `None` ends the flow.
    #[must_use]
    pub fn next(&self) -> Option<usize> {
        self.next
    }

    pub(crate) fn conditions(&self) -> &[Condition] {
        &self.conditions
    }
}

impl State {
    /// The state's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The widget's type, such as `say-play`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The ways out, in the definition's order.
    #[must_use]
    pub fn transitions(&self) -> &[Transition] {
        &self.transitions
    }

    /// The transition that `event` takes, when it leads anywhere.
    pub(crate) fn transition(&self, event: &str) -> Option<&Transition> {
        let of_event = || self.transitions.iter().filter(|t| t.event == event);
        of_event()
            .find(|transition| transition.next.is_some())
            .or_else(|| of_event().next())
    }

    pub(crate) fn leads_on(&self, event: &str) -> bool {
        self.transition(event)
            .is_some_and(|transition| transition.next.is_some())
    }

    /// The flow that a `run-subflow` names literally.
    #[must_use]
    pub fn subflow(&self) -> Option<&str> {
        match &self.widget {
            Widget::RunSubflow(run) => run.flow_sid(),
            _ => None,
        }
    }

    pub(crate) fn widget(&self) -> &Widget {
        &self.widget
    }

    /// JSON pointer to the state in the document that was parsed.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// Templates with their pointers.
    pub(crate) fn surveys(&self) -> &[(String, Survey)] {
        &self.references.places
    }
}

impl Definition {
    /// Parses a definition; see [`super::check`] for warnings as well.
    ///
    /// # Errors
    /// A report with at least one error.
    pub fn parse(document: &Value) -> Result<Self, Report> {
        let mut report = Report::default();
        match Self::read(document, &mut report) {
            Some(definition) if report.is_accepted() => Ok(definition),
            _ => Err(report),
        }
    }

    /// Parses and notes what is wrong. `None` when nothing useful could be read.
    pub(crate) fn read(document: &Value, report: &mut Report) -> Option<Self> {
        let (value, pointer) = envelope::unwrap(document, report)?;
        if legacy::is_legacy(&value) {
            return Reader { report }.definition(&legacy::upgrade(&value), &pointer);
        }
        Reader { report }.definition(&value, &pointer)
    }

    /// The author's description.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// All states in the definition's order.
    #[must_use]
    pub fn states(&self) -> &[State] {
        &self.states
    }

    /// Whether one contact may have several calls in the flow at once.
    #[must_use]
    pub fn allows_concurrent_calls(&self) -> bool {
        self.allow_concurrent_calls
    }

    /// The SIDs of subflows that the flow names literally, to be loaded beforehand.
    #[must_use]
    pub fn subflows(&self) -> SortedSet<&str> {
        let named = self.states.iter().filter_map(State::subflow);
        // Inserting one by one needs no sort, which costs kilobytes of code.
        let mut sids = SortedSet::new();
        sids.extend(named);
        sids
    }

    pub(crate) fn initial(&self) -> &State {
        self.at(self.initial)
    }

    pub(crate) fn initial_index(&self) -> usize {
        self.initial
    }

    /// The state at an index of this definition's own.
    #[allow(
        clippy::indexing_slicing,
        reason = "indexes are made while parsing, from this list"
    )]
    pub(crate) fn at(&self, index: usize) -> &State {
        &self.states[index]
    }

    pub(crate) fn state(&self, name: &str) -> Option<&State> {
        self.names.get(name).map(|index| self.at(*index))
    }

    pub(crate) fn index_of(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    /// How the flow can begin: each event of the trigger that leads anywhere, and the states
    /// behind it.
    #[must_use]
    pub fn entries(&self) -> Vec<(&str, SortedSet<usize>)> {
        let wired = self.initial().transitions.iter();
        wired
            .filter_map(|way| Some((way.event.as_str(), self.reachable_from(way.next?))))
            .collect()
    }

    /// Every state that can be reached from `start`, itself included.
    pub(crate) fn reachable_from(&self, start: usize) -> SortedSet<usize> {
        let mut seen = SortedSet::new();
        seen.insert(start);
        let mut open = vec![start];
        while let Some(index) = open.pop() {
            for next in self.at(index).transitions.iter().filter_map(|t| t.next) {
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        seen
    }

    /// The context paths that templates may still read once `state` is current.
    /// `None` for a state that is not one of the flow's.
    pub(crate) fn paths_from(&self, state: &str) -> Option<&SortedSet<Path>> {
        let start = self.index_of(state)?;
        Some(self.at(start).later.0.get_or_init(|| {
            let mut paths = SortedSet::new();
            for index in self.reachable_from(start) {
                paths.extend(self.at(index).references.paths.iter().cloned());
            }
            paths
        }))
    }
}

struct Reader<'a> {
    report: &'a mut Report,
}

const TOP_LEVEL: [&str; 5] = ["$schema", "description", "states", "initial_state", "flags"];

impl Reader<'_> {
    fn definition(&mut self, value: &Value, pointer: &str) -> Option<Definition> {
        let Value::Object(top) = value else {
            self.report
                .error(pointer, "a flow definition is a JSON object");
            return None;
        };
        for key in top.keys().filter(|key| !TOP_LEVEL.contains(&key.as_str())) {
            self.report.warn(
                child(pointer, key),
                format!("a definition has no `{key}`; it is ignored"),
            );
        }
        let at = child(pointer, "states");
        let raw = match top.get("states") {
            Some(Value::Array(states)) if states.is_empty() => {
                self.report.error(at, "a flow needs at least one state");
                return None;
            }
            Some(Value::Array(states)) if states.len() > MAX_STATES => {
                self.report
                    .error(at, format!("a flow has at most {MAX_STATES} states"));
                return None;
            }
            Some(Value::Array(states)) => states,
            Some(_) => {
                self.report.error(at, "`states` must be a list");
                return None;
            }
            None => {
                self.report.error(pointer, "`states` is missing");
                return None;
            }
        };
        let names = self.names(raw, &at);
        let states: Vec<State> = raw
            .iter()
            .enumerate()
            .filter_map(|(index, state)| self.state(state, &child(&at, &index.to_string()), &names))
            .collect();
        let initial = self.initial(top, pointer, &names)?;
        let allow_concurrent_calls = self.flags(top, pointer);
        let description = match top.get("description") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(_) => {
                self.report.warn(
                    child(pointer, "description"),
                    "`description` should be text",
                );
                String::new()
            }
        };
        // A state that could not be read shifts the indexes; then there is an error too.
        (states.len() == raw.len()).then_some(Definition {
            description,
            states,
            initial,
            allow_concurrent_calls,
            names,
        })
    }

    fn names(&mut self, raw: &[Value], at: &str) -> SortedMap<String, usize> {
        let mut names = SortedMap::new();
        for (index, state) in raw.iter().enumerate() {
            if let Some(name) = state.get("name").and_then(Value::as_str)
                && names.insert(name.to_owned(), index).is_some()
            {
                let pointer = format!("{at}/{index}/name");
                self.report
                    .error(pointer, format!("there are two states named `{name}`"));
            }
        }
        names
    }

    fn initial(
        &mut self,
        top: &Map<String, Value>,
        pointer: &str,
        names: &SortedMap<String, usize>,
    ) -> Option<usize> {
        let Some(name) = top.get("initial_state").and_then(Value::as_str) else {
            self.report.error(pointer, "`initial_state` is missing");
            return None;
        };
        let index = names.get(name).copied();
        if index.is_none() {
            let message = format!("there is no state named `{name}`");
            self.report.error(child(pointer, "initial_state"), message);
        }
        index
    }

    fn flags(&mut self, top: &Map<String, Value>, pointer: &str) -> bool {
        let Some(flags) = top.get("flags").filter(|flags| !flags.is_null()) else {
            return true;
        };
        match flags.get("allow_concurrent_calls") {
            Some(Value::Bool(allowed)) => *allowed,
            _ => {
                let message = "`flags` must hold a boolean `allow_concurrent_calls`";
                self.report.warn(child(pointer, "flags"), message);
                true
            }
        }
    }

    fn state(
        &mut self,
        value: &Value,
        pointer: &str,
        names: &SortedMap<String, usize>,
    ) -> Option<State> {
        let Value::Object(map) = value else {
            self.report.error(pointer, "a state is a JSON object");
            return None;
        };
        let mut field = |key: &str| match map.get(key) {
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            Some(Value::String(_)) => {
                self.report
                    .error(child(pointer, key), format!("`{key}` is empty"));
                None
            }
            Some(_) => {
                self.report
                    .error(child(pointer, key), format!("`{key}` must be text"));
                None
            }
            None => {
                self.report
                    .error(pointer, format!("the state's `{key}` is missing"));
                None
            }
        };
        let (name, kind) = (field("name"), field("type"));
        let empty = Map::new();
        let properties = match map.get("properties") {
            Some(Value::Object(properties)) => properties,
            Some(Value::Null) | None => &empty,
            Some(_) => {
                self.report.error(
                    child(pointer, "properties"),
                    "`properties` must be an object",
                );
                &empty
            }
        };
        let (name, kind) = (name?, kind?);
        let place = match map.get("properties") {
            Some(_) => child(pointer, "properties"),
            None => pointer.to_owned(),
        };
        let mut reader = Properties::new(properties, place, self.report);
        let Some(widget) = Widget::read(&kind, &mut reader) else {
            let message = super::widget::refusal(&kind);
            self.report.error(child(pointer, "type"), message);
            return None;
        };
        let mut references = reader.finish();
        let transitions = self.transitions(map, pointer, names, &widget, &mut references);
        Some(State {
            name,
            kind,
            widget,
            transitions,
            references,
            pointer: pointer.to_owned(),
            later: Later::default(),
        })
    }

    fn transitions(
        &mut self,
        state: &Map<String, Value>,
        pointer: &str,
        names: &SortedMap<String, usize>,
        widget: &Widget,
        references: &mut References,
    ) -> Vec<Transition> {
        let at = child(pointer, "transitions");
        let raw = match state.get("transitions") {
            Some(Value::Array(raw)) => raw,
            Some(Value::Null) | None => {
                self.report.warn(
                    pointer,
                    "the state has no `transitions`: the flow ends here",
                );
                return Vec::new();
            }
            Some(_) => {
                self.report.error(at, "`transitions` must be a list");
                return Vec::new();
            }
        };
        let mut transitions = Vec::with_capacity(raw.len());
        for (index, value) in raw.iter().enumerate() {
            let at = child(&at, &index.to_string());
            let Some(event) = value.get("event").and_then(Value::as_str) else {
                self.report.error(at, "the transition's `event` is missing");
                continue;
            };
            if !widget.events().contains(&event) {
                let message = format!("this widget never gives the event `{event}`");
                self.report.warn(child(&at, "event"), message);
            }
            let next = self.next(value.get("next"), &child(&at, "next"), names);
            let mut conditions = match value.get("conditions") {
                Some(Value::Array(raw)) if event == "match" => {
                    self.conditions(raw, &child(&at, "conditions"), references)
                }
                _ => Vec::new(),
            };
            if let Widget::Split(split) = widget {
                for condition in &mut conditions {
                    condition.settle(split.source(), |name| names.contains_key(name));
                }
            }
            if event == "match" && conditions.is_empty() {
                self.report
                    .warn(at, "a match without a condition never matches");
            }
            transitions.push(Transition {
                event: event.to_owned(),
                next,
                conditions,
            });
        }
        transitions
    }

    fn next(
        &mut self,
        value: Option<&Value>,
        pointer: &str,
        names: &SortedMap<String, usize>,
    ) -> Option<usize> {
        match value {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) if name.is_empty() => None,
            Some(Value::String(name)) => {
                let index = names.get(name).copied();
                if index.is_none() {
                    self.report
                        .error(pointer, format!("there is no state named `{name}`"));
                }
                index
            }
            Some(_) => {
                self.report
                    .error(pointer, "`next` must be the name of a state");
                None
            }
        }
    }

    fn conditions(
        &mut self,
        raw: &[Value],
        pointer: &str,
        references: &mut References,
    ) -> Vec<Condition> {
        let mut conditions = Vec::with_capacity(raw.len());
        for (index, value) in raw.iter().enumerate() {
            let at = child(pointer, &index.to_string());
            conditions.extend(Condition::read(value, &at, references, self.report));
        }
        conditions
    }
}
