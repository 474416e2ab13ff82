//! Which values lead where: for each way out of a state, the shortest way to it, and what
//! the conditions on that way ask of the fields that they test.

use crate::flow::{
    condition::{Condition, Kind},
    definition::{Definition, State, Transition},
    liquid::{Survey, Template},
    pattern::Pattern,
    widget::Widget,
};
use std::collections::BTreeMap;

/// A text that no condition asks for.
pub(super) const OTHER: &str = "something else 0";
/// Flows with more ways out are planned for the first of them only.
const MAX_PLANS: usize = 400;

type Field = Vec<String>;

/// For each way out: values of fields.
pub(super) fn plans(definition: &Definition) -> Vec<BTreeMap<Field, String>> {
    let before = ways(definition);
    let mut plans: Vec<BTreeMap<Field, String>> = Vec::new();
    for (index, state) in definition.states().iter().enumerate() {
        for way in 0..state.transitions().len() {
            let mut plan = BTreeMap::new();
            demand(definition, state, way, &mut plan);
            let mut at = index;
            // Back to the trigger; shortest ways hold no loop.
            while let Some((from, way)) = before.get(at).copied().flatten() {
                demand(definition, definition.at(from), way, &mut plan);
                at = from;
            }
            if plans.len() < MAX_PLANS && !plan.is_empty() && !plans.contains(&plan) {
                plans.push(plan);
            }
        }
    }
    plans
}

/// For each state: the state and the transition before it on the shortest way there.
fn ways(definition: &Definition) -> Vec<Option<(usize, usize)>> {
    let mut before = vec![None; definition.states().len()];
    let start = definition.initial_index();
    let mut order = vec![start];
    let mut at = 0;
    while let Some(from) = order.get(at).copied() {
        for (way, transition) in definition.at(from).transitions().iter().enumerate() {
            if let Some(next) = transition.next()
                && next != start
                && let Some(unset @ None) = before.get_mut(next)
            {
                *unset = Some((from, way));
                order.push(next);
            }
        }
        at += 1;
    }
    before
}

/// What taking a transition asks of the fields that its split tests. A demand for one
/// text wins over a demand for any other.
fn demand(definition: &Definition, state: &State, way: usize, plan: &mut BTreeMap<Field, String>) {
    let Some(transition) = state.transitions().get(way) else {
        return;
    };
    for condition in transition.conditions() {
        for field in tested(definition, state, condition) {
            let texts = satisfying(condition);
            if let Some(text) = texts.into_iter().next() {
                let known = plan.entry(field).or_insert_with(|| OTHER.to_owned());
                if known == OTHER {
                    *known = text;
                } else if condition.kind() == Kind::Contains && !known.contains(&text) {
                    // Two splits may want to find two words in one text.
                    known.push(' ');
                    known.push_str(&text);
                }
            }
        }
    }
    if transition.event() == "noMatch" {
        for condition in state.transitions().iter().flat_map(Transition::conditions) {
            for field in tested(definition, state, condition) {
                plan.entry(field).or_insert_with(|| OTHER.to_owned());
            }
        }
    }
}

/// The fields that a condition tests: those that its argument reads (or the split's
/// input), and for variables those from which they are set.
pub(super) fn tested(definition: &Definition, state: &State, condition: &Condition) -> Vec<Field> {
    let source = match state.widget() {
        Widget::Split(split) if condition.tests_input() => split.source(),
        _ => condition.source(),
    };
    let mut fields: Vec<Field> = survey(source).paths.into_iter().collect();
    // Variables of variables: a few steps are enough.
    for _ in 0..3 {
        let mut sources = Vec::new();
        for field in &fields {
            if let [flow, variables, name, ..] = field.as_slice()
                && flow == "flow"
                && variables == "variables"
            {
                sources.extend(set_from(definition, name));
            }
        }
        sources.retain(|field| !fields.contains(field));
        fields.extend(sources);
    }
    fields
}

fn set_from(definition: &Definition, variable: &str) -> Vec<Field> {
    let mut fields = Vec::new();
    for state in definition.states() {
        if let Widget::SetVariables(set) = state.widget() {
            for (key, value) in set.templates() {
                if key == Some(variable) {
                    fields.extend(value.survey().paths);
                }
            }
        }
    }
    fields
}

fn survey(source: &str) -> Survey {
    Template::parse(source)
        .map(|template| template.survey())
        .unwrap_or_default()
}

/// Texts around a condition: some for which it holds, some for which it may not.
pub(super) fn around(condition: &Condition) -> Vec<String> {
    let mut texts = satisfying(condition);
    let value = condition.value().literal().unwrap_or_default().trim();
    match condition.kind() {
        Kind::NotEqualTo
        | Kind::DoesNotMatchAnyOf
        | Kind::DoesNotContain
        | Kind::DoesNotStartWith => {
            texts.push(value.to_owned());
        }
        Kind::IsBlank => texts.push(OTHER.to_owned()),
        Kind::IsNotBlank => texts.push(String::new()),
        Kind::LessThan | Kind::GreaterThan => texts.push(value.to_owned()),
        _ => {}
    }
    texts
}

/// Texts for which a condition holds, the plainest first.
fn satisfying(condition: &Condition) -> Vec<String> {
    let value = condition.value().literal().unwrap_or_default().trim();
    let one = |text: &str| vec![text.to_owned()];
    let number = |by: f64| vec![(value.parse::<f64>().unwrap_or(0.0) + by).to_string()];
    match condition.kind() {
        Kind::EqualTo | Kind::Contains => one(value),
        Kind::StartsWith => vec![value.to_owned(), format!("{value}5")],
        Kind::MatchesAnyOf => value
            .split(',')
            .map(|entry| entry.trim().to_owned())
            .take(8)
            .collect(),
        Kind::NotEqualTo
        | Kind::DoesNotMatchAnyOf
        | Kind::DoesNotContain
        | Kind::DoesNotStartWith
        | Kind::IsNotBlank => one(OTHER),
        Kind::IsBlank => one(""),
        Kind::Regex => Pattern::sample(value).into_iter().collect(),
        Kind::LessThan => number(-1.0),
        Kind::GreaterThan => number(1.0),
        Kind::IsBeforeTime => one("00:01"),
        Kind::IsAfterTime => one("23:59"),
        Kind::IsBeforeDate => one("1990-01-01"),
        Kind::IsAfterDate => one("2090-01-01"),
    }
}
