//! Paths that Twilio is given by objects: the gateway answers them.

/// A message's status callback; `?m=` carries its id.
pub const MESSAGE_STATUS: &str = "/webhooks/sms/status";
/// A call's progress; `?c=` carries its id.
pub const VOICE_STATUS: &str = "/voice/status";
/// The action of a `<Gather>`.
pub const MENU_SELECTION: &str = "/voice/menu-selection";
/// Any other verb's action, and redirects between steps.
pub const VOICE_STEP: &str = "/voice/step";
/// The action of a `<Record>`.
pub const VOICEMAIL_SAVED: &str = "/voice/voicemail-saved";
/// A recording's transcript.
pub const TRANSCRIPTION: &str = "/voice/transcription";
