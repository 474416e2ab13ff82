//! Content templates: made, approved, rendered.

use super::messages::is_sid;
use super::{Ask, Outcome, Reply};
use crate::clock::iso8601;
use crate::error::ApiError;
use crate::state::World;
use serde_json::{Map, Value, json};

/// A content template with its WhatsApp approval.
#[derive(Debug, Clone, Default)]
pub struct Template {
    pub sid: String,
    pub friendly_name: String,
    pub language: String,
    pub variables: Value,
    pub types: Value,
    pub created: i64,
    pub updated: i64,
    /// `unsubmitted`, `received`, `pending`, `approved`, `rejected`, `paused`, `disabled`.
    pub approval: String,
    pub category: String,
    pub name: String,
    pub rejection_reason: String,
}

/// The text of a template with its variables put in. A template that is not known here is
/// taken as it is unless `strict_content` is set.
pub(crate) fn render(
    world: &World,
    sid: &str,
    variables: Option<&str>,
) -> Result<String, ApiError> {
    if !is_sid(sid, "HX") {
        return Err(ApiError::bad(21655));
    }
    let values = match variables {
        None => Map::new(),
        Some(text) => match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(map)) if map.values().all(Value::is_string) => map,
            _ => return Err(ApiError::bad(21656)),
        },
    };
    let Some(template) = world.templates.iter().find(|t| t.sid == sid) else {
        if world.config.strict_content {
            return Err(ApiError::bad(21655));
        }
        return Ok(format!("[template {sid}]"));
    };
    let body = template
        .types
        .as_object()
        .and_then(|types| {
            types
                .values()
                .find_map(|t| t.get("body").and_then(Value::as_str))
        })
        .unwrap_or_default();
    Ok(fill(body, &values, &template.variables))
}

fn fill(body: &str, values: &Map<String, Value>, defaults: &Value) -> String {
    let mut out = String::new();
    let mut rest = body;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((name, tail)) = after.split_once("}}") else {
            out.push_str("{{");
            rest = after;
            break;
        };
        let name = name.trim();
        let value = values
            .get(name)
            .or_else(|| defaults.get(name))
            .and_then(Value::as_str);
        out.push_str(value.unwrap_or_default());
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// What WhatsApp will say about a template that is not in order, or not wanted there.
pub(crate) fn approval_error(world: &World, sid: Option<&str>, recipient: &str) -> Option<u32> {
    let template = world
        .templates
        .iter()
        .find(|t| Some(t.sid.as_str()) == sid)?;
    match template.approval.as_str() {
        "rejected" => return Some(63040),
        "paused" => return Some(63041),
        "disabled" => return Some(63042),
        "approved" => {}
        _ => return Some(63016),
    }
    if template.category == "MARKETING" && recipient.starts_with("+1") {
        return Some(63049);
    }
    if template.category == "AUTHENTICATION" && !recipient.starts_with('+') {
        return Some(63024);
    }
    None
}

pub(crate) fn route(world: &mut World, ask: &Ask, rest: &[&str]) -> Outcome {
    match (ask.method.as_str(), rest) {
        ("POST", ["Content"]) => create(world, ask),
        ("GET", ["Content"]) => {
            let all = world.templates.iter().map(|t| show(world, t)).collect();
            super::page_meta(ask, world, "contents", all)
        }
        ("GET", ["ContentAndApprovals"]) => {
            let all = world
                .templates
                .iter()
                .map(|t| {
                    let mut out = show(world, t);
                    if let Some(map) = out.as_object_mut() {
                        map.insert("approval_requests".into(), approval_json(t));
                    }
                    out
                })
                .collect();
            super::page_meta(ask, world, "contents", all)
        }
        ("GET", ["Content", sid]) => Ok(Reply::json(200, show(world, find(world, ask, sid)?))),
        ("PUT", ["Content", sid]) => {
            let now = world.now();
            let body = ask.json.clone().unwrap_or_default();
            let template = find_mut(world, ask, sid)?;
            apply(template, &body);
            template.updated = now;
            Ok(Reply::json(200, show(world, find(world, ask, sid)?)))
        }
        ("DELETE", ["Content", sid]) => {
            find(world, ask, sid)?;
            world.templates.retain(|t| t.sid != *sid);
            Ok(Reply::no_content())
        }
        ("POST", ["Content", sid, "ApprovalRequests", "whatsapp"]) => submit(world, ask, sid),
        ("GET", ["Content", sid, "ApprovalRequests"]) => {
            let template = find(world, ask, sid)?;
            Ok(Reply::json(
                200,
                json!({
                    "sid": template.sid,
                    "account_sid": world.account(),
                    "whatsapp": approval_json(template),
                    "url": super::resource_url(world, ask),
                }),
            ))
        }
        _ => Err(ask.not_found()),
    }
}

fn find<'a>(world: &'a World, ask: &Ask, sid: &str) -> Result<&'a Template, ApiError> {
    world
        .templates
        .iter()
        .find(|t| t.sid == sid)
        .ok_or_else(|| ask.not_found())
}

fn find_mut<'a>(world: &'a mut World, ask: &Ask, sid: &str) -> Result<&'a mut Template, ApiError> {
    world
        .templates
        .iter_mut()
        .find(|t| t.sid == sid)
        .ok_or_else(|| ask.not_found())
}

fn create(world: &mut World, ask: &Ask) -> Outcome {
    let body = ask.json.clone().unwrap_or_default();
    let types = body.get("types").and_then(Value::as_object);
    if types.is_none_or(Map::is_empty) {
        return Err(ApiError::new(400, 20001, "types is required"));
    }
    let now = world.now();
    let mut template = Template {
        sid: world.ids.sid("HX"),
        language: "en".to_owned(),
        variables: json!({}),
        created: now,
        updated: now,
        approval: "unsubmitted".to_owned(),
        ..Template::default()
    };
    apply(&mut template, &body);
    let shown = show(world, &template);
    world.templates.push(template);
    Ok(Reply::json(201, shown))
}

fn apply(template: &mut Template, body: &Value) {
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    if let Some(name) = text("friendly_name") {
        template.friendly_name = name;
    }
    if let Some(language) = text("language") {
        template.language = language;
    }
    if let Some(variables) = body.get("variables") {
        template.variables = variables.clone();
    }
    if let Some(types) = body.get("types") {
        template.types = types.clone();
    }
}

/// A submitted template is approved at once, unless the control API says otherwise.
fn submit(world: &mut World, ask: &Ask, sid: &str) -> Outcome {
    let body = ask.json.clone().unwrap_or_default();
    let text = |name: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let category = text("category");
    if !matches!(
        category.as_str(),
        "UTILITY" | "MARKETING" | "AUTHENTICATION"
    ) {
        return Err(ApiError::new(400, 20001, "Invalid category"));
    }
    let template = find_mut(world, ask, sid)?;
    template.category = category;
    template.name = text("name");
    template.approval = "approved".to_owned();
    let mut shown = approval_json(template);
    if let Some(map) = shown.as_object_mut() {
        map.insert("status".into(), json!("received"));
    }
    Ok(Reply::json(201, shown))
}

fn approval_json(t: &Template) -> Value {
    let content_type = t
        .types
        .as_object()
        .and_then(|m| m.keys().next().cloned())
        .unwrap_or_default();
    json!({
        "type": "whatsapp",
        "name": t.name,
        "category": t.category,
        "content_type": content_type,
        "status": t.approval,
        "rejection_reason": t.rejection_reason,
        "allow_category_change": true,
    })
}

fn show(world: &World, t: &Template) -> Value {
    let url = format!("{}/content/v1/Content/{}", world.origin, t.sid);
    json!({
        "sid": t.sid,
        "account_sid": world.account(),
        "friendly_name": t.friendly_name,
        "language": t.language,
        "variables": t.variables,
        "types": t.types,
        "date_created": iso8601(t.created),
        "date_updated": iso8601(t.updated),
        "links": {
            "approval_create": format!("{url}/ApprovalRequests/whatsapp"),
            "approval_fetch": format!("{url}/ApprovalRequests"),
        },
        "url": url,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_and_a_broken_one_is_kept() {
        let values = json!({"1": "Ann"});
        let values = values.as_object().expect("an object");
        assert_eq!(
            fill("Hi {{1}}, {{2}}{{", values, &json!({"2": "there"})),
            "Hi Ann, there{{"
        );
    }
}
