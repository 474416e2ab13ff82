//! hookswitch: Twilio at the edge. One Cloudflare Worker that receives every Twilio
//! webhook, answers from flows that are data, and sends through the Twilio REST API.
//!
//! Arrows of use point one way: `gateway` and `objects` use `effects`, which uses `flow`, and
//! `messaging`, `verify` and `campaign`, which use `twilio`; `twilio` uses nothing of ours. Only `platform`
//! names the `worker` crate, and it exists only on `wasm32`, with the feature `platform`.

pub mod access;
pub mod campaign;
pub mod effects;
pub mod flow;
pub mod gateway;
pub mod json;
pub mod log;
pub mod messaging;
pub mod objects;
#[cfg(all(target_arch = "wasm32", feature = "platform"))]
mod platform;
pub mod ports;
pub mod rotation;
pub mod secret;
pub mod settings;
pub mod sorted;
pub mod time;
pub mod twilio;
pub mod verify;
