//! Published configuration: which flow a number runs, and flows by revision.
//!
//! KV keys: `number/{E.164}` holds a [`NumberConfig`]; `flow/{name}` holds the current
//! revision; `flow-sid/{FW…}` the name of a flow; `sender/{name}` a [`Profile`];
//! `alias/{hash of a user id or mail address}` the person
//! behind it; `flow/{name}@{revision}` holds a definition and never changes. An isolate
//! remembers what it read: a revision for good, the rest for `CONFIG_TTL_SECONDS`. A menu
//! step therefore costs at most one cached read.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::doctor::Pace;
use super::rotation::Tally;
use super::world::{Unavailable, World};
use crate::flow::Definition;
use crate::json;
use crate::log::Record;
use crate::messaging::profile::Profile;
use crate::objects::registry;
use crate::ports::Millis;
use crate::time::SECOND;

/// The flow that every deployment has from the start, as revision 0.
pub const BUILT_IN_FLOW: &str = "acme-ivr";
const BUILT_IN_DEFINITION: &str = include_str!("../../flows/acme-ivr.json");

/// The built-in definition, as `GET /v1/flows/acme-ivr` shows it.
pub fn built_in_definition() -> serde_json::Value {
    serde_json::from_str(BUILT_IN_DEFINITION).unwrap_or_default()
}

/// How many definitions an isolate keeps parsed; the oldest goes first.
const DEFINITIONS_KEPT: usize = 64;
/// How many numbers and names an isolate remembers; all are forgotten together.
const NAMES_KEPT: usize = 4_096;

/// A flow at one revision, written `acme-ivr@7`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FlowRef {
    /// The flow's name in URLs.
    pub name: String,
    /// 0 is the built-in one.
    pub revision: u64,
}

impl FlowRef {
    /// Reads `name@revision`.
    pub fn parse(text: &str) -> Option<FlowRef> {
        let (name, revision) = text.rsplit_once('@')?;
        let revision = revision.parse().ok()?;
        valid_name(name).then(|| FlowRef {
            name: name.to_owned(),
            revision,
        })
    }
}

impl fmt::Display for FlowRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.revision)
    }
}

/// Whether a flow may have this name: 1 to 64 of `a-z`, `0-9`, `-`, `_`.
pub fn valid_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
}

/// What a number does. `PUT /v1/numbers/{number}` takes this document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberConfig {
    /// Name of the flow that answers calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice_flow: Option<String>,
    /// Name of the flow that answers messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_flow: Option<String>,
    /// What the flow reads as `{{flow.data.NAME}}`, over the deployment's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, String>,
}

/// When a document was read, and what it was; `None` for none.
type Remembered = (Millis, Option<Rc<str>>);

/// What an isolate remembers. Plain data only: nothing here belongs to a request.
#[derive(Debug, Default)]
pub struct Memory {
    names: RefCell<BTreeMap<String, Remembered>>,
    definitions: RefCell<Vec<(FlowRef, Rc<Definition>)>>,
    /// Refused webhooks that were looked into.
    pub(super) diagnoses: Pace,
    /// Webhooks by the token that signed them.
    pub(super) signatures: Tally,
    /// Webhooks that were refused.
    pub(super) rejections: super::console::Rejections,
    /// The console's overview, and when it was read.
    pub(super) overview: RefCell<Option<(Millis, Rc<str>)>>,
    /// The keys of the team at Cloudflare Access.
    pub(super) team: super::console::Keys,
    /// Whether KV answered, and when it was asked.
    answered: Cell<Option<(Millis, bool)>>,
}

impl Memory {
    fn name(&self, key: &str) -> Option<Remembered> {
        self.names.borrow().get(key).cloned()
    }

    fn keep_name(&self, key: &str, at: Millis, document: Option<Rc<str>>) {
        let mut names = self.names.borrow_mut();
        if names.len() >= NAMES_KEPT {
            names.clear();
        }
        names.insert(key.to_owned(), (at, document));
    }

    fn definition(&self, flow: &FlowRef) -> Option<Rc<Definition>> {
        let definitions = self.definitions.borrow();
        definitions
            .iter()
            .find(|(known, _)| known == flow)
            .map(|(_, found)| Rc::clone(found))
    }

    fn keep_definition(&self, flow: &FlowRef, definition: &Rc<Definition>) {
        let mut definitions = self.definitions.borrow_mut();
        if definitions.len() >= DEFINITIONS_KEPT {
            definitions.remove(0);
        }
        definitions.push((flow.clone(), Rc::clone(definition)));
    }
}

/// How long an isolate trusts that KV answers, or does not: a flood of probes costs one read.
const ANSWER_TRUSTED: Millis = 10 * SECOND;

/// Whether KV answers.
pub async fn answers<W: World>(world: &W) -> bool {
    let now = world.now();
    if let Some((at, answered)) = world.memory().answered.get()
        && now.saturating_sub(at) < ANSWER_TRUSTED
    {
        return answered;
    }
    let answered = world.published(&flow_key(BUILT_IN_FLOW)).await.is_ok();
    world.memory().answered.set(Some((now, answered)));
    answered
}

/// A mutable document: remembered for a while, read again after that. When KV does not
/// answer, what was remembered goes on.
async fn document<W: World>(world: &W, key: &str) -> Result<Option<Rc<str>>, Unavailable> {
    let now = world.now();
    let known = world.memory().name(key);
    if let Some((at, document)) = &known
        && now.saturating_sub(*at) < world.settings().config_ttl
    {
        return Ok(document.clone());
    }
    match world.published(key).await {
        Ok(text) => {
            let document = text.map(Rc::from);
            world.memory().keep_name(key, now, document.clone());
            Ok(document)
        }
        Err(Unavailable) => known.map(|(_, document)| document).ok_or(Unavailable),
    }
}

/// What a number does; the default when nothing was published for it.
///
/// # Errors
/// When KV does not answer and the number is not remembered.
pub async fn number<W: World>(world: &W, number: &str) -> Result<NumberConfig, Unavailable> {
    let Some(text) = document(world, &number_key(number)).await? else {
        return Ok(NumberConfig::default());
    };
    Ok(json::read(&text).unwrap_or_else(|_| {
        world.log(Record::error("config.number_unreadable"));
        NumberConfig::default()
    }))
}

/// The current revision of a flow; `None` when there is no such flow.
///
/// # Errors
/// When KV does not answer and the flow is not remembered.
pub async fn current<W: World>(world: &W, name: &str) -> Result<Option<FlowRef>, Unavailable> {
    let revision = document(world, &flow_key(name)).await?;
    let revision = revision.and_then(|text| text.parse().ok());
    let revision = revision.or((name == BUILT_IN_FLOW).then_some(0));
    Ok(revision.map(|revision| FlowRef {
        name: name.to_owned(),
        revision,
    }))
}

/// The flow that a flow calls by its Studio SID (`FW…`) or by its name here, as it is now.
///
/// # Errors
/// As [`current`].
pub async fn called<W: World>(world: &W, name: &str) -> Result<Option<FlowRef>, Unavailable> {
    if !name.starts_with("FW") {
        return match valid_name(name) {
            true => current(world, name).await,
            false => Ok(None),
        };
    }
    match document(world, &sid_key(name)).await? {
        Some(name) => current(world, &name).await,
        None => Ok(None),
    }
}

/// Says which flow a Studio SID means from now on.
///
/// # Errors
/// When KV does not take it.
pub async fn publish_sid<W: World>(world: &W, sid: &str, name: &str) -> Result<(), Unavailable> {
    publish(world, &sid_key(sid), name).await
}

/// A definition at one revision. KV may not show a new key everywhere for a minute; the
/// registry, which gave the revision out, is then asked.
///
/// # Errors
/// When neither KV nor the registry answers.
pub async fn definition<W: World>(
    world: &W,
    flow: &FlowRef,
) -> Result<Option<Rc<Definition>>, Unavailable> {
    if let Some(known) = world.memory().definition(flow) {
        return Ok(Some(known));
    }
    let value = if flow.revision == 0 && flow.name == BUILT_IN_FLOW {
        Some(built_in_definition())
    } else {
        match world.published(&revision_key(flow)).await {
            Ok(Some(text)) => serde_json::from_str(&text).ok(),
            Ok(None) | Err(Unavailable) => {
                let fetch = registry::FetchFlow {
                    name: flow.name.clone(),
                    revision: Some(flow.revision),
                };
                world
                    .ask(registry::INSTANCE, &fetch)
                    .await?
                    .map(|stored| stored.definition)
            }
        }
    };
    let Some(value) = value else { return Ok(None) };
    match Definition::parse(&value) {
        Ok(definition) => {
            let definition = Rc::new(definition);
            world.memory().keep_definition(flow, &definition);
            Ok(Some(definition))
        }
        Err(_) => {
            world.log(Record::error("config.flow_unreadable").with("flow", flow.to_string()));
            Ok(None)
        }
    }
}

/// A configured sender; `None` when there is none of this name.
///
/// # Errors
/// When KV does not answer and the sender is not remembered.
pub async fn sender<W: World>(world: &W, name: &str) -> Result<Option<Profile>, Unavailable> {
    if !valid_name(name) {
        return Ok(None);
    }
    let Some(text) = document(world, &sender_key(name)).await? else {
        return Ok(None);
    };
    let profile = json::read(&text).ok();
    if profile.is_none() {
        world.log(Record::error("config.sender_unreadable").with("sender", name));
    }
    Ok(profile)
}

/// Copies a sender's document to KV and to this isolate.
///
/// # Errors
/// When KV does not take it.
pub async fn publish_sender<W: World>(
    world: &W,
    name: &str,
    document: &str,
) -> Result<(), Unavailable> {
    publish(world, &sender_key(name), document).await
}

/// The person behind a WhatsApp user id, once a message has shown both.
///
/// # Errors
/// When KV does not answer and the alias is not remembered.
pub async fn alias<W: World>(world: &W, address: &str) -> Result<Option<String>, Unavailable> {
    let person = document(world, &alias_key(address)).await?;
    Ok(person.map(|person| person.to_string()))
}

/// Keeps who is behind a WhatsApp user id.
///
/// # Errors
/// When KV does not take it.
pub async fn publish_alias<W: World>(
    world: &W,
    address: &str,
    person: &str,
) -> Result<(), Unavailable> {
    publish(world, &alias_key(address), person).await
}

/// Copies a revision to KV, the definition before the pointer to it, and to this isolate.
///
/// # Errors
/// When KV does not take one of the two.
pub async fn publish_flow<W: World>(
    world: &W,
    flow: &FlowRef,
    definition: &str,
) -> Result<(), Unavailable> {
    world.publish(&revision_key(flow), definition).await?;
    publish(world, &flow_key(&flow.name), &flow.revision.to_string()).await
}

/// Copies a number's document to KV and to this isolate.
///
/// # Errors
/// When KV does not take it.
pub async fn publish_number<W: World>(
    world: &W,
    number: &str,
    document: &str,
) -> Result<(), Unavailable> {
    publish(world, &number_key(number), document).await
}

async fn publish<W: World>(world: &W, key: &str, document: &str) -> Result<(), Unavailable> {
    world.publish(key, document).await?;
    world
        .memory()
        .keep_name(key, world.now(), Some(Rc::from(document)));
    Ok(())
}

fn number_key(number: &str) -> String {
    format!("number/{number}")
}

fn sender_key(name: &str) -> String {
    format!("sender/{name}")
}

fn alias_key(address: &str) -> String {
    format!("alias/{}", crate::objects::id::short_hash(address))
}

fn sid_key(sid: &str) -> String {
    ["flow-sid/", sid].concat()
}

fn flow_key(name: &str) -> String {
    format!("flow/{name}")
}

fn revision_key(flow: &FlowRef) -> String {
    format!("flow/{flow}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_at_a_revision_reads_back_as_it_was_written() {
        let flow = FlowRef {
            name: "acme-ivr".to_owned(),
            revision: 7,
        };
        assert_eq!(FlowRef::parse(&flow.to_string()), Some(flow));
        for text in ["acme", "acme@", "acme@-1", "Acme@1", "@1", "a/b@1"] {
            assert_eq!(FlowRef::parse(text), None, "{text}");
        }
    }
}
