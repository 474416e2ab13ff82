//! Webhooks that were refused, counted: in the isolate's memory, and written to the day's ledger
//! after an answer, once in ten seconds at most. A flood of forgeries costs no storage of its
//! own, and the figure is approximate: what an isolate counted last is lost when it ends first.

use std::cell::{Cell, RefCell};

use super::super::world::World;
use crate::objects::id::day;
use crate::objects::ledger::{CountRejections, day_shard};
use crate::ports::Millis;
use crate::time::SECOND;
use crate::twilio::signature::Mismatch;

/// Between two writes of one isolate.
const PAUSE: Millis = 10 * SECOND;

/// What an isolate has counted and not yet written.
#[derive(Debug, Default)]
pub struct Rejections {
    counts: RefCell<Vec<(&'static str, u32)>>,
    written_at: Cell<Millis>,
}

/// The name of a cause.
pub fn cause(mismatch: Mismatch) -> &'static str {
    match mismatch {
        Mismatch::Missing => "missing",
        Mismatch::Malformed => "malformed",
        Mismatch::BodyHashMissing => "body_hash_missing",
        Mismatch::BodyHash => "body_hash",
        Mismatch::Wrong => "wrong",
    }
}

/// Counts one.
pub fn count<W: World>(world: &W, cause: &'static str) {
    let rejections = &world.memory().rejections;
    {
        let mut counts = rejections.counts.borrow_mut();
        match counts.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, n)) => *n = n.saturating_add(1),
            None => counts.push((cause, 1)),
        }
    }
    let age = world.now().saturating_sub(rejections.written_at.get());
    if age >= PAUSE {
        write(world);
    }
}

/// Writes what was counted, if anything was.
pub fn write<W: World>(world: &W) {
    let rejections = &world.memory().rejections;
    let counts = rejections.counts.take();
    if counts.is_empty() {
        return;
    }
    let now = world.now();
    rejections.written_at.set(now);
    let counts = counts.into_iter().map(|(cause, n)| (cause.to_owned(), n));
    let command = CountRejections {
        counts: counts.collect(),
    };
    world.tell(&day_shard(&day(now)), &command);
}
