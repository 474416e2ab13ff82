//! A rotation whose driver dies before or after each thing that it does, in a world that checks at
//! every moment that nothing is refused.

use hookswitch::rotation::{Rotation, Sighting, Standing, Wish, take};

use super::*;

/// Twilio, the deployment, and the file.
struct World {
    kind: Kind,
    now: i64,
    /// What Twilio signs with and takes; of keys, all that exist.
    primary: String,
    secondary: Option<String>,
    keys: Vec<String>,
    made: u32,
    /// What the deployment has: the one it uses, and the other one.
    current: String,
    other: Option<String>,
    rotation: Option<Rotation>,
    signed: Vec<Sighting>,
    /// The value of the new one, in the file.
    file: Option<String>,
    /// Things that are done until the driver dies.
    left: Option<u32>,
    done: u32,
    patience: u32,
    said: Vec<String>,
}

impl World {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            now: 1_795_512_600_000,
            primary: "old".to_owned(),
            secondary: None,
            keys: vec!["old".to_owned()],
            made: 0,
            current: "old".to_owned(),
            other: None,
            rotation: None,
            signed: Vec::new(),
            file: None,
            left: None,
            done: 0,
            patience: 100,
            said: Vec::new(),
        }
    }

    /// Something happens, or the driver dies before it. Whatever happened, all must be well.
    fn happens(&mut self) -> Result<(), String> {
        self.check();
        self.done += 1;
        match &mut self.left {
            Some(0) => Err("died".to_owned()),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn check(&self) {
        let rest_works = match self.kind {
            Kind::AuthToken => {
                let taken =
                    self.current == self.primary || self.other.as_ref() == Some(&self.primary);
                assert!(taken, "a webhook is refused: {}", self.primary);
                self.current == self.primary || self.secondary.as_ref() == Some(&self.current)
            }
            Kind::ApiKey => self.keys.contains(&self.current),
        };
        assert!(rest_works, "a REST call is refused: {}", self.current);
    }

    /// Twilio signs something, and the deployment takes it.
    fn webhook(&mut self) {
        self.check();
        let token = self.primary.clone();
        let seen = Sighting {
            token,
            count: 1,
            last: self.now,
        };
        self.signed.retain(|known| known.token != seen.token);
        self.signed.push(seen);
    }

    fn old(&self) -> &str {
        self.rotation
            .as_ref()
            .map_or("old", |rotation| &rotation.old)
    }
}

impl Hands for World {
    fn facts(&mut self) -> Result<Facts, String> {
        self.happens()?;
        let has = |one: &str| self.current == one || self.other.as_deref() == Some(one);
        let new = self.file.as_deref();
        let uses_new = new == Some(self.current.as_str());
        Ok(Facts {
            step: self.rotation.as_ref().map(|rotation| rotation.step),
            has_value: self.file.is_some(),
            has_both: uses_new && (self.kind == Kind::ApiKey || has(self.old())),
            has_old: has(self.old()),
            has_new: new.is_some_and(has),
            promoted: new == Some(self.primary.as_str()),
            old_is_gone: !self.keys.iter().any(|key| key == self.old()),
        })
    }

    fn take(&mut self, step: Step) -> Result<Taken, String> {
        self.happens()?;
        let wish = Wish {
            kind: self.kind,
            step,
            new: self.file.clone(),
            quiet: 120_000,
            worked: self.keys.contains(&self.current),
            by: "ops".to_owned(),
            standing: Standing {
                current: self.current.clone(),
                also: self.other.clone().into_iter().collect(),
            },
        };
        match take(self.rotation.clone(), &wish, &self.signed, self.now) {
            Ok(rotation) => self.rotation = Some(rotation),
            Err(refusal) => return Ok(Taken::NotYet(refusal.to_string())),
        }
        self.happens()?;
        Ok(Taken::Yes)
    }

    fn act(&mut self, act: Act) -> Result<(), String> {
        self.happens()?;
        match (act, self.kind) {
            (Act::Create, Kind::AuthToken) => {
                self.secondary = None;
                self.happens()?;
                self.made += 1;
                let token = format!("new{}", self.made);
                self.secondary = Some(token.clone());
                self.happens()?;
                self.file = Some(token);
            }
            (Act::Create, Kind::ApiKey) => {
                let old = self.old().to_owned();
                self.keys.retain(|key| *key == old);
                self.happens()?;
                self.made += 1;
                let key = format!("new{}", self.made);
                self.keys.push(key.clone());
                self.happens()?;
                self.file = Some(key);
            }
            (Act::GiveBoth, kind) => {
                let new = self.file.clone().unwrap();
                self.other = (kind == Kind::AuthToken).then(|| self.old().to_owned());
                self.current = new;
            }
            (Act::Promote, _) => self.primary = self.secondary.take().unwrap(),
            (Act::TakeOld, _) => self.other = None,
            (Act::DeleteOld, _) => {
                let old = self.old().to_owned();
                self.keys.retain(|key| *key != old);
            }
            (Act::GiveBack, _) => {
                self.current = "old".to_owned();
                self.other = None;
            }
            (Act::DeleteNew, kind) => {
                self.secondary = None;
                if kind == Kind::ApiKey {
                    self.keys.retain(|key| key == "old");
                }
                self.happens()?;
                self.file = None;
            }
            (Act::Forget, _) => self.file = None,
            (act, _) => panic!("{act:?} is not carried out"),
        }
        self.happens()
    }

    fn provoke(&mut self) -> Result<(), String> {
        self.happens()?;
        self.webhook();
        self.happens()
    }

    fn pause(&mut self) -> bool {
        self.now += 5_000;
        self.patience = self.patience.saturating_sub(1);
        self.patience > 0
    }

    fn say(&mut self, line: &str) {
        self.said.push(line.to_owned());
    }
}

fn ended(world: &World) {
    let step = world.rotation.as_ref().map(|rotation| rotation.step);
    assert_eq!(step, Some(Step::Finish));
    assert!(world.current.starts_with("new"), "{}", world.current);
    assert_eq!((&world.other, &world.file), (&None, &None));
    match world.kind {
        Kind::AuthToken => {
            assert_eq!((&world.primary, &world.secondary), (&world.current, &None));
        }
        Kind::ApiKey => assert_eq!(world.keys.as_slice(), std::slice::from_ref(&world.current)),
    }
    world.check();
}

#[test]
fn a_driver_that_dies_anywhere_goes_on_and_nothing_is_ever_refused() {
    for kind in [Kind::AuthToken, Kind::ApiKey] {
        let mut whole = World::new(kind);
        assert_eq!(drive(&mut whole, kind, false), Ok(End::Done));
        ended(&whole);
        assert!(whole.done > 20, "{}", whole.done);
        for first in 0..whole.done {
            // And once more, on the way from there.
            for second in [None, Some(1), Some(4), Some(9)] {
                let mut world = World::new(kind);
                world.left = Some(first);
                let _ = drive(&mut world, kind, false);
                world.left = second;
                if drive(&mut world, kind, false) != Ok(End::Done) {
                    world.left = None;
                    let end = drive(&mut world, kind, false);
                    assert_eq!(
                        end,
                        Ok(End::Done),
                        "{kind:?} {first} {second:?}: {:?}",
                        world.said
                    );
                }
                if world.rotation.as_ref().unwrap().log.len() <= 6 {
                    ended(&world);
                }
            }
        }
    }
}

#[test]
fn the_way_back_leads_to_where_it_began_from_every_place_before_the_promotion() {
    for kind in [Kind::AuthToken, Kind::ApiKey] {
        let mut backs = 0;
        for first in 0..60 {
            let mut world = World::new(kind);
            world.left = Some(first);
            let _ = drive(&mut world, kind, false);
            let taken = world.rotation.as_ref().map(|rotation| rotation.step);
            let may = matches!(taken, Some(Step::Start | Step::Accept)) && world.primary == "old";
            if !may {
                continue;
            }
            // Dying on the way back, too.
            for second in 0..12 {
                world.left = Some(second);
                let _ = drive(&mut world, kind, true);
            }
            world.left = None;
            let _ = drive(&mut world, kind, true);
            let step = world.rotation.as_ref().map(|rotation| rotation.step);
            assert_eq!(step, Some(Step::Abort), "{kind:?} {first}");
            assert_eq!((world.current.as_str(), &world.other), ("old", &None));
            assert_eq!((world.primary.as_str(), &world.secondary), ("old", &None));
            assert_eq!(world.keys, ["old"]);
            assert_eq!(world.file, None);
            backs += 1;
        }
        assert!(backs >= 5, "{kind:?} {backs}");
    }
}

#[test]
fn while_webhooks_come_with_the_old_token_it_waits_and_says_so() {
    let mut world = World::new(Kind::AuthToken);
    world.patience = 10;
    world.signed.push(Sighting {
        token: "old".to_owned(),
        count: 1,
        last: i64::MAX / 2,
    });
    let end = drive(&mut world, Kind::AuthToken, false);
    assert!(
        matches!(&end, Ok(End::Waits(why)) if why.contains("old")),
        "{end:?}"
    );
    assert_eq!(world.other.as_deref(), Some("old"), "it is still accepted");
    // They cease.
    world.signed.retain(|seen| seen.token != "old");
    world.patience = 100;
    assert_eq!(drive(&mut world, Kind::AuthToken, false), Ok(End::Done));
    ended(&world);
}

#[test]
fn after_the_promotion_there_is_no_way_back_and_a_lost_file_is_said() {
    let mut world = World::new(Kind::AuthToken);
    world.patience = 3;
    // It stops at the wait for silence.
    assert!(matches!(
        drive(&mut world, Kind::AuthToken, false),
        Ok(End::Waits(_))
    ));
    assert!(
        drive(&mut world, Kind::AuthToken, true)
            .unwrap_err()
            .contains("go on")
    );
    let mut lost = World::new(Kind::AuthToken);
    for things in 0.. {
        if lost.rotation.as_ref().map(|rotation| rotation.step) == Some(Step::Accept) {
            break;
        }
        lost = World::new(Kind::AuthToken);
        lost.left = Some(things);
        let _ = drive(&mut lost, Kind::AuthToken, false);
    }
    lost.file = None;
    lost.left = None;
    assert!(
        drive(&mut lost, Kind::AuthToken, false)
            .unwrap_err()
            .contains("lost")
    );
    let nothing = drive(&mut World::new(Kind::AuthToken), Kind::AuthToken, true);
    assert!(nothing.unwrap_err().contains("no rotation"));
}
