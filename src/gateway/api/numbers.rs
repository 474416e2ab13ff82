//! `PUT` and `GET /v1/numbers/{number}`: what a number of ours does, or a WhatsApp sender, or a
//! Messaging Service.

use serde_json::json;

use super::super::http::{Incoming, Response};
use super::super::problem::Problem;
use super::super::published::{self, NumberConfig};
use super::super::world::World;
use super::fields;
use crate::objects::registry::{self, FetchNumber, ListNumbers, PutNumber};
use crate::twilio::address::Address;
use crate::twilio::sid::MessagingServiceSid;

/// Sets what a number does: `{"voice_flow": "acme-ivr", "message_flow": "intake", "data":
/// {"SALES_PHONE": "+1..."}}`.
///
/// # Errors
/// 400 for a field, a number that is none, or a flow that was not published.
pub async fn put<W: World>(
    world: &W,
    request: &impl Incoming,
    number: &str,
    caller: &str,
) -> Result<Response, Problem> {
    let number = parse(number)?;
    let mut fields = fields(request).await?;
    let voice_flow = fields.text("voice_flow");
    let message_flow = fields.text("message_flow");
    let data = fields.text_map("data").into_iter().collect();
    for (name, flow) in [("voice_flow", &voice_flow), ("message_flow", &message_flow)] {
        if let Some(flow) = flow
            && published::current(world, flow).await?.is_none()
        {
            fields.refuse(name, "is not a published flow");
        }
    }
    fields.finish()?;
    let config = NumberConfig {
        voice_flow,
        message_flow,
        data,
    };
    let document = json!(config);
    let text = document.to_string();
    let command = PutNumber {
        number: number.clone(),
        document,
        by: caller.to_owned(),
    };
    world.ask(registry::INSTANCE, &command).await?;
    published::publish_number(world, &number, &text).await?;
    Ok(Response::json(200, &view(&number, json!(config))))
}

/// What a number does.
///
/// # Errors
/// 404 for a number that nothing was set for.
pub async fn fetch<W: World>(world: &W, number: &str) -> Result<Response, Problem> {
    let number = parse(number)?;
    let fetch = FetchNumber {
        number: number.clone(),
    };
    let document = world.ask(registry::INSTANCE, &fetch).await?;
    let document = document
        .ok_or_else(|| Problem::not_found("Nothing was set for this number: it has defaults."))?;
    Ok(Response::json(200, &view(&number, document)))
}

/// Every number that something was set for.
///
/// # Errors
/// When the registry does not answer.
pub async fn list<W: World>(world: &W) -> Result<Response, Problem> {
    let numbers = world.ask(registry::INSTANCE, &ListNumbers {}).await?;
    let numbers = numbers.into_iter();
    let numbers: Vec<_> = numbers
        .map(|(number, document)| view(&number, document))
        .collect();
    Ok(Response::json(200, &json!({ "numbers": numbers })))
}

fn parse(number: &str) -> Result<String, Problem> {
    if MessagingServiceSid::parse(number).is_ok() {
        return Ok(number.to_owned());
    }
    match Address::parse(number) {
        Ok(address @ (Address::Phone(_) | Address::ShortCode(_) | Address::WhatsApp(_))) => {
            Ok(address.to_string())
        }
        Ok(_) => Err(Problem::invalid_field(
            "number",
            "must be a number in E.164 form, whatsapp: and a number, or MG and 32 digits",
        )),
        Err(error) => Err(Problem::invalid_field("number", error.to_string())),
    }
}

fn view(number: &str, mut document: serde_json::Value) -> serde_json::Value {
    if let Some(object) = document.as_object_mut() {
        object.insert("number".to_owned(), json!(number));
    }
    document
}
