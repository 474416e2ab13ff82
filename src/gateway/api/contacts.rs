//! `GET` and `PUT /v1/contacts/{address}`: the person's consent and how it came to be.

use serde_json::json;

use super::super::http::{Incoming, Response};
use super::super::problem::Problem;
use super::super::world::World;
use super::fields;
use crate::objects::contact::{ConsentState, FetchConsent, PutConsent};
use crate::objects::id::ContactName;
use crate::time::rfc3339;
use crate::twilio::address::Address;

/// The person's consent.
///
/// # Errors
/// 400 for an address that is none, 404 for a person never met.
pub async fn fetch<W: World>(world: &W, address: &str) -> Result<Response, Problem> {
    let address = parse(address)?;
    let contact = ContactName::of(address.person().as_str());
    let state = world.ask(contact.as_str(), &FetchConsent {}).await?;
    if !state.known {
        return Err(Problem::not_found("Nobody of this address was ever met."));
    }
    Ok(Response::json(200, &view(&address, &state)))
}

/// Opts the person out or in: `{"opted_out": true, "reason": "..."}`.
///
/// # Errors
/// 400 for an address or a field.
pub async fn put<W: World>(
    world: &W,
    request: &impl Incoming,
    address: &str,
    caller: &str,
) -> Result<Response, Problem> {
    let address = parse(address)?;
    let mut fields = fields(request).await?;
    let opted_out = fields.flag("opted_out");
    let reason = fields.text("reason");
    if opted_out.is_none() {
        fields.refuse("opted_out", "is required: true or false");
    }
    if reason.as_deref().is_none_or(str::is_empty) {
        fields.refuse("reason", "is required: it is kept as evidence");
    }
    fields.finish()?;
    let command = PutConsent {
        opted_out: opted_out.unwrap_or(true),
        reason: reason.unwrap_or_default(),
        by: caller.to_owned(),
    };
    let contact = ContactName::of(address.person().as_str());
    let state = world.ask(contact.as_str(), &command).await?;
    Ok(Response::json(200, &view(&address, &state)))
}

fn parse(address: &str) -> Result<Address, Problem> {
    Address::parse(address).map_err(|error| Problem::invalid_field("address", error.to_string()))
}

fn view(address: &Address, state: &ConsentState) -> serde_json::Value {
    let history: Vec<_> = state
        .history
        .iter()
        .map(|entry| {
            json!({
                "at": rfc3339(entry.at),
                "change": entry.change,
                "source": entry.source,
                "scope": entry.scope,
                "evidence": entry.evidence,
            })
        })
        .collect();
    json!({ "address": address, "opted_out": state.opted_out, "history": history })
}
