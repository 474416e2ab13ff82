//! Rotations as they are kept: documents of the kinds `rotation` and `signed`. The rules are
//! [`crate::rotation`]'s.

use serde::{Deserialize, Serialize};

use super::{FetchDocuments, MIGRATIONS, PutDocument, Registry};
use crate::json;
use crate::objects::schema::{self, Level};
use crate::objects::{Command, Object, ObjectFault};
use crate::ports::Host;
use crate::rotation::{Kind, Refusal, Rotation, Sighting, Step, Wish, take};

/// The kind of documents that hold a rotation, by the name of what is rotated.
const ROTATION: &str = "rotation";
/// The kind of documents that hold a [`Sighting`], by the token's fingerprint.
const SIGNED: &str = "signed";

/// Everything that is asked about rotations, in one command: what is not given is not done.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TurnRotation {
    /// Webhooks that an isolate has accepted since it last told.
    pub seen: Vec<Sighting>,
    /// A step to take.
    pub wish: Option<Wish>,
}

impl Command for TurnRotation {
    const OBJECT: Object = Object::Registry;
    const VERB: &'static str = "turn-rotation";
    type Reply = RotationView;
}

/// What there is to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RotationView {
    /// Of the Auth Token.
    pub auth_token: Option<Rotation>,
    /// Of the API key.
    pub api_key: Option<Rotation>,
    /// Which tokens signed, by fingerprint.
    pub signed: Vec<Sighting>,
    /// Why the step was not taken.
    pub refused: Option<Refusal>,
    /// How far the registry's tables are.
    pub schema: Level,
}

impl<H: Host> Registry<H> {
    pub(super) fn turn_rotation(
        &self,
        command: &TurnRotation,
    ) -> Result<RotationView, ObjectFault> {
        let mut signed = self.signed()?;
        for seen in &command.seen {
            match signed.iter_mut().find(|known| known.token == seen.token) {
                Some(known) => {
                    known.count = known.count.saturating_add(seen.count);
                    known.last = known.last.max(seen.last);
                    self.keep(SIGNED, &seen.token, &*known, "")?;
                }
                None => {
                    self.keep(SIGNED, &seen.token, seen, "")?;
                    signed.push(seen.clone());
                }
            }
        }
        let mut view = RotationView {
            auth_token: self.rotation(Kind::AuthToken)?,
            api_key: self.rotation(Kind::ApiKey)?,
            signed,
            refused: None,
            schema: schema::level(&self.host, &MIGRATIONS)?,
        };
        let Some(wish) = &command.wish else {
            return Ok(view);
        };
        let place = match wish.kind {
            Kind::AuthToken => &mut view.auth_token,
            Kind::ApiKey => &mut view.api_key,
        };
        match take(place.clone(), wish, &view.signed, self.host.now()) {
            Ok(rotation) if place.as_ref() != Some(&rotation) => {
                if wish.kind == Kind::AuthToken && wish.step == Step::Start {
                    // What signed before has nothing to do with this one.
                    let forget = "DELETE FROM document WHERE kind = ?";
                    self.host.exec(forget, vec![SIGNED.into()])?;
                    view.signed.clear();
                }
                self.keep(ROTATION, wish.kind.as_str(), &rotation, &wish.by)?;
                *place = Some(rotation);
            }
            Ok(_) => {}
            Err(refusal) => view.refused = Some(refusal),
        }
        Ok(view)
    }

    fn keep(
        &self,
        kind: &str,
        name: &str,
        document: &impl Serialize,
        by: &str,
    ) -> Result<(), ObjectFault> {
        self.put_document(&PutDocument {
            kind: kind.to_owned(),
            name: name.to_owned(),
            // Plain structs: they always serialise.
            document: serde_json::to_value(document).unwrap_or_default(),
            by: by.to_owned(),
        })
    }

    fn rotation(&self, kind: Kind) -> Result<Option<Rotation>, ObjectFault> {
        let found = self.documents(&FetchDocuments {
            kind: ROTATION.to_owned(),
            name: Some(kind.as_str().to_owned()),
        })?;
        let found = found.into_iter().next();
        Ok(found.and_then(|(_, document)| json::read_value(document).ok()))
    }

    fn signed(&self) -> Result<Vec<Sighting>, ObjectFault> {
        let found = self.documents(&FetchDocuments {
            kind: SIGNED.to_owned(),
            name: None,
        })?;
        let found = found.into_iter();
        Ok(found
            .filter_map(|(_, document)| json::read_value(document).ok())
            .collect())
    }
}
