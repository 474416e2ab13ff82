//! TaskRouter, as far as enqueueing work needs it: tasks are made, listed and fetched.

use super::{Ask, Outcome, Reply};
use crate::clock::iso8601;
use crate::error::ApiError;
use crate::state::World;
use serde_json::{Value, json};

pub(crate) fn route(world: &mut World, ask: &Ask, rest: &[&str]) -> Outcome {
    match (ask.method.as_str(), rest) {
        ("POST", ["Workspaces", workspace, "Tasks"]) => {
            let attributes = ask.given("Attributes").unwrap_or("{}");
            if serde_json::from_str::<Value>(attributes).is_err() {
                return Err(ApiError::new(400, 20001, "Attributes is not JSON"));
            }
            let workflow = ask.given("WorkflowSid").unwrap_or_default().to_owned();
            let extra = json!({
                "priority": ask.given("Priority").and_then(|p| p.parse::<i64>().ok()).unwrap_or(0),
                "timeout": ask.given("Timeout").and_then(|p| p.parse::<i64>().ok()).unwrap_or(86_400),
                "task_channel_unique_name": ask.given("TaskChannel").unwrap_or("default"),
                "workspace_sid": workspace,
            });
            let task = add(world, &workflow, attributes, extra);
            Ok(Reply::json(201, task))
        }
        ("GET", ["Workspaces", _, "Tasks"]) => {
            super::page_meta(ask, world, "tasks", world.tasks.clone())
        }
        ("GET", ["Workspaces", _, "Tasks", sid]) => world
            .tasks
            .iter()
            .find(|t| t.get("sid").and_then(Value::as_str) == Some(*sid))
            .map(|t| Reply::json(200, t.clone()))
            .ok_or_else(|| ask.not_found()),
        _ => Err(ask.not_found()),
    }
}

/// Makes a task; also what an enqueue with a workflow does.
pub(crate) fn add(world: &mut World, workflow: &str, attributes: &str, extra: Value) -> Value {
    let now = iso8601(world.now());
    let mut task = json!({
        "account_sid": world.account(),
        "addons": "{}",
        "age": 0,
        "assignment_status": "pending",
        "attributes": attributes,
        "date_created": now,
        "date_updated": now,
        "reason": null,
        "sid": world.ids.sid("WT"),
        "workflow_sid": workflow,
    });
    if let (Some(map), Value::Object(extra)) = (task.as_object_mut(), extra) {
        map.extend(extra);
    }
    world.tasks.push(task.clone());
    task
}
