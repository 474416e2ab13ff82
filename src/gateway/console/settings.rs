//! `GET /v1/settings`: every setting, as it is and as it would be, and what is wrong with it.
//!
//! What must never happen: a secret's value leaves.

use serde_json::{Value, json};

use super::super::http::Response;
use super::super::world::World;
use super::catalogue::{CATALOGUE, Kind};

/// Every setting, in the order of the reference.
pub fn list<W: World>(world: &W) -> Response {
    let faults = &world.settings().faults;
    let settings: Vec<Value> = CATALOGUE
        .iter()
        .map(|(name, kind, default)| {
            let value = world.variable(name);
            let value = value.filter(|value| !value.trim().is_empty());
            let fault = faults.iter().find(|fault| fault.name == *name);
            let is_secret = *kind == Kind::Secret;
            json!({
                "name": name,
                "is_secret": is_secret,
                "is_set": value.is_some(),
                "value": value.filter(|_| !is_secret),
                "default": Some(default).filter(|default| !default.is_empty()),
                "fault": fault.map(|fault| fault.reason),
            })
        })
        .collect();
    Response::json(200, &json!({ "settings": settings }))
}
