//! Figures of a day across persons and senders, for a glance: counted as rows change, so that
//! reading them costs the same however many messages there are.
//!
//! Storage: `tally(kind, key, sent, delivered, failed, received)`. Kinds: `minute`, its key the
//! minute's beginning in milliseconds; `sender`; `error`, its key Twilio's code; `consent`, `in` or
//! `out`; `rejection`, its key the cause. The last two count in `received`, what came to us.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Ledger;
use super::rows::Row;
use crate::messaging::status::MessageStatus;
use crate::objects::{Command, Object, ObjectFault, read};
use crate::ports::{Host, Millis};
use crate::time::MINUTE;

/// Lines of each kind that are read at most, the largest first.
const LINES: i64 = 50;

/// The tally of a day.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FetchTally {
    /// Minutes from here on; the other lines are of the whole day.
    pub since: Millis,
}

impl Command for FetchTally {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "fetch-tally";
    /// Lines: kind, key, sent, delivered, failed, received.
    type Reply = Vec<Json>;
}

/// Adds webhooks that were refused.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CountRejections {
    /// How many, by cause.
    pub counts: Vec<(String, u32)>,
}

impl Command for CountRejections {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "count-rejections";
    type Reply = ();
}

/// How far a message has come, as far as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Twilio does not have it.
    Ours,
    /// Twilio has it.
    Sent,
    Delivered,
    Failed,
}

fn stage(status: &str) -> Stage {
    match MessageStatus::parse(status) {
        Some(status) if status.has_arrived() => Stage::Delivered,
        Some(status) if status.has_failed() => Stage::Failed,
        None | Some(MessageStatus::Scheduled | MessageStatus::Canceled) => Stage::Ours,
        // A refusal of ours has no status of Twilio's, but "failed" above.
        Some(_) => Stage::Sent,
    }
}

impl<H: Host> Ledger<H> {
    /// Counts what a row's change means. `before` is the status that it had, if it was there.
    pub(super) fn tally_row(&self, row: &Row, before: Option<&str>) -> Result<(), ObjectFault> {
        let minute = |at: Millis| (at - at.rem_euclid(MINUTE)).to_string();
        if row.direction == "inbound" {
            if before.is_none() {
                self.add(&[json!(["minute", minute(row.at), 0, 0, 0, 1])])?;
            }
            return Ok(());
        }
        let (was, is) = (before.map_or(Stage::Ours, stage), stage(&row.status));
        if was == is || is == Stage::Ours {
            return Ok(());
        }
        let again = was == Stage::Failed && is == Stage::Sent;
        let sent = i32::from(was == Stage::Ours || again);
        let delivered = i32::from(is == Stage::Delivered);
        let failed = i32::from(is == Stage::Failed);
        let mut lines = Vec::new();
        // Of some messages only the end is told: they were sent when they were made.
        let told_late = before.is_none() && is != Stage::Sent;
        if sent == 1 && told_late {
            lines.push(json!(["minute", minute(row.at), 1, 0, 0, 0]));
        }
        let sent_now = if told_late { 0 } else { sent };
        if sent_now + delivered + failed > 0 {
            let at = minute(row.updated);
            lines.push(json!(["minute", at, sent_now, delivered, failed, 0]));
        }
        let sender = [&row.sender, &row.service, &row.ours];
        if let Some(sender) = sender.into_iter().flatten().next() {
            lines.push(json!(["sender", sender, sent, delivered, failed, 0]));
        }
        if failed == 1 {
            let code = row.code.unwrap_or(0).to_string();
            lines.push(json!(["error", code, 0, 0, 1, 0]));
        }
        self.add(&lines)
    }

    /// Counts an event that was kept.
    pub(super) fn tally_event(&self, kind: &str) -> Result<(), ObjectFault> {
        let key = match kind {
            "contact.opted_out" => "out",
            "contact.opted_in" => "in",
            _ => return Ok(()),
        };
        self.add(&[json!(["consent", key, 0, 0, 0, 1])])
    }

    pub(super) fn count_rejections(&self, command: &CountRejections) -> Result<(), ObjectFault> {
        let counts = command.counts.iter();
        let lines: Vec<_> = counts
            .map(|(cause, n)| json!(["rejection", cause, 0, 0, 0, n]))
            .collect();
        self.add(&lines)
    }

    /// Adds lines of kind, key and four numbers, in one statement.
    fn add(&self, lines: &[Json]) -> Result<(), ObjectFault> {
        if lines.is_empty() {
            return Ok(());
        }
        let lines = Json::from(lines).to_string();
        self.host.exec(
            "INSERT INTO tally (kind, key, sent, delivered, failed, received)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
             FROM json_each(?) WHERE true
             ON CONFLICT (kind, key) DO UPDATE SET
                sent = sent + excluded.sent, delivered = delivered + excluded.delivered,
                failed = failed + excluded.failed, received = received + excluded.received",
            vec![lines.into()],
        )?;
        Ok(())
    }

    pub(super) fn fetch_tally(&self, command: &FetchTally) -> Result<Vec<Json>, ObjectFault> {
        // Moments have thirteen digits until the year 2286, so their text sorts as they do.
        let rows = self.host.exec(
            "SELECT json_array(kind, key, sent, delivered, failed, received) FROM tally
             WHERE kind = 'minute' AND key >= ?
             UNION ALL
             SELECT json_array(kind, key, sent, delivered, failed, received) FROM (
                SELECT *, row_number() OVER
                    (PARTITION BY kind ORDER BY sent + failed + received DESC, key) AS place
                FROM tally WHERE kind <> 'minute') WHERE place <= ?",
            vec![command.since.to_string().into(), LINES.into()],
        )?;
        rows.iter()
            .filter_map(|row| row.first()?.text())
            .map(|text| read("tally", text))
            .collect()
    }
}
