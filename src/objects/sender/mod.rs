//! The sender: one Durable Object per address or Messaging Service that we send from.
//!
//! It keeps the pace for everything that leaves by it, and sends what campaigns have. It holds
//! no message: what it has claimed stays the campaign's until it is settled.
//!
//! **What must never happen**
//! 1. More than the limit. Every message asks the one [`Pace`]; nothing is sent from a list
//!    that was paced elsewhere.
//! 2. A campaign that waits for nobody. Whoever is enlisted is a row, and as long as there is
//!    one an alarm is set.
//! 3. A message sent after a campaign's stop was answered: the shift looks at the roll before
//!    each message.
//!
//! **Instance**: the address or `MG…`. **Storage**: `sender` (limits and pace, two documents)
//! and `enlisted`. The pace is written at each claim, so a crash forgets at most what was sent
//! since then, and the bucket is full again by the time the object is up.
//! **Alarm**: the [shift](shift).

mod commands;
mod shift;

#[cfg(test)]
mod tests;

use std::cell::RefCell;

pub use commands::*;

use super::peers::Peers;
use super::{Command, ObjectFault, id, read, schema, write};
use crate::campaign::forecast::day_of;
use crate::campaign::pace::{Limits, Pace, Rate, Turn};
use crate::log::Record;
use crate::messaging::sender::SenderKind;
use crate::ports::{Millis, Value};

pub(super) const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE sender (key TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE enlisted (campaign TEXT PRIMARY KEY, rate TEXT NOT NULL) WITHOUT ROWID
"];

/// The object.
pub struct Sender<H> {
    host: H,
    live: RefCell<Live>,
}

/// What is known without asking storage.
struct Live {
    pace: Pace,
    /// In force.
    limits: Limits,
    /// They were set, and do not follow from the kind of sender.
    configured: bool,
    /// This life of the object, by which claims of an earlier one are known.
    holder: String,
    /// Campaigns that are sending.
    roll: Vec<Enlisted>,
}

/// A campaign that is sending.
#[derive(Debug, Clone)]
struct Enlisted {
    campaign: String,
    rate: Option<Rate>,
    /// The shift has not seen it yet.
    is_new: bool,
}

impl<H: Peers> Sender<H> {
    /// Opens the object and brings its tables up to date.
    ///
    /// # Errors
    /// When they cannot be, or cannot be read.
    pub fn open(host: H) -> Result<Sender<H>, ObjectFault> {
        schema::migrate(&host, &MIGRATIONS)?;
        let mut life = [0; 10];
        host.fill(&mut life);
        let mut live = Live {
            pace: Pace::default(),
            limits: Limits::default(),
            configured: false,
            holder: id::base32(&life, 16),
            roll: Vec::new(),
        };
        for row in host.exec("SELECT key, document FROM sender ORDER BY key", Vec::new())? {
            match (
                row.first().and_then(Value::text),
                row.get(1).and_then(Value::text),
            ) {
                (Some("limits"), Some(text)) => {
                    live.limits = read("limits", text)?;
                    live.configured = true;
                }
                // After `limits`, by the alphabet.
                (Some("name"), Some(name)) if !live.configured => live.limits = usual(name),
                (Some("pace"), Some(text)) => live.pace = read("pace", text)?,
                _ => {}
            }
        }
        for row in host.exec("SELECT campaign, rate FROM enlisted", Vec::new())? {
            if let [campaign, rate] = row.as_slice() {
                let campaign = campaign.text().unwrap_or_default().to_owned();
                let rate = read("rate", rate.text().unwrap_or("null"))?;
                live.roll.push(Enlisted {
                    campaign,
                    rate,
                    is_new: true,
                });
            }
        }
        Ok(Sender {
            host,
            live: RefCell::new(live),
        })
    }

    /// Carries out one command.
    ///
    /// # Errors
    /// When the command is unknown or unreadable, or storage fails.
    pub async fn handle(&self, verb: &str, body: &str) -> Result<String, ObjectFault> {
        match verb {
            Enlist::VERB => write("reply", &self.enlist(read("command", body)?).await?),
            Dismiss::VERB => {
                let Dismiss { campaign } = read("command", body)?;
                write("reply", &self.dismiss(&campaign)?)
            }
            Reserve::VERB => write("reply", &self.reserve(&read("command", body)?)?),
            Strike::VERB => write("reply", &self.strike(&read("command", body)?)?),
            PutLimits::VERB => write("reply", &self.put_limits(read("command", body)?)?),
            FetchSender::VERB => {
                let FetchSender { sender } = read("command", body)?;
                self.meet(&sender)?;
                write("reply", &self.view())
            }
            _ => Err(ObjectFault::NoSuchCommand),
        }
    }

    /// The address that this is, told by whoever asks; the object itself does not know it.
    fn meet(&self, name: &str) -> Result<(), ObjectFault> {
        let met = {
            let live = self.live.borrow();
            live.configured || live.limits != Limits::default()
        };
        let usual = usual(name);
        if met || usual == Limits::default() {
            return Ok(());
        }
        self.live.borrow_mut().limits = usual;
        self.keep("name", name)
    }

    async fn enlist(&self, command: Enlist) -> Result<(), ObjectFault> {
        self.meet(&command.sender)?;
        let Enlist { campaign, rate, .. } = command;
        self.host.exec(
            "INSERT OR REPLACE INTO enlisted (campaign, rate) VALUES (?, ?)",
            vec![campaign.as_str().into(), write("rate", &rate)?.into()],
        )?;
        {
            let mut live = self.live.borrow_mut();
            live.roll.retain(|known| known.campaign != campaign);
            live.roll.push(Enlisted {
                campaign,
                rate,
                is_new: true,
            });
        }
        self.host.set_alarm(self.host.now()).await?;
        Ok(())
    }

    fn dismiss(&self, campaign: &str) -> Result<(), ObjectFault> {
        self.host.exec(
            "DELETE FROM enlisted WHERE campaign = ?",
            vec![campaign.into()],
        )?;
        self.live
            .borrow_mut()
            .roll
            .retain(|known| known.campaign != campaign);
        Ok(())
    }

    fn reserve(&self, command: &Reserve) -> Result<Turn, ObjectFault> {
        self.meet(&command.sender)?;
        let now = self.host.now();
        let turn = {
            let mut live = self.live.borrow_mut();
            let Live { pace, limits, .. } = &mut *live;
            pace.reserve(limits, command.segments, day_of(now), now)
        };
        self.keep_pace()?;
        Ok(turn)
    }

    /// The moment for a campaign's message.
    fn take(&self, segments: u32, now: Millis) -> Turn {
        let mut live = self.live.borrow_mut();
        let Live { pace, limits, .. } = &mut *live;
        pace.take(limits, segments, day_of(now), now)
    }

    /// Messages to claim at a time: about two seconds' worth.
    fn claim_size(&self, now: Millis) -> u32 {
        let live = self.live.borrow();
        let rate = live.pace.rate(&live.limits, now);
        let most = f64::from(shift::MOST_CLAIM);
        let size = rate.map_or(most, |rate| rate.segments_per_second() * 2.0);
        size.clamp(f64::from(shift::LEAST_CLAIM), most) as u32
    }

    fn strike(&self, strike: &Strike) -> Result<(), ObjectFault> {
        let now = self.host.now();
        let random = self.host.below(u64::from(u32::MAX));
        let struck = {
            let mut live = self.live.borrow_mut();
            live.pace
                .strike(strike.code, strike.sent_at, day_of(now), now, random)
        };
        let Some(struck) = struck else { return Ok(()) };
        self.host.log(
            Record::warn("sender.slowed")
                .with("code", struck.code)
                .with("rest_ms", struck.until - now)
                .with("share_permille", struck.share),
        );
        self.keep_pace()
    }

    fn put_limits(&self, command: PutLimits) -> Result<SenderView, ObjectFault> {
        self.keep("limits", &write("limits", &command.limits)?)?;
        {
            let mut live = self.live.borrow_mut();
            live.limits = command.limits;
            live.configured = true;
        }
        Ok(self.view())
    }

    fn view(&self) -> SenderView {
        let now = self.host.now();
        let live = self.live.borrow();
        SenderView {
            rate: live.pace.rate(&live.limits, now),
            used_today: live.pace.used(day_of(now)),
            rests_until: live.pace.rests_until(now),
            campaigns: live
                .roll
                .iter()
                .map(|known| known.campaign.clone())
                .collect(),
            configured: live.configured,
            limits: live.limits.clone(),
        }
    }

    fn keep_pace(&self) -> Result<(), ObjectFault> {
        let document = write("pace", &self.live.borrow().pace)?;
        self.keep("pace", &document)
    }

    fn keep(&self, key: &str, document: &str) -> Result<(), ObjectFault> {
        self.host.exec(
            "INSERT OR REPLACE INTO sender (key, document) VALUES (?, ?)",
            vec![key.into(), document.into()],
        )?;
        Ok(())
    }

    fn now(&self) -> Millis {
        self.host.now()
    }
}

/// What a sender is usually allowed, in segments per second (Twilio docs, "Understanding Twilio
/// rate limits and message queues"; WhatsApp counts messages). A Messaging Service is paced by
/// Twilio over its pool.
pub fn usual(sender: &str) -> Limits {
    let rate = match SenderKind::of(sender) {
        _ if sender.starts_with("MG") && sender.len() == 34 => None,
        SenderKind::LongCode => Some(1.0),
        SenderKind::TollFree => Some(3.0),
        SenderKind::ShortCode => Some(100.0),
        SenderKind::Alphanumeric | SenderKind::Rcs | SenderKind::Messenger => Some(10.0),
        SenderKind::Whatsapp => Some(80.0),
    };
    Limits {
        rate: rate.and_then(Rate::per_second),
        ..Limits::default()
    }
}
