//! Reading a widget's `properties`. Each read notes what is wrong in the report, with
//! its pointer, and goes on: an author wants to see every defect at once.

use super::{
    liquid::{Path, Survey},
    report::{Report, child},
    text::{Text, count, flag, text_of_json},
    widget::conversation::Tree,
};
use crate::sorted::SortedSet;
use serde_json::{Map, Value};

/// One `{key, value, type}` row of `parameters` or `variables`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pair {
    pub(crate) key: Text,
    pub(crate) value: Text,
    /// `type` is `json_object`: the rendered text is parsed.
    pub(crate) json: bool,
}

pub(crate) struct Properties<'a> {
    values: &'a Map<String, Value>,
    pointer: String,
    report: &'a mut Report,
    known: Vec<&'static str>,
    references: References,
    takes_all: bool,
}

/// What the templates of a state refer to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct References {
    /// Paths into the context, for pruning.
    pub(crate) paths: SortedSet<Path>,
    /// The same with the pointer of the template, for the check.
    pub(crate) places: Vec<(String, Survey)>,
}

impl References {
    /// Parses a template and keeps its survey; an error goes into the report.
    pub(crate) fn text(&mut self, source: &str, pointer: &str, report: &mut Report) -> Text {
        match Text::parse(source) {
            Ok(text) => {
                if let Text::Template(template) = &text {
                    let survey = template.survey();
                    self.paths.extend(survey.paths.iter().cloned());
                    self.places.push((pointer.to_owned(), survey));
                }
                text
            }
            Err(error) => {
                report.error(pointer, format!("Liquid: {error}"));
                Text::default()
            }
        }
    }
}

impl<'a> Properties<'a> {
    pub(crate) fn new(
        values: &'a Map<String, Value>,
        pointer: String,
        report: &'a mut Report,
    ) -> Self {
        Self {
            values,
            pointer,
            report,
            known: vec!["offset"],
            references: References::default(),
            takes_all: false,
        }
    }

    /// Ends the reading: warns about properties that nothing asked for.
    pub(crate) fn finish(self) -> References {
        for key in self.values.keys() {
            if !self.takes_all && !self.known.contains(&key.as_str()) {
                let message = format!("this widget has no property `{key}`; it is ignored");
                self.report.warn(child(&self.pointer, key), message);
            }
        }
        self.references
    }

    fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.values.get(key).filter(|value| !value.is_null())
    }

    /// The pointer of a property; of all of them for an empty key.
    pub(crate) fn at(&self, key: &str) -> String {
        if key.is_empty() {
            self.pointer.clone()
        } else {
            child(&self.pointer, key)
        }
    }

    pub(crate) fn warn(&mut self, key: &str, message: impl Into<String>) {
        let pointer = self.at(key);
        self.report.warn(pointer, message);
    }

    /// Declares properties that are known and of no use here.
    pub(crate) fn ignore(&mut self, keys: &[&'static str]) {
        self.known.extend_from_slice(keys);
    }

    /// A property of any scalar type, as text. Absent and null are `None`.
    pub(crate) fn text(&mut self, key: &'static str) -> Option<Text> {
        let value = self.value(key)?;
        let pointer = self.at(key);
        let source = text_of_json(value)?;
        Some(self.references.text(&source, &pointer, self.report))
    }

    /// A property without which the widget can do nothing.
    pub(crate) fn required(&mut self, key: &'static str) -> Text {
        self.text(key).unwrap_or_else(|| {
            let message = format!("the property `{key}` is missing");
            self.report.error(self.pointer.clone(), message);
            Text::default()
        })
    }

    /// A property that Studio requires and that has an obvious stand-in.
    pub(crate) fn expected(&mut self, key: &'static str, stand_in: &str) -> Text {
        self.text(key).unwrap_or_else(|| {
            let message = format!("the property `{key}` is missing; taken as `{stand_in}`");
            self.report.warn(self.pointer.clone(), message);
            Text::parse(stand_in).unwrap_or_default()
        })
    }

    /// A whole number, or a template that gives one.
    pub(crate) fn number(&mut self, key: &'static str) -> Option<Text> {
        let text = self.text(key)?;
        if text
            .literal()
            .is_some_and(|text| !text.is_empty() && count(text).is_none())
        {
            self.warn(key, format!("`{key}` is not a whole number; it is ignored"));
        }
        Some(text)
    }

    /// True or false, also as text.
    pub(crate) fn flag(&mut self, key: &'static str) -> Option<Text> {
        let text = self.text(key)?;
        if text.literal().is_some_and(|text| flag(text).is_none()) {
            self.warn(
                key,
                format!("`{key}` is neither true nor false; it is ignored"),
            );
        }
        Some(text)
    }

    /// One of a list of words.
    pub(crate) fn choice(&mut self, key: &'static str, words: &[&str]) -> Option<Text> {
        let text = self.text(key)?;
        let strange = |text: &str| !text.is_empty() && !words.contains(&text);
        if text.literal().is_some_and(strange) {
            self.warn(key, format!("`{key}` is none of {}", words.join(", ")));
        }
        Some(text)
    }

    /// A list of texts, or one text with the items between blanks.
    pub(crate) fn texts(&mut self, key: &'static str) -> Vec<Text> {
        let Some(Value::Array(items)) = self.values.get(key) else {
            return self.text(key).into_iter().collect();
        };
        self.known.push(key);
        let pointer = self.at(key);
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            if let Some(source) = text_of_json(item) {
                let at = child(&pointer, &index.to_string());
                texts.push(self.references.text(&source, &at, self.report));
            }
        }
        texts
    }

    /// A list of `{key, value}` rows. Rows that are no objects are reported.
    pub(crate) fn pairs(&mut self, key: &'static str) -> Vec<Pair> {
        let pointer = self.at(key);
        let rows = match self.value(key) {
            None => return Vec::new(),
            Some(Value::Array(rows)) => rows,
            Some(_) => {
                self.report
                    .error(pointer, format!("`{key}` must be a list of key and value"));
                return Vec::new();
            }
        };
        let mut pairs = Vec::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            let at = child(&pointer, &index.to_string());
            let field = |name: &str| row.get(name).and_then(text_of_json);
            let Some(name) = field("key") else {
                self.report.error(at, "a row needs a `key`");
                continue;
            };
            let value = field("value").unwrap_or_default();
            pairs.push(Pair {
                key: self.references.text(&name, &child(&at, "key"), self.report),
                value: self
                    .references
                    .text(&value, &child(&at, "value"), self.report),
                json: field("type").is_some_and(|kind| kind == "json_object"),
            });
        }
        pairs
    }

    /// A property's text as it was written, for comparisons.
    pub(crate) fn raw(&mut self, key: &'static str) -> String {
        self.value(key)
            .and_then(text_of_json)
            .unwrap_or_default()
            .into_owned()
    }

    /// Every property that nothing asked for so far, with the templates in it.
    pub(crate) fn rest(&mut self) -> Vec<(String, Tree)> {
        let values = self.values;
        let mut trees = Vec::new();
        for (key, value) in values {
            if !self.known.contains(&key.as_str()) {
                let pointer = self.at(key);
                trees.push((key.clone(), self.tree(value, &pointer)));
            }
        }
        self.takes_all = true;
        trees
    }

    fn tree(&mut self, value: &Value, pointer: &str) -> Tree {
        match value {
            Value::String(source) => Tree::Text(self.references.text(source, pointer, self.report)),
            Value::Array(items) => Tree::List(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| self.tree(item, &child(pointer, &index.to_string())))
                    .collect(),
            ),
            Value::Object(map) => Tree::Object(
                map.iter()
                    .map(|(key, item)| (key.clone(), self.tree(item, &child(pointer, key))))
                    .collect(),
            ),
            other => Tree::Other(other.clone()),
        }
    }
}
