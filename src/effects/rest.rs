//! What goes through Twilio's REST API: tasks and recordings.

use serde_json::json;

use super::policy::Policy;
use super::{Ctx, Done, Headers, SIZE_LIMIT, TIME_LIMIT, Wire};
use crate::flow::{CreateTask, Outcome, RecordCall};
use crate::ports::{HttpRequest, Limits};
use crate::twilio::api::{self, Account, calls, tasks};

/// Creates a task. An answer that does not come is not asked for again: two people would be
/// busy with one question.
pub(super) async fn task(
    wire: &Wire<'_>,
    policy: &Policy,
    task: &CreateTask,
    context: &Ctx<'_>,
) -> Done {
    let workspace = policy.workspace_sid.as_deref();
    let workspace = workspace.ok_or("FLEX_WORKSPACE_SID is not set")?;
    let (user, password) = credentials(context)?;
    let numbers = [task.priority, task.timeout].map(|n| n.map(|n| n.to_string()));
    let [priority, timeout] = &numbers;
    let new = tasks::NewTask {
        workflow_sid: &task.workflow_sid,
        task_channel: &task.task_channel,
        attributes: &task.attributes,
        priority: priority.as_deref(),
        timeout: timeout.as_deref(),
    };
    let origin = context.account.base("taskrouter");
    let request = tasks::create(&origin, workspace, &new, user, password);
    send(wire, request, context).await
}

/// Starts or ends the recording of a call in progress.
pub(super) async fn record(wire: &Wire<'_>, recording: &RecordCall, context: &Ctx<'_>) -> Done {
    let (user, password) = credentials(context)?;
    let origin = context.account.base("api");
    let account = Account::new(&origin, context.account.sid, user, password);
    let parameters = recording.parameters.iter();
    let parameters: Vec<(&str, &str)> = parameters.map(|(name, value)| (*name, &**value)).collect();
    let request = if recording.start {
        calls::record(&account, &recording.call_sid, &parameters)
    } else {
        calls::stop_recording(&account, &recording.call_sid)
    };
    send(wire, request, context).await
}

fn credentials<'a>(context: &Ctx<'a>) -> Result<(&'a str, &'a str), &'static str> {
    let credentials = context.account.credentials;
    credentials.ok_or("the deployment has no Twilio credentials")
}

async fn send(wire: &Wire<'_>, request: HttpRequest, context: &Ctx<'_>) -> Done {
    let limits = Limits {
        time: context.time.min(TIME_LIMIT),
        size: SIZE_LIMIT,
    };
    if limits.time <= 0 {
        return Err("no time is left");
    }
    let answer = (wire.send)(request, Headers::new(), limits).await;
    match api::outcome(answer, |body| Some(body.clone())) {
        api::Outcome::Created(resource) => Ok(Outcome::Ok(resource)),
        api::Outcome::Refused(error) => Ok(Outcome::Failed(
            json!({ "code": error.code, "status": error.status }),
        )),
        api::Outcome::Throttled { .. } => Err("Twilio takes no more requests now"),
        api::Outcome::Ambiguous => Err("Twilio's answer did not come"),
    }
}
