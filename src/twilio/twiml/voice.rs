//! The answer to a call: the verbs, in the order in which Twilio runs them.

use super::connect::{Connect, ConnectScope};
use super::dial::{Dial, DialScope, Queue};
use super::element::{children, scope};
use super::error::TwimlError;
use super::media::{ParameterScope, Start, StartScope, Stop, StopScope};
use super::pay::{Pay, PayScope, Prompt, PromptScope};
use super::ssml::SpeechScope;
use super::verbs::{
    Echo, Enqueue, Gather, Hangup, Leave, Pause, Play, Record, Redirect, Refer, ReferSip, Reject,
    Say, Sms, Task,
};
use super::writer::Writer;

/// A response to a call. Twilio runs its verbs in turn and hangs up after the last one.
///
/// Verbs after one that never comes back are not refused: a flow may push what it likes, and
/// Twilio ignores them. Such are `<Redirect>`, `<Reject>`, `<Hangup>`, and, once they did their
/// work, `<Record>`, `<Gather>`, `<Pay>`, and with `action` set `<Dial>`, `<Enqueue>`,
/// `<Connect>`.
#[derive(Debug, Clone)]
pub struct VoiceResponse {
    writer: Writer,
}

impl Default for VoiceResponse {
    fn default() -> Self {
        Self::new()
    }
}

impl VoiceResponse {
    /// An empty response, which hangs up.
    #[must_use]
    pub fn new() -> Self {
        Self {
            writer: Writer::new(),
        }
    }

    children! {
        /// Hands the call to exactly one noun.
        fn connect(&Connect) { ConnectScope };
        /// Connects the caller to the first noun that answers.
        fn dial(&Dial) { DialScope };
        /// Connects the caller to one number.
        fn dial_number(phone_number, &Dial);
        /// Plays back what the caller says.
        fn echo(Echo);
        /// Puts the call in a queue.
        fn enqueue(&Enqueue);
        /// Puts the call in a TaskRouter workflow with a task.
        fn enqueue_with(&Enqueue) { EnqueueScope };
        /// Takes input while what is nested is played; nothing need be.
        fn gather(&Gather) { GatherScope };
        /// Ends the call.
        fn hangup(Hangup);
        /// Ends the call with parameters.
        fn hangup_with(Hangup) { ParameterScope };
        /// Takes the call out of its queue.
        fn leave(Leave);
        /// Waits in silence.
        fn pause(&Pause);
        /// Takes a payment.
        fn pay(&Pay) { PayScope };
        /// Plays an audio file or key tones.
        fn play(&Play);
        /// A prompt outside `<Pay>`, as Twilio's libraries allow it.
        fn prompt(&Prompt) { PromptScope };
        /// A queue outside `<Dial>`, as Twilio's libraries allow it.
        fn queue(name, &Queue);
        /// Records the caller.
        fn record(&Record);
        /// Goes on with another document.
        fn redirect(&Redirect);
        /// Hands the call over to another SIP endpoint.
        fn refer(&Refer) { ReferScope };
        /// Refuses the call; must come first.
        fn reject(&Reject);
        /// Refuses the call with parameters; must come first.
        fn reject_with(&Reject) { ParameterScope };
        /// Speaks text.
        fn say(&Say);
        /// Speaks text with SSML: the text of the attributes first, then what the closure writes.
        fn say_ssml(&Say) { SpeechScope };
        /// Sends a message (deprecated by Twilio).
        fn sms(&Sms);
        /// Starts something beside the call.
        fn start(&Start) { StartScope };
        /// Stops what was started.
        fn stop(Stop) { StopScope };
    }

    /// Ends the response and hands the document out; the response is empty afterwards.
    ///
    /// # Errors
    /// If Twilio would refuse or misread the document: see [`TwimlError`].
    pub fn finish(&mut self) -> Result<String, TwimlError> {
        self.writer.finish()
    }

    fn writer(&mut self) -> &mut Writer {
        &mut self.writer
    }
}

scope! {
    /// Inside `<Gather>`: what is played until the input begins.
    pub struct GatherScope {
        /// Speaks text.
        fn say(&Say);
        /// Speaks text with SSML.
        fn say_ssml(&Say) { SpeechScope };
        /// Plays an audio file.
        fn play(&Play);
        /// Waits in silence.
        fn pause(&Pause);
    }
}

scope! {
    /// Inside `<Enqueue>`.
    pub struct EnqueueScope {
        /// The TaskRouter task, a JSON object.
        fn task(json, &Task);
    }
}

scope! {
    /// Inside `<Refer>`.
    pub struct ReferScope {
        /// Where the call goes.
        fn sip(sip_url, ReferSip);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twilio::twiml::GatherInput;

    #[test]
    fn a_menu_step_fits_the_first_buffer() {
        let mut response = VoiceResponse::new();
        let first = response.writer.capacity();
        let greeting = Say::text(
            "Welcome to Acme Corp. Press 1 for sales. Press 2 for support. Press 3 to leave a \
             message.",
        );
        let gather = Gather {
            input: Some(&[GatherInput::Dtmf, GatherInput::Speech]),
            action: Some("/webhooks/twilio/voice/menu-selection?flow=acme-ivr&version=12&round=3"),
            num_digits: Some(1),
            timeout: Some(5),
            action_on_empty_result: Some(true),
            ..Gather::default()
        };
        response.gather(&gather, |gather| {
            gather.say(&greeting);
        });
        let xml = response.say(&greeting).hangup().finish().unwrap();
        assert_eq!(xml.capacity(), first);
    }
}
