//! Walking a flow with generated inputs until every state has been seen or a budget is
//! spent. Inputs are made from the flow's own conditions: what they compare with, and
//! something else; HTTP answers and trigger parameters get the fields that templates
//! read. For authors who want to know which states their flow can reach, and for tests
//! of the engine on flows that nobody wrote a script for.

mod inputs;
mod plan;

use super::{
    definition::Definition,
    env::Flows,
    liquid::Clock,
    prune::prune,
    simulate::{End, Simulation},
};
use inputs::Inputs;
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// What a walk saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// States that were entered.
    pub reached: BTreeSet<String>,
    /// States that no transition leads to, directly or by others.
    pub unreachable: BTreeSet<String>,
    /// Other states that were not entered.
    pub missed: BTreeSet<String>,
    /// Ways out that were taken: state, event and next state (empty for the end).
    pub taken: BTreeSet<(String, String, String)>,
    /// Ways out that were not taken.
    pub untaken: BTreeSet<(String, String, String)>,
    /// Executions that came to an end.
    pub ended: usize,
    /// Errors with which executions failed, and how many did.
    pub failures: BTreeMap<String, usize>,
    /// Inputs tried.
    pub inputs: usize,
}

/// The walk ends after so many inputs that showed nothing new.
const MAX_IDLE: usize = 8000;
/// Most executions that wait to be continued.
const MAX_OPEN: usize = 4000;

/// Walks `definition` with at most `budget` inputs. Subflows are stood in for: they give
/// the variables that the flow reads.
#[must_use]
pub fn explore(definition: &Definition, budget: usize) -> Coverage {
    let inputs = Inputs::of(definition);
    let mut flows = inputs.stand_ins();
    let mut coverage = walk(definition, "", &inputs, &flows, Coverage::default(), budget);
    if definition.initial().leads_on("incomingParent")
        && let Some(parent) = inputs.parent(OWN)
    {
        flows.insert(OWN.to_owned(), Rc::new(definition.clone()));
        let budget = budget.saturating_add(coverage.inputs);
        coverage = walk(&parent, OWN, &inputs, &flows, coverage, budget);
    }
    coverage.finish(definition)
}

/// The explored flow's name where it runs as a subflow.
const OWN: &str = "explored";

/// Walks `root`; what happens in the flow `own` counts.
fn walk(
    root: &Definition,
    own: &str,
    inputs: &Inputs<'_>,
    flows: &Flows,
    coverage: Coverage,
    budget: usize,
) -> Coverage {
    let mut walk = Walk {
        root,
        flows,
        own,
        coverage,
        seen: BTreeSet::new(),
        open: BTreeMap::new(),
        continued: BTreeMap::new(),
        waiting: 0,
        idle: 0,
    };
    for (trigger, data, now_ms) in inputs.starts(root) {
        walk.coverage.inputs += 1;
        let clock = Clock {
            now_ms,
            utc_offset_minutes: 0,
        };
        let mut simulation = Simulation::new(root, flows, clock);
        simulation.start(trigger, data);
        walk.keep(simulation, 0);
    }
    walk.idle = 0;
    while walk.coverage.inputs < budget && walk.idle < MAX_IDLE {
        let Some(simulation) = walk.next() else { break };
        for event in inputs.for_turn(simulation.turn()) {
            walk.coverage.inputs += 1;
            let mut branch = simulation.clone();
            let before = branch.log().len();
            branch.happen(&event);
            walk.keep(branch, before);
        }
    }
    walk.coverage
}

struct Walk<'a> {
    root: &'a Definition,
    flows: &'a Flows,
    own: &'a str,
    coverage: Coverage,
    /// Executions already met, as they are encoded: the same one need not go on twice.
    seen: BTreeSet<String>,
    /// Executions to continue, by the state in which they wait.
    open: BTreeMap<String, Vec<Simulation<'a>>>,
    /// How often executions were continued from a state.
    continued: BTreeMap<String, usize>,
    /// How many are open.
    waiting: usize,
    /// Inputs since a way out was taken for the first time.
    idle: usize,
}

impl<'a> Walk<'a> {
    fn keep(&mut self, mut simulation: Simulation<'a>, before: usize) {
        let mut is_new = false;
        for entry in simulation.log().iter().skip(before) {
            if entry.subflow == self.own {
                self.coverage.reached.insert(entry.name.clone());
                let next = entry.next.clone().unwrap_or_default();
                is_new |=
                    self.coverage
                        .taken
                        .insert((entry.name.clone(), entry.event.clone(), next));
            }
        }
        self.idle = if is_new { 0 } else { self.idle + 1 };
        match simulation.ended() {
            Some(End::Failed(error)) => {
                *self.coverage.failures.entry(error.clone()).or_insert(0) += 1;
                // It failed in a state that it had entered.
                self.coverage
                    .reached
                    .insert(simulation.turn().execution.state().to_owned());
            }
            Some(_) => self.coverage.ended += 1,
            None => {
                let execution = &simulation.turn().execution;
                self.coverage
                    .reached
                    .extend(execution.state_in(self.own).map(str::to_owned));
                let mut key = prune(self.root, execution, self.flows);
                key.steps = 0;
                // Twilio repeats the call's parameters, so they are pruned; here they tell
                // one call from another.
                let call = execution
                    .context()
                    .and_then(|c| c.get(&["trigger", "call"]));
                let call = call.map(ToString::to_string).unwrap_or_default();
                if !self.seen.insert(key.encode() + &call) {
                    return;
                }
                if self.waiting < MAX_OPEN {
                    simulation.forget_lines();
                    let state = simulation.turn().execution.state().to_owned();
                    self.open.entry(state).or_default().push(simulation);
                    self.waiting += 1;
                }
            }
        }
    }

    /// The newest execution of the state that was continued least: every state gets its
    /// turn, and within one the walk goes deep, as counters in loops ask for.
    fn next(&mut self) -> Option<Simulation<'a>> {
        let count = |state: &String| self.continued.get(state).copied().unwrap_or(0);
        let state = self.open.keys().min_by_key(|state| count(state))?.clone();
        let stack = self.open.get_mut(&state)?;
        let simulation = stack.pop();
        if stack.is_empty() {
            self.open.remove(&state);
        }
        *self.continued.entry(state).or_insert(0) += 1;
        self.waiting -= 1;
        simulation
    }
}

impl Coverage {
    fn finish(mut self, definition: &Definition) -> Self {
        let connected = definition.reachable_from(definition.initial_index());
        for (index, state) in definition.states().iter().enumerate() {
            let name = state.name().to_owned();
            if !connected.contains(&index) {
                self.unreachable.insert(name.clone());
                continue;
            }
            if !self.reached.contains(&name) {
                self.missed.insert(name.clone());
            }
            for transition in state.transitions() {
                let next = transition
                    .next()
                    .map(|next| definition.at(next).name().to_owned());
                let way = (
                    name.clone(),
                    transition.event().to_owned(),
                    next.unwrap_or_default(),
                );
                if !self.taken.contains(&way) {
                    self.untaken.insert(way);
                }
            }
        }
        self
    }
}
