//! Shows a WhatsApp user that an answer is being written, and marks their message as read.

use std::pin::pin;

use futures_util::future::{Either, select};

use super::world::World;
use crate::log::Record;
use crate::ports::HttpRequest;
use crate::settings::Settings;
use crate::twilio::api::typing;

/// The request that shows it for an inbound message; `None` without credentials.
pub fn request(settings: &Settings, message_sid: &str) -> Option<HttpRequest> {
    let credentials = settings.credentials.as_ref()?;
    Some(typing::indicate(
        &settings.twilio_base("messaging"),
        &credentials.user,
        credentials.password.expose(),
        message_sid,
    ))
}

/// Waits for the answer to an inbound message; when it takes longer than the deployment wants
/// (`TYPING_AFTER_MS`), typing is shown meanwhile. The answer never waits for that.
pub async fn while_it_takes<W: World, T>(
    world: &W,
    message_sid: &str,
    answer: impl Future<Output = T>,
) -> T {
    let settings = world.settings();
    let (Some(after), Some(request)) = (
        settings.messaging.typing_after,
        request(settings, message_sid),
    ) else {
        return answer.await;
    };
    let show = pin!(async {
        world.pause(after).await;
        let shown = world.send(request).await;
        if !shown.is_ok_and(|answer| (200..300).contains(&answer.status)) {
            world.log(Record::warn("typing.not_shown").with("message_sid", message_sid));
        }
    });
    match select(pin!(answer), show).await {
        Either::Left((answer, _)) => answer,
        Either::Right(((), answer)) => answer.await,
    }
}
