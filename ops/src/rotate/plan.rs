//! What comes next in a rotation: a function of what the deployment, Twilio and our own file say.
//! Whoever runs it may die anywhere; the next run looks again and goes on.
//!
//! The order keeps every moment safe:
//!
//! 1. Twilio makes a second token; REST calls may use either from now on.
//! 2. The deployment gets both in one step: the new one first, so that its REST calls are with it
//!    before the old one dies; webhooks are taken with either.
//! 3. Promotion: Twilio signs with the new one, and the old one is worth nothing.
//! 4. A webhook signed with the new one has arrived, and for a while none with the old one.
//! 5. The old one leaves the deployment.

use hookswitch::rotation::{Kind, Step};

/// What is known before the next act.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The last step that the deployment has written down.
    pub step: Option<Step>,
    /// The file with the new one's value is there.
    pub has_value: bool,
    /// The deployment works with the new one, and takes webhooks with the old one.
    pub has_both: bool,
    /// The deployment still has the old one.
    pub has_old: bool,
    /// The deployment has the new one.
    pub has_new: bool,
    /// Of tokens: Twilio signs with the new one.
    pub promoted: bool,
    /// Of keys: Twilio has deleted the old one.
    pub old_is_gone: bool,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Have the deployment check and write down a step.
    Take(Step),
    /// Have Twilio make the new one, and keep its value.
    Create,
    /// Give the deployment both.
    GiveBoth,
    /// Have Twilio sign with the new one.
    Promote,
    /// Take the old one away from the deployment.
    TakeOld,
    /// Have Twilio delete the old key.
    DeleteOld,
    /// Give the deployment the old one alone.
    GiveBack,
    /// Have Twilio delete the new one, which is not in use, and write down that it is over.
    DeleteNew,
    /// Delete the file: it is over.
    Forget,
    /// The value that nobody shows twice is lost.
    Lost,
    /// There is no way back any more.
    TooLate,
    /// There is nothing to go back from.
    Nothing,
}

/// The next act of a rotation.
#[must_use]
pub fn next(kind: Kind, facts: &Facts) -> Act {
    let is_token = kind == Kind::AuthToken;
    match facts.step {
        None | Some(Step::Finish | Step::Abort) if facts.has_value => Act::Forget,
        None | Some(Step::Finish | Step::Abort) => Act::Take(Step::Start),
        Some(Step::Start) if !facts.has_value => Act::Create,
        Some(Step::Start) if facts.has_both => Act::Take(Step::Accept),
        Some(Step::Start) => Act::GiveBoth,
        Some(Step::Accept) if !facts.has_value => Act::Lost,
        Some(Step::Accept) if !is_token => Act::Take(Step::Prove),
        Some(Step::Accept) if facts.promoted => Act::Take(Step::Promote),
        Some(Step::Accept) => Act::Promote,
        Some(Step::Promote) => Act::Take(Step::Prove),
        Some(Step::Prove) => Act::Take(Step::Retire),
        Some(Step::Retire) if is_token && facts.has_old => Act::TakeOld,
        Some(Step::Retire) if !is_token && !facts.old_is_gone => Act::DeleteOld,
        // The deployment has the value now; the end is written down last, so that whoever dies
        // before it goes on, and does not begin another one.
        Some(Step::Retire) if facts.has_value => Act::Forget,
        Some(Step::Retire) => Act::Take(Step::Finish),
    }
}

/// The next act on the way back.
#[must_use]
pub fn back(facts: &Facts) -> Act {
    match facts.step {
        None | Some(Step::Finish) => Act::Nothing,
        Some(Step::Abort) if facts.has_value => Act::Forget,
        Some(Step::Abort) => Act::Nothing,
        Some(Step::Promote | Step::Prove | Step::Retire) => Act::TooLate,
        Some(Step::Start | Step::Accept) if facts.promoted => Act::TooLate,
        Some(Step::Start | Step::Accept) if facts.has_new && facts.has_value => Act::GiveBack,
        Some(Step::Start | Step::Accept) if facts.has_new => Act::Lost,
        // Kept or not: it may have been made.
        Some(Step::Start | Step::Accept) => Act::DeleteNew,
    }
}
