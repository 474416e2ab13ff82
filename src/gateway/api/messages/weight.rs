//! Asks where media are what type and size they are of, before Twilio is given the links: what
//! Twilio would say minutes later is said at once.
//!
//! It is a courtesy, not a gate: who does not answer in time, or does not say, is let through.

use futures_util::future::{Either, join_all, select};

use super::super::super::fields::Fields;
use super::super::super::world::World;
use crate::messaging::media::{self, BadMedia, Medium};
use crate::messaging::sender::Channel;
use crate::ports::{HttpRequest, Millis};
use crate::time::SECOND;

/// How long all of them together may take to answer.
const PATIENCE: Millis = 2 * SECOND;

/// Notes a fault at each link to something that the channel does not take.
pub(super) async fn check<W: World>(
    world: &W,
    fields: &mut Fields,
    urls: &[String],
    channel: Channel,
) {
    let can_be = (1..=media::most(channel)).contains(&urls.len());
    if !can_be || !world.settings().messaging.media_check {
        return;
    }
    let asked = Box::pin(join_all(urls.iter().map(|url| ask(world, url, channel))));
    let media = match select(asked, Box::pin(world.pause(PATIENCE))).await {
        Either::Left((media, _)) => media,
        Either::Right(_) => return,
    };
    let mut together = 0_u64;
    for (at, medium) in media.iter().enumerate() {
        let Some(medium) = medium else { continue };
        together = together.saturating_add(medium.bytes.unwrap_or(0));
        if let Err(fault) = media::weigh(medium, channel) {
            fields.refuse_item("media_urls", at, fault.to_string());
        }
    }
    if let Some(limit) = media::most_together(channel).filter(|limit| together > *limit) {
        fields.refuse("media_urls", BadMedia::Heavy { limit }.to_string());
    }
}

/// What is behind a link; `None` when nobody says, or the link is refused anyway.
async fn ask<W: World>(world: &W, url: &str, channel: Channel) -> Option<Medium> {
    media::check(url, channel).ok()?;
    let request = HttpRequest {
        method: "HEAD",
        url: url.to_owned(),
        authorization: None,
        content_type: None,
        body: String::new(),
    };
    let answer = world.send(request).await.ok()?;
    (200..300).contains(&answer.status).then_some(Medium {
        content_type: answer.content_type,
        bytes: answer.content_length,
    })
}
