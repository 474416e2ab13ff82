//! Delivery figures of one sender: what ended, in slots of five minutes, by country, channel,
//! kind of line and error; and the alarm over the last hour.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Ledger;
use crate::messaging::figures::{Alarm, Alert, Counts, Threshold, watch};
use crate::messaging::status::MessageStatus;
use crate::objects::id::{EventId, short_hash};
use crate::objects::{Command, Object, ObjectFault, read, write};
use crate::ports::{Host, Millis, Value};
use crate::time::{DAY, HOUR, MINUTE};

/// Length of a slot.
pub const SLOT: Millis = 5 * MINUTE;
/// The window that the alarm looks at.
const WATCHED: Millis = HOUR;
/// How long figures are kept.
const KEPT: Millis = 35 * DAY;
/// How long an attempt that was counted is known: longer than its event may come again.
const COUNTED_KEPT: Millis = 7 * DAY;

/// The instance that keeps a sender's figures.
pub fn sender_shard(sender: &str) -> String {
    format!("sender-{}", short_hash(sender))
}

/// What a message that ended is counted under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// ISO 3166, or empty when the address does not say.
    pub country: String,
    /// The channel.
    pub channel: String,
    /// What kind of line the person has, by Lookup's name; empty when nobody said.
    #[serde(default)]
    pub line: String,
    /// Twilio's error code, or 0.
    pub code: u32,
}

/// Counts an attempt that ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Count {
    /// The sender, for the alert.
    pub sender: String,
    /// Id of the message and number of the attempt: counted once.
    pub what: String,
    /// When it ended.
    pub at: Millis,
    /// How.
    pub status: MessageStatus,
    /// Under what.
    pub figure: Figure,
    /// When to raise an alert.
    pub threshold: Threshold,
}

impl Command for Count {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "count";
    /// Alerts that were not told yet.
    type Reply = Vec<AlertRow>;
}

/// An alert, until it is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertRow {
    /// The id of its event.
    pub id: EventId,
    /// When the figures showed it.
    pub at: Millis,
    /// What the application is told.
    pub data: serde_json::Value,
}

/// These alerts are on the queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Told {
    /// Their ids.
    pub ids: Vec<EventId>,
}

impl Command for Told {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "told";
    type Reply = ();
}

/// The figures of a time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FetchFigures {
    /// From here on.
    pub since: Millis,
    /// Up to here.
    pub until: Millis,
}

impl Command for FetchFigures {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "fetch-figures";
    type Reply = Vec<FigureRow>;
}

/// What ended in one slot under one heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FigureRow {
    /// When the slot begins.
    pub slot: Millis,
    /// The heading.
    pub figure: Figure,
    /// How many.
    pub counts: Counts,
}

impl<H: Host> Ledger<H> {
    pub(super) fn count(&self, command: &Count) -> Result<Vec<AlertRow>, ObjectFault> {
        let now = self.now();
        let mut counts = Counts::default();
        if !counts.count(command.status) || !self.is_first(&command.what, now)? {
            return self.untold();
        }
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let slot = command.at - command.at.rem_euclid(SLOT);
        let rows = self.host.exec(
            "INSERT INTO figure (slot, country, channel, line, code, delivered, failed, canceled)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (slot, country, channel, line, code) DO UPDATE SET
                delivered = delivered + excluded.delivered, failed = failed + excluded.failed,
                canceled = canceled + excluded.canceled
             RETURNING delivered + failed + canceled",
            vec![
                slot.into(),
                command.figure.country.as_str().into(),
                command.figure.channel.as_str().into(),
                command.figure.line.as_str().into(),
                i64::from(command.figure.code).into(),
                number(counts.delivered).into(),
                number(counts.failed).into(),
                number(counts.canceled).into(),
            ],
        )?;
        // The first of a heading in its slot: often enough to clear away what is old.
        if rows.first().and_then(|row| row.first()?.int()) == Some(1) {
            self.forget_old(now)?;
        }
        if self.look(command, now)? {
            return self.untold();
        }
        Ok(Vec::new())
    }

    fn forget_old(&self, now: Millis) -> Result<(), ObjectFault> {
        for (statement, kept) in [
            ("DELETE FROM figure WHERE slot < ?", KEPT),
            ("DELETE FROM counted WHERE at < ?", COUNTED_KEPT),
            ("DELETE FROM alert WHERE told = 1 AND at < ?", KEPT),
        ] {
            self.host
                .exec(statement, vec![now.saturating_sub(kept).into()])?;
        }
        Ok(())
    }

    /// Whether an attempt is counted for the first time.
    fn is_first(&self, what: &str, now: Millis) -> Result<bool, ObjectFault> {
        let rows = self.host.exec(
            "INSERT INTO counted (id, at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING RETURNING id",
            vec![what.into(), now.into()],
        )?;
        Ok(!rows.is_empty())
    }

    /// Looks at the last hour and keeps an alert where the alarm changes. Whether there are
    /// alerts to be told.
    fn look(&self, command: &Count, now: Millis) -> Result<bool, ObjectFault> {
        let rows = self.host.exec(
            "SELECT SUM(delivered), SUM(failed), SUM(canceled),
                (SELECT state FROM alarm_state), (SELECT COUNT(*) FROM alert WHERE told = 0)
             FROM figure WHERE slot > ?",
            vec![now.saturating_sub(WATCHED).into()],
        )?;
        let number = |at: usize| {
            let value = rows
                .first()
                .and_then(|row| row.get(at))
                .and_then(Value::int);
            value.and_then(|n| u64::try_from(n).ok()).unwrap_or(0)
        };
        let counts = Counts {
            delivered: number(0),
            failed: number(1),
            canceled: number(2),
        };
        let alarm = match rows.first().and_then(|row| row.get(3)?.text()) {
            Some("raised") => Alarm::Raised,
            _ => Alarm::Quiet,
        };
        let (next, alert) = watch(alarm, &counts, &command.threshold);
        let Some(alert) = alert else {
            return Ok(number(4) > 0);
        };
        let state = match next {
            Alarm::Raised => "raised",
            Alarm::Quiet => "quiet",
        };
        self.host.exec(
            "INSERT INTO alarm_state (one, state) VALUES (1, ?)
             ON CONFLICT (one) DO UPDATE SET state = excluded.state",
            vec![state.into()],
        )?;
        let row = AlertRow {
            id: EventId::derived(now, &[&command.sender, &command.what, state]),
            at: now,
            data: json!({
                "sender": command.sender,
                "alert": match alert { Alert::Raised => "raised", Alert::Ended => "ended" },
                "delivered": counts.delivered, "failed": counts.failed,
                "rate_percent": counts.rate().map(|rate| f64::from(rate) / 100.0),
                "below_percent": f64::from(command.threshold.below) / 100.0,
                "window_seconds": WATCHED / 1_000,
            }),
        };
        self.host.exec(
            "INSERT INTO alert (id, at, document, told) VALUES (?, ?, ?, 0)",
            vec![
                row.id.as_str().into(),
                now.into(),
                write("alert", &row)?.into(),
            ],
        )?;
        Ok(true)
    }

    fn untold(&self) -> Result<Vec<AlertRow>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT document FROM alert WHERE told = 0 ORDER BY at LIMIT 20",
            Vec::new(),
        )?;
        rows.iter()
            .filter_map(|row| row.first()?.text())
            .map(|text| read("alert", text))
            .collect()
    }

    pub(super) fn told(&self, command: &Told) -> Result<(), ObjectFault> {
        for id in &command.ids {
            self.host.exec(
                "UPDATE alert SET told = 1 WHERE id = ?",
                vec![id.as_str().into()],
            )?;
        }
        Ok(())
    }

    pub(super) fn figures(&self, command: &FetchFigures) -> Result<Vec<FigureRow>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT slot, country, channel, line, code, delivered, failed, canceled FROM figure
             WHERE slot >= ? AND slot < ? ORDER BY slot, country, channel, line, code",
            vec![command.since.into(), command.until.into()],
        )?;
        Ok(rows.iter().filter_map(|row| figure_row(row)).collect())
    }
}

fn figure_row(row: &[Value]) -> Option<FigureRow> {
    let [
        slot,
        country,
        channel,
        line,
        code,
        delivered,
        failed,
        canceled,
    ] = row
    else {
        return None;
    };
    let number = |value: &Value| value.int().and_then(|n| u64::try_from(n).ok());
    Some(FigureRow {
        slot: slot.int()?,
        figure: Figure {
            country: country.text()?.to_owned(),
            channel: channel.text()?.to_owned(),
            line: line.text()?.to_owned(),
            code: u32::try_from(code.int()?).ok()?,
        },
        counts: Counts {
            delivered: number(delivered)?,
            failed: number(failed)?,
            canceled: number(canceled)?,
        },
    })
}
