//! `<Dial>` and its nouns (Twilio docs, TwiML `<Dial>`).

use super::element::{element, scope};
use super::values::{
    CallEvent, ConferenceBeep, ConferenceEvent, ConferenceRecord, DialRecord, JitterBufferSize,
    MachineDetection, Method, RecordingEvent, RecordingTrack, Trim,
};
use super::verbs::Parameter;

element! {
    /// `<Dial>`: connects the caller to who answers first of the nouns in it. With `action`
    /// Twilio goes on there when the call ends, and the verbs after are never run.
    pub struct Dial<'a> = "Dial" {
        /// Where to go on when the dialled call ends.
        action: &'a str = "action",
        /// Method of `action`.
        method: Method = "method",
        /// Seconds to ring; Twilio's default is 30.
        timeout: u32 = "timeout",
        /// Whether the caller can end the dialled call with `*`.
        hangup_on_star: bool = "hangupOnStar",
        /// Seconds that the dialled call may last; Twilio's default is 14400.
        time_limit: u32 = "timeLimit",
        /// Number or client that the called party sees.
        caller_id: &'a str = "callerId",
        /// Whether the call is recorded.
        record: DialRecord = "record",
        /// Whether silence is cut off the recording.
        trim: Trim = "trim",
        /// Where changes of the recording are sent.
        recording_status_callback: &'a str = "recordingStatusCallback",
        /// SID of a recording configuration.
        recording_configuration_id: &'a str = "recordingConfigurationId",
        /// Method of `recording_status_callback`.
        recording_status_callback_method: Method = "recordingStatusCallbackMethod",
        /// Which changes are sent; Twilio's default is `completed`.
        recording_status_callback_event: &'a [RecordingEvent] = "recordingStatusCallbackEvent",
        /// Whether the incoming call is answered only when the dialled one is.
        answer_on_bridge: bool = "answerOnBridge",
        /// Country code of the ring tone that the caller hears, such as `de` or `us-old`.
        ring_tone: &'a str = "ringTone",
        /// Which side is recorded.
        recording_track: RecordingTrack = "recordingTrack",
        /// Whether the nouns are rung one after the other instead of all at once.
        sequential: bool = "sequential",
        /// Where a SIP REFER of the called party is sent.
        refer_url: &'a str = "referUrl",
        /// Method of `refer_url`.
        refer_method: Method = "referMethod",
        /// Events to subscribe to: `call-progress-event`.
        events: &'a str = "events",
        /// Base64 identity passports (such as SHAKEN), separated by commas.
        passports: &'a str = "passports",
    }
}

element! {
    /// `<Number>` in `<Dial>`: a telephone number in E.164.
    pub struct Number<'a> = "Number" {
        /// Tones played when it is answered; `w` is half a second of silence.
        send_digits: &'a str = "sendDigits",
        /// Document that the called party hears before being connected.
        url: &'a str = "url",
        /// Method of `url`.
        method: Method = "method",
        /// Which changes of the call are sent; Twilio's default is `completed`.
        status_callback_event: &'a [CallEvent] = "statusCallbackEvent",
        /// Where changes of the call are sent.
        status_callback: &'a str = "statusCallback",
        /// Method of `status_callback`.
        status_callback_method: Method = "statusCallbackMethod",
        /// SID of the BYOC trunk to dial over.
        byoc: &'a str = "byoc",
        /// Whether machines are told from people.
        machine_detection: MachineDetection = "machineDetection",
        /// Method of `amd_status_callback`.
        amd_status_callback_method: Method = "amdStatusCallbackMethod",
        /// Where the result of the machine detection is sent.
        amd_status_callback: &'a str = "amdStatusCallback",
        /// Seconds that the detection may take.
        machine_detection_timeout: u32 = "machineDetectionTimeout",
        /// Milliseconds of speech from which on it is a machine.
        machine_detection_speech_threshold: u32 = "machineDetectionSpeechThreshold",
        /// Milliseconds of silence that end the speech.
        machine_detection_speech_end_threshold: u32 = "machineDetectionSpeechEndThreshold",
        /// Milliseconds of first silence after which the result is unknown.
        machine_detection_silence_timeout: u32 = "machineDetectionSilenceTimeout",
    }
}

element! {
    /// `<Client>` in `<Dial>`: a Voice SDK client, by its identity.
    pub struct Client<'a> = "Client" {
        /// Document that the client hears before being connected.
        url: &'a str = "url",
        /// Method of `url`.
        method: Method = "method",
        /// Which changes of the call are sent; Twilio's default is `completed`.
        status_callback_event: &'a [CallEvent] = "statusCallbackEvent",
        /// Where changes of the call are sent.
        status_callback: &'a str = "statusCallback",
        /// Method of `status_callback`.
        status_callback_method: Method = "statusCallbackMethod",
    }
}

element! {
    /// `<Identity>` in `<Client>`.
    pub(super) struct Identity = "Identity" {}
}

element! {
    /// `<Conference>` in `<Dial>`: a conference by its name, made if there is none. It must be
    /// the only noun of its `<Dial>`.
    pub struct Conference<'a> = "Conference" {
        /// Whether the caller joins without being heard.
        muted: bool = "muted",
        /// When it beeps.
        beep: ConferenceBeep = "beep",
        /// Whether it starts when this caller joins; Twilio's default is yes.
        start_conference_on_enter: bool = "startConferenceOnEnter",
        /// Whether it ends when this caller leaves.
        end_conference_on_exit: bool = "endConferenceOnExit",
        /// What is played until it starts; empty for silence.
        wait_url: &'a str = "waitUrl",
        /// Method of `wait_url`.
        wait_method: Method = "waitMethod",
        /// Participants at most, 2 to 250.
        max_participants: u32 = "maxParticipants",
        /// Whether it is recorded.
        record: ConferenceRecord = "record",
        /// SID of a recording configuration.
        recording_configuration_id: &'a str = "recordingConfigurationId",
        /// Where the audio is mixed, such as `us1` or `ie1`.
        region: &'a str = "region",
        /// SID of the call that this caller coaches.
        coach: &'a str = "coach",
        /// Whether silence is cut off the recording.
        trim: Trim = "trim",
        /// Which changes of the conference are sent.
        status_callback_event: &'a [ConferenceEvent] = "statusCallbackEvent",
        /// Where changes of the conference are sent.
        status_callback: &'a str = "statusCallback",
        /// Method of `status_callback`.
        status_callback_method: Method = "statusCallbackMethod",
        /// Where changes of the recording are sent.
        recording_status_callback: &'a str = "recordingStatusCallback",
        /// Method of `recording_status_callback`.
        recording_status_callback_method: Method = "recordingStatusCallbackMethod",
        /// Which changes are sent; Twilio's default is `completed`.
        recording_status_callback_event: &'a [RecordingEvent] = "recordingStatusCallbackEvent",
        /// Where the end of the conference is sent. Deprecated by Twilio.
        event_callback_url: &'a str = "eventCallbackUrl",
        /// How much jitter is smoothed.
        jitter_buffer_size: JitterBufferSize = "jitterBufferSize",
        /// Name of this participant, unique in the conference.
        participant_label: &'a str = "participantLabel",
    }
}

element! {
    /// `<Queue>` in `<Dial>`: the first caller of a queue. It must be the only noun of its
    /// `<Dial>`.
    pub struct Queue<'a> = "Queue" {
        /// Document that the queued caller hears before being connected.
        url: &'a str = "url",
        /// Method of `url`.
        method: Method = "method",
        /// SID of the TaskRouter reservation to accept.
        reservation_sid: &'a str = "reservationSid",
        /// SID of the worker's activity after the call.
        post_work_activity_sid: &'a str = "postWorkActivitySid",
    }
}

element! {
    /// `<Sim>` in `<Dial>`: a Programmable Wireless SIM, by its SID.
    pub(super) struct Sim = "Sim" {}
}

element! {
    /// `<Sip>` in `<Dial>`: a SIP address such as `sip:kate@example.com`.
    pub struct Sip<'a> = "Sip" {
        /// User for the SIP endpoint.
        username: &'a str = "username",
        /// Password for the SIP endpoint.
        password: &'a str = "password",
        /// Document that the called party hears before being connected.
        url: &'a str = "url",
        /// Method of `url`.
        method: Method = "method",
        /// Which changes of the call are sent; Twilio's default is `completed`.
        status_callback_event: &'a [CallEvent] = "statusCallbackEvent",
        /// Where changes of the call are sent.
        status_callback: &'a str = "statusCallback",
        /// Method of `status_callback`.
        status_callback_method: Method = "statusCallbackMethod",
        /// Whether machines are told from people.
        machine_detection: MachineDetection = "machineDetection",
        /// Method of `amd_status_callback`.
        amd_status_callback_method: Method = "amdStatusCallbackMethod",
        /// Where the result of the machine detection is sent.
        amd_status_callback: &'a str = "amdStatusCallback",
        /// Seconds that the detection may take.
        machine_detection_timeout: u32 = "machineDetectionTimeout",
        /// Milliseconds of speech from which on it is a machine.
        machine_detection_speech_threshold: u32 = "machineDetectionSpeechThreshold",
        /// Milliseconds of silence that end the speech.
        machine_detection_speech_end_threshold: u32 = "machineDetectionSpeechEndThreshold",
        /// Milliseconds of first silence after which the result is unknown.
        machine_detection_silence_timeout: u32 = "machineDetectionSilenceTimeout",
    }
}

element! {
    /// `<Uri>` in `<Sip>`: one of several addresses to try.
    pub struct SipUri<'a> = "Uri" {
        /// Order of the address, lowest first.
        priority: u32 = "priority",
        /// Share of the calls among addresses of one priority.
        weight: u32 = "weight",
        /// User for this address.
        username: &'a str = "username",
        /// Password for this address.
        password: &'a str = "password",
    }
}

element! {
    /// `<Headers>` in `<Sip>`.
    pub(super) struct Headers = "Headers" {}
}

element! {
    /// `<Header>` in `<Headers>`: a header of the SIP request.
    pub(super) struct Header<'a> = "Header" {
        /// Name of the header.
        name: &'a str = "name",
        /// Its value.
        value: &'a str = "value",
    }
}

element! {
    /// `<Application>` in `<Dial>`: a TwiML application, by its SID.
    pub struct Application<'a> = "Application" {
        /// Document that the application's side hears before being connected.
        url: &'a str = "url",
        /// Method of `url`.
        method: Method = "method",
        /// Which changes of the call are sent; Twilio's default is `completed`.
        status_callback_event: &'a [CallEvent] = "statusCallbackEvent",
        /// Where changes of the call are sent.
        status_callback: &'a str = "statusCallback",
        /// Method of `status_callback`.
        status_callback_method: Method = "statusCallbackMethod",
        /// Who calls the application.
        customer_id: &'a str = "customerId",
        /// Whether the application sees the `To` of the parent call instead of its own SID.
        copy_parent_to: bool = "copyParentTo",
    }
}

element! {
    /// `<ApplicationSid>` in `<Application>`.
    pub(super) struct ApplicationSid = "ApplicationSid" {}
}

element! {
    /// `<WhatsApp>` in `<Dial>`: a number to call over WhatsApp.
    pub struct WhatsApp<'a> = "WhatsApp" {
        /// Document that the called party hears before being connected.
        url: &'a str = "url",
        /// Method of `url`.
        method: Method = "method",
        /// Which changes of the call are sent; Twilio's default is `completed`.
        status_callback_event: &'a [CallEvent] = "statusCallbackEvent",
        /// Where changes of the call are sent.
        status_callback: &'a str = "statusCallback",
        /// Method of `status_callback`.
        status_callback_method: Method = "statusCallbackMethod",
    }
}

scope! {
    /// Inside `<Dial>`: at most ten nouns, and `<Conference>` or `<Queue>` only alone.
    pub struct DialScope {
        /// A telephone number.
        fn number(phone_number, &Number);
        /// A Voice SDK client.
        fn client(identity, &Client);
        /// A Voice SDK client with parameters; `identity` is empty if it is nested.
        fn client_with(identity, &Client) { ClientScope };
        /// A conference.
        fn conference(name, &Conference);
        /// The first caller of a queue.
        fn queue(name, &Queue);
        /// A SIM.
        fn sim(sim_sid, Sim);
        /// A SIP address.
        fn sip(sip_url, &Sip);
        /// SIP addresses with headers; `sip_url` is empty if the addresses are nested.
        fn sip_with(sip_url, &Sip) { SipScope };
        /// A TwiML application.
        fn application(application_sid, &Application);
        /// A TwiML application with parameters; the SID is empty if it is nested.
        fn application_with(application_sid, &Application) { ApplicationScope };
        /// A number, over WhatsApp.
        fn whatsapp(phone_number, &WhatsApp);
    }
}

scope! {
    /// Inside `<Client>`.
    pub struct ClientScope {
        /// Who is called.
        fn identity(identity, Identity);
        /// A value that the client gets with the call.
        fn parameter(name, value, Parameter);
    }
}

scope! {
    /// Inside `<Sip>`.
    pub struct SipScope {
        /// One of several addresses.
        fn uri(sip_url, &SipUri);
        /// Headers of the request.
        fn headers(Headers) { HeadersScope };
    }
}

scope! {
    /// Inside `<Headers>`.
    pub struct HeadersScope {
        /// A header of the SIP request.
        fn header(name, value, Header);
    }
}

scope! {
    /// Inside `<Application>`.
    pub struct ApplicationScope {
        /// The application.
        fn application_sid(sid, ApplicationSid);
        /// A value that the application gets with the call.
        fn parameter(name, value, Parameter);
    }
}
