//! Finding the definition in what was submitted: itself, or wrapped as Twilio's REST API
//! gives it (`definition` of a Flow, the first of `flows` of a page), or either as JSON
//! text.

use super::report::{Report, child};
use serde_json::Value;
use std::borrow::Cow;

/// The definition and the pointer at which it stands.
pub(crate) fn unwrap<'a>(
    document: &'a Value,
    report: &mut Report,
) -> Option<(Cow<'a, Value>, String)> {
    let mut value = Cow::Borrowed(document);
    let mut pointer = String::new();
    // A page holds a flow, a flow holds a definition, each may be text: six at most.
    for _ in 0..6 {
        if value.get("states").is_some() {
            break;
        }
        if let Value::String(text) = value.as_ref() {
            match serde_json::from_str(text) {
                Ok(parsed) => value = Cow::Owned(parsed),
                Err(_) => {
                    report.error(pointer, "the text is not JSON");
                    return None;
                }
            }
        } else if value
            .get("definition")
            .is_some_and(|inner| !inner.is_null())
        {
            pointer = child(&pointer, "definition");
            value = inside(value, "/definition");
        } else if value.pointer("/flows/0").is_some() {
            if value.pointer("/flows/1").is_some() {
                let at = child(&pointer, "flows");
                report.warn(at, "only the first flow of the page is taken");
            }
            pointer = child(&child(&pointer, "flows"), "0");
            value = inside(value, "/flows/0");
        } else {
            break;
        }
    }
    Some((value, pointer))
}

fn inside<'a>(value: Cow<'a, Value>, pointer: &str) -> Cow<'a, Value> {
    match value {
        Cow::Borrowed(value) => value
            .pointer(pointer)
            .map_or(Cow::Owned(Value::Null), Cow::Borrowed),
        Cow::Owned(mut value) => Cow::Owned(
            value
                .pointer_mut(pointer)
                .map(Value::take)
                .unwrap_or_default(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(document: &Value) -> (Value, String) {
        let (value, pointer) = unwrap(document, &mut Report::default()).unwrap();
        (value.into_owned(), pointer)
    }

    #[test]
    fn the_definition_is_found_in_every_wrapping_of_the_rest_api() {
        let flow = json!({"states": [], "description": "x"});
        assert_eq!(found(&flow), (flow.clone(), String::new()));
        let resource = json!({"sid": "FW1", "definition": flow});
        assert_eq!(found(&resource), (flow.clone(), "/definition".into()));
        let page = json!({"meta": {}, "flows": [resource]});
        assert_eq!(found(&page), (flow.clone(), "/flows/0/definition".into()));
        let text = json!({"definition": flow.to_string()});
        assert_eq!(found(&text), (flow, "/definition".into()));
    }

    #[test]
    fn text_that_is_not_json_is_refused() {
        let mut report = Report::default();
        assert!(unwrap(&json!({"definition": "{"}), &mut report).is_none());
        assert_eq!(report.errors[0].pointer, "/definition");
    }
}
