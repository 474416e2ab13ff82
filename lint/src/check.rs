//! The checks, by the names that reports and suppressions use. `docs/lint.md` says more on each.

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Will go wrong for somebody.
    Warning,
    /// Gives the account away.
    Error,
}

impl Severity {
    /// The word in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

macro_rules! checks {
    ($($variant:ident $name:literal $severity:ident $help:literal;)*) => {
        /// What is looked for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Check {
            $(#[doc = $help] $variant,)*
        }

        impl Check {
            /// All of them; the last is about suppressions themselves.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name in reports, suppressions and `docs/lint.md`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// How much a finding of it matters.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),* }
            }

            /// What to do about a finding, in one sentence.
            #[must_use]
            pub fn help(self) -> &'static str {
                match self { $(Self::$variant => $help),* }
            }
        }
    };
}

checks! {
    Sid "hard-coded-sid" Error
        "Read the SID from the environment: with it in the code, so is which account to attack, and staging sends as production.";
    AuthToken "hard-coded-auth-token" Error
        "Read the token from a secret store and rotate this one: whoever reads the code can send as you and forge your webhooks.";
    Signature "webhook-without-signature-check" Error
        "Check X-Twilio-Signature over the public URL and all parameters before anything else, or put hookswitch in front.";
    Browser "credentials-in-browser" Error
        "Keep the token on a server; give a browser an access token that lives for minutes, or an endpoint of yours.";
    E164 "send-without-e164-check" Warning
        "Parse the number with libphonenumber, or ask Lookup, and refuse what is not E.164 before Twilio does (21211).";
    PhoneNumber "hard-coded-phone-number" Warning
        "Read the number from the configuration: it moves, and differs between staging and production.";
    ErrorHandling "call-without-error-handling" Warning
        "Catch the error: Twilio refuses, limits and times out, and a send that is not known to have failed is not to be repeated blindly.";
    Codes "common-codes-unhandled" Info
        "Tell apart 21610 (opted out: record it), 21211 and 21614 (bad number: drop it), 20429 (wait), 30003 to 30008 (carrier).";
    Stop "stop-unhandled" Warning
        "Look for OptOutType and the STOP words in what comes in, and record the opt-out: Twilio's block is per sender, the law is not.";
    OptOut "send-without-opt-out-check" Warning
        "Ask your record of opt-outs before each send: 21610 is too late on other senders, on WhatsApp and on short codes.";
    Suppression "suppression" Error
        "Write `hookswitch-lint: allow(CHECK) the reason`: with a check that exists, for a finding that is there.";
}

impl Check {
    /// The check of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|check| check.name() == name)
    }
}
