//! Calls: the first request, the steps of a flow, what was recorded, how it ended.
//!
//! A menu step touches no storage: the execution travels in the query of the URL that
//! Twilio calls back, and Twilio signs that URL. Only a flow with much to remember, or one
//! that hands the call to another server, is kept by the person's object.

use super::super::flow_run::{self, Line};
use super::super::guard::Signed;
use super::super::http::Response;
use super::super::problem::Problem;
use super::super::published::{self, FlowRef};
use super::super::world::{Unavailable, World};
use super::{apology, ask_or_defer};
use crate::flow::{Execution, QUERY_EVENT, QUERY_EXECUTION};
use crate::log::Record;
use crate::objects::contact::{
    FetchCall, ReportCall, SaveTranscript, SaveVoicemail, Script, read_mark,
};
use crate::objects::id::{Id, Kind};
use crate::twilio::event::{
    CallStatusCallback, RecordResult, RecordingStatus, Transcription, VoiceRequest,
};
use crate::twilio::twiml::{EMPTY, Say, VoiceResponse};

/// The query parameter that carries a call's id.
const CALL_PARAMETER: &str = "c";

/// A call begins: the flow of the number that was called.
pub async fn incoming<W: World>(world: &W, signed: &Signed) -> Result<Response, Problem> {
    let form = signed.parameters();
    let call = VoiceRequest::from_form(&form)?;
    let line = Line::new(world, signed, &call);
    Ok(match begin(&line, call.to).await {
        Ok(twiml) => Response::twiml(twiml),
        Err(Unavailable) => apology(world),
    })
}

async fn begin<W: World>(line: &Line<'_, W>, number: &str) -> Result<String, Unavailable> {
    let config = published::number(line.world, number).await?;
    let settings = line.world.settings();
    let name = config
        .voice_flow
        .as_deref()
        .unwrap_or(&settings.default_voice_flow);
    let Some(flow) = published::current(line.world, name).await? else {
        line.world
            .log(Record::error("voice.no_flow").with("flow", name));
        return Err(Unavailable);
    };
    flow_run::start(line, &flow, flow_run::data(settings, &config)).await
}

/// A step of a flow: the action of a verb, or a redirect between two steps.
pub async fn step<W: World>(world: &W, signed: &Signed) -> Result<Response, Problem> {
    let form = signed.parameters();
    let call = VoiceRequest::from_form(&form)?;
    let line = Line::new(world, signed, &call);
    Ok(match go_on(&line, signed, call.to).await {
        Ok(twiml) => Response::twiml(twiml),
        Err(Unavailable) => apology(world),
    })
}

async fn go_on<W: World>(
    line: &Line<'_, W>,
    signed: &Signed,
    number: &str,
) -> Result<String, Unavailable> {
    let query = signed.query();
    let event = query
        .get(QUERY_EVENT)
        .or_else(|| query.get("FlowEvent"))
        .map(str::to_owned);
    let Some(text) = query.get(QUERY_EXECUTION) else {
        // Nobody but a test or an application's own redirect asks without an execution: a
        // call that was handed over comes back, or the number's flow is at its first menu.
        return match flow_run::kept(line, "").await? {
            Some(text) => resume(line, &text, event).await,
            None => {
                let config = published::number(line.world, number).await?;
                let settings = line.world.settings();
                let name = config
                    .voice_flow
                    .as_deref()
                    .unwrap_or(&settings.default_voice_flow);
                let flow = published::current(line.world, name)
                    .await?
                    .ok_or(Unavailable)?;
                flow_run::replay(line, &flow, flow_run::data(settings, &config), event).await
            }
        };
    };
    match text.strip_prefix(flow_run::KEPT_MARK) {
        Some(key) if read_mark(text).is_none() => {
            let text = flow_run::kept(line, key).await?.unwrap_or_default();
            resume(line, &text, event).await
        }
        _ => resume(line, text, event).await,
    }
}

/// Goes on with an execution: encoded, or the mark of one that an object runs.
async fn resume<W: World>(
    line: &Line<'_, W>,
    text: &str,
    event: Option<String>,
) -> Result<String, Unavailable> {
    if let Some((sid, turn)) = read_mark(text) {
        return flow_run::answered_by_object(line, sid, turn, event).await;
    }
    match Execution::decode(text) {
        Ok(execution) => flow_run::resume(line, execution, event).await,
        Err(_) => {
            line.world.log(Record::error("voice.execution_unreadable"));
            Err(Unavailable)
        }
    }
}

/// A recording was made: kept first, then the flow goes on.
pub async fn voicemail_saved<W: World>(world: &W, signed: &Signed) -> Result<Response, Problem> {
    let form = signed.parameters();
    let recorded = RecordResult::from_form(&form)?;
    let call = &recorded.call;
    let recording_sid = match &recorded.recording_sid {
        Some(sid) => sid.to_string(),
        // Twilio's URL ends with it.
        None => recorded
            .url
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned(),
    };
    let command = SaveVoicemail {
        call_sid: call.call_sid.to_string(),
        recording_sid,
        recording_url: recorded.url.to_owned(),
        duration: recorded.duration,
        from: call.from.to_owned(),
        to: call.to.to_owned(),
    };
    // Deferred at worst; the caller goes on either way.
    let _ = ask_or_defer(world, flow_run::other_party(call).as_str(), &command).await;
    let line = Line::new(world, signed, call);
    Ok(match go_on(&line, signed, call.to).await {
        Ok(twiml) => Response::twiml(twiml),
        Err(Unavailable) => apology(world),
    })
}

/// A transcript of a recording.
pub async fn transcription<W: World>(world: &W, signed: &Signed) -> Result<Response, Problem> {
    let form = signed.parameters();
    let event = Transcription::from_form(&form)?;
    let (from, to) = (
        form.get("From").unwrap_or_default(),
        form.get("To").unwrap_or_default(),
    );
    let outbound = form
        .get("Direction")
        .is_some_and(|direction| direction.starts_with("out"));
    let command = SaveTranscript {
        call_sid: event
            .call_sid
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        recording_sid: event.recording_sid.to_string(),
        status: event.status.to_owned(),
        text: event.text.to_owned(),
        recording_url: event.recording_url.unwrap_or_default().to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
    };
    let contact = flow_run::contact_of(if outbound { to } else { from });
    let _ = ask_or_defer(world, contact.as_str(), &command).await;
    Ok(Response::no_content())
}

/// A recording's status: nothing is kept that the voicemail itself does not say.
pub fn recording_status<W: World>(world: &W, signed: &Signed) -> Result<Response, Problem> {
    let form = signed.parameters();
    let event = RecordingStatus::from_form(&form)?;
    world.log(
        Record::info("recording.status")
            .with("recording_sid", event.recording_sid.as_str())
            .with("status", event.status),
    );
    Ok(Response::no_content())
}

/// What a call that we placed says, asked for when it is answered.
pub async fn outbound<W: World>(world: &W, signed: &Signed) -> Result<Response, Problem> {
    let form = signed.parameters();
    let call = VoiceRequest::from_form(&form)?;
    let query = signed.query();
    let id = query
        .get(CALL_PARAMETER)
        .and_then(|text| Id::parse(Kind::Call, text))
        .ok_or_else(|| Problem::invalid_field(CALL_PARAMETER, "must be the id of a call"))?;
    let contact = id.contact();
    let fetch = FetchCall { id };
    let placed = world.ask(contact.as_str(), &fetch).await;
    let line = Line::new(world, signed, &call);
    let twiml = match placed.map(|placed| placed.and_then(|placed| placed.script)) {
        Ok(Some(Script::Message(text))) => Ok(spoken(&text)),
        Ok(Some(Script::Twiml(twiml))) => Ok(twiml),
        Ok(Some(Script::Flow(flow))) => match FlowRef::parse(&flow) {
            Some(flow) => {
                let config = published::NumberConfig::default();
                let data = flow_run::data(world.settings(), &config);
                flow_run::start(&line, &flow, data).await
            }
            None => Err(Unavailable),
        },
        // Such a call asks for its steps, never for this.
        Ok(Some(Script::Execution(_)) | None) | Err(Unavailable) => Err(Unavailable),
    };
    Ok(twiml.map_or_else(|Unavailable| apology(world), Response::twiml))
}

fn spoken(text: &str) -> String {
    let twiml = VoiceResponse::new().say(&Say::text(text)).hangup().finish();
    twiml.unwrap_or_else(|_| EMPTY.to_owned())
}

/// A call's progress.
pub async fn status<W: World>(world: &W, signed: &Signed) -> Result<Response, Problem> {
    let form = signed.parameters();
    let event = CallStatusCallback::from_form(&form)?;
    let call = &event.call;
    let query = signed.query();
    let id = query
        .get(CALL_PARAMETER)
        .and_then(|text| Id::parse(Kind::Call, text));
    let contact = id
        .as_ref()
        .map_or_else(|| flow_run::other_party(call), Id::contact);
    let command = ReportCall {
        id,
        sid: call.call_sid.to_string(),
        status: call.status.to_owned(),
        direction: form.get("Direction").map(str::to_owned),
        from: call.from.to_owned(),
        to: call.to.to_owned(),
        duration: event.duration,
        sequence: event.sequence_number,
        sip_response_code: event.sip_response_code.map(u32::from),
        answered_by: event.answered_by.map(str::to_owned),
    };
    let _ = ask_or_defer(world, contact.as_str(), &command).await;
    Ok(Response::no_content())
}
