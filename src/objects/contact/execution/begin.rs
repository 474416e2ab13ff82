//! How an execution starts, what comes in for it, and how it ends.

use serde_json::{Map, Value, json};

use super::commands::{EndExecution, FlowStart, Snapshot, StartExecution, Started};
use super::run::{Cause, Parties, Run, Waiting, parameters};
use crate::flow::{Execution, Waiting as Waits};
use crate::messaging::consent::Path;
use crate::objects::ObjectFault;
use crate::objects::contact::Contact;
use crate::objects::contact::consent::channel_of;
use crate::objects::id::{ContactName, ExecutionSid};
use crate::ports::Host;

/// Messages that one execution keeps until it asks for a reply; further ones are messages, but
/// no replies.
const INBOX: usize = 50;

/// A message that came in and is no keyword.
pub(in crate::objects::contact) struct Arrived {
    /// `MessageSid`.
    pub(in crate::objects::contact) sid: String,
    /// `From`.
    pub(in crate::objects::contact) from: String,
    /// `To`.
    pub(in crate::objects::contact) to: String,
    /// `MessagingServiceSid`.
    pub(in crate::objects::contact) service: Option<String>,
    /// Everything that came, as a form.
    pub(in crate::objects::contact) parameters: String,
    /// What it starts when nothing waits for it.
    pub(in crate::objects::contact) start: Option<FlowStart>,
}

impl<H: Host> Contact<H> {
    /// Gives a message to the execution that waits for it, or starts one.
    ///
    /// The flow of the address comes first: as in Studio, one execution of it is active between
    /// two addresses. Else it goes to any that waits for a reply between these two, such as one
    /// that the REST API started; where the address has no flow, to any that may come to ask.
    pub(in crate::objects::contact) fn message_arrived(
        &self,
        contact: &ContactName,
        arrived: Arrived,
        running: bool,
    ) -> Result<(), ObjectFault> {
        let mut runs = if running {
            self.active_runs()?
        } else {
            Vec::new()
        };
        runs.retain(|run| {
            let here = run.ours == arrived.to || Some(&run.ours) == arrived.service.as_ref();
            here && run.theirs == arrived.from
        });
        let own = arrived.start.as_ref().map(|start| start.flow.as_str());
        let waits = |run: &&Run| match run.execution.waiting() {
            Waits::Reply(_) => true,
            Waits::Callback | Waits::Enter => false,
            Waits::Nothing | Waits::Effect => own.is_none() && !run.is_about_a_call(),
        };
        let found = runs
            .iter()
            .find(|run| own == Some(run.execution.flow.as_str()))
            .or_else(|| runs.iter().find(waits));
        if let Some(run) = found {
            let mut inbox = self.inbox(&run.sid)?;
            if inbox.len() < INBOX {
                inbox.push(Waiting {
                    sid: arrived.sid,
                    parameters: arrived.parameters,
                    start: arrived.start,
                });
                self.save_inbox(&run.sid, &inbox)?;
            }
            return self.set_run_due(run.sid.as_str(), self.now());
        }
        if let Some(start) = arrived.start {
            let (ours, theirs) = (arrived.to, arrived.from);
            let cause = Cause::Message(arrived.parameters);
            self.begin_run(contact, &arrived.sid, cause, start, ours, theirs)?;
        }
        Ok(())
    }

    /// Writes an execution down, due at once; the same key again is the execution that is there.
    fn begin_run(
        &self,
        contact: &ContactName,
        key: &str,
        cause: Cause,
        start: FlowStart,
        ours: String,
        theirs: String,
    ) -> Result<Run, ObjectFault> {
        let (sid, known) = self.sid_for(contact, key)?;
        if let Some(known) = known {
            return Ok(known);
        }
        let settings = self.host.settings();
        let mut data: Map<String, Value> = settings
            .flow_data
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect();
        data.extend(start.data);
        let account = match &cause {
            Cause::Message(form) => parameters(form).remove("AccountSid"),
            Cause::Request => None,
        };
        let account = match account {
            Some(Value::String(sid)) => sid,
            _ => settings.account_sid.clone().unwrap_or_default(),
        };
        let parties = Parties {
            ours,
            theirs,
            base: start.base,
            account,
        };
        let execution = Execution::new(start.flow, start.revision);
        let run = Run {
            cause: Some(cause),
            data,
            ..Run::new(sid, key.to_owned(), parties, execution, self.now())
        };
        self.start_run(&run)?;
        Ok(run)
    }

    /// Writes a new execution down, due at once.
    pub(super) fn start_run(&self, run: &Run) -> Result<(), ObjectFault> {
        self.forget_old_runs()?;
        self.save_run(run)?;
        self.set_run_due(run.sid.as_str(), run.created_at)?;
        self.tell_run(run, "execution.started")
    }

    /// A SID that no other execution has; the one of this key, when there is one.
    pub(super) fn sid_for(
        &self,
        contact: &ContactName,
        key: &str,
    ) -> Result<(ExecutionSid, Option<Run>), ObjectFault> {
        let mut attempt = 0;
        loop {
            let sid = ExecutionSid::derived(contact, key, attempt);
            match self.run(&sid)? {
                Some(run) if run.key == key => return Ok((sid, Some(run))),
                Some(_) => attempt += 1,
                None => return Ok((sid, None)),
            }
        }
    }

    pub(in crate::objects::contact) fn start_execution(
        &self,
        command: StartExecution,
    ) -> Result<Started, ObjectFault> {
        let started = |run: &Run| Started::Started(Box::new(run.snapshot()));
        if let (_, Some(known)) = self.sid_for(&command.contact, &command.key)? {
            return Ok(started(&known));
        }
        let active = self.active_runs()?.into_iter().find(|run| {
            run.execution.flow == command.start.flow
                && run.ours == command.from
                && run.theirs == command.to
        });
        if let Some(active) = active {
            return Ok(Started::Active(active.sid));
        }
        let run = self.begin_run(
            &command.contact,
            &command.key,
            Cause::Request,
            command.start,
            command.from,
            command.to,
        )?;
        Ok(started(&run))
    }

    pub(in crate::objects::contact) fn end_execution(
        &self,
        command: &EndExecution,
    ) -> Result<Option<Snapshot>, ObjectFault> {
        let Some(mut run) = self.run(&command.sid)? else {
            return Ok(None);
        };
        if run.active {
            self.save_inbox(&run.sid, &[])?;
            self.end_run(&mut run, Some("it was ended over the API"))?;
        }
        Ok(Some(run.snapshot()))
    }

    /// The person's consent has changed: what may no longer be written to them ends. One on a
    /// call goes on; its messages are refused.
    pub(in crate::objects::contact) fn end_forbidden_runs(&self) -> Result<(), ObjectFault> {
        let runs = self.active_runs()?;
        if runs.is_empty() {
            return Ok(());
        }
        let standing = self.standing()?;
        for mut run in runs {
            let path = Path {
                sender: Some(&run.ours),
                service: Some(run.ours.as_str()).filter(|ours| ours.starts_with("MG")),
                channel: channel_of(&run.theirs),
            };
            if !run.is_about_a_call() && !standing.decide(&path).is_allowed() {
                self.save_inbox(&run.sid, &[])?;
                self.end_run(&mut run, Some("the person opted out"))?;
            }
        }
        Ok(())
    }

    /// Ends an execution. What came in for it and was never asked for stays.
    pub(super) fn end_run(&self, run: &mut Run, why: Option<&str>) -> Result<(), ObjectFault> {
        run.active = false;
        run.began = false;
        run.failure = why.map(str::to_owned);
        run.updated_at = self.now();
        self.save_run(run)?;
        self.clear_run_due(&run.sid)?;
        self.tell_run(run, "execution.ended")
    }

    /// An execution came to its end. A message that came in meanwhile, and that it did not ask
    /// for, starts the flow of its address anew, as it would have a moment later.
    pub(super) fn carry_over(&self, ended: &Run) -> Result<(), ObjectFault> {
        let mut inbox = self.inbox(&ended.sid)?;
        if inbox.is_empty() {
            return Ok(());
        }
        self.save_inbox(&ended.sid, &[])?;
        let Some(at) = inbox.iter().position(|waiting| waiting.start.is_some()) else {
            return Ok(());
        };
        let mut rest = inbox.split_off(at);
        let first = rest.remove(0);
        let Some(start) = first.start else {
            return Ok(());
        };
        let form = parameters(&first.parameters);
        let text = |name: &str| {
            let value = form.get(name).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        let run = self.begin_run(
            &ended.sid.contact(),
            &first.sid,
            Cause::Message(first.parameters),
            start,
            text("To"),
            text("From"),
        )?;
        self.save_inbox(&run.sid, &rest)
    }

    /// Tells the application, and the ledger by it.
    pub(super) fn tell_run(&self, run: &Run, kind: &str) -> Result<(), ObjectFault> {
        let mut data = json!({
            "execution_sid": run.sid,
            "flow": run.execution.flow,
            "revision": run.execution.revision,
            "contact_channel_address": run.theirs,
            "flow_channel_address": run.ours,
            "status": if run.active || run.on_worker { "active" } else { "ended" },
            "created_at": crate::time::rfc3339(run.created_at),
            "updated_at": crate::time::rfc3339(run.updated_at),
        });
        if let (Some(why), Some(fields)) = (&run.failure, data.as_object_mut()) {
            fields.insert("failure".to_owned(), why.as_str().into());
        }
        self.emit(Some(run.sid.contact()), kind, data)
    }
}
