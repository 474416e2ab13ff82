//! Executions and steps in the shapes of Studio's REST API.

use serde_json::{Map, Value};

use super::super::query::Query;
use crate::flow::{LogEntry, mask};
use crate::objects::contact::{Shown, Snapshot};
use crate::objects::id::derived_sid;
use crate::objects::ledger::{ExecutionRow, Place};
use crate::ports::Millis;
use crate::time::rfc3339;

/// What the URLs of a flow's executions are made of.
pub struct Links {
    /// The base that we are called by.
    pub base: String,
    /// The flow's name.
    pub flow: String,
    /// `AC…`.
    pub account: String,
}

impl Links {
    fn all(&self) -> String {
        [&self.base, "/v1/flows/", &self.flow, "/executions"].concat()
    }

    fn one(&self, sid: &str) -> String {
        [&self.all(), "/", sid].concat()
    }

    fn flow_sid(&self) -> String {
        derived_sid("FW", &[&self.flow])
    }

    /// An execution.
    pub fn execution(&self, execution: &Snapshot) -> Value {
        let status = if execution.active { "active" } else { "ended" };
        let mut view = self.head(
            execution.sid.as_str(),
            &execution.theirs,
            status,
            (execution.created_at, execution.updated_at),
        );
        view.insert("revision".to_owned(), execution.revision.into());
        view.insert(
            "flow_channel_address".to_owned(),
            execution.ours.as_str().into(),
        );
        view.insert("state".to_owned(), execution.state.as_str().into());
        if let Some(why) = &execution.failure {
            view.insert("failure".to_owned(), why.as_str().into());
        }
        Value::Object(view)
    }

    /// An execution as the ledger has it.
    pub fn row(&self, row: &ExecutionRow) -> Value {
        let mut view = self.head(&row.sid, &row.theirs, &row.status, (row.at, row.updated));
        view.insert("revision".to_owned(), row.revision.into());
        view.insert("flow_channel_address".to_owned(), row.ours.as_str().into());
        Value::Object(view)
    }

    fn head(
        &self,
        sid: &str,
        theirs: &str,
        status: &str,
        (created, updated): (Millis, Millis),
    ) -> Map<String, Value> {
        let url = self.one(sid);
        members(vec![
            ("sid", sid.into()),
            ("account_sid", self.account.as_str().into()),
            ("flow_sid", self.flow_sid().into()),
            ("flow", self.flow.as_str().into()),
            ("contact_channel_address", theirs.into()),
            ("context", Value::Object(Map::new())),
            ("status", status.into()),
            ("date_created", rfc3339(created).into()),
            ("date_updated", rfc3339(updated).into()),
            (
                "links",
                object(vec![
                    ("steps", below(&url, "/steps").into()),
                    ("execution_context", below(&url, "/context").into()),
                ]),
            ),
            ("url", url.into()),
        ])
    }

    /// What an execution knows.
    pub fn context(&self, mut shown: Shown, reveals: bool) -> Value {
        if !reveals {
            mask(&mut shown.context);
        }
        let sid = shown.execution.sid.as_str();
        object(vec![
            ("account_sid", self.account.as_str().into()),
            ("context", shown.context),
            ("flow_sid", self.flow_sid().into()),
            ("execution_sid", sid.into()),
            ("url", below(&self.one(sid), "/context").into()),
        ])
    }

    /// Steps from one on, oldest first.
    pub fn steps(&self, shown: &Shown, from: usize, size: u32, reveals: bool) -> Value {
        let size = size as usize;
        let last = from.saturating_add(size);
        let steps: Vec<Value> = (from..last.min(shown.steps.len()))
            .filter_map(|at| self.step(shown, at, reveals))
            .collect();
        let url = [&self.one(shown.execution.sid.as_str()), "/steps"].concat();
        let more = shown.steps.len() > last;
        let next = more.then(|| page_url(&url, size, &last.to_string()));
        let meta = meta("steps", &url, from / size.max(1), size, next.as_deref());
        object(vec![("steps", Value::Array(steps)), ("meta", meta)])
    }

    fn step(&self, shown: &Shown, at: usize, reveals: bool) -> Option<Value> {
        let entry = shown.steps.get(at)?;
        let before = at.checked_sub(1).and_then(|at| shown.steps.get(at));
        let since = before.map_or(shown.execution.created_at, |entry| entry.at);
        let execution = shown.execution.sid.as_str();
        let sid = step_sid(execution, at);
        let url = [&self.one(execution), "/steps/", &sid].concat();
        let links = vec![("step_context", below(&url, "/context").into())];
        Some(object(vec![
            ("sid", sid.into()),
            ("account_sid", self.account.as_str().into()),
            ("flow_sid", self.flow_sid().into()),
            ("execution_sid", execution.into()),
            ("parent_step_sid", Value::Null),
            ("name", entry.event.as_str().into()),
            ("context", changes(entry, reveals)),
            ("transitioned_from", entry.name.as_str().into()),
            ("transitioned_to", entry.next.as_deref().into()),
            ("widget_type", entry.kind.as_str().into()),
            ("subflow", entry.subflow.as_str().into()),
            ("duration_ms", entry.at.saturating_sub(since).into()),
            ("date_created", rfc3339(entry.at).into()),
            ("date_updated", Value::Null),
            ("links", object(links)),
            ("url", url.into()),
        ]))
    }

    /// One step, or what it changed `alone`.
    pub fn step_by_sid(
        &self,
        shown: &Shown,
        sid: &str,
        alone: bool,
        reveals: bool,
    ) -> Option<Value> {
        let execution = shown.execution.sid.as_str();
        let at = (0..shown.steps.len()).find(|at| step_sid(execution, *at) == sid)?;
        if !alone {
            return self.step(shown, at, reveals);
        }
        let entry = shown.steps.get(at)?;
        let url = below(&self.one(execution), &["/steps/", sid, "/context"].concat());
        Some(object(vec![
            ("account_sid", self.account.as_str().into()),
            ("context", changes(entry, reveals)),
            ("execution_sid", execution.into()),
            ("flow_sid", self.flow_sid().into()),
            ("step_sid", sid.into()),
            ("url", url.into()),
        ]))
    }

    /// A page of executions.
    pub fn page(&self, query: &Query, rows: &[Value], size: u32, next: Option<&Place>) -> Value {
        let mut url = self.all();
        let mut mark = '?';
        for name in ["contact", "Status", "DateCreatedFrom", "DateCreatedTo"] {
            if let Some(value) = query.get(name) {
                url.push(mark);
                url.push_str(&crate::twilio::form::encode([(name, value)]));
                mark = '&';
            }
        }
        let size = size as usize;
        let next = next.map(|next| page_url(&url, size, &next.write()));
        let page = query.get("Page").and_then(|page| page.parse().ok());
        let meta = meta("executions", &url, page.unwrap_or(0), size, next.as_deref());
        object(vec![("executions", rows.to_vec().into()), ("meta", meta)])
    }
}

/// An object. `json!` writes out an insertion for every member, which is a kilobyte a view.
fn object(pairs: Vec<(&str, Value)>) -> Value {
    Value::Object(members(pairs))
}

fn members(pairs: Vec<(&str, Value)>) -> Map<String, Value> {
    let mut members = Map::new();
    for (name, value) in pairs {
        members.insert(name.to_owned(), value);
    }
    members
}

fn below(url: &str, path: &str) -> String {
    [url, path].concat()
}

/// The SID of the step at a place of an execution's log.
fn step_sid(execution: &str, at: usize) -> String {
    derived_sid("FT", &[execution, &at.to_string()])
}

/// What a step set, by dotted path.
fn changes(entry: &LogEntry, reveals: bool) -> Value {
    Value::Object(if reveals {
        entry.changes.clone()
    } else {
        entry.masked().changes
    })
}

fn page_url(url: &str, size: usize, token: &str) -> String {
    let mark = if url.contains('?') { "&" } else { "?" };
    let size = size.to_string();
    [url, mark, "PageSize=", &size, "&PageToken=", token].concat()
}

/// What Twilio's lists say about themselves.
fn meta(key: &str, url: &str, page: usize, size: usize, next: Option<&str>) -> Value {
    object(vec![
        ("key", key.into()),
        ("page", page.into()),
        ("page_size", size.into()),
        ("first_page_url", page_url(url, size, "").into()),
        ("previous_page_url", Value::Null),
        ("url", url.into()),
        ("next_page_url", next.into()),
    ])
}
