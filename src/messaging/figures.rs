//! Delivery figures in a rolling window, and the alert when they drop.
//!
//! The rate counts messages that have *ended*: one still in flight, or sent where the carrier
//! gives no receipts, says nothing yet and is left out of both sides. An alert needs enough
//! messages, and it ends only well above the threshold, so that it does not flap.

use serde::{Deserialize, Serialize};

use super::status::MessageStatus;

/// Messages that ended in one slice of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Delivered or read.
    pub delivered: u64,
    /// Undelivered or failed.
    pub failed: u64,
    /// Cancelled: ended, but neither good nor bad.
    pub canceled: u64,
}

impl Counts {
    /// Counts a message that has come to a status; false when the status is not an end.
    pub const fn count(&mut self, status: MessageStatus) -> bool {
        match status {
            MessageStatus::Delivered => self.delivered += 1,
            MessageStatus::Undelivered | MessageStatus::Failed => self.failed += 1,
            MessageStatus::Canceled => self.canceled += 1,
            // Read follows delivered, which is counted already.
            _ => return false,
        }
        true
    }

    /// Messages that say something about delivery.
    pub const fn sample(&self) -> u64 {
        self.delivered + self.failed
    }

    /// Delivered, of those that say something, in hundredths of a per cent (0 to 10,000);
    /// `None` without any.
    pub const fn rate(&self) -> Option<u32> {
        match (self.delivered * 10_000).checked_div(self.sample()) {
            Some(rate) => Some(rate as u32),
            None => None,
        }
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            delivered: self.delivered + other.delivered,
            failed: self.failed + other.failed,
            canceled: self.canceled + other.canceled,
        }
    }
}

/// One slice of a [`Series`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// When it begins, milliseconds since the epoch; a multiple of the slice's length.
    pub at: i64,
    /// What ended in it.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Counts over time, in slices of one length, oldest first, no longer than a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// Milliseconds of a slice, 1 and up.
    slice: i64,
    /// How many slices are kept, the running one included.
    keep: u32,
    slices: Vec<Slice>,
}

impl Series {
    /// An empty series of `keep` slices of `slice` milliseconds each.
    pub const fn new(slice: i64, keep: u32) -> Self {
        Self {
            slice: if slice > 0 { slice } else { 1 },
            keep: if keep > 0 { keep } else { 1 },
            slices: Vec::new(),
        }
    }

    /// Counts a message that ended at a moment. What is older than the window is dropped;
    /// a report that comes late goes into the slice it belongs to.
    pub fn count(&mut self, at: i64, status: MessageStatus) {
        let mut counts = Counts::default();
        if !counts.count(status) {
            return;
        }
        let start = at - at.rem_euclid(self.slice);
        match self.slices.binary_search_by_key(&start, |slice| slice.at) {
            Ok(found) => {
                if let Some(slice) = self.slices.get_mut(found) {
                    slice.counts = slice.counts.and(counts);
                }
            }
            Err(place) => self.slices.insert(place, Slice { at: start, counts }),
        }
        if let Some(newest) = self.slices.last().map(|slice| slice.at) {
            let oldest = self.oldest(newest);
            self.slices.retain(|slice| slice.at >= oldest);
        }
    }

    /// What ended in the window that ends now.
    pub fn total(&self, now: i64) -> Counts {
        let oldest = self.oldest(now - now.rem_euclid(self.slice));
        self.slices
            .iter()
            .filter(|slice| slice.at >= oldest && slice.at <= now)
            .fold(Counts::default(), |sum, slice| sum.and(slice.counts))
    }

    /// The slices, oldest first; those in which nothing ended are left out.
    pub fn slices(&self) -> &[Slice] {
        &self.slices
    }

    fn oldest(&self, newest: i64) -> i64 {
        newest - self.slice * i64::from(self.keep - 1)
    }
}

/// When to raise an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Threshold {
    /// Raise below this rate, in hundredths of a per cent.
    pub below: u32,
    /// End it only this much above, in hundredths of a per cent.
    pub hysteresis: u32,
    /// Judge nothing on fewer messages than this.
    pub sample: u64,
}

impl Default for Threshold {
    /// Below 95 %, ending at 97 %, on 20 messages or more.
    fn default() -> Self {
        Self {
            below: 9_500,
            hysteresis: 200,
            sample: 20,
        }
    }
}

/// Whether an alert is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// All is well, or not enough is known.
    #[default]
    Quiet,
    /// The rate has dropped.
    Raised,
}

/// A change of the alarm, which is told once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alert {
    /// The rate dropped below the threshold.
    Raised,
    /// The rate is well above it again.
    Ended,
}

/// The alarm after a look at the figures, and the alert to tell, if it changed.
pub const fn watch(alarm: Alarm, counts: &Counts, threshold: &Threshold) -> (Alarm, Option<Alert>) {
    let Some(rate) = counts.rate() else {
        return (alarm, None);
    };
    if counts.sample() < threshold.sample {
        return (alarm, None);
    }
    // A threshold near the top could not be passed at all: a full house always ends it.
    let well = threshold.below + threshold.hysteresis;
    let well = if well > 10_000 { 10_000 } else { well };
    match alarm {
        Alarm::Quiet if rate < threshold.below => (Alarm::Raised, Some(Alert::Raised)),
        Alarm::Raised if rate >= well => (Alarm::Quiet, Some(Alert::Ended)),
        unchanged => (unchanged, None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use MessageStatus::{Canceled, Delivered, Failed, Queued, Read, Sent, Undelivered};

    fn counts(delivered: u64, failed: u64) -> Counts {
        Counts {
            delivered,
            failed,
            canceled: 0,
        }
    }

    #[test]
    fn only_messages_that_ended_are_counted_and_none_twice() {
        let mut seen = Counts::default();
        for status in [Queued, Sent, Delivered, Read, Undelivered, Failed, Canceled] {
            seen.count(status);
        }
        assert_eq!(
            seen,
            Counts {
                delivered: 1,
                failed: 2,
                canceled: 1
            }
        );
        assert_eq!(seen.sample(), 3);
        assert_eq!(seen.rate(), Some(3_333));
        assert_eq!(Counts::default().rate(), None);
    }

    #[test]
    fn what_leaves_the_window_is_forgotten() {
        let mut series = Series::new(60_000, 5);
        series.count(0, Failed);
        series.count(61_000, Delivered);
        assert_eq!(series.total(299_999), counts(1, 1));
        assert_eq!(series.total(300_000), counts(1, 0));
        assert_eq!(series.total(360_000), Counts::default());
        series.count(300_000, Delivered);
        assert_eq!(series.slices().len(), 2);
    }

    #[test]
    fn a_late_report_goes_where_it_belongs_or_nowhere() {
        let mut series = Series::new(60_000, 3);
        series.count(600_000, Delivered);
        series.count(540_000, Failed);
        series.count(100, Failed);
        let starts: Vec<_> = series.slices().iter().map(|slice| slice.at).collect();
        assert_eq!(starts, [540_000, 600_000]);
        assert_eq!(series.total(600_001), counts(1, 1));
    }

    #[test]
    fn an_alert_is_told_once_when_it_begins_and_once_when_it_ends() {
        let threshold = Threshold::default();
        let mut alarm = Alarm::Quiet;
        let mut told = Vec::new();
        for (delivered, failed) in [
            (100, 0),
            (94, 6),
            (90, 10),
            (95, 5),
            (96, 4),
            (97, 3),
            (95, 5),
            (96, 4),
        ] {
            let (next, alert) = watch(alarm, &counts(delivered, failed), &threshold);
            alarm = next;
            told.extend(alert.map(|alert| (delivered, alert)));
        }
        assert_eq!(told, [(94, Alert::Raised), (97, Alert::Ended)]);
    }

    #[test]
    fn too_few_messages_neither_raise_nor_end_an_alert() {
        let threshold = Threshold::default();
        assert_eq!(
            watch(Alarm::Quiet, &counts(0, 19), &threshold),
            (Alarm::Quiet, None)
        );
        assert_eq!(
            watch(Alarm::Raised, &counts(19, 0), &threshold),
            (Alarm::Raised, None)
        );
        assert_eq!(
            watch(Alarm::Raised, &Counts::default(), &threshold),
            (Alarm::Raised, None)
        );
        let (alarm, alert) = watch(Alarm::Quiet, &counts(0, 20), &threshold);
        assert_eq!((alarm, alert), (Alarm::Raised, Some(Alert::Raised)));
    }

    #[test]
    fn a_threshold_of_a_hundred_per_cent_can_end() {
        let threshold = Threshold {
            below: 10_000,
            ..Threshold::default()
        };
        let (_, alert) = watch(Alarm::Raised, &counts(20, 0), &threshold);
        assert_eq!(alert, Some(Alert::Ended));
    }

    #[test]
    fn names_in_storage_stay_what_they_are() {
        let mut series = Series::new(60_000, 2);
        series.count(60_001, Delivered);
        let text = r#"{"slice":60000,"keep":2,"slices":[{"at":60000,"delivered":1,"failed":0,"canceled":0}]}"#;
        assert_eq!(serde_json::to_string(&series).unwrap(), text);
        assert_eq!(serde_json::from_str::<Series>(text).unwrap(), series);
        assert_eq!(
            serde_json::to_string(&Threshold::default()).unwrap(),
            r#"{"below":9500,"hysteresis":200,"sample":20}"#
        );
        assert_eq!(serde_json::to_string(&Alarm::Raised).unwrap(), "\"raised\"");
        assert_eq!(serde_json::to_string(&Alert::Ended).unwrap(), "\"ended\"");
    }

    proptest! {
        #[test]
        fn the_window_holds_what_a_plain_count_of_its_messages_holds(
            ends in proptest::collection::vec((0i64..100, any::<bool>()), 0..60),
        ) {
            let mut series = Series::new(10, 4);
            for (at, good) in &ends {
                series.count(*at, if *good { Delivered } else { Failed });
            }
            let newest = ends.iter().map(|(at, _)| *at).max().unwrap_or(0);
            let oldest = newest - newest % 10 - 30;
            let inside = |good: bool| ends.iter().filter(|(at, g)| *g == good && *at >= oldest).count() as u64;
            prop_assert_eq!(series.total(newest), counts(inside(true), inside(false)));
            prop_assert!(series.slices().len() <= 4);
        }

        #[test]
        fn near_the_threshold_the_alarm_does_not_flap(rates in proptest::collection::vec(9_500u64..9_700, 1..50)) {
            let mut alarm = Alarm::Raised;
            for rate in rates {
                let (next, alert) = watch(alarm, &counts(rate, 10_000 - rate), &Threshold::default());
                prop_assert_eq!(alert, None);
                alarm = next;
            }
        }
    }
}
