//! Which contact object an address leads to.
//!
//! A WhatsApp user may be known by a user id and by a number. A message that shows both links
//! them: the person's object tells of it, and KV keeps the link from then on, so that whoever
//! comes or is written to by user id alone is led to the same object.

use serde::Deserialize;

use super::published;
use super::world::{Unavailable, World};
use crate::json;
use crate::log::Record;
use crate::objects::contact::{Event, FetchConsent, PutConsent};
use crate::objects::id::ContactName;
use crate::twilio::address::Address;

/// The contact of the person who has this address.
///
/// # Errors
/// When KV does not answer for a user id.
pub async fn contact<W: World>(world: &W, address: &Address) -> Result<ContactName, Unavailable> {
    if let Address::WhatsAppUser(_) = address
        && let Some(person) = published::alias(world, &address.to_string()).await?
        && !person.is_empty()
    {
        return Ok(ContactName::of(&person));
    }
    Ok(ContactName::of(address.person().as_str()))
}

/// A link between a user id and a person, as the person's object tells of it.
#[derive(Deserialize)]
struct Link {
    alias: String,
    person: String,
}

/// Keeps a link, and brings over what the user id's own object knew about consent, if it was
/// written to before the link was known.
///
/// # Errors
/// When an object or KV does not answer; doing it again is safe.
pub async fn link<W: World>(world: &W, event: &Event) -> Result<(), Unavailable> {
    let Ok(link) = json::read_value::<Link>(event.data.clone()) else {
        world.log(Record::error("alias.unreadable"));
        return Ok(());
    };
    published::publish_alias(world, &link.alias, &link.person).await?;
    let person = ContactName::of(&link.person);
    let alias = ContactName::of(&link.alias);
    if person == alias {
        return Ok(());
    }
    let known = world.ask(alias.as_str(), &FetchConsent {}).await?;
    for entry in known.history {
        let command = PutConsent {
            contact: person.clone(),
            address: link.person.clone(),
            opted_out: entry.change == crate::messaging::consent::Change::Out,
            scope: entry.scope,
            source: entry.source,
            at: Some(entry.at),
            reason: entry.evidence.text.unwrap_or_default(),
        };
        world.ask(person.as_str(), &command).await?;
    }
    Ok(())
}
