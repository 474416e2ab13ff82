//! Asks where media are what type and size they are of, before Twilio is given the links: what
//! Twilio would say minutes later is said at once.
//!
//! It is a courtesy, not a gate: who does not answer in time, or does not say, is let through.

use super::super::super::fields::Fields;
use super::super::super::world::World;
use crate::messaging::media::{self, BadMedia};
use crate::messaging::sender::Channel;

/// Milliseconds that all of them together may take to answer.
const PATIENCE: u32 = 2_000;

/// Notes a fault at each link to something that the channel does not take.
pub(super) async fn check<W: World>(
    world: &W,
    fields: &mut Fields,
    urls: &[String],
    channel: Channel,
) {
    let can_be = (1..=media::most(channel)).contains(&urls.len())
        && urls.iter().all(|url| media::check(url, channel).is_ok());
    if !can_be || !world.settings().messaging.media_check {
        return;
    }
    let said = world.look(urls, PATIENCE).await;
    let mut lines = said.split('\n');
    let mut together = 0_u64;
    for at in 0..urls.len() {
        let kind = lines.next().unwrap_or_default();
        let bytes = lines.next().and_then(|text| text.parse().ok());
        together = together.saturating_add(bytes.unwrap_or(0));
        if let Err(fault) = media::weigh(kind, bytes, channel) {
            fields.refuse_item("media_urls", at, fault.to_string());
        }
    }
    if let Some(limit) = media::most_together(channel).filter(|limit| together > *limit) {
        fields.refuse("media_urls", BadMedia::Heavy { limit }.to_string());
    }
}
