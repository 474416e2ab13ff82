//! Waiting for the caller, in counted time or, when somebody holds a handset, in real time.

use super::leg::{End, Flow, Heard, Leg, flow_of};
use super::script::{CallUpdate, Step};
use crate::engine::{self, Activity};
use std::sync::Arc;
use std::time::Duration;

impl Leg {
    /// Lets time on the line pass; really, when somebody listens, until a key is pressed.
    pub(super) async fn pass(&mut self, ms: u64) {
        self.elapsed_ms += ms;
        if !self.script.is_empty() {
            return;
        }
        if let Some(keypad) = &mut self.keypad {
            let resting = self.activity.take().is_some();
            tokio::select! {
                step = keypad.recv() => self.script.extend(step),
                () = tokio::time::sleep(Duration::from_millis(ms)) => {}
            }
            self.activity = resting.then(|| Activity::new(&self.shared));
        }
    }

    /// What came from outside without being waited for.
    pub(crate) fn interrupted(&mut self) -> Option<Flow> {
        if let Ok(update) = self.updates.try_recv() {
            return Some(flow_of(update));
        }
        if let Some(keypad) = &mut self.keypad {
            while let Ok(step) = keypad.try_recv() {
                self.script.push_back(step);
            }
            if matches!(self.script.front(), Some(Step::Hangup(_))) {
                self.script.pop_front();
                return Some(Flow::Over(End::Caller));
            }
        }
        None
    }

    /// Waits for the caller; `fits` says which steps this verb takes. A scripted step that is
    /// meant for a later verb stays, and is silence to this one.
    pub(crate) async fn listen(&mut self, seconds: u64, fits: fn(&Step) -> bool) -> Heard {
        loop {
            match self.script.front() {
                Some(Step::WaitMs(ms)) => {
                    let ms = *ms;
                    self.script.pop_front();
                    if let Some(update) = self.wait(Some(ms)).await {
                        return Heard::Changed(update);
                    }
                }
                Some(Step::Hold(_)) => {
                    self.script.pop_front();
                    if let Some(update) = self.wait(None).await {
                        return Heard::Changed(update);
                    }
                }
                Some(Step::Silence(_)) => {
                    self.script.pop_front();
                    return Heard::Silence;
                }
                Some(step) if fits(step) || matches!(step, Step::Hangup(_)) => {
                    return self.script.pop_front().map_or(Heard::Silence, Heard::Step);
                }
                Some(_) if self.is_live() => {
                    // A key pressed where nobody listens is lost.
                    self.script.pop_front();
                }
                Some(_) => return Heard::Silence,
                None => match self.listen_live(seconds).await {
                    Some(heard) => return heard,
                    None if self.script.is_empty() => return Heard::Silence,
                    None => {}
                },
            }
        }
    }

    /// Waits for a key of the handset; `None` when one has come or the time is over.
    async fn listen_live(&mut self, seconds: u64) -> Option<Heard> {
        let keypad = self.keypad.as_mut()?;
        let resting = self.activity.take().is_some();
        let heard = tokio::select! {
            step = keypad.recv() => {
                match step {
                    Some(step) => self.script.push_back(step),
                    None => self.keypad = None,
                }
                None
            }
            Some(update) = self.updates.recv() => Some(Heard::Changed(update)),
            () = tokio::time::sleep(Duration::from_secs(seconds)) => None,
        };
        self.activity = resting.then(|| Activity::new(&self.shared));
        heard
    }

    /// Waits in the twin's time, or without end, for a change from outside.
    pub(crate) async fn wait(&mut self, ms: Option<i64>) -> Option<CallUpdate> {
        let resting = self.activity.take().is_some();
        let shared = Arc::clone(&self.shared);
        let pause = async move {
            match ms {
                Some(ms) => engine::sleep(&shared, ms).await,
                None => tokio::time::sleep(Duration::from_secs(3600)).await,
            }
        };
        let update = tokio::select! {
            update = self.updates.recv() => update,
            () = pause => None,
        };
        self.activity = resting.then(|| Activity::new(&self.shared));
        self.elapsed_ms += ms.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0);
        update
    }
}
