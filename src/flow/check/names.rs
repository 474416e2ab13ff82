//! Names that templates use and nothing makes: misspelled widgets, variables that are
//! never set, filters that Liquid does not have.

use crate::flow::{definition::Definition, report::Report, widget::Widget};

pub(super) fn check(definition: &Definition, report: &mut Report) {
    let names = Names::of(definition);
    for state in definition.states() {
        for (pointer, survey) in state.surveys() {
            for path in &survey.paths {
                let keys: Vec<&str> = path.iter().map(String::as_str).collect();
                if let Some(message) = names.objection(definition, &keys) {
                    report.warn(pointer.as_str(), message);
                }
            }
            for filter in &survey.unknown_filters {
                let message = format!("Liquid has no filter `{filter}`; it does nothing");
                report.warn(pointer.as_str(), message);
            }
        }
    }
}

struct Names<'a> {
    /// Keys that `set-variables` sets; `None` when one of them is a template.
    variables: Option<Vec<&'a str>>,
}

impl<'a> Names<'a> {
    fn of(definition: &'a Definition) -> Self {
        let mut variables = Some(Vec::new());
        for state in definition.states() {
            if let Widget::SetVariables(set) = state.widget() {
                for key in set.keys() {
                    match (key, &mut variables) {
                        (Some(key), Some(known)) => known.push(key),
                        _ => variables = None,
                    }
                }
            }
        }
        Self { variables }
    }

    fn objection(&self, definition: &Definition, path: &[&str]) -> Option<String> {
        match path {
            [] | ["trigger" | "widgets" | "flow" | "contact"] => None,
            ["widgets", name, ..] => definition
                .state(name)
                .is_none()
                .then(|| format!("`widgets.{name}`: there is no such state")),
            ["trigger", kind, ..] => {
                let known = ["call", "message", "conversation", "request", "parent"];
                (!known.contains(kind)).then(|| format!("`trigger.{kind}` is always empty"))
            }
            ["flow", "variables", name, ..] => {
                let set = self
                    .variables
                    .as_ref()
                    .is_none_or(|known| known.contains(name));
                (!set).then(|| format!("`flow.variables.{name}` is never set"))
            }
            ["flow", kind, ..] => {
                let known = ["variables", "data", "channel", "sid", "flow_sid"];
                (!known.contains(kind)).then(|| format!("`flow.{kind}` is always empty"))
            }
            ["contact", kind, ..] => {
                (*kind != "channel").then(|| format!("`contact.{kind}` is always empty"))
            }
            [root, ..] => Some(format!("`{root}` is not defined: it is always empty")),
        }
    }
}
