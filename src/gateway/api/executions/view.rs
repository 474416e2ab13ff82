//! Executions and steps in the shapes of Studio's REST API.

use serde_json::{Map, Value, json};

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
        let head = json!({
            "sid": sid,
            "account_sid": self.account,
            "flow_sid": self.flow_sid(),
            "flow": self.flow,
            "contact_channel_address": theirs,
            "context": {},
            "status": status,
            "date_created": rfc3339(created),
            "date_updated": rfc3339(updated),
            "links": {
                "steps": below(&url, "/steps"),
                "execution_context": below(&url, "/context"),
            },
            "url": url,
        });
        match head {
            Value::Object(head) => head,
            _ => Map::new(),
        }
    }

    /// What an execution knows.
    pub fn context(&self, mut shown: Shown, reveals: bool) -> Value {
        if !reveals {
            mask(&mut shown.context);
        }
        let sid = shown.execution.sid.as_str();
        json!({
            "account_sid": self.account,
            "context": shown.context,
            "flow_sid": self.flow_sid(),
            "execution_sid": sid,
            "url": below(&self.one(sid), "/context"),
        })
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
        json!({ "steps": steps, "meta": meta })
    }

    fn step(&self, shown: &Shown, at: usize, reveals: bool) -> Option<Value> {
        let entry = shown.steps.get(at)?;
        let before = at.checked_sub(1).and_then(|at| shown.steps.get(at));
        let since = before.map_or(shown.execution.created_at, |entry| entry.at);
        let execution = shown.execution.sid.as_str();
        let sid = step_sid(execution, at);
        let url = [&self.one(execution), "/steps/", &sid].concat();
        Some(json!({
            "sid": sid,
            "account_sid": self.account,
            "flow_sid": self.flow_sid(),
            "execution_sid": execution,
            "parent_step_sid": null,
            "name": entry.event,
            "context": changes(entry, reveals),
            "transitioned_from": entry.name,
            "transitioned_to": entry.next,
            "widget_type": entry.kind,
            "subflow": entry.subflow,
            "duration_ms": entry.at.saturating_sub(since),
            "date_created": rfc3339(entry.at),
            "date_updated": null,
            "links": { "step_context": below(&url, "/context") },
            "url": url,
        }))
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
        Some(json!({
            "account_sid": self.account,
            "context": changes(entry, reveals),
            "execution_sid": execution,
            "flow_sid": self.flow_sid(),
            "step_sid": sid,
            "url": below(&self.one(execution), &["/steps/", sid, "/context"].concat()),
        }))
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
        json!({ "executions": rows, "meta": meta })
    }
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
    json!({
        "key": key,
        "page": page,
        "page_size": size,
        "first_page_url": page_url(url, size, ""),
        "previous_page_url": null,
        "url": url,
        "next_page_url": next,
    })
}
