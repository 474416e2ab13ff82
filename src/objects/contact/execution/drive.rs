//! Goes on with an execution for as long as nothing has to be waited for.
//!
//! Between two `.await` there is one commit. After each, the row is read again: a STOP, an end
//! over the API or a message may have come in while another server was asked.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::perform::{Performed, may_repeat};
use super::run::{Run, parameters};
use crate::flow::{
    DEFAULT_STEP_LIMIT, Effect, Env, Input, Next, Outcome, StepUrl, Turn, Waiting, advance,
};
use crate::log::Record;
use crate::messaging::status::{CallStatus, MessageStatus};
use crate::objects::ObjectFault;
use crate::objects::contact::message::{Delivery, Message};
use crate::objects::contact::{CallState, Contact};
use crate::objects::id::{ExecutionSid, derived_sid};
use crate::objects::peers::Peers;
use crate::ports::{Host, Millis, PublishedFlow};
use crate::sorted::SortedMap;
use crate::time::{HOUR, MINUTE, SECOND};

/// Turns that one alarm makes of one execution; the rest follow at once.
const TURNS: usize = 40;
/// A hold that was not renewed for so long belongs to work that was cut off without a word.
const HOLD: Millis = MINUTE;
/// When an execution is looked at again whose call waits for another server.
const LEASE: Millis = 30 * SECOND;
/// Looks at a definition that cannot be read, pauses doubling from a second: an hour.
const LOOKS: u32 = 15;
const LONGEST_PAUSE: Millis = 5 * MINUTE;
/// A call is over by then (Twilio docs, "Call resource": 24 hours at most).
const CALL: Millis = 25 * HOUR;
/// How long the last request of a call that was hung up may come after its status.
const GRACE: Millis = 10 * SECOND;

/// Executions that are being driven, and until when that is believed.
pub(in crate::objects::contact) type Holds = Mutex<SortedMap<String, Millis>>;

/// One execution, held against a second driver.
pub(super) struct Hold<'a> {
    holds: &'a Holds,
    sid: String,
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        locked(self.holds).remove(&self.sid);
    }
}

fn locked(holds: &Holds) -> MutexGuard<'_, SortedMap<String, Millis>> {
    holds.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What can be given to an execution now.
enum Look {
    Input(Input),
    /// Nothing before this moment, unless something comes in.
    Wait(Millis),
    /// It must end, and why.
    End(&'static str),
}

impl<H: Host> Contact<H> {
    /// Takes an execution for oneself; `None` while somebody else has it.
    pub(super) fn hold(&self, sid: &ExecutionSid) -> Option<Hold<'_>> {
        let now = self.now();
        let mut holds = locked(&self.holds);
        if holds.get(sid.as_str()).is_some_and(|until| *until > now) {
            return None;
        }
        holds.insert(sid.to_string(), now.saturating_add(HOLD));
        Some(Hold {
            holds: &self.holds,
            sid: sid.to_string(),
        })
    }

    fn renew(&self, sid: &ExecutionSid) {
        let until = self.now().saturating_add(HOLD);
        locked(&self.holds).insert(sid.to_string(), until);
    }

    /// What an execution that nobody drives can be given.
    fn look(&self, run: &Run) -> Result<Look, ObjectFault> {
        let now = self.now();
        Ok(match run.execution.waiting() {
            Waiting::Nothing => match run.trigger() {
                Some(trigger) => Look::Input(Input::Start {
                    trigger,
                    data: run.data.clone(),
                }),
                None => Look::End("it waits for nothing"),
            },
            // Whoever performed it is gone.
            Waiting::Effect if run.began => {
                Look::Input(Input::Done(Outcome::Failed(serde_json::Value::Null)))
            }
            Waiting::Effect => Look::Input(Input::Again),
            Waiting::Reply(until) => {
                let mut inbox = self.inbox(&run.sid)?;
                if !inbox.is_empty() {
                    let reply = inbox.remove(0);
                    self.save_inbox(&run.sid, &inbox)?;
                    Look::Input(Input::Reply(parameters(&reply.parameters)))
                } else if now >= until {
                    Look::Input(Input::Timeout)
                } else if let Some(failed) = self.undelivered(run)? {
                    Look::Input(Input::DeliveryFailure(failed))
                } else {
                    Look::Wait(until)
                }
            }
            Waiting::Callback | Waiting::Enter => self.look_at_call(run)?,
        })
    }

    /// The report of a message that did not arrive and will not be tried again.
    fn undelivered(&self, run: &Run) -> Result<Option<crate::flow::Parameters>, ObjectFault> {
        let message = match &run.message {
            Some(id) => self.message(id)?,
            None => None,
        };
        let Some(message) = message.filter(has_failed) else {
            return Ok(None);
        };
        let code = message.failure.as_ref().and_then(|failure| failure.code);
        Ok(Some(crate::flow::parameters([
            ("MessageSid", message.sid.clone().unwrap_or_default()),
            ("MessageStatus", message.status_name().to_owned()),
            (
                "ErrorCode",
                code.map(|code| code.to_string()).unwrap_or_default(),
            ),
            ("To", message.to.clone()),
            ("From", message.from.clone().unwrap_or_default()),
        ])))
    }

    /// A call that was never answered has an event; one that was, and is over, asks no more.
    fn look_at_call(&self, run: &Run) -> Result<Look, ObjectFault> {
        let patience = run.updated_at.saturating_add(CALL);
        let call = match &run.call {
            Some(id) => self.call(id)?,
            None => None,
        };
        let over = call.filter(|call| {
            let ended = call.status.is_some_and(CallStatus::is_terminal);
            ended || matches!(call.state, CallState::Refused | CallState::Unknown)
        });
        Ok(match over {
            Some(call) if !run.execution.is_on_call() => {
                let status = match call.status_name() {
                    "unknown" => "failed",
                    known => known,
                };
                Look::Input(Input::Voice {
                    parameters: crate::flow::parameters([
                        ("CallSid", call.sid.clone().unwrap_or_default()),
                        ("CallStatus", status.to_owned()),
                        ("To", call.to.clone()),
                        ("From", call.from.clone()),
                        ("Direction", "outbound-api".to_owned()),
                    ]),
                    event: None,
                })
            }
            Some(call) if self.now() >= call.updated_at.saturating_add(GRACE) => {
                Look::End("the call is over")
            }
            Some(call) => Look::Wait(call.updated_at.saturating_add(GRACE)),
            None if self.now() >= patience => Look::End("its call was not heard of again"),
            None => Look::Wait(patience),
        })
    }

    /// One turn of the engine, and everything that it leads to but an effect: one commit. The
    /// effect that it asks for, if it asks for one.
    fn turn(
        &self,
        run: &mut Run,
        flow: &PublishedFlow,
        input: Input,
    ) -> Result<Option<Effect>, ObjectFault> {
        let answers = matches!(input, Input::Voice { .. }) || run.execution.is_on_call();
        let turn = run.turn.saturating_add(u32::from(answers));
        let Turn {
            execution,
            verbs,
            next,
            log,
        } = {
            let url = |step: &StepUrl<'_>| run.step_url(turn, step);
            let name = run.execution.flow.clone();
            let env = Env {
                now: self.now(),
                utc_offset_minutes: self.host.settings().flow_offset(self.now()),
                account_sid: &run.account,
                flow_sid: &derived_sid("FW", &[&name]),
                execution_sid: run.sid.as_str(),
                step_limit: DEFAULT_STEP_LIMIT,
                lean: false,
                url: &url,
                flows: &flow.flows,
            };
            advance(&flow.definition, run.execution.clone(), input, &env)
        };
        run.execution = execution;
        run.cause = None;
        run.data.clear();
        run.began = false;
        run.looks = 0;
        run.updated_at = self.now();
        self.log_steps(run, &log)?;
        self.note_steps(run, &log);
        if let Next::Effect(effect) = next {
            run.began = !may_repeat(&effect);
            run.expect(&effect);
            self.save_run(run)?;
            return Ok(Some(effect));
        }
        if answers {
            run.turn = turn;
            run.answer = self.twiml(run, &verbs, &next);
        }
        run.keep = next == Next::Pause { keep: true };
        match next {
            Next::Ended => {
                self.end_run(run, None)?;
                self.carry_over(run)?;
            }
            Next::Failed(error) => {
                self.host.log(
                    Record::error("flow.failed")
                        .with("flow", run.execution.flow.as_str())
                        .with("execution_sid", run.sid.as_str())
                        .with("why", error.to_string()),
                );
                self.end_run(run, Some(&error.to_string()))?;
                self.carry_over(run)?;
            }
            _ => self.save_run(run)?,
        }
        Ok(None)
    }

    /// One line for each widget that was left, without what the person said.
    fn note_steps(&self, run: &Run, log: &[crate::flow::LogEntry]) {
        for entry in log {
            self.host.log(
                Record::info("flow.step")
                    .with("execution_sid", run.sid.as_str())
                    .with("flow", run.execution.flow.as_str())
                    .with("path", [&entry.name, ".", &entry.event].concat()),
            );
        }
    }

    /// An execution whose flow cannot be read now is looked at again, ever more slowly.
    fn without_flow(&self, sid: &ExecutionSid, gone: bool) -> Result<(), ObjectFault> {
        let Some(mut run) = self.run(sid)? else {
            return self.clear_run_due(sid);
        };
        run.looks = run.looks.saturating_add(1);
        let name = run.execution.flow.clone();
        if run.looks >= LOOKS {
            self.host.log(
                Record::error("execution.no_flow")
                    .with("flow", name)
                    .with("gone", gone),
            );
            return self.end_run(&mut run, Some("its flow cannot be read"));
        }
        self.save_run(&run)?;
        let pause = SECOND
            .saturating_mul(1 << run.looks.min(10))
            .min(LONGEST_PAUSE);
        self.set_run_due(sid.as_str(), self.now().saturating_add(pause))
    }
}

impl<H: Peers> Contact<H> {
    /// Goes on with every execution that is due. Whether there was one.
    pub(in crate::objects::contact) async fn resume_runs(&self) -> Result<bool, ObjectFault> {
        let due = self.runs_due()?;
        for sid in &due {
            let Some(hold) = self.hold(sid) else {
                // Whoever has it looks at everything before they let go.
                self.set_run_due(sid.as_str(), self.now().saturating_add(SECOND))?;
                continue;
            };
            self.go_on(sid, VecDeque::new(), false).await?;
            drop(hold);
        }
        Ok(!due.is_empty())
    }

    /// Goes on with an execution that is held: first with what is given, then with what there
    /// is. `on_call`: somebody is on the line, so nothing is put off.
    pub(super) async fn go_on(
        &self,
        sid: &ExecutionSid,
        mut given: VecDeque<Input>,
        on_call: bool,
    ) -> Result<(), ObjectFault> {
        let Some(run) = self.run(sid)?.filter(|run| run.active) else {
            return self.clear_run_due(sid);
        };
        let flow = match self.host.flow(&run.execution).await {
            Ok(Some(flow)) => flow,
            other => return self.without_flow(sid, other.is_ok()),
        };
        let mut effect: Option<Effect> = None;
        for _ in 0..TURNS {
            self.renew(sid);
            let performed = match effect.take() {
                Some(effect) => {
                    let Some(run) = self.run(sid)? else { break };
                    Some(self.perform(&run, &effect).await?)
                }
                None => None,
            };
            let Some(mut run) = self.run(sid)?.filter(|run| run.active) else {
                return self.clear_run_due(sid);
            };
            let input = match performed {
                Some(performed) => {
                    if run.execution.waiting() != Waiting::Effect {
                        break;
                    }
                    match self.outcome(&mut run, performed, on_call)? {
                        Some(outcome) => Input::Done(outcome),
                        None => return Ok(()),
                    }
                }
                None => match given.pop_front() {
                    Some(input) => input,
                    None => match self.look(&run)? {
                        Look::Input(input) => input,
                        Look::Wait(at) => return self.set_run_due(sid.as_str(), at),
                        Look::End(why) => {
                            self.end_run(&mut run, Some(why))?;
                            return self.carry_over(&run);
                        }
                    },
                },
            };
            effect = self.turn(&mut run, &flow, input)?;
            if effect.is_some() && on_call {
                self.set_run_due(sid.as_str(), self.now().saturating_add(LEASE))?;
            }
        }
        self.set_run_due(sid.as_str(), self.now())
    }

    /// What an effect came to, as the engine takes it; `None` when it must be asked again.
    fn outcome(
        &self,
        run: &mut Run,
        performed: Performed,
        on_call: bool,
    ) -> Result<Option<Outcome>, ObjectFault> {
        match performed {
            Performed::Done(outcome) => Ok(Some(outcome)),
            // Accepted by us is as good as accepted: the caller does not wait for the rest.
            Performed::Later { so_far } if on_call => Ok(Some(so_far)),
            Performed::Later { .. } => {
                run.looks = run.looks.saturating_add(1);
                self.save_run(run)?;
                let pause = 5 * SECOND * Millis::from(run.looks.min(12));
                self.set_run_due(run.sid.as_str(), self.now().saturating_add(pause))?;
                Ok(None)
            }
        }
    }
}

/// It did not arrive, and no further attempt is planned.
fn has_failed(message: &Message) -> bool {
    let failed = message.status.is_some_and(MessageStatus::has_failed);
    !message.is_pending()
        && !message.course.arrived
        && (failed || matches!(message.delivery, Delivery::Refused | Delivery::Unknown))
}
