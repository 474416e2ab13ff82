//! A shift: for some seconds, messages of all enlisted campaigns in turn, each at its moment.
//!
//! One loop: start what may start, wait for whatever comes first (an answer or the next free
//! moment), take in what came. Claims and settlements are under way beside the messages, so
//! that the pace never waits for them.
//!
//! A shift ends after [`LENGTH`] or [`CALLS`] messages, since one invocation may run for 15
//! minutes and make 10,000 calls (Cloudflare docs, "Workers limits"); the alarm begins the
//! next one at once. The contacts' own invocations hold the connections to Twilio, one each.

use std::collections::VecDeque;
use std::pin::Pin;

use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;

use super::{Enlisted, Sender, Strike};
use crate::campaign::pace::{Bucket, Rate, Turn};
use crate::campaign::state::Reached;
use crate::log::Record;
use crate::objects::ObjectFault;
use crate::objects::campaign::{Batch, Claim, Claimed, Outcome, Outgoing, Settle, outcome_of};
use crate::objects::contact::{Block, Message, Send, SendReply};
use crate::objects::peers::{Peers, ask};
use crate::ports::Millis;
use crate::time::SECOND;
use crate::twilio::errors::Class;

/// How long a shift lasts.
const LENGTH: Millis = 40 * SECOND;
/// Messages of one shift.
const CALLS: u32 = 8_000;
/// Should the process die, the next shift begins this long after the last claim.
const WATCHDOG: Millis = 10 * SECOND;
/// Messages that are under way at a time. Twilio takes about a hundred requests of an account
/// at a time (Twilio docs, error 20429).
const IN_FLIGHT: usize = 48;
/// Outcomes that are settled together.
const SETTLED_TOGETHER: usize = 50;
/// A campaign's messages claimed at a time: about two seconds' worth.
pub(super) const LEAST_CLAIM: u32 = 5;
pub(super) const MOST_CLAIM: u32 = 200;
/// Times in a row that a settlement is tried.
const MAX_FAILURES: u32 = 3;
/// Until a campaign or a contact that did not answer is asked again.
const PATIENCE: Millis = 5 * SECOND;
/// A message waits this long at most in one piece, so that a new campaign or a stop is seen.
const NAP: Millis = SECOND;

/// Something that was under way and is done.
enum Done {
    Sent(usize, i64, Box<Sent>),
    Claimed(usize, Result<Claimed, ObjectFault>),
    Settled(usize, Result<(), ObjectFault>, Box<Settle>),
}

/// What came of one message.
struct Sent {
    outcome: Outcome,
    /// Twilio's complaint about the pace.
    complaint: Option<u32>,
    sent_at: Millis,
}

type Flight<'a> = Pin<Box<dyn Future<Output = Done> + 'a>>;
type Timer<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// One campaign's part of a shift.
struct Lane {
    campaign: String,
    /// Its own pace.
    own: Option<(Rate, Bucket)>,
    /// Claimed and not sent yet, with the claim.
    queue: VecDeque<(i64, Outgoing)>,
    /// A claim is under way.
    claiming: bool,
    /// Nothing to claim before this moment.
    quiet_until: Millis,
    /// Nothing more to claim.
    drained: bool,
    /// Outcomes that are not settled yet, with the claim.
    outcomes: Vec<(i64, Outcome)>,
    /// Settlements in a row that the campaign did not take.
    failures: u32,
}

impl Lane {
    fn new(enlisted: &Enlisted) -> Lane {
        Lane {
            campaign: enlisted.campaign.clone(),
            own: enlisted.rate.map(|rate| (rate, Bucket::default())),
            queue: VecDeque::new(),
            claiming: false,
            quiet_until: Millis::MIN,
            drained: false,
            outcomes: Vec::new(),
            failures: 0,
        }
    }
}

impl<H: Peers> Sender<H> {
    /// Works one shift and sets the alarm for the next.
    ///
    /// # Errors
    /// When storage fails; the platform then runs the alarm again.
    pub async fn alarm(&self) -> Result<(), ObjectFault> {
        if self.live.borrow().roll.is_empty() {
            return Ok(());
        }
        self.host
            .set_alarm(self.now().saturating_add(WATCHDOG))
            .await?;
        let next = self.work().await?;
        self.keep_pace()?;
        match next {
            Some(at) => Ok(self.host.set_alarm(at.max(self.now())).await?),
            None => Ok(()),
        }
    }

    /// The shift itself. Returns when the next one is to begin.
    async fn work(&self) -> Result<Option<Millis>, ObjectFault> {
        let mut shift = Shift {
            sender: self,
            lanes: Vec::new(),
            flights: FuturesUnordered::new(),
            in_air: 0,
            calls: 0,
            ends_at: self.now().saturating_add(LENGTH),
            next_lane: 0,
            timer: None,
        };
        loop {
            shift.follow_roll();
            let wake = shift.start_what_may()?;
            if shift.flights.is_empty() && shift.is_over() {
                shift.dismiss_drained()?;
                return Ok(shift.next_shift());
            }
            if let Some(done) = shift.wait(wake).await {
                shift.take_in(done)?;
            }
        }
    }

    /// Hands one message to its recipient's contact.
    async fn deliver(&self, lane: usize, claim: i64, message: Outgoing, campaign: String) -> Done {
        let sent_at = self.now();
        let contact = message.id.contact();
        let command = Send {
            id: message.id.clone(),
            to: message.to.clone(),
            from: message.from.clone(),
            messaging_service_sid: message.messaging_service_sid.clone(),
            body: message.body.clone(),
            media_urls: Vec::new(),
            status_callback: message.status_callback.clone(),
            options: message.options.clone(),
        };
        let reply = ask(&self.host, contact.as_str(), &command).await;
        let sent = self.judge(&message, reply, sent_at, &campaign);
        Done::Sent(lane, claim, Box::new(sent))
    }

    fn judge(
        &self,
        message: &Outgoing,
        reply: Result<SendReply, ObjectFault>,
        sent_at: Millis,
        campaign: &str,
    ) -> Sent {
        // The same message: whether it was sent is in the contact's journal.
        let waits = || {
            let again = Some(self.now().saturating_add(PATIENCE));
            Outcome {
                again,
                ..outcome(message, Reached::Waiting)
            }
        };
        let (outcome, complaint) = match reply {
            Ok(SendReply::Message(sent)) => (
                outcome_of(message.line, message.attempt, &sent),
                complaint(&sent),
            ),
            Ok(SendReply::Blocked(block)) => (blocked(message, block), None),
            Ok(SendReply::OptedOut(_)) => (outcome(message, Reached::OptedOut), None),
            Ok(SendReply::NotConfigured) => {
                let code = Some(20_003);
                (Outcome { code, ..waits() }, None)
            }
            // Whether it was sent is in the contact's journal: the same message is asked for
            // again.
            Err(fault) => {
                self.host.log(
                    Record::warn("sender.contact_silent")
                        .with("campaign", campaign)
                        .with("why", fault.to_string()),
                );
                (waits(), None)
            }
        };
        Sent {
            outcome,
            complaint,
            sent_at,
        }
    }
}

fn outcome(message: &Outgoing, reached: Reached) -> Outcome {
    Outcome {
        line: message.line,
        attempt: message.attempt,
        reached,
        code: None,
        class: None,
        sid: None,
        again: None,
    }
}

/// Twilio's complaint about the pace, if it had one.
fn complaint(message: &Message) -> Option<u32> {
    let refused = message.failure.as_ref().and_then(|failure| failure.code);
    let throttled = || {
        let mut codes = message.history.iter().filter_map(|entry| entry.code);
        codes.find(|code| *code == 20_429)
    };
    refused.or_else(throttled)
}

/// It cannot arrive, and nothing was sent.
fn blocked(message: &Outgoing, block: Block) -> Outcome {
    let code = match block {
        Block::Suppressed { code } => code,
        Block::WindowClosed { .. } => Some(63_016),
        Block::Unreachable(_) | Block::Suspected | Block::NotConfigured => None,
    };
    let class = match block {
        Block::NotConfigured => Class::Configuration,
        Block::Suspected => Class::Compliance,
        _ => Class::Permanent,
    };
    Outcome {
        code,
        class: Some(class),
        ..outcome(message, Reached::Failed)
    }
}

struct Shift<'a, H> {
    sender: &'a Sender<H>,
    lanes: Vec<Lane>,
    flights: FuturesUnordered<Flight<'a>>,
    /// Messages among the flights.
    in_air: usize,
    calls: u32,
    ends_at: Millis,
    next_lane: usize,
    /// A timer that runs, and when it ends. It is kept from turn to turn: one for each turn
    /// would leave hundreds behind, each of which costs its share.
    timer: Option<(Millis, Timer<'a>)>,
}

impl<'a, H: Peers> Shift<'a, H> {
    /// Takes in campaigns that have come, and lets go of those that were dismissed.
    fn follow_roll(&mut self) {
        let roll: Vec<Enlisted> = {
            let mut live = self.sender.live.borrow_mut();
            let roll = live.roll.clone();
            live.roll
                .iter_mut()
                .for_each(|enlisted| enlisted.is_new = false);
            roll
        };
        for enlisted in &roll {
            let known = self
                .lanes
                .iter_mut()
                .find(|lane| lane.campaign == enlisted.campaign);
            match known {
                Some(lane) if enlisted.is_new => {
                    lane.drained = false;
                    lane.quiet_until = Millis::MIN;
                }
                Some(_) => {}
                None => self.lanes.push(Lane::new(enlisted)),
            }
        }
        for at in 0..self.lanes.len() {
            let Some(lane) = self.lanes.get_mut(at) else {
                continue;
            };
            if !roll
                .iter()
                .any(|enlisted| enlisted.campaign == lane.campaign)
            {
                lane.drained = true;
                self.release(at);
            }
        }
    }

    /// No more messages in this shift.
    fn is_closing(&self) -> bool {
        self.calls >= CALLS || self.sender.now() >= self.ends_at
    }

    /// Nothing is left that this shift could do.
    fn is_over(&self) -> bool {
        self.is_closing() || self.lanes.iter().all(|lane| lane.queue.is_empty())
    }

    /// Campaigns that have nothing more to give need no further shift.
    fn dismiss_drained(&self) -> Result<(), ObjectFault> {
        for lane in self
            .lanes
            .iter()
            .filter(|lane| lane.drained && lane.queue.is_empty())
        {
            let live = self.sender.live.borrow();
            let anew = live
                .roll
                .iter()
                .any(|e| e.campaign == lane.campaign && e.is_new);
            drop(live);
            if !anew {
                self.sender.dismiss(&lane.campaign)?;
            }
        }
        Ok(())
    }

    /// When the next shift is to begin; `None` when nobody is enlisted.
    fn next_shift(&self) -> Option<Millis> {
        let live = self.sender.live.borrow();
        let begins = live.roll.iter().map(|enlisted| {
            let lane = self
                .lanes
                .iter()
                .find(|lane| lane.campaign == enlisted.campaign);
            lane.filter(|_| !enlisted.is_new)
                .map_or(Millis::MIN, |lane| lane.quiet_until)
        });
        begins.min()
    }

    /// Starts claims, settlements and messages; returns when the next message may go.
    fn start_what_may(&mut self) -> Result<Option<Millis>, ObjectFault> {
        self.start_settlements();
        if self.is_closing() {
            return Ok(None);
        }
        self.start_claims()?;
        let mut wake: Option<Millis> = None;
        let mut idle = 0;
        while idle < self.lanes.len() && self.in_air < IN_FLIGHT && self.calls < CALLS {
            let at = self.next_lane % self.lanes.len().max(1);
            self.next_lane = at + 1;
            match self.try_lane(at) {
                Some(Turn::At(_)) => idle = 0,
                Some(Turn::Ask(later)) => {
                    wake = Some(wake.map_or(later, |wake| wake.min(later)));
                    idle += 1;
                }
                None => idle += 1,
            }
        }
        Ok(wake)
    }

    /// Sends a lane's first message, if it is its turn.
    fn try_lane(&mut self, at: usize) -> Option<Turn> {
        let now = self.sender.now();
        let lane = self.lanes.get_mut(at)?;
        let segments = lane.queue.front()?.1.segments;
        if let Some((_, bucket)) = &lane.own
            && bucket.free_at() > now
        {
            return Some(Turn::Ask(bucket.free_at()));
        }
        let turn = self.sender.take(segments, now);
        if turn == Turn::At(now)
            && let Some((claim, message)) = lane.queue.pop_front()
        {
            if let Some((rate, bucket)) = &mut lane.own {
                bucket.take(*rate, segments, now, false);
            }
            let campaign = lane.campaign.clone();
            self.flights
                .push(Box::pin(self.sender.deliver(at, claim, message, campaign)));
            self.in_air += 1;
            self.calls += 1;
        }
        Some(turn)
    }

    fn start_claims(&mut self) -> Result<(), ObjectFault> {
        let now = self.sender.now();
        let most = self.sender.claim_size(now);
        let holder = self.sender.live.borrow().holder.clone();
        for (at, lane) in self.lanes.iter_mut().enumerate() {
            let enough = lane.queue.len() > most as usize / 2;
            if enough || lane.claiming || lane.drained || lane.quiet_until > now {
                continue;
            }
            // What was sent since the last claim is counted from here on.
            self.sender.keep_pace()?;
            lane.claiming = true;
            let campaign = lane.campaign.clone();
            let claim = Claim {
                holder: holder.clone(),
                most,
            };
            let host = &self.sender.host;
            self.flights.push(Box::pin(async move {
                // The claim stands without it: the alarm that was set before is still there.
                let _ = host.set_alarm(now.saturating_add(WATCHDOG)).await;
                Done::Claimed(at, ask(host, &campaign, &claim).await)
            }));
        }
        Ok(())
    }

    /// Settles what has come together; at the end, everything.
    fn start_settlements(&mut self) {
        let last = self.in_air == 0;
        let closing = self.is_closing();
        for at in 0..self.lanes.len() {
            let Some(lane) = self.lanes.get_mut(at) else {
                continue;
            };
            let ends = last && (closing || lane.queue.is_empty());
            if lane.outcomes.len() < SETTLED_TOGETHER && !ends {
                continue;
            }
            let mut outcomes = std::mem::take(&mut lane.outcomes);
            while let Some((claim, _)) = outcomes.first() {
                let claim = *claim;
                let (these, others) = outcomes.into_iter().partition(|(of, _)| *of == claim);
                outcomes = others;
                let these: Vec<(i64, Outcome)> = these;
                let outcomes = these.into_iter().map(|(_, outcome)| outcome).collect();
                self.settle(
                    at,
                    Settle {
                        claim,
                        outcomes,
                        release: false,
                    },
                );
            }
            if closing && last && self.release(at) {
                // There is more for the next shift.
                self.reopen(at);
            }
        }
    }

    fn reopen(&mut self, at: usize) {
        if let Some(lane) = self.lanes.get_mut(at) {
            lane.drained = false;
        }
    }

    /// What is claimed and will not be sent in this shift is given back. Whether there was any.
    fn release(&mut self, at: usize) -> bool {
        let Some(lane) = self.lanes.get_mut(at) else {
            return false;
        };
        let mut claims: Vec<i64> = lane.queue.drain(..).map(|(claim, _)| claim).collect();
        claims.dedup();
        for claim in &claims {
            self.settle(
                at,
                Settle {
                    claim: *claim,
                    outcomes: Vec::new(),
                    release: true,
                },
            );
        }
        !claims.is_empty()
    }

    fn settle(&mut self, at: usize, settle: Settle) {
        let Some(lane) = self.lanes.get(at) else {
            return;
        };
        let campaign = lane.campaign.clone();
        let host = &self.sender.host;
        self.flights.push(Box::pin(async move {
            let settled = ask(host, &campaign, &settle).await;
            Done::Settled(at, settled, Box::new(settle))
        }));
    }

    /// Waits for whatever comes first: something that is done, or the moment to go on.
    async fn wait(&mut self, wake: Option<Millis>) -> Option<Done> {
        let now = self.sender.now();
        if self.flights.is_empty() {
            let at = wake.unwrap_or(now).min(self.ends_at);
            self.sender.host.pause((at - now).clamp(0, NAP)).await;
            return None;
        }
        let wake = wake.unwrap_or(Millis::MAX).min(now + NAP);
        let running = self.timer.take();
        let (at, timer) = match running.filter(|(at, _)| *at > now && *at <= wake) {
            Some(running) => running,
            None => (wake, self.timer_until(wake)),
        };
        match select(self.flights.next(), timer).await {
            Either::Left((done, timer)) => {
                self.timer = Some((at, timer));
                done
            }
            Either::Right(((), _)) => None,
        }
    }

    fn timer_until(&self, at: Millis) -> Timer<'a> {
        let host = &self.sender.host;
        Box::pin(async move { host.pause((at - host.now()).max(0)).await })
    }

    fn take_in(&mut self, done: Done) -> Result<(), ObjectFault> {
        match done {
            Done::Sent(at, claim, sent) => {
                self.in_air -= 1;
                if let Some(code) = sent.complaint {
                    self.sender.strike(&Strike {
                        code,
                        sent_at: sent.sent_at,
                    })?;
                }
                if let Some(lane) = self.lanes.get_mut(at) {
                    lane.outcomes.push((claim, sent.outcome));
                }
            }
            Done::Claimed(at, claimed) => self.take_claim(at, claimed)?,
            Done::Settled(at, settled, settle) => {
                let Some(lane) = self.lanes.get_mut(at) else {
                    return Ok(());
                };
                lane.failures = if settled.is_ok() {
                    0
                } else {
                    lane.failures + 1
                };
                // Dropped at last, they are found again in the contacts' journals: the claim
                // stands until it is settled.
                if settled.is_err() && lane.failures <= MAX_FAILURES {
                    let claim = settle.claim;
                    lane.outcomes
                        .extend(settle.outcomes.into_iter().map(|o| (claim, o)));
                }
            }
        }
        Ok(())
    }

    fn take_claim(
        &mut self,
        at: usize,
        claimed: Result<Claimed, ObjectFault>,
    ) -> Result<(), ObjectFault> {
        let now = self.sender.now();
        let Some(lane) = self.lanes.get_mut(at) else {
            return Ok(());
        };
        lane.claiming = false;
        match claimed {
            Ok(Claimed::Batch(Batch { claim, messages })) => {
                if !lane.drained {
                    lane.queue
                        .extend(messages.into_iter().map(|message| (claim, message)));
                }
            }
            Ok(Claimed::Later(at)) => lane.quiet_until = at.max(now + SECOND),
            // What is claimed is still to be sent.
            Ok(Claimed::Drained) => lane.drained = true,
            Ok(Claimed::Stopped) => {
                let campaign = lane.campaign.clone();
                self.sender.dismiss(&campaign)?;
            }
            Err(_) => lane.quiet_until = now.saturating_add(PATIENCE),
        }
        Ok(())
    }
}
