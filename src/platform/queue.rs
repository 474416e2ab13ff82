//! The queue: commands whose object did not answer when Twilio called, and events on their
//! way to the application.
//!
//! Delivery is at least once, and every command may be carried out twice. The handler never
//! returns an error: the platform would make it a panic. It settles each message itself.

use serde::{Deserialize, Serialize};
use worker::{Env, MessageBatch, MessageExt, QueueRetryOptions, QueueRetryOptionsBuilder};

use super::bindings::{self, Bindings};
use crate::gateway::events::{self, Verdict};
use crate::json;
use crate::log::Record;

/// Seconds until a command that failed again is tried again.
const RETRY_AFTER: u32 = 30;

/// One command, on its way.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Job {
    /// The binding's name.
    pub(super) object: String,
    /// The object's name.
    pub(super) name: String,
    /// The command's.
    pub(super) verb: String,
    /// The command.
    pub(super) body: String,
}

/// Carries out a batch. Messages are read raw: one that cannot be parsed must not take the
/// others with it.
pub(super) async fn consume(batch: MessageBatch<String>, env: Env) {
    let world = Bindings::new(env);
    for message in batch.raw_iter() {
        let Some(text) = message.body().as_string() else {
            bindings::log(&Record::error("queue.unreadable").with("id", message.id()));
            message.ack();
            continue;
        };
        let Ok(job) = json::read::<Job>(&text) else {
            match events::consume(&world, &text).await {
                Verdict::Done => message.ack(),
                Verdict::Again(seconds) => message.retry_with_options(&later(seconds)),
            }
            continue;
        };
        match world
            .ask_text(&job.object, &job.name, &job.verb, &job.body)
            .await
        {
            Ok(_) => message.ack(),
            Err(_) => {
                message.retry_with_options(&later(RETRY_AFTER));
            }
        }
    }
}

fn later(seconds: u32) -> QueueRetryOptions {
    QueueRetryOptionsBuilder::new()
        .with_delay_seconds(seconds)
        .build()
}
