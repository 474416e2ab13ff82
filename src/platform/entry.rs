//! The events of the runtime, as `entry.js` hands them on.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Poll, Waker};

use js_sys::futures::future_to_promise;
use wasm_bindgen::prelude::*;
use worker::web_sys::Request;
use worker::{Context, Env, MessageBatch};

use super::bindings::Bindings;
use super::queue;
use super::request::{Received, begin_live, respond};
use crate::gateway;

/// What a handler gives back to the runtime: a value, or a promise of one.
pub(super) type Given = Result<JsValue, JsValue>;

/// A handler under way.
pub(super) type Handler = Pin<Box<dyn Future<Output = Given>>>;

/// Runs a handler up to its first wait. Most requests have none: they cost no promise and no
/// turn of the runtime's queue. One that waits goes on as a promise.
pub(super) fn at_once(mut handler: Handler) -> Given {
    let mut context = std::task::Context::from_waker(Waker::noop());
    match handler.as_mut().poll(&mut context) {
        Poll::Ready(outcome) => outcome,
        // It is polled anew there, and whatever it waits for wakes the waker that it sees last.
        Poll::Pending => Ok(future_to_promise(AssertUnwindSafe(handler)).into()),
    }
}

/// A request.
#[wasm_bindgen]
pub fn fetch(
    head: String,
    body: Option<Vec<u8>>,
    request: Request,
    env: Env,
    context: JsValue,
) -> Given {
    at_once(Box::pin(async move {
        let world = Bindings::of_request(env, Context::new(context.unchecked_into()));
        let response = gateway::handle(&world, &Received::new(head, body, request)).await;
        let answer = match response.is_live() {
            true => begin_live(&response, world),
            false => respond(&response).await,
        };
        match answer {
            Ok(response) => Ok(response.into()),
            Err(fault) => Err(js_sys::Error::new(&fault.why()).into()),
        }
    }))
}

/// A batch of the queue.
#[wasm_bindgen]
pub fn queue(batch: JsValue, env: Env) -> Given {
    at_once(Box::pin(async move {
        let batch: MessageBatch<String> =
            MessageBatch::from(batch.unchecked_into::<worker::worker_sys::MessageBatch>());
        queue::consume(batch, env).await;
        Ok(JsValue::UNDEFINED)
    }))
}

/// The schedule.
#[wasm_bindgen]
pub fn scheduled(env: Env) -> Given {
    at_once(Box::pin(async move {
        gateway::gap::sweep(&Bindings::new(env), 0).await;
        Ok(JsValue::UNDEFINED)
    }))
}
