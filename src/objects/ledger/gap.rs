//! How far Twilio's lists were walked, and what was found in them: the instance [`GAP`].

use serde::{Deserialize, Serialize};

use super::Ledger;
use crate::campaign::gap::{Found, Track, Window};
use crate::objects::id::day;
use crate::objects::{Command, Object, ObjectFault, read, write};
use crate::ports::{Host, Millis};

/// The instance that keeps it.
pub const GAP: &str = "gap";
/// Days on which something was found, and which are kept.
const DAYS_KEPT: usize = 31;

/// How far a track was walked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swept {
    /// Which.
    pub track: Track,
    /// Everything before this moment was seen; `None` before the first sweep.
    pub until: Option<Millis>,
    /// In the middle of a window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The last page was too long to be read: shorter ones until the window is through.
    #[serde(default)]
    pub short: bool,
}

impl Swept {
    fn new(track: Track) -> Swept {
        Swept {
            track,
            until: None,
            place: None,
            short: false,
        }
    }
}

/// A place within a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The window.
    pub window: Window,
    /// `next_page_uri`.
    pub next: String,
}

/// Everything that is asked of it, in one command: what is not given is not done.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TurnGap {
    /// A sweep begins, and nobody else may begin one until this moment.
    pub lease: Option<Millis>,
    /// A page was read, and what it held is on the queue: where its track stands now.
    pub swept: Option<Swept>,
    /// This was found.
    pub found: Option<Found>,
    /// The sweep ends, and tells what was found since the last one ended.
    pub end: bool,
}

impl Command for TurnGap {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "turn-gap";
    type Reply = GapView;
}

/// How far the lists were walked, and what was found: the one document of the instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GapView {
    /// Another sweep runs: this one has not begun.
    pub held: bool,
    /// Until when a sweep runs.
    pub lease: Millis,
    /// The tracks.
    pub swept: Vec<Swept>,
    /// What was found since the last sweep ended.
    pub news: Found,
    /// By day (UTC, as in `20261124`), the oldest first.
    pub days: Vec<(String, Found)>,
}

impl<H: Host> Ledger<H> {
    pub(super) fn turn_gap(&self, command: &TurnGap) -> Result<GapView, ObjectFault> {
        let rows = self.host.exec("SELECT document FROM gap", Vec::new())?;
        let mut gap = match rows.first().and_then(|row| row.first()?.text()) {
            Some(text) => read("gap", text)?,
            None => GapView::default(),
        };
        let before = gap.clone();
        for track in Track::ALL {
            if gap.swept.iter().all(|known| known.track != track) {
                gap.swept.push(Swept::new(track));
            }
        }
        let held = command.lease.is_some() && gap.lease > self.now();
        gap.lease = command.lease.filter(|_| !held).unwrap_or(gap.lease);
        for known in &mut gap.swept {
            if let Some(swept) = command.swept.as_ref().filter(|s| s.track == known.track) {
                known.clone_from(swept);
            }
        }
        if let Some(found) = command.found {
            let today = day(self.now());
            gap.news = gap.news.and(found);
            match gap.days.last_mut().filter(|(day, _)| *day == today) {
                Some((_, sum)) => *sum = sum.and(found),
                None => gap.days.push((today, found)),
            }
            if gap.days.len() > DAYS_KEPT {
                gap.days.remove(0);
            }
        }
        let told = GapView {
            held,
            ..gap.clone()
        };
        if command.end {
            gap.lease = 0;
            gap.news = Found::default();
        }
        if gap != before {
            self.host.exec(
                "INSERT OR REPLACE INTO gap (key, document) VALUES (1, ?)",
                vec![write("gap", &gap)?.into()],
            )?;
        }
        Ok(told)
    }
}
