//! Gap recovery: on a schedule Twilio's own lists are walked, and what a webhook that never
//! came would have said is said now.
//!
//! A sweep only reads: each page of a list goes on the queue in small pieces, and then the
//! place is written down. A sweep that dies goes on where it was, and an entry that is looked
//! at twice is found to be known. The queue's consumer does the comparing, one call per person,
//! as many at a time as the platform allows.
//!
//! **What must never happen**: a message of a person's that is lost for good, above all a STOP;
//! an answer to a message that is hours old; a page that is called seen before it is.

use serde_json::{Value, json};

use super::events::Job;
use super::people;
use super::webhooks::campaign_outcome;
use super::world::{Unavailable, World};
use crate::campaign::gap::{Finding, Found, Track, Window};
use crate::log::Record;
use crate::objects::campaign::ReportRecipient;
use crate::objects::contact::{Compare, Event, Listed, Receive};
use crate::objects::id::{ContactName, EventId};
use crate::objects::ledger::{GAP, Swept, SweptPlace, TurnGap};
use crate::ports::{HttpRequest, HttpResponse, Millis};
use crate::time::{MINUTE, parse_rfc2822};
use crate::twilio::address::Address;
use crate::twilio::api::{Account, Page, calls, messages};
use crate::twilio::form::Form;

/// Pages of one track in one sweep; the next sweep goes on.
const PAGES: u32 = 100;
/// Entries of a page. A longer one would not be read whole when every text is at its longest.
const PAGE: u32 = 1_000;
const SHORT_PAGE: u32 = 150;
/// A sweep that died is followed by another after so long.
const LEASE: Millis = 14 * MINUTE;
/// Entries that travel together, and bytes: a message on the queue has at most 128 KB.
const PIECE: usize = 50;
const PIECE_BYTES: usize = 60_000;

/// Walks what is new in Twilio's lists. Whatever fails is tried again by the next sweep. Only a
/// test is `ahead` of the time.
pub async fn sweep<W: World>(world: &W, ahead: Millis) {
    let settings = world.settings();
    let (Some(account), Some(patience)) = (settings.account(), settings.gap_after) else {
        return;
    };
    let begin = TurnGap {
        lease: Some(world.now().saturating_add(LEASE)),
        ..TurnGap::default()
    };
    let tracks = match world.ask(GAP, &begin).await {
        Ok(view) if !view.held => view.swept,
        _ => return,
    };
    for mut track in tracks {
        for _ in 0..PAGES {
            let now = world.now().saturating_add(ahead);
            match step(world, &account, (now, patience), &mut track).await {
                Ok(true) => {}
                Ok(false) | Err(Unavailable) => break,
            }
        }
    }
    let end = TurnGap {
        end: true,
        ..TurnGap::default()
    };
    if let Ok(view) = world.ask(GAP, &end).await {
        report(world, view.news).await;
    }
}

/// Reads one page. Whether there may be another now.
async fn step<W: World>(
    world: &W,
    account: &Account,
    (now, patience): (Millis, Millis),
    swept: &mut Swept,
) -> Result<bool, Unavailable> {
    let track = swept.track;
    let following = swept.place.as_ref().and_then(|place| {
        let request = account.follow(&place.next)?;
        Some((place.window, request))
    });
    let (window, request) = match following {
        Some(following) => following,
        None => {
            let Some(window) = Window::after(swept.until, now, track.lag(patience)) else {
                return Ok(false);
            };
            (window, first_page(account, track, window, swept.short))
        }
    };
    let key = if track.is_of_calls() {
        "calls"
    } else {
        "messages"
    };
    let answer = world.send(request).await.ok();
    let Some(page) = answer.as_ref().and_then(|answer| Page::read(answer, key)) else {
        return unreadable(world, answer.as_ref(), swept).await;
    };
    put_on_queue(world, track, &page.entries).await?;
    let mut after = swept.clone();
    after.place = page.next.map(|next| SweptPlace { window, next });
    if after.place.is_none() {
        after.until = Some(window.until);
        after.short = false;
    }
    *swept = after;
    keep(world, swept).await?;
    Ok(true)
}

/// Writes down how far a track was walked.
async fn keep<W: World>(world: &W, swept: &Swept) -> Result<(), Unavailable> {
    let command = TurnGap {
        swept: Some(swept.clone()),
        ..TurnGap::default()
    };
    world.ask(GAP, &command).await.map(drop)
}

fn first_page(account: &Account, track: Track, window: Window, short: bool) -> HttpRequest {
    let size = if short { SHORT_PAGE } else { PAGE };
    let Window { from, until } = window;
    if track.is_of_calls() {
        calls::list_window(account, from, until, size)
    } else {
        messages::list_window(account, from, until, size)
    }
}

/// A page that is there and cannot be read was too long for us: the window begins again with
/// shorter ones.
async fn unreadable<W: World>(
    world: &W,
    answer: Option<&HttpResponse>,
    swept: &mut Swept,
) -> Result<bool, Unavailable> {
    let status = answer.map(|answer| answer.status);
    world.log(
        Record::warn("gap.list_unreadable")
            .with("track", json!(swept.track))
            .with("status", status),
    );
    if status == Some(200) && !swept.short {
        swept.short = true;
        swept.place = None;
        keep(world, swept).await?;
        return Ok(true);
    }
    Ok(false)
}

async fn put_on_queue<W: World>(
    world: &W,
    track: Track,
    entries: &[Value],
) -> Result<(), Unavailable> {
    let mut texts = Vec::new();
    let mut piece: Vec<Listed> = Vec::new();
    let mut bytes = 0;
    for listed in entries.iter().filter_map(read) {
        if !track.wants(&listed.direction) {
            continue;
        }
        bytes += 300 + listed.body.len();
        piece.push(listed);
        if piece.len() >= PIECE || bytes >= PIECE_BYTES {
            texts.push(text(std::mem::take(&mut piece))?);
            bytes = 0;
        }
    }
    if !piece.is_empty() {
        texts.push(text(piece)?);
    }
    if texts.is_empty() {
        return Ok(());
    }
    world.enqueue(&texts).await
}

fn text(piece: Vec<Listed>) -> Result<String, Unavailable> {
    serde_json::to_string(&Job::Compare(piece)).map_err(|_| Unavailable)
}

/// An entry of a list; `None` for one without a SID, a status or a direction.
fn read(entry: &Value) -> Option<Listed> {
    let text = |name: &str| Some(entry.get(name)?.as_str()?.to_owned());
    let number = |name: &str| match entry.get(name)? {
        Value::String(text) => text.parse().ok(),
        other => u32::try_from(other.as_u64()?).ok(),
    };
    let direction = text("direction")?;
    let inbound = direction == "inbound";
    let at = text("date_created").or_else(|| text("start_time"));
    Some(Listed {
        sid: text("sid").filter(|sid| !sid.is_empty())?,
        status: text("status")?,
        from: text("from").unwrap_or_default(),
        to: text("to").unwrap_or_default(),
        at: at.and_then(|at| parse_rfc2822(&at))?,
        error_code: number("error_code"),
        service: text("messaging_service_sid").filter(|_| inbound),
        body: text("body").filter(|_| inbound).unwrap_or_default(),
        media: number("num_media").filter(|_| inbound).unwrap_or(0),
        duration: number("duration"),
        direction,
    })
}

/// Compares entries with what we know, person by person, and does what is missing.
///
/// # Errors
/// When an object, or Twilio's list of a message's media, does not answer; doing it again is
/// safe.
pub async fn compare<W: World>(world: &W, mut entries: Vec<Listed>) -> Result<(), Unavailable> {
    // The lists begin with the newest: a STOP goes before the START that follows it.
    entries.reverse();
    let mut found = Found::default();
    let mut others: Vec<(ContactName, Vec<Listed>)> = Vec::new();
    for listed in entries {
        let theirs = if listed.is_inbound() {
            &listed.from
        } else {
            &listed.to
        };
        let Ok(address) = Address::parse(theirs) else {
            continue;
        };
        let contact = people::contact(world, &address).await?;
        if listed.is_inbound() && !listed.is_call() {
            found.count(receive(world, contact, listed).await?);
            continue;
        }
        match others.iter_mut().find(|(known, _)| *known == contact) {
            Some((_, of_contact)) => of_contact.push(listed),
            None => others.push((contact, vec![listed])),
        }
    }
    for (contact, listed) in others {
        let command = Compare { listed };
        let compared = world.ask(contact.as_str(), &command).await?;
        for (listed, compared) in command.listed.iter().zip(compared) {
            found.count(compared.finding);
            if let Some(callback) = &compared.callback {
                tell_campaign(world, listed, callback).await?;
            }
        }
    }
    if found == Found::default() {
        return Ok(());
    }
    let command = TurnGap {
        found: Some(found),
        ..TurnGap::default()
    };
    world.ask(GAP, &command).await.map(drop)
}

/// A message of a person's, as its webhook would have brought it.
async fn receive<W: World>(
    world: &W,
    contact: ContactName,
    listed: Listed,
) -> Result<Finding, Unavailable> {
    if listed.status != "received" {
        return Ok(Finding::Nothing);
    }
    let media_urls = media(world, &listed).await?;
    let command = Receive {
        sid: listed.sid,
        from: listed.from,
        to: listed.to,
        body: listed.body,
        media_urls,
        messaging_service_sid: listed.service,
        contact: Some(contact.clone()),
        details: json!({ "recovered": true }),
        recovered_from: Some(listed.at),
        ..Receive::default()
    };
    let received = world.ask(contact.as_str(), &command).await?;
    Ok(if received.repeated {
        Finding::Nothing
    } else {
        Finding::Replay
    })
}

/// The list of messages says how many media there are, and not where.
async fn media<W: World>(world: &W, listed: &Listed) -> Result<Vec<String>, Unavailable> {
    let (Some(account), true) = (world.settings().account(), listed.media > 0) else {
        return Ok(Vec::new());
    };
    let request = messages::list_media(&account, &listed.sid);
    let answer = world.send(request).await.map_err(|_| Unavailable)?;
    if answer.status == 404 {
        return Ok(Vec::new());
    }
    messages::media_urls(&account, &listed.sid, &answer).ok_or(Unavailable)
}

/// The campaign hears by its callback's URL what it would have heard by the callback.
async fn tell_campaign<W: World>(
    world: &W,
    listed: &Listed,
    callback: &str,
) -> Result<(), Unavailable> {
    let query = callback.split_once('?').map_or("", |(_, query)| query);
    let Ok(query) = Form::parse(query.as_bytes()) else {
        return Ok(());
    };
    let sid = listed.sid.clone();
    match campaign_outcome(&query, &listed.status, listed.error_code, sid) {
        Some((campaign, outcome)) => world.ask(&campaign, &ReportRecipient { outcome }).await,
        None => Ok(()),
    }
}

/// Says what was lost, if anything was.
async fn report<W: World>(world: &W, found: Found) {
    if !found.is_loss() {
        return;
    }
    world.log(
        Record::warn("gap.found")
            .with("replayed", found.replayed)
            .with("settled", found.settled)
            .with("stuck", found.stuck)
            .with("missed", found.missed),
    );
    let now = world.now();
    let event = Event {
        id: EventId::fresh(now, world),
        at: now,
        kind: "gap.found".to_owned(),
        contact: None,
        data: json!(found),
    };
    let text = serde_json::to_string(&event).unwrap_or_default();
    // The figures and the log have it in any case.
    let _ = world.enqueue(&[text]).await;
}
