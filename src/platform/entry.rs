//! The events of the runtime.

use worker::web_sys::{Request, Response};
use worker::{Context, Env, MessageBatch, ScheduleContext, ScheduledEvent, event};

use super::bindings::Bindings;
use super::queue;
use super::request::{Received, respond};
use crate::gateway;

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    let world = Bindings::of_request(env, context);
    let response = gateway::handle(&world, &Received::new(request)).await;
    respond(&response)
        .await
        .map_err(|fault| worker::Error::RustError(fault.why()))
}

#[event(queue)]
async fn queue(batch: MessageBatch<String>, env: Env, _context: Context) -> worker::Result<()> {
    queue::consume(batch, env).await;
    Ok(())
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    gateway::gap::sweep(&Bindings::new(env), 0).await;
}
