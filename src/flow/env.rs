//! What the engine must know from outside: the time, who it runs for, and how the
//! addresses look that Twilio calls back.

use super::definition::Definition;
use crate::sorted::SortedMap;
use std::rc::Rc;

/// Steps after which an execution fails; Studio's error 81000 ("too many steps").
pub const DEFAULT_STEP_LIMIT: u32 = 1000;
/// What the engine must know from outside.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    /// Milliseconds since the epoch.
    pub now: i64,
    /// Minutes east of Greenwich for Liquid's `date`. Studio shows Pacific time.
    pub utc_offset_minutes: i32,
    /// The account (`AC...`).
    pub account_sid: &'a str,
    /// `flow.flow_sid`: the flow's SID.
    pub flow_sid: &'a str,
    /// `flow.sid`: the execution's SID.
    pub execution_sid: &'a str,
    /// Most steps of one execution; [`DEFAULT_STEP_LIMIT`] is Studio-like.
    pub step_limit: u32,
    /// Keep no variable that no template reads, and log no changes: a live call, where
    /// every request pays for each copy. A simulation shows them all.
    pub lean: bool,
    /// Makes the address that Twilio asks next.
    pub url: &'a dyn Fn(&StepUrl<'_>) -> String,
    /// Subflows by the SID (or name) under which flows name them; one that is not here
    /// gives the event `failed`. See [`Definition::subflows`].
    pub flows: &'a Flows,
}

/// Flows that others run as subflows. A name may be followed by `@` and text that ends in
/// `@` and a revision: a subflow begins at the newest one here and stays with it.
pub type Flows = SortedMap<String, Rc<Definition>>;

/// The flow that `name` means where a subflow begins.
pub(crate) fn newest<'f>(flows: &'f Flows, name: &str) -> Option<(&'f str, &'f Definition)> {
    if let Some((name, found)) = flows.get_key_value(name) {
        return Some((name, found));
    }
    let revision = |key: &str| key.rsplit('@').next().and_then(|n| n.parse::<u64>().ok());
    let mut newest: Option<(&'f str, &'f Definition)> = None;
    for (key, found) in flows {
        let of_name = key
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('@'));
        if of_name && newest.is_none_or(|(known, _)| revision(known) < revision(key)) {
            newest = Some((key, found));
        }
    }
    newest
}

/// What an address is for; the gateway has a route for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// Action of a `<Gather>`.
    MenuSelection,
    /// Action of a `<Record>`.
    VoicemailSaved,
    /// Transcription of a recording.
    Transcription,
    /// Anything else that continues the flow.
    Step,
}

/// An address that the engine needs. The gateway puts `execution` and `event` into the
/// query (under [`QUERY_EXECUTION`] and [`QUERY_EVENT`]) or keeps the execution and puts
/// a key there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepUrl<'a> {
    /// Which route.
    pub kind: StepKind,
    /// The encoded, pruned execution, for [`Execution::decode`].
    pub execution: &'a str,
    /// The event that this address stands for; give it back with [`Input::Voice`].
    pub event: Option<&'static str>,
}

/// Query parameter for the encoded execution.
pub const QUERY_EXECUTION: &str = "fx";
/// Query parameter for the event of a step address.
pub const QUERY_EVENT: &str = "fe";

impl StepUrl<'_> {
    /// `fx=...&fe=...`; needs no further escaping.
    #[must_use]
    pub fn query(&self) -> String {
        let mut query = format!("{QUERY_EXECUTION}={}", self.execution);
        if let Some(event) = self.event {
            query.push_str(&format!("&{QUERY_EVENT}={event}"));
        }
        query
    }
}
