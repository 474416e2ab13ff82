//! Reads a JSON body field by field. Every fault is collected, each with the JSON pointer
//! of its field, and a field that nobody asked for is refused by name.

use serde_json::{Map, Value};

use crate::json;

use super::problem::{FieldError, Problem};

#[cfg(test)]
thread_local! {
    /// Every field and parameter that this thread's handlers asked for, by its pointer: what
    /// the published document of the API is held to.
    pub(in crate::gateway) static ASKED: std::cell::RefCell<std::collections::BTreeSet<String>> =
        std::cell::RefCell::default();
}

/// Notes that a field was asked for. Nothing outside of tests.
pub(in crate::gateway) fn asked(_prefix: &str, _name: &str) {
    #[cfg(test)]
    ASKED.with_borrow_mut(|asked| asked.insert(format!("{_prefix}/{_name}")));
}

/// The fields of one JSON object, taken out one by one.
pub struct Fields {
    prefix: String,
    object: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Fields {
    /// Parses a body that must be one JSON object.
    pub fn parse(body: &[u8]) -> Result<Fields, Problem> {
        match json::value_in(body) {
            Ok(Value::Object(object)) => Ok(Fields {
                prefix: String::new(),
                object,
                errors: Vec::new(),
            }),
            Ok(_) => Err(Problem::invalid_field("", "the body must be a JSON object")),
            Err(error) => Err(Problem::invalid_field("", format!("the body is {error}"))),
        }
    }

    /// Notes a fault at a field.
    pub fn refuse(&mut self, name: &str, detail: impl Into<String>) {
        let pointer = format!("{}/{}", self.prefix, escape(name));
        self.errors.push(FieldError::new(pointer, detail));
    }

    /// Notes a fault at one item of an array.
    pub fn refuse_item(&mut self, name: &str, at: usize, detail: impl Into<String>) {
        let pointer = format!("{}/{}/{at}", self.prefix, escape(name));
        self.errors.push(FieldError::new(pointer, detail));
    }

    /// Notes a fault below a field, along its path.
    pub fn refuse_at(&mut self, path: &[&str], detail: impl Into<String>) {
        let mut pointer = self.prefix.clone();
        for name in path {
            pointer.push('/');
            pointer.push_str(&escape(name));
        }
        self.errors.push(FieldError::new(pointer, detail));
    }

    /// Whether one of these is there and not `null`.
    pub fn has_any(&self, names: &[&str]) -> bool {
        names
            .iter()
            .any(|name| self.object.get(*name).is_some_and(|value| !value.is_null()))
    }

    /// Takes a field; `null` counts as absent.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        asked(&self.prefix, name);
        self.object.remove(name).filter(|value| !value.is_null())
    }

    /// An optional string.
    pub fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            _ => {
                self.refuse(name, "must be a string");
                None
            }
        }
    }

    /// An optional string that `parse` understands. The parser's error is the detail.
    pub fn parsed<T, E: std::fmt::Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(name)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(name, error.to_string());
                None
            }
        }
    }

    /// As [`Fields::parsed`], with absence refused too.
    pub fn required<T, E: std::fmt::Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        asked(&self.prefix, name);
        if self.object.get(name).is_none_or(Value::is_null) {
            self.refuse(name, "is required");
            return None;
        }
        self.parsed(name, parse)
    }

    /// An optional array of strings, at most `limit` long.
    pub fn texts(&mut self, name: &str, limit: usize) -> Vec<String> {
        let Some(value) = self.take(name) else {
            return Vec::new();
        };
        let Value::Array(items) = value else {
            self.refuse(name, "must be an array of strings");
            return Vec::new();
        };
        if items.len() > limit {
            self.refuse(
                name,
                format!("holds {} items; at most {limit} are allowed", items.len()),
            );
            return Vec::new();
        }
        let mut texts = Vec::with_capacity(items.len());
        for (at, item) in items.into_iter().enumerate() {
            match item {
                Value::String(text) => texts.push(text),
                _ => self.refuse_item(name, at, "must be a string"),
            }
        }
        texts
    }

    /// An optional integer within bounds.
    pub fn integer(&mut self, name: &str, low: i64, high: i64) -> Option<i64> {
        let value = self.take(name)?;
        match value.as_i64() {
            Some(number) if (low..=high).contains(&number) => Some(number),
            _ => {
                self.refuse(name, format!("must be a whole number from {low} to {high}"));
                None
            }
        }
    }

    /// An optional boolean.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        let value = self.take(name)?;
        if value.as_bool().is_none() {
            self.refuse(name, "must be true or false");
        }
        value.as_bool()
    }

    /// An optional object whose values are strings.
    pub fn text_map(&mut self, name: &str) -> Vec<(String, String)> {
        let Some(value) = self.take(name) else {
            return Vec::new();
        };
        let Value::Object(object) = value else {
            self.refuse(name, "must be an object of strings");
            return Vec::new();
        };
        let mut pairs = Vec::with_capacity(object.len());
        for (key, value) in object {
            match value {
                Value::String(text) => pairs.push((key, text)),
                _ => self.errors.push(FieldError::new(
                    format!("{}/{}/{}", self.prefix, escape(name), escape(&key)),
                    "must be a string",
                )),
            }
        }
        pairs
    }

    /// An optional object, to be read as fields of its own and given back to [`Fields::join`].
    pub fn object(&mut self, name: &str) -> Option<Fields> {
        let value = self.take(name)?;
        let prefix = format!("{}/{}", self.prefix, escape(name));
        self.inner(prefix, value)
    }

    /// An optional array of objects, at most `limit` long.
    pub fn objects(&mut self, name: &str, limit: usize) -> Vec<Fields> {
        let items = match self.take(name) {
            None => return Vec::new(),
            Some(Value::Array(items)) if items.len() <= limit => items,
            Some(_) => {
                self.refuse(name, format!("must be an array of at most {limit} objects"));
                return Vec::new();
            }
        };
        let prefix = format!("{}/{}", self.prefix, escape(name));
        let items = items.into_iter().enumerate();
        items
            .filter_map(|(at, item)| self.inner(format!("{prefix}/{at}"), item))
            .collect()
    }

    fn inner(&mut self, prefix: String, value: Value) -> Option<Fields> {
        match value {
            Value::Object(object) => Some(Fields {
                prefix,
                object,
                errors: Vec::new(),
            }),
            _ => {
                self.errors
                    .push(FieldError::new(prefix, "must be an object"));
                None
            }
        }
    }

    /// Ends the reading of an inner object: its faults are this one's.
    pub fn join(&mut self, mut inner: Fields) {
        for name in std::mem::take(&mut inner.object).keys() {
            inner.refuse(name, "is not a field of this request");
        }
        self.errors.append(&mut inner.errors);
    }

    /// An optional value of a type that reads itself from JSON; the parser's words are the
    /// detail.
    pub fn json<T: serde::de::DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let value = self.take(name)?;
        match json::read_value(value) {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(name, error.to_string());
                None
            }
        }
    }

    /// Ends the reading: whatever is left over is unknown, and any fault is a problem.
    pub fn finish(mut self) -> Result<(), Problem> {
        for name in std::mem::take(&mut self.object).keys() {
            self.refuse(name, "is not a field of this request");
        }
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(self.errors))
        }
    }
}

/// Escapes a key for a JSON pointer (RFC 6901).
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_come_back_at_once_each_with_its_pointer() {
        let body = br#"{"to":7,"media_urls":["a",1],"n":99,"what/ever":1}"#;
        let mut fields = Fields::parse(body).unwrap();
        let to = fields.required("to", |text| Ok::<_, String>(text.to_owned()));
        let body_text = fields.required("body", |text| Ok::<_, String>(text.to_owned()));
        fields.texts("media_urls", 10);
        fields.integer("n", 1, 10);
        assert_eq!((to, body_text), (None, None));
        let problem = fields.finish().unwrap_err();
        let pointers: Vec<_> = problem
            .errors()
            .iter()
            .map(|e| e.pointer.as_str())
            .collect();
        assert_eq!(
            pointers,
            ["/to", "/body", "/media_urls/1", "/n", "/what~1ever"]
        );
    }

    #[test]
    fn a_body_that_is_no_object_is_refused() {
        assert_eq!(Fields::parse(b"[1]").err().map(|p| p.status), Some(400));
        assert_eq!(Fields::parse(b"{").err().map(|p| p.status), Some(400));
    }
}
