//! Which contact object an address leads to.
//!
//! A person may be known by a number, by a WhatsApp user id and by an e-mail address. A message
//! that shows a user id beside a number, or that names a mail address in its chain, links them:
//! the person's object tells of it, and KV keeps the link from then on, so that whoever comes or
//! is written to by one of the others is led to the same object.

use serde::Deserialize;

use super::published;
use super::world::{Unavailable, World};
use crate::json;
use crate::log::Record;
use crate::messaging::consent::{Change, Path, Scope, Standing};
use crate::messaging::sender::Channel;
use crate::objects::contact::{Event, FetchConsent, Leg, PutConsent};
use crate::objects::id::ContactName;
use crate::twilio::address::Address;

/// The contact of the person who has this address.
///
/// # Errors
/// When KV does not answer for a user id or a mail address.
pub async fn contact<W: World>(world: &W, address: &Address) -> Result<ContactName, Unavailable> {
    if let Address::WhatsAppUser(_) | Address::Email(_) = address
        && let Some(person) = published::alias(world, &address.to_string()).await?
        && !person.is_empty()
    {
        return Ok(ContactName::of(&person));
    }
    Ok(ContactName::of(address.person().as_str()))
}

/// A link between an address and a person, as the person's object tells of it.
#[derive(Deserialize)]
struct Link {
    alias: String,
    person: String,
}

/// Keeps a link, and brings over what the address's own object knew about consent, if it was
/// written to before the link was known. A mail address that several people share stays with
/// the first of them.
///
/// # Errors
/// When an object or KV does not answer; doing it again is safe.
pub async fn link<W: World>(world: &W, event: &Event) -> Result<(), Unavailable> {
    let Ok(link) = json::read_value::<Link>(event.data.clone()) else {
        world.log(Record::error("alias.unreadable"));
        return Ok(());
    };
    let known = published::alias(world, &link.alias).await?;
    let is_shared = link.alias.contains('@')
        && known.is_some_and(|known| !known.is_empty() && known != link.person);
    if !is_shared {
        published::publish_alias(world, &link.alias, &link.person).await?;
    }
    let person = ContactName::of(&link.person);
    let alias = ContactName::of(&link.alias);
    bring(world, &alias, &person, &link.person).await
}

/// Before a message leaves that a mail may follow: what whoever has the mail address said about
/// mail holds for this person too.
///
/// # Errors
/// When an object or KV does not answer; doing it again is safe.
pub async fn join_mails<W: World>(
    world: &W,
    person: &ContactName,
    chain: &[Leg],
) -> Result<(), Unavailable> {
    for leg in chain.iter().filter(|leg| leg.channel == Channel::Email) {
        let Ok(mail) = Address::parse(&leg.to) else {
            continue;
        };
        let holder = contact(world, &mail).await?;
        if holder == *person {
            continue;
        }
        if holder == ContactName::of(&leg.to) {
            bring(world, &holder, person, &leg.to).await?;
            continue;
        }
        // It is somebody else's as well: what they said by phone is theirs alone.
        let known = world.ask(holder.as_str(), &FetchConsent {}).await?;
        let by_mail = Path {
            sender: None,
            service: None,
            channel: Channel::Email,
        };
        if let Some(entry) = Standing::of(known.history).refusal(&by_mail) {
            let command = PutConsent {
                contact: person.clone(),
                address: leg.to.clone(),
                opted_out: true,
                scope: Scope::Channel(Channel::Email),
                source: entry.source,
                at: Some(entry.at),
                reason: "said by another person of this mail address".to_owned(),
            };
            world.ask(person.as_str(), &command).await?;
        }
    }
    Ok(())
}

/// What one object knows about consent, another knows too.
async fn bring<W: World>(
    world: &W,
    from: &ContactName,
    to: &ContactName,
    address: &str,
) -> Result<(), Unavailable> {
    if from == to {
        return Ok(());
    }
    let known = world.ask(from.as_str(), &FetchConsent {}).await?;
    for entry in known.history {
        let command = PutConsent {
            contact: to.clone(),
            address: address.to_owned(),
            opted_out: entry.change == Change::Out,
            scope: entry.scope,
            source: entry.source,
            at: Some(entry.at),
            reason: entry.evidence.text.unwrap_or_default(),
        };
        world.ask(to.as_str(), &command).await?;
    }
    Ok(())
}
