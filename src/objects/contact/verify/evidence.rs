//! What Twilio knows beyond its answers to a start: the fate of a POST that got none, the
//! last send's delivery, the kind of line. Each is asked only where it can change something,
//! and none that fails keeps anybody out.

use super::super::{Contact, ObjectFault};
use super::{NotSent, StartReply, StartVerification};
use crate::log::Record;
use crate::ports::Host;
use crate::twilio::api::lookup;
use crate::twilio::api::verify::{self, AttemptResource, Service, VerificationResource};
use crate::verify::plan::{Delivery, Plan};
use crate::verify::policy::{Mode, Policy};
use crate::verify::verification::Verifications;

impl<H: Host> Contact<H> {
    /// Whether a POST that ended without an answer was taken: a verification that is new, or
    /// has one send more than before, says so.
    pub(super) async fn settle_code(
        &self,
        service: &Service,
        to: &str,
        known: Option<&(String, usize)>,
    ) -> Result<VerificationResource, NotSent> {
        let Ok(response) = self.host.send(verify::fetch(service, to)).await else {
            return Err(NotSent::NobodyKnows);
        };
        match VerificationResource::read_fetch(&response) {
            Ok(Some(found)) => {
                let sends = known
                    .filter(|(sid, _)| *sid == found.sid)
                    .map_or(0, |(_, n)| *n);
                if found.sends.len() > sends {
                    Ok(found)
                } else {
                    Err(NotSent::Busy(None))
                }
            }
            Ok(None) => Err(NotSent::Busy(None)),
            Err(_) => Err(NotSent::NobodyKnows),
        }
    }

    /// What became of the last send, where knowing it can change the channel.
    pub(super) async fn last_delivery(
        &self,
        service: &Service,
        state: &Verifications,
        plan: &Plan,
        policy: &Policy,
    ) -> Delivery {
        let now = self.now();
        let Some(last) = state.last_send(Delivery::Unknown, now) else {
            return Delivery::Unknown;
        };
        let patient = now.saturating_sub(last.at) < policy.patience;
        let choice = plan.order().len() > 1 && plan.wish() == last.wish;
        let (true, Some(sid)) = (patient && choice, state.subject(now)) else {
            return Delivery::Unknown;
        };
        let answer = self.host.send(verify::attempts_of(service, sid)).await.ok();
        let attempts = answer
            .as_ref()
            .and_then(AttemptResource::read_list)
            .unwrap_or_default();
        let of_this = attempts.iter().filter(|attempt| {
            attempt.verification_sid == sid && attempt.channel == last.channel.as_str()
        });
        let newest = of_this.max_by_key(|attempt| attempt.created);
        Delivery::of(newest.and_then(|attempt| attempt.delivery.as_deref()))
    }

    /// Lookup's word on the line, before the first send of a verification: a landline goes to
    /// a call at once, a line that gets no codes is refused. A Lookup that fails keeps nobody
    /// out.
    pub(super) async fn look_up(
        &self,
        command: &StartVerification,
        state: &Verifications,
        policy: &Policy,
    ) -> Result<Option<StartReply>, ObjectFault> {
        let settings = self.host.settings();
        let (true, Some(number)) = (policy.lookup, command.to.address().phone()) else {
            return Ok(None);
        };
        let Some(credentials) = &settings.credentials else {
            return Ok(None);
        };
        if state.live(self.now()).is_some() {
            return Ok(None);
        }
        let request = lookup::line_type(
            &settings.twilio_base("lookups"),
            number.as_str(),
            &credentials.user,
            credentials.password.expose(),
        );
        let answer = self.host.send(request).await.ok();
        let Some(line_type) = answer.as_ref().and_then(lookup::read_line_type) else {
            self.host.log(Record::warn("verify.lookup_failed"));
            return Ok(None);
        };
        if line_type == "landline" {
            let now = self.now();
            self.change(|state| state.note_landline(now))?;
        }
        if !policy.refused_line_types.contains(&line_type) || policy.guard == Mode::Off {
            return Ok(None);
        }
        let dry_run = policy.guard == Mode::DryRun;
        self.host.log(
            Record::warn("verify.line_type_refused")
                .with("line_type", line_type.as_str())
                .with("dry_run", dry_run),
        );
        Ok((!dry_run).then_some(StartReply::LineRefused { line_type }))
    }
}
