//! Giving out what is to be sent.
//!
//! In this order: claims whose holder is gone or whose lease is over, tries that were put off
//! and are due, and then the list, group by group, those whose night it is left out.

use super::commands::{Batch, Claim, Claimed, Outgoing, Purpose};
use super::store::Document;
use super::{Campaign, ObjectFault};
use crate::campaign::content::Rendered;
use crate::campaign::recipients::Variables;
use crate::campaign::state::Status;
use crate::messaging::lint::Kind;
use crate::messaging::quiet::{self, Timing};
use crate::objects::contact::{Options, Template};
use crate::objects::id::{self, ContactName, Id};
use crate::objects::peers::Peers;
use crate::objects::{read, write};
use crate::ports::{Millis, Value};
use crate::time::SECOND;

/// How long a claim is the holder's. Far longer than it takes at any pace, since a holder that
/// died is known by its successor; it is for one that lives and forgot.
const LEASE: Millis = 300 * SECOND;
/// The columns that a message is made from.
const COLUMNS: &str = "line, attempt, person, address, variables, segments";

impl<H: Peers> Campaign<H> {
    pub(super) async fn claim(&self, command: &Claim) -> Result<Claimed, ObjectFault> {
        let Some(document) = self.document()?.filter(|d| d.status == Status::Running) else {
            return Ok(Claimed::Stopped);
        };
        let now = self.now();
        if document
            .definition
            .deadline
            .is_some_and(|deadline| now >= deadline)
        {
            self.complete(document, Some("deadline"))?;
            return Ok(Claimed::Stopped);
        }
        if let Some(batch) = self.claimed_before(&document, command)? {
            return Ok(Claimed::Batch(batch));
        }
        let mut lines = self.due_again(command.most, now)?;
        let mut opens = None;
        if lines.is_empty() {
            (lines, opens) = self.next_of_list(&document, command.most, now)?;
        }
        if !lines.is_empty() {
            return Ok(Claimed::Batch(self.give_out(&document, command, &lines)?));
        }
        let again = self.number("SELECT MIN(at) FROM again", Vec::new())?;
        match (again, opens) {
            (Some(again), Some(opens)) => Ok(Claimed::Later(again.min(opens))),
            (Some(at), None) | (None, Some(at)) => Ok(Claimed::Later(at)),
            (None, None) => {
                // The rest is the watch's: what is pending, and the end.
                self.host.set_alarm(now).await?;
                Ok(Claimed::Drained)
            }
        }
    }

    /// A claim that nobody works on any more.
    fn claimed_before(
        &self,
        document: &Document,
        command: &Claim,
    ) -> Result<Option<Batch>, ObjectFault> {
        loop {
            let rows = self.host.exec(
                "SELECT id, lines FROM claim WHERE holder <> ? OR until <= ? ORDER BY id LIMIT 1",
                vec![command.holder.as_str().into(), self.now().into()],
            )?;
            let Some([id, lines]) = rows.first().map(Vec::as_slice) else {
                return Ok(None);
            };
            let (Some(id), Some(lines)) = (id.int(), lines.text()) else {
                return Ok(None);
            };
            let messages = self.messages(document, lines)?;
            if messages.is_empty() {
                self.host
                    .exec("DELETE FROM claim WHERE id = ?", vec![id.into()])?;
                continue;
            }
            self.host.exec(
                "UPDATE claim SET holder = ?, until = ? WHERE id = ?",
                vec![
                    command.holder.as_str().into(),
                    self.now().saturating_add(LEASE).into(),
                    id.into(),
                ],
            )?;
            return Ok(Some(Batch {
                claim: id,
                messages,
            }));
        }
    }

    fn give_out(
        &self,
        document: &Document,
        command: &Claim,
        lines: &[i64],
    ) -> Result<Batch, ObjectFault> {
        let lines = write("lines", &lines)?;
        self.host.exec(
            "INSERT INTO claim (holder, until, lines) VALUES (?, ?, ?)",
            vec![
                command.holder.as_str().into(),
                self.now().saturating_add(LEASE).into(),
                lines.as_str().into(),
            ],
        )?;
        let claim = self
            .number("SELECT MAX(id) FROM claim", Vec::new())?
            .unwrap_or(0);
        Ok(Batch {
            claim,
            messages: self.messages(document, &lines)?,
        })
    }

    fn due_again(&self, most: u32, now: Millis) -> Result<Vec<i64>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT line FROM again WHERE at <= ? ORDER BY at, line LIMIT ?",
            vec![now.into(), i64::from(most).into()],
        )?;
        let lines: Vec<i64> = numbers(&rows);
        self.host.exec(
            "DELETE FROM again WHERE line IN (SELECT value FROM json_each(?))",
            vec![write("lines", &lines)?.into()],
        )?;
        Ok(lines)
    }

    /// The next lines of the list, or when there will be some.
    fn next_of_list(
        &self,
        document: &Document,
        most: u32,
        now: Millis,
    ) -> Result<(Vec<i64>, Option<Millis>), ObjectFault> {
        let name = document.table();
        let Some(hours) = document.definition.quiet_hours else {
            let statement = format!("SELECT line FROM {name} WHERE line > ? ORDER BY line LIMIT ?");
            return Ok((self.advance(&statement, 0, most)?, None));
        };
        let statement =
            format!("SELECT line FROM {name} WHERE line > ? AND place = ? ORDER BY line LIMIT ?");
        let mut opens: Option<Millis> = None;
        for (place, group) in document.tally.groups.iter().enumerate() {
            match quiet::next_allowed(now, &group.sample, hours) {
                Timing::Now | Timing::Unknown => {
                    let lines = self.advance(&statement, place, most)?;
                    if !lines.is_empty() {
                        return Ok((lines, None));
                    }
                }
                Timing::At(at) => {
                    let cursor = self.cursor(place)?;
                    let left = format!("SELECT 1 FROM {name} WHERE line > ? AND place = ? LIMIT 1");
                    let place = i64::try_from(place).unwrap_or(0);
                    if self
                        .number(&left, vec![cursor.into(), place.into()])?
                        .is_some()
                    {
                        opens = Some(opens.map_or(at, |opens| opens.min(at)));
                    }
                }
            }
        }
        Ok((Vec::new(), opens))
    }

    fn cursor(&self, place: usize) -> Result<i64, ObjectFault> {
        let place = i64::try_from(place).unwrap_or(0);
        let line = self.number(
            "SELECT line FROM cursor WHERE place = ?",
            vec![place.into()],
        )?;
        Ok(line.unwrap_or(0))
    }

    /// The next lines of a group, and its cursor behind them.
    fn advance(&self, statement: &str, place: usize, most: u32) -> Result<Vec<i64>, ObjectFault> {
        let mut bindings: Vec<Value> = vec![self.cursor(place)?.into()];
        let place = i64::try_from(place).unwrap_or(0);
        if statement.contains("place = ?") {
            bindings.push(place.into());
        }
        bindings.push(i64::from(most).into());
        let lines = numbers(&self.host.exec(statement, bindings)?);
        if let Some(last) = lines.last() {
            self.host.exec(
                "INSERT INTO cursor (place, line) VALUES (?, ?)
                 ON CONFLICT (place) DO UPDATE SET line = excluded.line",
                vec![place.into(), (*last).into()],
            )?;
        }
        Ok(lines)
    }

    /// The messages of those among `lines` (a JSON array) who still wait.
    fn messages(&self, document: &Document, lines: &str) -> Result<Vec<Outgoing>, ObjectFault> {
        let rows = self.host.exec(
            &format!(
                "SELECT {COLUMNS} FROM {} WHERE state = 0
                 AND line IN (SELECT value FROM json_each(?)) ORDER BY line",
                document.table()
            ),
            vec![lines.into()],
        )?;
        rows.iter()
            .filter_map(|row| outgoing(document, row).transpose())
            .collect()
    }
}

/// One message. `None` for a row that is not one, which only a fault of ours can make.
fn outgoing(document: &Document, row: &[Value]) -> Result<Option<Outgoing>, ObjectFault> {
    let [line, attempt, person, address, variables, segments] = row else {
        return Ok(None);
    };
    let (Some(line), Some(attempt), Some(segments)) =
        (unsigned(line), unsigned(attempt), unsigned(segments))
    else {
        return Ok(None);
    };
    let (Some(person), Some(to), Some(variables)) =
        (person.text(), address.text(), variables.text())
    else {
        return Ok(None);
    };
    let variables: Variables = read("variables", variables)?;
    let Ok(rendered) = document.definition.content.render(&variables) else {
        return Ok(None);
    };
    let (body, template) = match rendered {
        Rendered::Body(body) => (body, None),
        Rendered::Template {
            content_sid,
            content_variables,
        } => {
            let template = Template {
                content_sid,
                variables: content_variables,
                category: None,
            };
            (String::new(), Some(template))
        }
    };
    let id = message_id(document, person, line, attempt);
    let sender = document.definition.sender.clone();
    let (from, messaging_service_sid) = if document.definition.is_service() {
        (None, Some(sender))
    } else {
        (Some(sender), None)
    };
    Ok(Some(Outgoing {
        from,
        messaging_service_sid,
        status_callback: format!(
            "{}?m={id}&c={}&l={line}&t={attempt}",
            document.status_callback, document.id
        ),
        line,
        attempt: u32::try_from(attempt).unwrap_or(u32::MAX),
        id,
        to: to.to_owned(),
        body,
        options: Options {
            kind: match document.definition.kind {
                Purpose::Marketing => Kind::Marketing,
                Purpose::Transactional => Kind::Transactional,
            },
            template,
            give_up_at: document.definition.deadline,
            quiet_hours: document.definition.quiet_hours,
            campaign: Some(document.id.clone()),
            ..Options::default()
        },
        segments: u32::try_from(segments).unwrap_or(1),
    }))
}

/// The id of one attempt at one recipient: always the same one.
pub(super) fn message_id(document: &Document, person: &str, line: u64, attempt: u64) -> Id {
    let contact = ContactName::of_hash(person);
    Id::derived(
        id::Kind::Message,
        &contact,
        &document.id,
        &format!("{line}/{attempt}"),
    )
}

fn unsigned(value: &Value) -> Option<u64> {
    value.int().and_then(|n| u64::try_from(n).ok())
}

fn numbers(rows: &[Vec<Value>]) -> Vec<i64> {
    rows.iter()
        .filter_map(|row| row.first().and_then(Value::int))
        .collect()
}
