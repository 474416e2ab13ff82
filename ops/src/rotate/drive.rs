//! Does act after act until the rotation is over, or has to wait for the world.

use hookswitch::rotation::{Kind, Step};

use super::plan::{Act, Facts, back, next};

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is written down.
    Yes,
    /// Not yet, for this reason: trying again later makes sense.
    NotYet(String),
}

/// Whoever carries acts out. Each may be carried out twice.
pub trait Hands {
    /// Looks at everything anew.
    fn facts(&mut self) -> Result<Facts, String>;
    /// Has the deployment take a step.
    fn take(&mut self, step: Step) -> Result<Taken, String>;
    /// Every other act.
    fn act(&mut self, act: Act) -> Result<(), String>;
    /// Makes Twilio sign something, once, when there is a way.
    fn provoke(&mut self) -> Result<(), String>;
    /// Waits a little; false when it was long enough.
    fn pause(&mut self) -> bool;
    /// Tells whoever watches.
    fn say(&mut self, line: &str);
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It is over.
    Done,
    /// It waits for something; the same command goes on.
    Waits(String),
}

/// More acts than any rotation has: something does not take effect.
const ACTS: usize = 60;

/// Goes on with a rotation, or begins one.
///
/// # Errors
/// What failed. The same command goes on from there.
pub fn drive(hands: &mut impl Hands, kind: Kind, abort: bool) -> Result<End, String> {
    let mut last = None;
    for _ in 0..ACTS {
        let facts = hands.facts()?;
        let act = if abort {
            back(&facts)
        } else {
            next(kind, &facts)
        };
        match act {
            Act::Take(step) => {
                hands.say(step.as_str());
                if let Some(why) = patiently(hands, step)? {
                    return Ok(End::Waits(why));
                }
                if step == Step::Finish {
                    return Ok(End::Done);
                }
            }
            Act::Forget => {
                hands.act(act)?;
                if facts.step != Some(Step::Retire) {
                    return Ok(End::Done);
                }
            }
            Act::DeleteNew => {
                hands.act(act)?;
                return Ok(patiently(hands, Step::Abort)?.map_or(End::Done, End::Waits));
            }
            Act::Lost => {
                return Err(
                    "the new one's value is lost: the state file is gone. Nobody shows it \
                            twice. See docs/runbooks.md, \"The state file of a rotation is gone\""
                        .to_owned(),
                );
            }
            Act::TooLate => return Err("Twilio signs with the new token: go on instead".to_owned()),
            Act::Nothing => return Err("no rotation is under way".to_owned()),
            act => {
                // A deployment takes some seconds to be seen everywhere.
                if last == Some(act) && !hands.pause() {
                    return Ok(End::Waits(format!("{act:?} does not show yet")));
                }
                hands.act(act)?;
            }
        }
        last = Some(act);
    }
    Err("it does not come to an end".to_owned())
}

/// Takes a step, and waits while it may come to be possible. Why it is not, at the end.
fn patiently(hands: &mut impl Hands, step: Step) -> Result<Option<String>, String> {
    let mut provoked = step != Step::Prove;
    loop {
        let why = match hands.take(step)? {
            Taken::Yes => return Ok(None),
            Taken::NotYet(why) => why,
        };
        if !provoked {
            hands.provoke()?;
            provoked = true;
        }
        hands.say(&format!("waiting: {why}"));
        if !hands.pause() {
            return Ok(Some(why));
        }
    }
}

#[cfg(test)]
mod tests;
