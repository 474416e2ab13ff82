//! The account itself, its balance, and the rotation of its auth token.

use super::{Ask, Outcome, Reply};
use crate::clock::{iso8601, rfc2822};
use crate::error::ApiError;
use crate::form;
use crate::state::World;
use serde_json::{Value, json};

/// An API key may not fetch the account.
pub(crate) fn fetch(world: &World, ask: &Ask) -> Outcome {
    needs_token(world, ask)?;
    Ok(Reply::json(
        200,
        json!({
            "sid": world.account(),
            "friendly_name": "Twin account",
            "status": "active",
            "type": "Full",
            "auth_token": world.config.auth_token,
            "date_created": rfc2822(0),
            "date_updated": rfc2822(0),
            "owner_account_sid": world.account(),
            "uri": format!("/2010-04-01/Accounts/{}.json", world.account()),
        }),
    ))
}

pub(crate) fn needs_token(world: &World, ask: &Ask) -> Result<(), ApiError> {
    if ask.user == world.account() {
        Ok(())
    } else {
        Err(ApiError::unauthenticated())
    }
}

pub(crate) fn balance(world: &World, ask: &Ask) -> Outcome {
    if ask.method != "GET" {
        return Err(ask.not_found());
    }
    Ok(Reply::json(
        200,
        json!({"account_sid": world.account(), "balance": "100.00", "currency": "USD"}),
    ))
}

pub(crate) fn route(world: &mut World, ask: &Ask, rest: &[&str]) -> Outcome {
    match (ask.method.as_str(), rest) {
        ("POST", ["AuthTokens", "Secondary"]) => {
            needs_token(world, ask)?;
            if world.secondary_token.is_some() {
                return Err(ApiError::new(
                    409,
                    20409,
                    "A secondary auth token exists already",
                ));
            }
            let token = world.ids.hex("token");
            world.secondary_token = Some(token.clone());
            Ok(Reply::json(
                201,
                token_json(world, ask, "secondary_auth_token", &token),
            ))
        }
        ("DELETE", ["AuthTokens", "Secondary"]) => {
            needs_token(world, ask)?;
            match world.secondary_token.take() {
                Some(_) => Ok(Reply::no_content()),
                None => Err(ask.not_found()),
            }
        }
        ("POST", ["AuthTokens", "Promote"]) => {
            needs_token(world, ask)?;
            let token = world
                .secondary_token
                .take()
                .ok_or_else(|| ask.not_found())?;
            world.config.auth_token.clone_from(&token);
            Ok(Reply::json(
                200,
                token_json(world, ask, "auth_token", &token),
            ))
        }
        (method, ["SafeList", "Numbers"]) => safe_list(world, ask, method),
        ("POST", ["Consents" | "Contacts", "Bulk"]) => {
            let items: Vec<Value> = form::all(&ask.params, "Items")
                .iter()
                .map(|item| {
                    let parsed: Value = serde_json::from_str(item).unwrap_or_default();
                    json!({"correlation_id": parsed.get("correlation_id"), "error_code": 0, "error_messages": []})
                })
                .collect();
            Ok(Reply::json(201, json!({"items": items})))
        }
        _ => Err(ask.not_found()),
    }
}

fn token_json(world: &World, ask: &Ask, name: &str, token: &str) -> Value {
    let now = iso8601(world.now());
    let mut out = json!({
        "account_sid": world.account(),
        "date_created": now,
        "date_updated": now,
        "url": super::resource_url(world, ask),
    });
    if let Some(map) = out.as_object_mut() {
        map.insert(name.to_owned(), json!(token));
    }
    out
}

/// Numbers that are never blocked as fraud.
pub(crate) fn safe_list(world: &mut World, ask: &Ask, method: &str) -> Outcome {
    let number = ask
        .given("PhoneNumber")
        .or_else(|| form::get(&ask.query, "PhoneNumber"))
        .ok_or_else(|| ApiError::new(400, 20001, "PhoneNumber is required"))?
        .to_owned();
    let shown =
        |number: &str| json!({"sid": format!("GN{}", "0".repeat(32)), "phone_number": number});
    match method {
        "POST" => {
            world.safe_list.insert(number.clone());
            Ok(Reply::json(201, shown(&number)))
        }
        "GET" if world.safe_list.contains(&number) => Ok(Reply::json(200, shown(&number))),
        "DELETE" if world.safe_list.remove(&number) => Ok(Reply::no_content()),
        _ => Err(ask.not_found()),
    }
}
