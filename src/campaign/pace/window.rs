//! What a sender sent in the last second, message by message: the exact form of "never more
//! than the limit in any second".
//!
//! It lives in memory only. A window that was just made knows nothing of the second before it
//! and says so: see [`Window::knows`].

use std::collections::VecDeque;

use super::Rate;
use crate::ports::Millis;

/// A second, and as much as two messages may come closer to each other on their way to Twilio.
const LENGTH: Millis = 1_005;

/// The messages of the last second.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Window {
    /// When the first message was noted.
    since: Option<Millis>,
    /// Moments, never falling, and segments.
    sent: VecDeque<(Millis, u32)>,
    /// Segments of `sent`.
    segments: u32,
}

impl Window {
    /// Whether all of the second before a moment was seen.
    pub fn knows(&self, at: Millis) -> bool {
        self.since.is_some_and(|since| at - since >= LENGTH)
    }

    /// The first moment, from `now` on, before which less than the limit was sent in a second.
    pub fn opens_at(&mut self, rate: Rate, now: Millis) -> Millis {
        while let Some((at, segments)) = self.sent.front().copied()
            && at + LENGTH <= now
        {
            self.sent.pop_front();
            self.segments -= segments;
        }
        let limit = rate.segments_per_second().ceil() as u32;
        let (mut left, mut opens) = (self.segments, now);
        for (at, segments) in &self.sent {
            if left < limit {
                break;
            }
            left -= segments;
            opens = at + LENGTH;
        }
        opens
    }

    /// A message goes at a moment that is not before any other's.
    pub fn note(&mut self, at: Millis, segments: u32) {
        self.since.get_or_insert(at);
        self.sent.push_back((at, segments));
        self.segments += segments;
    }
}
