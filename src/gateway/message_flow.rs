//! Which flow an inbound message starts: that of the address it came to, else that of its
//! Messaging Service, else the deployment's. What is read comes from KV, through the isolate's
//! memory, and from the registry while KV does not answer.

use serde_json::Value;

use super::guard::Signed;
use super::published::{self, FlowRef, NumberConfig};
use super::world::{Unavailable, World};
use crate::json;
use crate::log::Record;
use crate::objects::contact::FlowStart;
use crate::objects::registry::{self, FetchFlow, FetchNumber};
use crate::twilio::event::InboundMessage;

/// The flow of a message; `None` when there is none, or when nobody can say.
pub async fn of<W: World>(
    world: &W,
    signed: &Signed,
    event: &InboundMessage<'_>,
) -> Option<FlowStart> {
    let found = find(world, signed, event).await;
    found.unwrap_or_else(|Unavailable| {
        world.log(Record::error("message.no_flow").with("message_sid", event.sid.as_str()));
        None
    })
}

async fn find<W: World>(
    world: &W,
    signed: &Signed,
    event: &InboundMessage<'_>,
) -> Result<Option<FlowStart>, Unavailable> {
    let mut config = config(world, &event.to.to_string()).await?;
    if config.message_flow.is_none()
        && let Some(service) = &event.messaging_service_sid
    {
        config = self::config(world, service.as_str()).await?;
    }
    let name = config
        .message_flow
        .as_ref()
        .or(world.settings().default_message_flow.as_ref());
    let Some(name) = name else { return Ok(None) };
    let Some(flow) = current(world, name).await? else {
        world.log(Record::error("message.no_flow").with("flow", name.as_str()));
        return Ok(None);
    };
    let data = config.data.into_iter();
    Ok(Some(FlowStart {
        flow: flow.name,
        revision: flow.revision,
        data: data
            .map(|(name, value)| (name, Value::from(value)))
            .collect(),
        base: signed.public_base.clone(),
    }))
}

async fn config<W: World>(world: &W, number: &str) -> Result<NumberConfig, Unavailable> {
    if let Ok(config) = published::number(world, number).await {
        return Ok(config);
    }
    let fetch = FetchNumber {
        number: number.to_owned(),
    };
    let document = world.ask(registry::INSTANCE, &fetch).await?;
    Ok(document
        .and_then(|document| json::read_value(document).ok())
        .unwrap_or_default())
}

async fn current<W: World>(world: &W, name: &str) -> Result<Option<FlowRef>, Unavailable> {
    if let Ok(flow) = published::current(world, name).await {
        return Ok(flow);
    }
    let fetch = FetchFlow {
        name: name.to_owned(),
        revision: None,
    };
    let stored = world.ask(registry::INSTANCE, &fetch).await?;
    Ok(stored.map(|stored| FlowRef {
        name: stored.revision.name,
        revision: stored.revision.revision,
    }))
}
