//! TaskRouter's Tasks (Twilio docs, "TaskRouter Task resource").

use super::basic;
use crate::ports::HttpRequest;
use crate::twilio::form;

/// What a new task is made of.
#[derive(Debug, Clone)]
pub struct NewTask<'a> {
    /// `WorkflowSid` (`WW…`).
    pub workflow_sid: &'a str,
    /// `TaskChannel`: a SID (`TC…`) or a unique name; empty for the default one.
    pub task_channel: &'a str,
    /// `Attributes`: a JSON object as text.
    pub attributes: &'a str,
    /// `Priority`.
    pub priority: Option<&'a str>,
    /// `Timeout` in seconds.
    pub timeout: Option<&'a str>,
}

/// The request that creates a task. `origin` is TaskRouter's own, such as
/// `https://taskrouter.twilio.com`.
pub fn create(
    origin: &str,
    workspace_sid: &str,
    task: &NewTask<'_>,
    user: &str,
    password: &str,
) -> HttpRequest {
    let channel = Some(task.task_channel).filter(|channel| !channel.is_empty());
    let more = [
        ("TaskChannel", channel),
        ("Priority", task.priority),
        ("Timeout", task.timeout),
    ];
    let parameters = [
        ("WorkflowSid", task.workflow_sid),
        ("Attributes", task.attributes),
    ];
    let more = more
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, value)));
    HttpRequest {
        method: "POST",
        url: [origin, "/v1/Workspaces/", workspace_sid, "/Tasks"].concat(),
        authorization: Some(basic(user, password)),
        content_type: Some("application/x-www-form-urlencoded"),
        body: form::encode(parameters.into_iter().chain(more)),
    }
}
