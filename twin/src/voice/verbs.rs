//! The voice verbs: name, attributes, what may stand inside (`*` for anything).

pub(crate) const VERBS: [(&str, &str, &str); 21] = [
    ("Say", "voice loop language", "*"),
    ("Play", "loop digits", ""),
    ("Pause", "length", ""),
    (
        "Gather",
        "input action method timeout speechTimeout maxSpeechTime profanityFilter finishOnKey numDigits \
         partialResultCallback partialResultCallbackMethod language hints bargeIn debug actionOnEmptyResult \
         speechModel enhanced",
        "Say Play Pause",
    ),
    (
        "Record",
        "action method timeout finishOnKey maxLength playBeep trim recordingStatusCallback \
         recordingStatusCallbackMethod recordingStatusCallbackEvent transcribe transcribeCallback \
         recordingConfigurationId",
        "",
    ),
    (
        "Dial",
        "action method timeout hangupOnStar timeLimit callerId record trim recordingStatusCallback \
         recordingStatusCallbackMethod recordingStatusCallbackEvent recordingTrack recordingConfigurationId \
         answerOnBridge ringTone sequential referUrl referMethod events passports",
        "Number Client Conference Queue Sim Sip Application WhatsApp",
    ),
    (
        "Enqueue",
        "action maxQueueSize method waitUrl waitUrlMethod workflowSid",
        "Task",
    ),
    ("Leave", "", ""),
    ("Hangup", "", "Parameter"),
    ("Echo", "", ""),
    ("Redirect", "method", ""),
    ("Reject", "reason", "Parameter"),
    ("Refer", "action method", "Sip"),
    (
        "Pay",
        "input action bankAccountType statusCallback statusCallbackMethod timeout maxAttempts securityCode \
         postalCode minPostalCodeLength paymentConnector paymentMethod tokenType chargeAmount currency \
         description validCardTypes language",
        "Prompt Parameter",
    ),
    ("Sms", "to from action method statusCallback", ""),
    (
        "Message",
        "to from action method statusCallback",
        "Body Media",
    ),
    (
        "Start",
        "action method",
        "Stream Siprec Transcription Recording",
    ),
    ("Stop", "", "Stream Siprec Transcription"),
    (
        "Connect",
        "action method",
        "Stream Room Conversation ConversationRelay VirtualAgent AiSession ConversationRelaySession Autopilot",
    ),
    ("Queue", "url method reservationSid postWorkActivitySid", ""),
    (
        "Prompt",
        "for errorType cardType attempt requireMatchingInputs",
        "Say Play Pause",
    ),
];
