//! Which channel a start goes out on.
//!
//! Acceptance is not delivery: Twilio answers 201 to a code that no phone will ever show. A
//! plan moves on when the last send is known to have failed, or when nobody entered a code for
//! [`Policy::patience`] and the person asks again. It never waits inside a request, and the
//! code that moves to another channel is the same one while its verification lives.

use serde::{Deserialize, Serialize};

use super::channel::{Channel, Destination};
use super::policy::Policy;
use crate::ports::Millis;

/// What the person, or the page, asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wish {
    /// Whatever is best.
    Auto,
    /// This channel.
    #[serde(untagged)]
    Channel(Channel),
}

/// Channels in the order in which they are tried, at least one, none twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    wish: Wish,
    order: Vec<Channel>,
    /// The request named its own fallback: no channel but these, even for a landline.
    #[serde(default)]
    exact: bool,
}

/// No channel of the plan reaches the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no channel in use reaches this address")]
pub struct NoChannel;

impl Plan {
    /// The plan of a request. `fallback` is the request's own order after the first channel;
    /// `None` leaves it to the deployment.
    ///
    /// # Errors
    /// When nothing that is asked for reaches the address.
    pub fn new(
        wish: Wish,
        fallback: Option<&[Channel]>,
        to: &Destination,
        policy: &Policy,
    ) -> Result<Plan, NoChannel> {
        let first = match wish {
            Wish::Channel(channel) => Some(channel),
            Wish::Auto if to.address().channel() == crate::twilio::address::Channel::WhatsApp => {
                Some(Channel::WhatsApp)
            }
            Wish::Auto => None,
        };
        let after = match (fallback, first) {
            (Some(fallback), None) => {
                let lead = policy
                    .channels
                    .iter()
                    .copied()
                    .find(|channel| to.takes(*channel));
                lead.into_iter().chain(fallback.iter().copied()).collect()
            }
            (Some(fallback), Some(_)) => fallback.to_vec(),
            (None, _) => policy.channels.clone(),
        };
        let mut order = Vec::new();
        for channel in first.into_iter().chain(after) {
            if to.takes(channel) && !order.contains(&channel) {
                order.push(channel);
            }
        }
        // An e-mail address is asked for by being one.
        if order.is_empty() && wish == Wish::Auto && to.takes(Channel::Email) {
            order.push(Channel::Email);
        }
        if order.is_empty() {
            return Err(NoChannel);
        }
        Ok(Plan {
            wish,
            order,
            exact: fallback.is_some(),
        })
    }

    /// What was asked for.
    pub fn wish(&self) -> Wish {
        self.wish
    }

    /// The channels, in order.
    pub fn order(&self) -> &[Channel] {
        &self.order
    }

    /// The first channel that is not `closed`.
    pub fn first(&self, closed: &[Channel]) -> Option<Channel> {
        self.order
            .iter()
            .copied()
            .find(|channel| !closed.contains(channel))
    }

    /// The channel after one that Twilio would not use for this number. A landline goes to a
    /// call whatever the order, unless the request named other channels itself.
    pub fn after_refusal(&self, closed: &[Channel], landline: bool) -> Option<Channel> {
        let call = Channel::Call;
        let may_call = !self.exact || self.order.contains(&call);
        if landline && may_call && !closed.contains(&call) {
            return Some(call);
        }
        self.first(closed)
    }

    /// The channel of one more send while the verification lives, and why.
    pub fn again(
        &self,
        last: &LastSend,
        closed: &[Channel],
        now: Millis,
        patience: Millis,
    ) -> Option<(Channel, Why)> {
        let open = |channel: &Channel| !closed.contains(channel);
        let at = self
            .order
            .iter()
            .position(|channel| *channel == last.channel);
        let (Some(at), true) = (at, self.wish == last.wish) else {
            // Something else than last time is asked for.
            return self.first(closed).map(|channel| (channel, Why::Asked));
        };
        let why = if last.delivery == Delivery::Failed {
            Why::NotDelivered
        } else if now.saturating_sub(last.at) >= patience {
            Why::NoCheck
        } else {
            Why::Asked
        };
        if why == Why::Asked && open(&last.channel) {
            return Some((last.channel, why));
        }
        let after = self.order.iter().skip(at + 1).copied().find(open);
        // At the end of the plan it begins again: the first channel may work by now.
        after
            .or_else(|| self.first(closed))
            .map(|channel| (channel, why))
    }
}

/// Why a send goes out on its channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It was asked for, or is the first of the plan.
    Asked,
    /// The last send is known not to have arrived.
    NotDelivered,
    /// No code was entered for a while.
    NoCheck,
    /// The number is a landline.
    Landline,
    /// Twilio's service has the channel before it switched off.
    ChannelOff,
}

/// What is known of the last send's delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// It did not arrive.
    Failed,
    /// It arrived.
    Reached,
    /// Nobody can say yet.
    Unknown,
}

impl Delivery {
    /// Reads the status of a message or call, by Twilio's name (Twilio OpenAPI, `verify_v2`,
    /// attempts: `message_status`, `call_status`).
    pub fn of(status: Option<&str>) -> Delivery {
        match status {
            Some("undelivered" | "failed" | "busy" | "no-answer" | "canceled") => Delivery::Failed,
            Some("delivered" | "read" | "completed") => Delivery::Reached,
            _ => Delivery::Unknown,
        }
    }
}

/// The last send of the verification that lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastSend {
    /// When.
    pub at: Millis,
    /// On which channel.
    pub channel: Channel,
    /// What was asked for then.
    pub wish: Wish,
    /// What became of it.
    pub delivery: Delivery,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SECOND;
    use crate::twilio::address::Address;
    use Channel::{Call, Email, Sms, WhatsApp};

    const PATIENCE: Millis = 30 * SECOND;

    fn to(text: &str) -> Destination {
        Destination::new(Address::parse(text).unwrap()).unwrap()
    }

    fn plan(wish: Wish, fallback: Option<&[Channel]>, address: &str) -> Result<Plan, NoChannel> {
        Plan::new(wish, fallback, &to(address), &Policy::default())
    }

    fn order(wish: Wish, fallback: Option<&[Channel]>, address: &str) -> Vec<Channel> {
        plan(wish, fallback, address).unwrap().order
    }

    #[test]
    fn a_plan_holds_only_what_reaches_the_address() {
        let number = "+14155552671";
        assert_eq!(order(Wish::Auto, None, number), [Sms, Call]);
        assert_eq!(
            order(Wish::Auto, Some(&[WhatsApp, Email]), number),
            [Sms, WhatsApp]
        );
        assert_eq!(order(Wish::Channel(Call), None, number), [Call, Sms]);
        assert_eq!(order(Wish::Channel(Sms), Some(&[]), number), [Sms]);
        assert_eq!(
            order(Wish::Channel(Sms), Some(&[Sms, Call, Call]), number),
            [Sms, Call]
        );
        assert_eq!(
            order(Wish::Auto, None, "whatsapp:+14155552671"),
            [WhatsApp, Sms, Call]
        );
        assert_eq!(order(Wish::Auto, Some(&[Call]), "ada@example.com"), [Email]);
        assert_eq!(
            plan(Wish::Channel(Email), Some(&[]), number),
            Err(NoChannel)
        );
    }

    fn last(channel: Channel, delivery: Delivery) -> LastSend {
        LastSend {
            at: 0,
            channel,
            wish: Wish::Auto,
            delivery,
        }
    }

    #[test]
    fn acceptance_is_no_delivery_and_impatience_no_failure() {
        let plan = plan(Wish::Auto, None, "+14155552671").unwrap();
        let again = |last: &LastSend, now| plan.again(last, &[], now, PATIENCE).unwrap();
        let unknown = last(Sms, Delivery::Unknown);
        assert_eq!(again(&unknown, PATIENCE - 1), (Sms, Why::Asked));
        assert_eq!(again(&unknown, PATIENCE), (Call, Why::NoCheck));
        assert_eq!(
            again(&last(Sms, Delivery::Failed), 1),
            (Call, Why::NotDelivered)
        );
        // Delivered and still no code entered: the person asks again because of something.
        assert_eq!(
            again(&last(Sms, Delivery::Reached), PATIENCE),
            (Call, Why::NoCheck)
        );
        // At the end it begins again.
        assert_eq!(
            again(&last(Call, Delivery::Failed), 1),
            (Sms, Why::NotDelivered)
        );
        assert_eq!(
            plan.again(&last(Call, Delivery::Failed), &[Sms], 1, PATIENCE),
            Some((Call, Why::NotDelivered))
        );
    }

    #[test]
    fn a_channel_asked_for_by_name_is_used_at_once() {
        let call_me = plan(Wish::Channel(Call), None, "+14155552671").unwrap();
        let after_text = last(Sms, Delivery::Unknown);
        assert_eq!(
            call_me.again(&after_text, &[], 1, PATIENCE),
            Some((Call, Why::Asked))
        );
        // The same wish again is the same plan, further on.
        let text_me = plan(Wish::Channel(Sms), Some(&[Call]), "+14155552671").unwrap();
        let moved = LastSend {
            wish: Wish::Channel(Sms),
            ..last(Call, Delivery::Unknown)
        };
        assert_eq!(
            text_me.again(&moved, &[], 1, PATIENCE),
            Some((Call, Why::Asked))
        );
        let text_again = LastSend {
            wish: Wish::Channel(Call),
            ..last(Call, Delivery::Unknown)
        };
        assert_eq!(
            text_me.again(&text_again, &[], 1, PATIENCE),
            Some((Sms, Why::Asked))
        );
    }

    #[test]
    fn a_landline_goes_straight_to_a_call() {
        let number = "+14155552671";
        let own = plan(Wish::Channel(Sms), Some(&[WhatsApp, Call]), number).unwrap();
        assert_eq!(own.after_refusal(&[Sms], true), Some(Call));
        assert_eq!(own.after_refusal(&[Sms], false), Some(WhatsApp));
        let none = plan(Wish::Channel(Sms), Some(&[]), number).unwrap();
        assert_eq!(none.after_refusal(&[Sms], true), None);
        assert_eq!(own.after_refusal(&[Sms, Call], true), Some(WhatsApp));
    }

    #[test]
    fn statuses_of_messages_and_calls_are_read() {
        for (status, delivery) in [
            (Some("undelivered"), Delivery::Failed),
            (Some("busy"), Delivery::Failed),
            (Some("no-answer"), Delivery::Failed),
            (Some("delivered"), Delivery::Reached),
            (Some("completed"), Delivery::Reached),
            (Some("sent"), Delivery::Unknown),
            (None, Delivery::Unknown),
        ] {
            assert_eq!(Delivery::of(status), delivery);
        }
    }

    #[test]
    fn a_wish_is_one_word_in_json() {
        for (wish, text) in [(Wish::Auto, "\"auto\""), (Wish::Channel(Call), "\"call\"")] {
            assert_eq!(serde_json::to_string(&wish).unwrap(), text);
            assert_eq!(serde_json::from_str::<Wish>(text).unwrap(), wish);
        }
    }
}
