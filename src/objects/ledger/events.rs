//! Events as they are kept for the application: what became of each delivery, and the event
//! itself for as long as it can be replayed.

use serde::{Deserialize, Serialize};

use super::rows::{Place, Row, end};
use super::{EVENTS_KEPT, Ledger};
use crate::objects::contact::Event;
use crate::objects::id::ContactName;
use crate::objects::{Command, Object, ObjectFault, read, write};
use crate::ports::{Host, Value};

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventState {
    /// It is being delivered.
    Pending,
    /// The application took it.
    Delivered,
    /// The application did not take it for 72 hours, or said that it never will.
    Dead,
    /// No application is configured.
    Kept,
}

impl EventState {
    fn name(self) -> &'static str {
        match self {
            EventState::Pending => "pending",
            EventState::Delivered => "delivered",
            EventState::Dead => "dead",
            EventState::Kept => "kept",
        }
    }

    fn parse(name: &str) -> EventState {
        match name {
            "delivered" => EventState::Delivered,
            "dead" => EventState::Dead,
            "kept" => EventState::Kept,
            _ => EventState::Pending,
        }
    }
}

/// An event as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRow {
    /// The event.
    pub event: Event,
    /// What became of it.
    pub state: EventState,
    /// Deliveries that were tried.
    pub tries: u32,
    /// HTTP status of the last answer; absent when none came.
    pub answer: Option<u16>,
}

/// Keeps an event; one that is there already stays as it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeepEvent {
    /// The event.
    pub event: Event,
    /// What is to become of it.
    pub state: EventState,
    /// The message that it is about, where that was made on the same day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<Row>,
}

impl Command for KeepEvent {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "keep-event";
    /// What had become of it before.
    type Reply = EventState;
}

/// Notes what became of a delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MarkEvent {
    /// Whose.
    pub id: String,
    /// What.
    pub state: EventState,
    /// The application's answer.
    pub answer: Option<u16>,
}

impl Command for MarkEvent {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "mark-event";
    type Reply = ();
}

/// One event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FetchEvent {
    /// Its id.
    pub id: String,
}

impl Command for FetchEvent {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "fetch-event";
    type Reply = Option<EventRow>;
}

/// The events of a day, newest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListEvents {
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only those of which this became.
    pub state: Option<EventState>,
    /// Only those before this place.
    pub before: Option<Place>,
    /// At most so many.
    pub limit: u32,
}

impl Command for ListEvents {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "list-events";
    type Reply = Vec<EventRow>;
}

impl<H: Host> Ledger<H> {
    pub(super) fn keep_event(&self, command: &KeepEvent) -> Result<EventState, ObjectFault> {
        let event = &command.event;
        if let Some(row) = &command.row {
            self.index(row)?;
        }
        let rows = self.host.exec(
            "SELECT state FROM event WHERE id = ?",
            vec![event.id.as_str().into()],
        )?;
        if let Some(known) = rows.first().and_then(|row| row.first()?.text()) {
            return Ok(EventState::parse(known));
        }
        let contact = event.contact.as_ref().map(ContactName::as_str);
        let kept = self.host.exec(
            "INSERT INTO event (id, at, kind, contact, document, state, tries)
             SELECT ?, ?, ?, ?, ?, ?, 0
             WHERE NOT EXISTS (SELECT 1 FROM gone WHERE contact = ? AND at >= ?)
             RETURNING id",
            vec![
                event.id.as_str().into(),
                event.at.into(),
                event.kind.as_str().into(),
                contact.into(),
                write("event", event)?.into(),
                command.state.name().into(),
                contact.into(),
                event.at.into(),
            ],
        )?;
        // Nothing is told any more about a person who was erased since.
        if kept.is_empty() {
            return Ok(EventState::Dead);
        }
        self.tally_event(&event.kind)?;
        Ok(command.state)
    }

    pub(super) fn mark_event(&self, command: &MarkEvent) -> Result<(), ObjectFault> {
        self.host.exec(
            "UPDATE event SET state = ?, tries = tries + 1, answer = ? WHERE id = ?",
            vec![
                command.state.name().into(),
                command.answer.map(i64::from).into(),
                command.id.as_str().into(),
            ],
        )?;
        Ok(())
    }

    pub(super) fn event(&self, command: &FetchEvent) -> Result<Option<EventRow>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT document, state, tries, answer FROM event WHERE id = ? AND at >= ?",
            vec![
                command.id.as_str().into(),
                self.now().saturating_sub(EVENTS_KEPT).into(),
            ],
        )?;
        rows.first().map(|row| event_row(row)).transpose()
    }

    pub(super) fn list_events(&self, command: &ListEvents) -> Result<Vec<EventRow>, ObjectFault> {
        let before = command.before.clone().unwrap_or_else(end);
        let kind = command.kind.as_deref();
        let state = command.state.map(EventState::name);
        let oldest = self.now().saturating_sub(EVENTS_KEPT);
        let rows = self.host.exec(
            "SELECT document, state, tries, answer FROM event
             WHERE (at, id) < (?, ?) AND at >= ? AND (? IS NULL OR kind = ?) AND (? IS NULL OR state = ?)
             ORDER BY at DESC, id DESC LIMIT ?",
            vec![
                before.at.into(),
                before.id.into(),
                oldest.into(),
                kind.into(),
                kind.into(),
                state.into(),
                state.into(),
                i64::from(command.limit).into(),
            ],
        )?;
        rows.iter().map(|row| event_row(row)).collect()
    }
}

fn event_row(row: &[Value]) -> Result<EventRow, ObjectFault> {
    let text = |at: usize| row.get(at).and_then(Value::text).unwrap_or_default();
    let number = |at: usize| row.get(at).and_then(Value::int);
    Ok(EventRow {
        event: read("event", text(0))?,
        state: EventState::parse(text(1)),
        tries: number(2).and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
        answer: number(3).and_then(|n| u16::try_from(n).ok()),
    })
}
