//! What keeps a verification from being sent: channels, countries, fraud, rate limits.

use super::{RateLimit, invalid};
use crate::error::ApiError;
use crate::rest::{Ask, Outcome, Reply, page_meta};
use crate::state::World;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What keeps a verification from being sent at all.
pub(super) fn guard(world: &World, to: &str, channel: &str) -> Result<(), ApiError> {
    let verify = &world.verify;
    let hit = |set: &BTreeSet<String>| set.iter().any(|prefix| to.starts_with(prefix.as_str()));
    if verify.disabled.contains(channel) {
        return Err(ApiError::bad(60223));
    }
    if hit(&verify.forbidden) {
        return Err(ApiError::new(403, 60605, crate::error::meaning(60605)));
    }
    if hit(&verify.blocked) && !world.safe_list.contains(to) {
        return Err(ApiError::new(403, 60410, crate::error::meaning(60410)));
    }
    let landline = world.config.landlines.iter().any(|l| l == to);
    if landline && matches!(channel, "sms" | "whatsapp") {
        return Err(ApiError::new(403, 60205, crate::error::meaning(60205)));
    }
    Ok(())
}

/// Counts the keys of `RateLimits` against the service's buckets.
pub(super) fn rate_limited(world: &mut World, ask: &Ask, service: &str) -> Result<(), ApiError> {
    let Some(text) = ask.given("RateLimits") else {
        return Ok(());
    };
    let Ok(Value::Object(keys)) = serde_json::from_str::<Value>(text) else {
        return Err(invalid("RateLimits"));
    };
    let now = world.now();
    let Some(service) = world.verify.services.iter_mut().find(|s| s.sid == service) else {
        return Ok(());
    };
    for (name, value) in keys {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let Some(limit) = service
            .rate_limits
            .iter_mut()
            .find(|l| l.unique_name == name)
        else {
            return Err(invalid("RateLimits"));
        };
        for (_, most, seconds) in &limit.buckets {
            let since = now - seconds * 1000;
            let hits: Vec<i64> = limit
                .seen
                .iter()
                .filter(|(v, at)| *v == value && *at > since)
                .map(|(_, at)| *at)
                .collect();
            if hits.len() >= *most {
                let oldest = hits.first().copied().unwrap_or(now);
                let wait = (oldest + seconds * 1000 - now + 999) / 1000;
                let mut error = ApiError::new(429, 20429, "Too many requests");
                error.headers = vec![
                    ("Retry-After".to_owned(), wait.max(1).to_string()),
                    ("Twilio-Reached-Rate-Limit".to_owned(), name.clone()),
                ];
                return Err(error);
            }
        }
        limit.seen.push((value, now));
    }
    Ok(())
}

/// Rate limits of a service and their buckets.
pub(super) fn rate_limits(world: &mut World, ask: &Ask, service: &str, rest: &[&str]) -> Outcome {
    let sid = world.ids.sid(if rest.is_empty() { "RK" } else { "BL" });
    let account = world.account().to_owned();
    let service = world
        .verify
        .services
        .iter_mut()
        .find(|s| s.sid == service)
        .ok_or_else(|| ask.not_found())?;
    let limit_json = |l: &RateLimit| {
        json!({"sid": l.sid, "service_sid": service.sid, "account_sid": account,
            "unique_name": l.unique_name, "description": l.description})
    };
    match (ask.method.as_str(), rest) {
        ("POST", []) => {
            let limit = RateLimit {
                sid,
                unique_name: ask
                    .given("UniqueName")
                    .ok_or_else(|| invalid("UniqueName"))?
                    .to_owned(),
                description: ask.param("Description").unwrap_or_default().to_owned(),
                buckets: Vec::new(),
                seen: Vec::new(),
            };
            let shown = limit_json(&limit);
            service.rate_limits.push(limit);
            Ok(Reply::json(201, shown))
        }
        ("GET", []) => {
            let all = service.rate_limits.iter().map(limit_json).collect();
            page_meta(ask, world, "rate_limits", all)
        }
        ("GET", [key]) => service
            .rate_limits
            .iter()
            .find(|l| l.sid == *key)
            .map(|l| Reply::json(200, limit_json(l)))
            .ok_or_else(|| ask.not_found()),
        ("POST", [key, "Buckets"]) => {
            let number = |name: &str| {
                ask.given(name)
                    .and_then(|v| v.parse::<u32>().ok())
                    .ok_or_else(|| invalid(name))
            };
            let (most, seconds) = (number("Max")?, number("Interval")?);
            let limit = service.rate_limits.iter_mut().find(|l| l.sid == *key);
            let limit = limit.ok_or_else(|| ask.not_found())?;
            limit.buckets.push((
                sid.clone(),
                usize::try_from(most).unwrap_or(0),
                i64::from(seconds),
            ));
            Ok(Reply::json(
                201,
                json!({"sid": sid, "rate_limit_sid": key, "max": most, "interval": seconds}),
            ))
        }
        _ => Err(ask.not_found()),
    }
}
