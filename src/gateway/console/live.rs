//! `GET /v1/live`: the overview as server-sent events (HTML standard, "Server-sent events"). Each
//! step says what to write next; the platform writes it and comes back.
//!
//! A stream costs its connection's own questions: three every two seconds, shared by all that
//! one isolate has, and none once the reader has gone, since each step ends in a write.

use std::rc::Rc;

use super::super::world::World;
use super::overview;
use crate::ports::Millis;
use crate::time::{MINUTE, SECOND};

/// Between two looks.
const PAUSE: Millis = 2 * SECOND;
/// Then it ends. The browser connects again, and proves anew who it is.
const LASTS: Millis = 5 * MINUTE;

/// A stream under way.
#[derive(Debug, Default)]
pub struct Live {
    until: Option<Millis>,
    shown: Option<Rc<str>>,
}

impl Live {
    /// What is to be written next; `None` when the stream has lasted long enough.
    pub async fn next<W: World>(&mut self, world: &W) -> Option<String> {
        let until = *self.until.get_or_insert(world.now().saturating_add(LASTS));
        if self.shown.is_some() {
            world.pause(PAUSE).await;
        }
        let now = world.now();
        if now >= until {
            return None;
        }
        let text = overview::text(world, PAUSE - SECOND / 10).await;
        if self.shown.as_ref() == Some(&text) {
            // A comment: it finds out whether anybody still reads.
            return Some(":\n\n".to_owned());
        }
        let document = overview::at(now, &text);
        self.shown = Some(text);
        Some(["event: overview\ndata: ", &document, "\n\n"].concat())
    }
}
