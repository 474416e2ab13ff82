//! Structured log records: one JSON line each, no personal data.
//!
//! Numbers, bodies and codes must be masked before they get here; a one-time code must
//! never get here at all. `docs/logging.md` lists the events.

use serde_json::{Map, Value};

/// How loud a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Something happened that belongs in the story of a request.
    Info,
    /// A peer did something wrong, or a retry was needed.
    Warn,
    /// Ours: somebody should look.
    Error,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// How loud.
    pub level: Level,
    /// A stable dotted name, such as `webhook.rejected`.
    pub event: &'static str,
    /// The rest. Names are ours, and need no escaping.
    pub fields: Map<String, Value>,
}

impl Record {
    fn new(level: Level, event: &'static str) -> Record {
        Record {
            level,
            event,
            fields: Map::new(),
        }
    }

    /// A record at [`Level::Info`].
    pub fn info(event: &'static str) -> Record {
        Record::new(Level::Info, event)
    }

    /// A record at [`Level::Warn`].
    pub fn warn(event: &'static str) -> Record {
        Record::new(Level::Warn, event)
    }

    /// A record at [`Level::Error`].
    pub fn error(event: &'static str) -> Record {
        Record::new(Level::Error, event)
    }

    /// Adds a field.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Record {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// The record as one line of JSON.
    pub fn line(&self) -> String {
        let level = match self.level {
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        };
        // Every request has lines: none is put together as a value first.
        let mut line = format!("{{\"event\":\"{}\",\"level\":\"{level}\"", self.event);
        for (name, value) in &self.fields {
            line.push_str(",\"");
            line.push_str(name);
            line.push_str("\":");
            line.push_str(&serde_json::to_string(value).unwrap_or_default());
        }
        line.push('}');
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_json_line_whatever_its_fields_hold() {
        let line = Record::warn("webhook.rejected")
            .with("why", "a\nb\"c")
            .line();
        assert!(!line.contains('\n'));
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["level"], "warn");
        assert_eq!(value["event"], "webhook.rejected");
        assert_eq!(value["why"], "a\nb\"c");
    }
}
