//! `set-variables`: sets `flow.variables.*`. A value that reads as a number becomes one,
//! unless writing it back would change it (`007`, `+1555...` stay text). All values are
//! rendered before any is set.
//!
//! Source: Twilio's support article "How do I use Liquid with Twilio Studio" for numbers.

use super::{Behaviour, FlowError, Properties, Scene, Step};
use crate::flow::{liquid::Template, properties::Pair, text::Text};
use serde_json::{Map, Value};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SetVariables {
    variables: Vec<Pair>,
}

impl SetVariables {
    /// The names it sets; `None` for one that is a template.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Option<&str>> {
        self.variables.iter().map(|pair| pair.key.literal())
    }

    /// The names it sets with the templates of their values.
    pub(crate) fn templates(&self) -> impl Iterator<Item = (Option<&str>, &Template)> {
        self.variables.iter().filter_map(|pair| match &pair.value {
            Text::Template(template) => Some((pair.key.literal(), template)),
            Text::Literal(_) => None,
        })
    }
}

impl Behaviour for SetVariables {
    const EVENTS: &'static [&'static str] = &["next"];

    fn read(_: &str, properties: &mut Properties<'_>) -> Self {
        let variables = properties.pairs("variables");
        if variables.is_empty() {
            properties.warn("", "no variable is set");
        }
        Self { variables }
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        let mut values = Map::new();
        for pair in &self.variables {
            let key = scene.render(&pair.key)?;
            let text = scene.render(&pair.value)?;
            values.insert(key, value(text, pair.json));
        }
        for (key, value) in &values {
            scene.set_variable(key, value.clone());
        }
        scene.set_outputs(values);
        Ok(Step::Event("next"))
    }
}

fn value(text: String, json: bool) -> Value {
    if json && let Ok(parsed) = serde_json::from_str(&text) {
        return parsed;
    }
    let number = match text.parse::<i64>() {
        Ok(whole) => Value::from(whole),
        Err(_) => text.parse::<f64>().map_or(Value::Null, Value::from),
    };
    let written = number.to_string();
    if written == text && number.is_number() {
        number
    } else {
        Value::String(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numerals_become_numbers_when_nothing_is_lost() {
        for (text, wanted) in [
            ("3", json!(3)),
            ("-4", json!(-4)),
            ("2.5", json!(2.5)),
            ("007", json!("007")),
            ("+15551234567", json!("+15551234567")),
            ("1e5", json!("1e5")),
            ("", json!("")),
            ("{\"a\":1}", json!("{\"a\":1}")),
        ] {
            assert_eq!(value(text.into(), false), wanted);
        }
        assert_eq!(value("{\"a\":1}".into(), true), json!({"a": 1}));
        assert_eq!(value("{broken".into(), true), json!("{broken"));
    }
}
