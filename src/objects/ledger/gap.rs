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

/// A sweep begins. One that runs already is left alone until its lease is over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BeginSweep {
    /// Until when nobody else may begin.
    pub lease: Millis,
}

impl Command for BeginSweep {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "begin-sweep";
    /// Where each track stands.
    type Reply = Option<Vec<Swept>>;
}

/// A page was read, and what it held is on the queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeepSwept {
    /// Where the track stands now.
    pub swept: Swept,
}

impl Command for KeepSwept {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "keep-swept";
    type Reply = ();
}

/// A sweep ends.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EndSweep {}

impl Command for EndSweep {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "end-sweep";
    /// What was found since the last one ended.
    type Reply = Found;
}

/// Something was found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AddFound {
    /// How much.
    pub found: Found,
}

impl Command for AddFound {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "add-found";
    type Reply = ();
}

/// Asks for all of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FetchGap {}

impl Command for FetchGap {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "fetch-gap";
    type Reply = GapView;
}

/// How far the lists were walked, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapView {
    /// The tracks.
    pub swept: Vec<Swept>,
    /// By day (UTC, as in `20261124`), the newest first.
    pub days: Vec<(String, Found)>,
}

impl<H: Host> Ledger<H> {
    pub(super) fn begin_sweep(
        &self,
        command: &BeginSweep,
    ) -> Result<Option<Vec<Swept>>, ObjectFault> {
        let lease: Option<Millis> = self.gap("lease")?;
        if lease.is_some_and(|lease| lease > self.now()) {
            return Ok(None);
        }
        self.keep_gap("lease", &command.lease)?;
        Ok(Some(self.swept()?))
    }

    fn swept(&self) -> Result<Vec<Swept>, ObjectFault> {
        let known: Vec<Swept> = self
            .gap_documents("track:")?
            .iter()
            .map(|(_, text)| read("track", text))
            .collect::<Result<_, _>>()?;
        let tracks = Track::ALL.into_iter().map(|track| {
            let known = known.iter().find(|known| known.track == track).cloned();
            known.unwrap_or(Swept {
                track,
                until: None,
                place: None,
                short: false,
            })
        });
        Ok(tracks.collect())
    }

    pub(super) fn keep_swept(&self, command: &KeepSwept) -> Result<(), ObjectFault> {
        let swept = &command.swept;
        let name = write("track", &swept.track)?;
        self.keep_gap(&["track:", &name].concat(), swept)
    }

    pub(super) fn end_sweep(&self) -> Result<Found, ObjectFault> {
        let news: Found = self.gap("news")?.unwrap_or_default();
        self.host.exec(
            "DELETE FROM gap WHERE key IN ('lease', 'news') OR (key LIKE 'day:%' AND key < ?)",
            vec![
                ["day:", &day(self.now().saturating_sub(KEPT))]
                    .concat()
                    .into(),
            ],
        )?;
        Ok(news)
    }

    pub(super) fn add_found(&self, command: &AddFound) -> Result<(), ObjectFault> {
        let today = ["day:", &day(self.now())].concat();
        for key in ["news", &today] {
            let before: Found = self.gap(key)?.unwrap_or_default();
            self.keep_gap(key, &before.and(command.found))?;
        }
        Ok(())
    }

    pub(super) fn fetch_gap(&self) -> Result<GapView, ObjectFault> {
        let days = self.gap_documents("day:")?.into_iter().rev();
        Ok(GapView {
            swept: self.swept()?,
            days: days
                .map(|(key, text)| {
                    let day = key.trim_start_matches("day:").to_owned();
                    Ok((day, read("found", &text)?))
                })
                .collect::<Result<_, ObjectFault>>()?,
        })
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
