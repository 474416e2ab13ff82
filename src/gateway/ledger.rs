//! Reads the ledger across its days, and keeps it as events come by.

use serde::Deserialize;
use serde_json::Value;

use super::published;
use super::world::{Unavailable, World};
use crate::json;
use crate::log::Record;
use crate::messaging::consent::{Change, Scope, Source};
use crate::messaging::status::MessageStatus;
use crate::messaging::zones;
use crate::objects::contact::{Event, PutConsent};
use crate::objects::id::day;
use crate::objects::ledger::{
    AlertRow, ConsentRow, Count, ExecutionRow, Figure, Forget, Index, IndexExecution, LISTED,
    ListExecutionRows, ListRows, Place, RecordConsent, Row, Told, Wanted, consent_shard, day_shard,
    sender_shard,
};
use crate::sorted::SortedMap;
use crate::time::{DAY, parse_rfc3339};
use crate::twilio::address::Address;

/// Days that one request looks through; a cursor goes on from there.
const DAYS: u32 = 31;

/// A page of messages.
pub struct Page {
    /// Newest first.
    pub rows: Vec<Row>,
    /// Where the next page begins, when there may be one.
    pub next: Option<Place>,
}

/// Messages that are wanted, from a place on, newest first.
///
/// # Errors
/// When an object does not answer.
pub async fn messages<W: World>(
    world: &W,
    wanted: &Wanted,
    cursor: Option<Place>,
    limit: u32,
) -> Result<Page, Unavailable> {
    let now = world.now();
    let newest = wanted.until.map_or(now, |until| until.min(now));
    let start = cursor.as_ref().map_or(newest, |place| place.at.min(newest));
    let oldest = wanted.since.unwrap_or(0).max(now.saturating_sub(LISTED));
    let mut before = cursor;
    let mut rows: Vec<Row> = Vec::new();
    let mut midnight = start - start.rem_euclid(DAY);
    for _ in 0..DAYS {
        let missing = limit.saturating_sub(u32::try_from(rows.len()).unwrap_or(limit));
        if missing == 0 || midnight + DAY <= oldest {
            break;
        }
        let command = ListRows {
            wanted: wanted.clone(),
            before: before.take(),
            limit: missing,
        };
        rows.extend(world.ask(&day_shard(&day(midnight)), &command).await?);
        midnight -= DAY;
    }
    let full = rows.len() >= limit as usize;
    let next = match rows.last().filter(|_| full) {
        Some(last) => Some(Place {
            at: last.at,
            id: last.id.clone(),
        }),
        // Nothing on the days looked at does not mean that there is nothing before them.
        None if midnight + DAY > oldest => Some(Place {
            at: midnight + DAY,
            id: String::new(),
        }),
        None => None,
    };
    Ok(Page { rows, next })
}

/// Executions that are wanted, newest first, and where the next page begins.
///
/// # Errors
/// When an object does not answer.
pub async fn executions<W: World>(
    world: &W,
    mut wanted: ListExecutionRows,
) -> Result<(Vec<ExecutionRow>, Option<Place>), Unavailable> {
    let now = world.now();
    let limit = wanted.limit as usize;
    let newest = wanted.until.map_or(now, |until| until.min(now));
    let cursor = wanted.before.as_ref();
    let start = cursor.map_or(newest, |place| place.at.min(newest));
    let oldest = wanted.since.unwrap_or(0).max(now.saturating_sub(LISTED));
    let mut rows: Vec<ExecutionRow> = Vec::new();
    let mut midnight = start - start.rem_euclid(DAY);
    for _ in 0..DAYS {
        if rows.len() >= limit || midnight + DAY <= oldest {
            break;
        }
        wanted.limit = u32::try_from(limit - rows.len()).unwrap_or(0);
        rows.extend(world.ask(&day_shard(&day(midnight)), &wanted).await?);
        wanted.before = None;
        midnight -= DAY;
    }
    let next = match rows.last().filter(|_| rows.len() >= limit) {
        Some(last) => Some((last.at, last.sid.clone())),
        // Nothing on the days looked at does not mean that there is nothing before them.
        None if midnight + DAY > oldest => Some((midnight + DAY, String::new())),
        None => None,
    };
    let next = next.map(|(at, id)| Place { at, id });
    Ok((rows, next))
}

/// The parts of an execution's event that the ledger keeps.
#[derive(Deserialize)]
struct ToldExecution {
    execution_sid: String,
    flow: String,
    revision: u64,
    contact_channel_address: String,
    flow_channel_address: String,
    status: String,
    created_at: String,
    updated_at: String,
}

/// Keeps what an event says about an execution.
///
/// # Errors
/// When an object does not answer; doing it again is safe.
pub async fn keep_execution<W: World>(world: &W, event: &Event) -> Result<(), Unavailable> {
    let Ok(told) = json::read_value::<ToldExecution>(event.data.clone()) else {
        world.log(Record::error("event.unreadable").with("kind", event.kind.as_str()));
        return Ok(());
    };
    let at = parse_rfc3339(&told.created_at).unwrap_or(event.at);
    let row = ExecutionRow {
        sid: told.execution_sid,
        flow: told.flow,
        revision: told.revision,
        ours: told.flow_channel_address,
        theirs: masked(&told.contact_channel_address),
        status: told.status,
        at,
        updated: parse_rfc3339(&told.updated_at).unwrap_or(event.at),
    };
    world
        .ask(&day_shard(&day(at)), &IndexExecution { row })
        .await
}

/// The parts of a message's event that the ledger keeps.
#[derive(Deserialize)]
struct ToldMessage {
    id: String,
    direction: String,
    channel: String,
    from: Option<String>,
    to: String,
    status: String,
    created_at: String,
    updated_at: String,
    #[serde(default)]
    attempt: u32,
    #[serde(default)]
    sender: Option<String>,
    #[serde(default)]
    messaging_service_sid: Option<String>,
    #[serde(default)]
    line_type: String,
    #[serde(default)]
    error: Option<ToldError>,
}

#[derive(Deserialize)]
struct ToldError {
    code: Option<u32>,
}

/// Keeps what an event says about a message, counts an attempt that ended, and tells the alerts
/// that it raises. Gives back the message's row where that is kept together with the event.
///
/// # Errors
/// When an object does not answer; doing it again is safe.
pub async fn keep_message<W: World>(world: &W, event: &Event) -> Result<Option<Row>, Unavailable> {
    let Ok(told) = json::read_value::<ToldMessage>(event.data.clone()) else {
        world.log(Record::error("event.unreadable").with("kind", event.kind.as_str()));
        return Ok(None);
    };
    let at = parse_rfc3339(&told.created_at).unwrap_or(event.at);
    let inbound = told.direction == "inbound";
    let (ours, theirs) = if inbound {
        (Some(told.to.clone()), told.from.clone().unwrap_or_default())
    } else {
        (told.from.clone(), told.to.clone())
    };
    let masked = masked(&theirs);
    let row = Row {
        id: told.id.clone(),
        at,
        updated: parse_rfc3339(&told.updated_at).unwrap_or(event.at),
        sender: told.sender.clone(),
        ours: ours.clone(),
        service: told.messaging_service_sid.clone(),
        status: told.status.clone(),
        direction: told.direction.clone(),
        channel: told.channel.clone(),
        from: if inbound {
            Some(masked.clone())
        } else {
            ours.clone()
        },
        to: if inbound { told.to.clone() } else { masked },
        code: told.error.as_ref().and_then(|error| error.code),
    };
    let code = row.code;
    let made_on = day(at);
    let row = if made_on == event.id.day() {
        Some(row)
    } else {
        world.ask(&day_shard(&made_on), &Index { row }).await?;
        None
    };
    let status = MessageStatus::parse(&told.status).filter(|status| status.is_terminal());
    let Some(status) = status.filter(|_| !inbound) else {
        return Ok(row);
    };
    let place = zones::place_of(&theirs);
    let figure = Figure {
        country: place.map_or("", |place| place.country).to_owned(),
        channel: told.channel,
        line: told.line_type,
        code: code.unwrap_or(0),
    };
    let mut alerts = Vec::new();
    // A configured sender by its name, and whatever address or service it sent by.
    for sender in [told.sender, told.messaging_service_sid.or(ours)]
        .into_iter()
        .flatten()
    {
        let profile = published::sender(world, &sender).await?;
        let usual = world.settings().messaging.threshold;
        let shard = sender_shard(&sender);
        let command = Count {
            sender,
            what: format!("{}/{}", told.id, told.attempt),
            at: event.at,
            status,
            figure: figure.clone(),
            threshold: profile.and_then(|profile| profile.alert).unwrap_or(usual),
        };
        let rows = world.ask(&shard, &command).await?;
        alerts.extend(rows.into_iter().map(|row| Alert {
            shard: shard.clone(),
            row,
        }));
    }
    tell_alerts(world, alerts).await?;
    Ok(row)
}

/// An alert that is to be told, and where it is kept.
struct Alert {
    shard: String,
    row: AlertRow,
}

/// Puts alerts on the queue as events; only then are they told.
///
/// # Errors
/// When the queue or an object does not answer; doing it again tells them under the same ids.
async fn tell_alerts<W: World>(world: &W, alerts: Vec<Alert>) -> Result<(), Unavailable> {
    for Alert { shard, row } in alerts {
        let event = Event {
            id: row.id.clone(),
            at: row.at,
            kind: "sender.alert".to_owned(),
            contact: None,
            data: row.data,
        };
        let text = serde_json::to_string(&event).map_err(|_| Unavailable)?;
        world.enqueue(&[text]).await?;
        world.ask(&shard, &Told { ids: vec![row.id] }).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct ToldConsent {
    address: String,
    change: Change,
    scopes: Vec<Scope>,
    source: Source,
    at: String,
}

/// Keeps a change of consent for the export.
///
/// # Errors
/// When an object does not answer; doing it again is safe.
pub async fn keep_consent<W: World>(world: &W, event: &Event) -> Result<(), Unavailable> {
    let (Ok(told), Some(contact)) = (
        json::read_value::<ToldConsent>(event.data.clone()),
        &event.contact,
    ) else {
        world.log(Record::error("event.unreadable").with("kind", event.kind.as_str()));
        return Ok(());
    };
    let rows = told.scopes.iter().map(|scope| ConsentRow {
        contact: contact.clone(),
        address: told.address.clone(),
        change: word(serde_json::to_value(told.change)),
        scope: scope.to_string(),
        source: word(serde_json::to_value(told.source)),
        at: parse_rfc3339(&told.at).unwrap_or(event.at),
    });
    let command = RecordConsent {
        rows: rows.collect(),
    };
    world.ask(&consent_shard(contact), &command).await
}

/// Keeps the lines of a list that were imported, for the export.
///
/// # Errors
/// When an object does not answer; doing it again is safe.
pub async fn keep_imported<W: World>(world: &W, lines: &[PutConsent]) -> Result<(), Unavailable> {
    let mut shards: SortedMap<String, Vec<ConsentRow>> = SortedMap::new();
    for line in lines {
        let row = ConsentRow {
            contact: line.contact.clone(),
            address: line.address.clone(),
            change: if line.opted_out { "out" } else { "in" }.to_owned(),
            scope: line.scope.to_string(),
            source: word(serde_json::to_value(line.source)),
            at: line.at.unwrap_or_else(|| world.now()),
        };
        let shard = shards.or_default(consent_shard(&line.contact));
        shard.push(row);
    }
    for (shard, rows) in shards {
        world.ask(&shard, &RecordConsent { rows }).await?;
    }
    Ok(())
}

/// An enum's word, as JSON has it.
fn word(value: Result<Value, serde_json::Error>) -> String {
    match value {
        Ok(Value::String(text)) => text,
        _ => String::new(),
    }
}

/// The days on which an erased person has rows.
#[derive(Deserialize)]
struct ToldErased {
    #[serde(default)]
    days: Vec<String>,
}

/// Forgets a person in the ledger: consent for the export, rows of messages, and what the
/// events of the last days said.
///
/// # Errors
/// When an object does not answer; doing it again is safe.
pub async fn forget<W: World>(world: &W, event: &Event) -> Result<(), Unavailable> {
    let Some(contact) = &event.contact else {
        return Ok(());
    };
    let told = json::read_value::<ToldErased>(event.data.clone());
    let mut days = told.map_or_else(|_| Vec::new(), |told| told.days);
    // Events are kept where they happened, which may be days after the message.
    days.extend((0..5).map(|back| day(event.at - back * DAY)));
    days.sort_unstable();
    days.dedup();
    let command = Forget {
        contact: contact.clone(),
        at: event.at,
    };
    world.ask(&consent_shard(contact), &command).await?;
    for day in days {
        world.ask(&day_shard(&day), &command).await?;
    }
    Ok(())
}

/// A person's address as the ledger shows it.
fn masked(address: &str) -> String {
    Address::parse(address).map_or_else(|_| "•••".to_owned(), |address| address.masked())
}
