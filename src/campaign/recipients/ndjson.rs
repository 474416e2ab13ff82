//! One recipient as a line of JSON.

use serde_json::{Map, Value};

use super::{LineError, MAX_VARIABLES, Recipient, Variables, address, is_name};

pub(super) fn recipient(text: &str) -> Result<Recipient, LineError> {
    let value: Value = serde_json::from_str(text).map_err(|error| LineError::NotJson {
        column: error.column(),
    })?;
    let Value::Object(members) = value else {
        return Err(LineError::NotObject);
    };
    let mut to = None;
    let mut variables = Variables::new();
    for (name, value) in members {
        match (name.as_str(), value) {
            ("to", Value::String(text)) => to = Some(address(&text)?),
            ("to", _) => return Err(LineError::NoAddress),
            ("variables", Value::Object(members)) => variables = texts(members)?,
            ("variables", Value::Null) => {}
            ("variables", _) => return Err(LineError::NotVariables),
            _ => return Err(LineError::UnknownField(name.chars().take(40).collect())),
        }
    }
    Ok(Recipient {
        to: to.ok_or(LineError::NoAddress)?,
        variables,
    })
}

/// Null is the same as not there.
fn texts(members: Map<String, Value>) -> Result<Variables, LineError> {
    if members.len() > MAX_VARIABLES {
        return Err(LineError::TooManyVariables);
    }
    let mut variables = Variables::new();
    for (name, value) in members {
        if !is_name(&name) {
            return Err(LineError::VariableName);
        }
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            Value::Array(_) | Value::Object(_) => return Err(LineError::NotVariables),
        };
        variables.insert(name, text);
    }
    Ok(variables)
}
