//! Taking in what came of messages: from the sender, from callbacks, from their journals.

use serde_json::json;

use super::commands::{Outcome, Settle};
use super::store::Document;
use super::{Campaign, ObjectFault};
use crate::campaign::state::{Reached, Status};
use crate::objects::peers::{Peers, ask};
use crate::objects::sender::Strike;
use crate::objects::{read, write};
use crate::ports::{Millis, Value};
use crate::sorted::SortedMap;
use crate::time::SECOND;

/// A message that is pending is asked about after so long, and again and again.
const LOOK_AGAIN: Millis = 15 * SECOND;

impl<H: Peers> Campaign<H> {
    pub(super) async fn settle(&self, command: &Settle) -> Result<(), ObjectFault> {
        let Some(document) = self.document()? else {
            return Ok(());
        };
        self.take_in(&document, &command.outcomes)?;
        self.shrink(command)?;
        if let Some(why) = command.outcomes.iter().find_map(halting) {
            self.halt(why).await?;
        }
        if command
            .outcomes
            .iter()
            .any(|outcome| outcome.reached == Reached::Pending)
        {
            self.arm_watch().await?;
        }
        if document.status == Status::Running && self.nobody_is_left(&document)? {
            self.complete(document, None)?;
        }
        Ok(())
    }

    /// A status callback. A failure may not be the last word: the contact may have planned
    /// another attempt, so its journal is asked.
    pub(super) async fn report(&self, mut outcome: Outcome) -> Result<(), ObjectFault> {
        let Some(document) = self.document()? else {
            return Ok(());
        };
        let code = outcome.code;
        if outcome.reached == Reached::Failed {
            outcome = self.look_up(&document, outcome).await?;
        }
        let pending = outcome.reached == Reached::Pending;
        let sent_at = self.take_in(&document, &[outcome])?;
        if let (Some(code), Some(sent_at)) = (code, sent_at) {
            // A complaint about the pace is the sender's business; any other it ignores.
            let strike = Strike { code, sent_at };
            let _ = ask(&self.host, &document.definition.sender, &strike).await;
        }
        if pending {
            self.arm_watch().await?;
        }
        Ok(())
    }

    /// Moves recipients on. Returns when the last of them had been sent.
    pub(super) fn take_in(
        &self,
        document: &Document,
        outcomes: &[Outcome],
    ) -> Result<Option<Millis>, ObjectFault> {
        let before = self.standing(document, outcomes)?;
        let now = self.now();
        let mut changes = Vec::new();
        let mut noted = Vec::new();
        let mut moved: SortedMap<(i64, String), i64> = SortedMap::new();
        let mut sent_at = None;
        for outcome in outcomes {
            let Some(stands) = before.get(&outcome.line) else {
                continue;
            };
            if stands.attempt != outcome.attempt {
                continue;
            }
            sent_at = stands.at.or(sent_at);
            if outcome.reached == Reached::Waiting {
                if stands.reached == Reached::Waiting {
                    self.put_off(outcome.line, outcome.again.unwrap_or(now))?;
                }
                continue;
            }
            if !stands.reached.gives_way_to(outcome.reached) {
                continue;
            }
            let class = outcome.class.map_or("", |class| class.as_str());
            *moved.or_default((stands.reached.number(), String::new())) -= 1;
            *moved.or_default((outcome.reached.number(), class.to_owned())) += 1;
            let at = stands.at.unwrap_or(now);
            changes.push(json!([
                outcome.line,
                outcome.reached.number(),
                outcome.class,
                outcome.code,
                outcome.sid,
                at
            ]));
            noted.push(outcome);
        }
        self.note_pending(&noted, now)?;
        self.apply(document, &changes)?;
        for ((state, class), by) in moved {
            if let Some(reached) = Reached::of(state).filter(|reached| *reached != Reached::Waiting)
            {
                self.recount(reached, Some(&class), by)?;
            }
        }
        Ok(sent_at)
    }

    fn apply(&self, document: &Document, changes: &[serde_json::Value]) -> Result<(), ObjectFault> {
        if changes.is_empty() {
            return Ok(());
        }
        self.host.exec(
            &format!(
                "UPDATE {} AS r SET state = value ->> 1, class = value ->> 2, code = value ->> 3,
                    sid = COALESCE(value ->> 4, r.sid), at = value ->> 5
                 FROM json_each(?) WHERE r.line = value ->> 0",
                document.table()
            ),
            vec![write("changes", &changes)?.into()],
        )?;
        Ok(())
    }

    fn put_off(&self, line: u64, at: Millis) -> Result<(), ObjectFault> {
        self.host.exec(
            "INSERT OR REPLACE INTO again (line, at) VALUES (?, ?)",
            vec![i64::try_from(line).unwrap_or(0).into(), at.into()],
        )?;
        Ok(())
    }

    /// Those who are pending are asked about later; the others need not be any more.
    fn note_pending(&self, moved: &[&Outcome], now: Millis) -> Result<(), ObjectFault> {
        let mut settled = Vec::new();
        for outcome in moved {
            if outcome.reached != Reached::Pending {
                settled.push(outcome.line);
                continue;
            }
            let look_at = outcome.again.unwrap_or(now.saturating_add(LOOK_AGAIN));
            let line = i64::try_from(outcome.line).unwrap_or(0);
            self.host.exec(
                "INSERT OR REPLACE INTO pending (line, at) VALUES (?, ?)",
                vec![line.into(), look_at.into()],
            )?;
        }
        if !settled.is_empty() {
            self.host.exec(
                "DELETE FROM pending WHERE line IN (SELECT value FROM json_each(?))",
                vec![write("lines", &settled)?.into()],
            )?;
        }
        Ok(())
    }

    /// Where the recipients stand, by line.
    fn standing(
        &self,
        document: &Document,
        outcomes: &[Outcome],
    ) -> Result<SortedMap<u64, Stands>, ObjectFault> {
        let lines: Vec<u64> = outcomes.iter().map(|outcome| outcome.line).collect();
        let rows = self.host.exec(
            &format!(
                "SELECT line, state, attempt, at FROM {}
                 WHERE line IN (SELECT value FROM json_each(?))",
                document.table()
            ),
            vec![write("lines", &lines)?.into()],
        )?;
        let stands = rows.iter().filter_map(|row| {
            let [line, state, attempt, at] = row.as_slice() else {
                return None;
            };
            let line = u64::try_from(line.int()?).ok()?;
            let reached = Reached::of(state.int()?)?;
            let attempt = u32::try_from(attempt.int()?).ok()?;
            Some((
                line,
                Stands {
                    reached,
                    attempt,
                    at: at.int(),
                },
            ))
        });
        Ok(stands.collect())
    }

    /// Takes what is settled out of its claim.
    fn shrink(&self, command: &Settle) -> Result<(), ObjectFault> {
        let rows = self.host.exec(
            "SELECT lines FROM claim WHERE id = ?",
            vec![command.claim.into()],
        )?;
        let Some(lines) = rows
            .first()
            .and_then(|row| row.first())
            .and_then(Value::text)
        else {
            return Ok(());
        };
        let mut lines: Vec<u64> = read("lines", lines)?;
        lines.retain(|line| command.outcomes.iter().all(|outcome| outcome.line != *line));
        if lines.is_empty() {
            self.host
                .exec("DELETE FROM claim WHERE id = ?", vec![command.claim.into()])?;
            return Ok(());
        }
        let release = if command.release { ", until = 0" } else { "" };
        self.host.exec(
            &format!("UPDATE claim SET lines = ?{release} WHERE id = ?"),
            vec![write("lines", &lines)?.into(), command.claim.into()],
        )?;
        Ok(())
    }
}

struct Stands {
    reached: Reached,
    attempt: u32,
    at: Option<Millis>,
}

/// Errors that every further message of the campaign would end in as well.
fn halting(outcome: &Outcome) -> Option<&'static str> {
    match outcome.code? {
        10_001 | 20_005 | 30_002 => Some("The Twilio account is not active."),
        20_003 => Some("Twilio refuses the credentials."),
        21_212 | 21_606 | 21_659 | 21_660 => Some("Twilio refuses the sender."),
        21_701..=21_705 => Some("Twilio refuses the Messaging Service."),
        30_034 => Some("The sender is not registered with the carriers."),
        _ => None,
    }
}
