//! Runs a flow on a call: the engine decides, this performs what it asks for and writes the
//! answer as TwiML.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::effects;
use super::guard::Signed;
use super::published::{self, FlowRef, NumberConfig};
use super::route::Webhook;
use super::subflows;
use super::world::{Unavailable, World};
use crate::flow::{
    DEFAULT_STEP_LIMIT, Definition, Env, Execution, Flows, Input, LogEntry, Next, StepKind,
    StepUrl, Trigger, Turn, Verb, advance, voice,
};
use crate::log::Record;
use crate::objects::contact::{
    AdoptExecution, AnswerStep, FetchExecution, KeepExecution, LogCall, MARK,
};
use crate::objects::id::{ContactName, ExecutionSid, derived_sid};
use crate::ports::Millis;
use crate::settings::Settings;
use crate::time::SECOND;
use crate::twilio::address::Address;
use crate::twilio::event::{Direction, VoiceRequest};
use crate::twilio::form::encode;

/// What an address's `x` begins with when the execution is kept by the person's object. An
/// encoded execution is base64url and never begins so.
pub const KEPT_MARK: &str = MARK;
/// Longest execution that travels in a URL. Twilio takes URLs of some 4,000 characters; a
/// document may hold several.
const TRAVELS: usize = 1_500;
/// Twilio waits 15 s for an answer (Twilio docs, "TwiML: request timeouts"). What a step may take
/// of it, its reads and the way there and back left out. While a caller waits the engine asks
/// for one effect in an answer, so that an HTTP request has Studio's 10 s.
const BUDGET: Millis = 13 * SECOND;

/// `flow.data` of a number: the deployment's, overridden by the number's own.
pub fn data(settings: &Settings, config: &NumberConfig) -> Map<String, Value> {
    settings
        .flow_data
        .iter()
        .map(|(name, value)| (name, value))
        .chain(&config.data)
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
        .collect()
}

/// The contact of a person, by an address as Twilio wrote it. A withheld number ("anonymous")
/// is a person of its own.
pub fn contact_of(address: &str) -> ContactName {
    match Address::parse(address) {
        Ok(parsed) => ContactName::of(parsed.person().as_str()),
        Err(_) => ContactName::of(address),
    }
}

/// The contact at the other end of a call.
pub fn other_party(call: &VoiceRequest<'_>) -> ContactName {
    contact_of(match call.direction {
        Some(Direction::OutboundApi | Direction::OutboundDial) => call.to,
        _ => call.from,
    })
}

/// One call, while one of its requests is answered.
pub struct Line<'a, W> {
    /// The world of the request.
    pub world: &'a W,
    call: &'a VoiceRequest<'a>,
    base: &'a str,
    account_sid: String,
    call_sid: String,
    person: ContactName,
    /// When the answer must be on its way.
    until: Millis,
}

impl<'a, W: World> Line<'a, W> {
    /// The call that a webhook is about.
    pub fn new(world: &'a W, signed: &'a Signed, call: &'a VoiceRequest<'a>) -> Line<'a, W> {
        let person = other_party(call);
        Line {
            world,
            call,
            base: &signed.public_base,
            account_sid: call.account_sid.to_string(),
            call_sid: call.call_sid.to_string(),
            person,
            until: world.now() + BUDGET,
        }
    }

    /// What Twilio told with this request, for the engine to take.
    fn parameters(&self) -> Map<String, Value> {
        let mut parameters = Map::new();
        for (name, value) in self.call.form().iter() {
            parameters.insert(name.to_owned(), Value::from(value));
        }
        parameters
    }

    /// Our address and the person's.
    fn parties(&self) -> (String, String) {
        let call = self.call;
        let outbound = matches!(
            call.direction,
            Some(Direction::OutboundApi | Direction::OutboundDial)
        );
        let (ours, theirs) = match outbound {
            true => (call.from, call.to),
            false => (call.to, call.from),
        };
        (ours.to_owned(), theirs.to_owned())
    }

    /// The SID of the call, which names what its effects make.
    pub fn call_sid(&self) -> &str {
        &self.call_sid
    }

    /// The account whose call it is.
    pub fn account_sid(&self) -> &str {
        &self.account_sid
    }

    /// The base that Twilio calls us by.
    pub fn base(&self) -> &str {
        self.base
    }
}

/// Begins a flow.
///
/// # Errors
/// When the flow cannot be had or run; the caller then hears an apology.
pub async fn start<W: World>(
    line: &Line<'_, W>,
    flow: &FlowRef,
    data: Map<String, Value>,
) -> Result<String, Unavailable> {
    let definition = definition(line, flow).await?;
    let execution = Execution::new(flow.name.clone(), flow.revision);
    let input = Input::Start {
        trigger: Trigger::Call(line.parameters()),
        data,
    };
    let (turn, kept) = run(line, &definition, execution, input).await?;
    answer(line, turn, kept).await
}

/// Begins a flow and, where it waits for the caller, gives it this request as the answer.
///
/// # Errors
/// As [`start`].
pub async fn replay<W: World>(
    line: &Line<'_, W>,
    flow: &FlowRef,
    data: Map<String, Value>,
    event: Option<String>,
) -> Result<String, Unavailable> {
    let definition = definition(line, flow).await?;
    let execution = Execution::new(flow.name.clone(), flow.revision);
    let input = Input::Start {
        trigger: Trigger::Call(line.parameters()),
        data,
    };
    let (turn, kept) = run(line, &definition, execution, input).await?;
    match turn.next {
        Next::Pause { .. } => resume(line, turn.execution, event).await,
        _ => answer(line, turn, kept).await,
    }
}

/// Goes on with a flow that waits for this request.
///
/// # Errors
/// As [`start`].
pub async fn resume<W: World>(
    line: &Line<'_, W>,
    execution: Execution,
    event: Option<String>,
) -> Result<String, Unavailable> {
    let flow = FlowRef {
        name: execution.flow.clone(),
        revision: execution.revision,
    };
    let definition = definition(line, &flow).await?;
    let input = Input::Voice {
        parameters: line.parameters(),
        event,
    };
    let (turn, kept) = run(line, &definition, execution, input).await?;
    answer(line, turn, kept).await
}

/// An execution that the person's object keeps for this call: encoded, or what stands for it.
///
/// # Errors
/// When the object does not answer.
pub async fn kept<W: World>(line: &Line<'_, W>, key: &str) -> Result<Option<String>, Unavailable> {
    let fetch = FetchExecution {
        call_sid: line.call_sid.clone(),
        key: key.to_owned(),
    };
    line.world.ask(line.person.as_str(), &fetch).await
}

/// Goes on with an execution that a person's object runs, on the call that it placed.
///
/// # Errors
/// When the object does not answer, or the execution is over.
pub async fn answered_by_object<W: World>(
    line: &Line<'_, W>,
    sid: ExecutionSid,
    turn: u32,
    event: Option<String>,
) -> Result<String, Unavailable> {
    let contact = sid.contact();
    let command = AnswerStep {
        sid,
        turn,
        parameters: encode(line.call.form().iter()),
        event,
    };
    let answer = line.world.ask(contact.as_str(), &command).await?;
    if let Some(mark) = answer.keep {
        keep(line, "", mark).await?;
    }
    answer.twiml.ok_or(Unavailable)
}

async fn definition<W: World>(
    line: &Line<'_, W>,
    flow: &FlowRef,
) -> Result<Rc<Definition>, Unavailable> {
    let found = published::definition(line.world, flow).await?;
    found.ok_or_else(|| {
        line.world
            .log(Record::error("voice.no_flow").with("flow", flow.to_string()));
        Unavailable
    })
}

/// An execution too long for a URL, and the key that stands for it there.
type Kept = Option<(String, String)>;

/// Advances until the call has something to wait for, performing effects on the way.
async fn run<W: World>(
    line: &Line<'_, W>,
    definition: &Definition,
    execution: Execution,
    input: Input,
) -> Result<(Turn, Kept), Unavailable> {
    let flows = subflows::load(line.world, definition, &execution).await?;
    let is_logged = line.world.settings().call_log;
    let mut steps = Vec::new();
    let kept = RefCell::new(None);
    let url = |step: &StepUrl<'_>| step_url(line.base, step, &kept);
    let env = Env {
        now: line.world.now(),
        utc_offset_minutes: line.world.settings().flow_offset(line.world.now()),
        account_sid: &line.account_sid,
        flow_sid: &derived_sid("FW", &[&execution.flow]),
        execution_sid: &line.call_sid,
        step_limit: DEFAULT_STEP_LIMIT,
        lean: !is_logged,
        url: &url,
        flows: &flows,
    };
    let mut turn = advance(definition, execution, input, &env);
    loop {
        note(line, &turn);
        if is_logged {
            steps.append(&mut turn.log);
        }
        let effect = match &turn.next {
            Next::Effect(effect)
                if turn.execution.is_on_call()
                    && !waits_for_reply(definition, &flows, &turn.execution) =>
            {
                effect
            }
            _ => break,
        };
        // Without time it fails at once, and the flow takes the way that it has for that.
        let time = line.until - line.world.now();
        let outcome = effects::perform(line, effect, &turn.execution, time).await;
        turn = advance(definition, turn.execution, Input::Done(outcome), &env);
    }
    if !steps.is_empty() {
        tell_steps(line, &turn, steps);
    }
    Ok((turn, kept.into_inner()))
}

/// Leaves the steps of one answer with the person's object, once the answer is on its way.
fn tell_steps<W: World>(line: &Line<'_, W>, turn: &Turn, steps: Vec<LogEntry>) {
    let (ours, theirs) = line.parties();
    let command = LogCall {
        contact: line.person.clone(),
        call_sid: line.call_sid.clone(),
        execution: turn.execution.encode(),
        steps,
        ended: !matches!(turn.next, Next::Pause { .. }),
        failure: match &turn.next {
            Next::Failed(error) => Some(error.to_string()),
            _ => None,
        },
        account_sid: line.account_sid.clone(),
        base: line.base.to_owned(),
        ours,
        theirs,
    };
    line.world.tell(line.person.as_str(), &command);
}

/// Whether it is in a widget that ends a call: then the question itself is the object's to ask,
/// so that it hears of a message that did not arrive.
fn waits_for_reply(definition: &Definition, flows: &Flows, execution: &Execution) -> bool {
    let flow = match execution.subflows().last() {
        Some(name) => flows.get(name).map(Rc::as_ref),
        None => Some(definition),
    };
    let state = flow.and_then(|flow| flow.state(execution.state()));
    state.is_some_and(|state| state.kind() == "send-and-wait-for-reply")
}

fn step_url(base: &str, step: &StepUrl<'_>, kept: &RefCell<Kept>) -> String {
    let webhook = match step.kind {
        StepKind::MenuSelection => Webhook::MenuSelection,
        StepKind::VoicemailSaved => Webhook::VoicemailSaved,
        StepKind::Transcription => Webhook::Transcription,
        StepKind::Step => Webhook::VoiceStep,
    };
    let path = webhook.path();
    // A transcript comes when the call may be long over: it needs no execution.
    if step.kind == StepKind::Transcription {
        return format!("{base}{path}");
    }
    if step.execution.len() <= TRAVELS {
        return format!("{base}{path}?{}", step.query());
    }
    let key = crate::objects::id::short_hash(step.execution);
    let mark = format!("{KEPT_MARK}{key}");
    let short = StepUrl {
        execution: &mark,
        ..*step
    };
    *kept.borrow_mut() = Some((key, step.execution.to_owned()));
    format!("{base}{path}?{}", short.query())
}

/// Writes the answer, and keeps the execution where it does not travel.
async fn answer<W: World>(
    line: &Line<'_, W>,
    mut turn: Turn,
    kept: Kept,
) -> Result<String, Unavailable> {
    if let Some((key, execution)) = kept {
        keep(line, &key, execution).await?;
    }
    match &turn.next {
        Next::Pause { keep: true } => keep(line, "", turn.execution.encode()).await?,
        Next::Pause { keep: false } | Next::Ended => {}
        Next::Failed(error) => {
            line.world.log(
                Record::error("flow.failed")
                    .with("flow", turn.execution.flow.as_str())
                    .with("why", error.to_string()),
            );
        }
        // Nobody is on the line, or has to be: a person's object goes on.
        Next::Effect(_) | Next::WaitReply { .. } => {
            if turn.execution.is_on_call() {
                turn.execution.hang_up();
                turn.verbs.push(Verb::Hangup);
            }
            hand_over(line, &turn.execution).await?;
        }
    }
    voice::render(&turn.verbs).map_err(|error| {
        line.world
            .log(Record::error("flow.twiml_refused").with("why", error.to_string()));
        Unavailable
    })
}

/// Gives an execution whose call is over to the object of the person.
async fn hand_over<W: World>(line: &Line<'_, W>, execution: &Execution) -> Result<(), Unavailable> {
    let (ours, theirs) = line.parties();
    let command = AdoptExecution {
        contact: line.person.clone(),
        key: [&line.call_sid, "/", &execution.steps.to_string()].concat(),
        execution: execution.encode(),
        account_sid: line.account_sid.clone(),
        base: line.base.to_owned(),
        ours,
        theirs,
    };
    match line.world.ask(line.person.as_str(), &command).await {
        Ok(()) => Ok(()),
        Err(Unavailable) => line.world.defer(line.person.as_str(), &command).await,
    }
}

async fn keep<W: World>(
    line: &Line<'_, W>,
    key: &str,
    execution: String,
) -> Result<(), Unavailable> {
    let command = KeepExecution {
        call_sid: line.call_sid.clone(),
        key: key.to_owned(),
        execution,
    };
    line.world.ask(line.person.as_str(), &command).await
}

/// One line with each widget that was left and its event, without what the caller said or
/// pressed. One, because a line costs a crossing of the border.
fn note<W: World>(line: &Line<'_, W>, turn: &Turn) {
    if turn.log.is_empty() {
        return;
    }
    let mut path = String::new();
    for entry in &turn.log {
        path.push_str(if path.is_empty() { "" } else { " > " });
        path.push_str(&entry.name);
        path.push('.');
        path.push_str(&entry.event);
    }
    line.world.log(
        Record::info("flow.step")
            .with("call_sid", line.call_sid.as_str())
            .with("flow", turn.execution.flow.as_str())
            .with("path", path),
    );
}
