//! A property value as Studio has it: a literal of any JSON type or a Liquid template,
//! both seen as text until a widget asks for a number or a flag. Studio's exports write
//! `5`, `"5"` and `"{{flow.variables.n}}"` for the same property.

use super::liquid::{Clock, LiquidError, Template};
use serde_json::Value;
use std::borrow::Cow;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Text {
    Literal(String),
    Template(Template),
}

impl Default for Text {
    fn default() -> Self {
        Self::Literal(String::new())
    }
}

impl Text {
    pub(crate) fn parse(source: &str) -> Result<Self, LiquidError> {
        if Template::is_plain(source) {
            Ok(Self::Literal(source.to_owned()))
        } else {
            Template::parse(source).map(Self::Template)
        }
    }

    /// The literal text; `None` for a template.
    pub(crate) fn literal(&self) -> Option<&str> {
        match self {
            Self::Literal(text) => Some(text),
            Self::Template(_) => None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.literal() == Some("")
    }

    pub(crate) fn render(&self, globals: &Value, clock: Clock) -> Result<String, LiquidError> {
        match self {
            Self::Literal(text) => Ok(text.clone()),
            Self::Template(template) => template.render(globals, clock),
        }
    }
}

/// The text of a JSON value: scalars as they read, objects and lists as JSON. `None` for
/// null.
pub(crate) fn text_of_json(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        other => Some(Cow::Owned(other.to_string())),
    }
}

/// `text` as a count of seconds, digits or times: `"5"` and `"5.0"` are 5.
pub(crate) fn count(text: &str) -> Option<u32> {
    let text = text.trim();
    let whole = text.split_once('.').map_or(text, |(whole, fraction)| {
        if fraction.bytes().all(|b| b == b'0') {
            whole
        } else {
            text
        }
    });
    whole.parse().ok()
}

/// `text` as a flag; `None` when it is neither.
pub(crate) fn flag(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" | "" => Some(false),
        _ => None,
    }
}
