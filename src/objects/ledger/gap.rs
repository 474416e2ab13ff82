//! How far Twilio's lists were walked, and what was found in them: the instance [`GAP`].

use serde::{Deserialize, Serialize};

use super::Ledger;
use crate::campaign::gap::{Found, Track, Window};
use crate::objects::id::day;
use crate::objects::{Command, Object, ObjectFault, read, write};
use crate::ports::{Host, Millis, Value};
use crate::time::DAY;

/// The instance that keeps it.
pub const GAP: &str = "gap";
/// How long the figures of a day are kept.
const KEPT: Millis = 31 * DAY;

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

/// How far the lists were walked, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapView {
    /// Another sweep runs: this one has not begun.
    pub held: bool,
    /// The tracks.
    pub swept: Vec<Swept>,
    /// What was found since the last sweep ended.
    pub news: Found,
    /// By day (UTC, as in `20261124`), the newest first.
    pub days: Vec<(String, Found)>,
}

impl<H: Host> Ledger<H> {
    pub(super) fn turn_gap(&self, command: &TurnGap) -> Result<GapView, ObjectFault> {
        let mut view = GapView::default();
        if let Some(lease) = command.lease {
            let held: Option<Millis> = self.gap("lease")?;
            view.held = held.is_some_and(|held| held > self.now());
            if !view.held {
                self.keep_gap("lease", &lease)?;
            }
        }
        if let Some(swept) = &command.swept {
            let name = write("track", &swept.track)?;
            self.keep_gap(&["track:", &name].concat(), swept)?;
        }
        if let Some(found) = command.found {
            self.add_found(found)?;
        }
        view.swept = self.swept()?;
        view.news = self.gap("news")?.unwrap_or_default();
        for (key, text) in self.gap_documents("day:")?.into_iter().rev() {
            let day = key.trim_start_matches("day:").to_owned();
            view.days.push((day, read("found", &text)?));
        }
        if command.end {
            let oldest = ["day:", &day(self.now().saturating_sub(KEPT))].concat();
            self.host.exec(
                "DELETE FROM gap WHERE key IN ('lease', 'news') OR (key LIKE 'day:%' AND key < ?)",
                vec![oldest.into()],
            )?;
        }
        Ok(view)
    }

    fn add_found(&self, found: Found) -> Result<(), ObjectFault> {
        let today = ["day:", &day(self.now())].concat();
        for key in ["news", &today] {
            let before: Found = self.gap(key)?.unwrap_or_default();
            self.keep_gap(key, &before.and(found))?;
        }
        Ok(())
    }

    fn swept(&self) -> Result<Vec<Swept>, ObjectFault> {
        let mut tracks = Vec::new();
        for track in Track::ALL {
            let name = write("track", &track)?;
            let known = self.gap(&["track:", &name].concat())?;
            tracks.push(known.unwrap_or(Swept {
                track,
                until: None,
                place: None,
                short: false,
            }));
        }
        Ok(tracks)
    }

    fn gap<T: serde::de::DeserializeOwned>(&self, key: &str) -> Result<Option<T>, ObjectFault> {
        let rows = self
            .host
            .exec("SELECT document FROM gap WHERE key = ?", vec![key.into()])?;
        let text = rows.first().and_then(|row| row.first()?.text());
        text.map(|text| read("gap", text)).transpose()
    }

    fn keep_gap(&self, key: &str, value: &impl Serialize) -> Result<(), ObjectFault> {
        self.host.exec(
            "INSERT OR REPLACE INTO gap (key, document) VALUES (?, ?)",
            vec![key.into(), write("gap", value)?.into()],
        )?;
        Ok(())
    }

    /// The documents whose key begins so, by key.
    fn gap_documents(&self, begin: &str) -> Result<Vec<(String, String)>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT key, document FROM gap WHERE key LIKE ? ORDER BY key",
            vec![[begin, "%"].concat().into()],
        )?;
        let pairs = rows.iter().filter_map(|row| {
            let text = |at: usize| row.get(at).and_then(Value::text).map(str::to_owned);
            Some((text(0)?, text(1)?))
        });
        Ok(pairs.collect())
    }
}
