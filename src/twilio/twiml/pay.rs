//! `<Pay>` and its prompts (Twilio docs, TwiML `<Pay>` and `<Prompt>`).

use super::element::{element, scope, tokens};
use super::ssml::SpeechScope;
use super::values::Method;
use super::verbs::{Parameter, Pause, Play, Say};

tokens! {
    /// What `<Pay>` takes input by.
    pub enum PayInput {
        /// Key presses.
        Dtmf = "dtmf",
    }

    /// Kind of a bank account.
    pub enum BankAccountType {
        /// A person's current account; the default.
        ConsumerChecking = "consumer-checking",
        /// A person's savings account.
        ConsumerSavings = "consumer-savings",
        /// A company's current account.
        CommercialChecking = "commercial-checking",
        /// A company's savings account.
        CommercialSavings = "commercial-savings",
    }

    /// How a caller pays.
    pub enum PaymentMethod {
        /// From a bank account.
        AchDebit = "ach-debit",
        /// By card; the default.
        CreditCard = "credit-card",
    }

    /// How often the token that `<Pay>` gets may be charged.
    pub enum TokenType {
        /// Once.
        OneTime = "one-time",
        /// Again and again; the default.
        Reusable = "reusable",
        /// As the provider's own payment method.
        PaymentMethod = "payment-method",
    }

    /// Kind of a payment card.
    pub enum CardType {
        /// Visa.
        Visa = "visa",
        /// Mastercard.
        Mastercard = "mastercard",
        /// American Express.
        Amex = "amex",
        /// Maestro.
        Maestro = "maestro",
        /// Discover.
        Discover = "discover",
        /// Optima.
        Optima = "optima",
        /// JCB.
        Jcb = "jcb",
        /// Diners Club.
        DinersClub = "diners-club",
        /// enRoute.
        Enroute = "enroute",
    }

    /// Step of a payment that a `<Prompt>` speaks for.
    pub enum PaymentStep {
        /// The card's number.
        PaymentCardNumber = "payment-card-number",
        /// The card's expiry.
        ExpirationDate = "expiration-date",
        /// The card's security code.
        SecurityCode = "security-code",
        /// The holder's postal code.
        PostalCode = "postal-code",
        /// While the provider works.
        PaymentProcessing = "payment-processing",
        /// The bank account's number.
        BankAccountNumber = "bank-account-number",
        /// The bank's routing number.
        BankRoutingNumber = "bank-routing-number",
    }

    /// What went wrong before a `<Prompt>` is spoken.
    pub enum PaymentErrorType {
        /// No input.
        Timeout = "timeout",
        /// No card has this number.
        InvalidCardNumber = "invalid-card-number",
        /// A card that is not accepted.
        InvalidCardType = "invalid-card-type",
        /// No date, or one in the past.
        InvalidDate = "invalid-date",
        /// No security code of this card.
        InvalidSecurityCode = "invalid-security-code",
        /// The provider failed.
        InternalError = "internal-error",
        /// The second input differs from the first.
        InputMatchingFailed = "input-matching-failed",
    }
}

element! {
    /// `<Pay>`: takes a payment by key presses. What the caller enters reaches only the payment
    /// provider. Twilio goes on at `action` when it ends.
    pub struct Pay<'a> = "Pay" {
        /// What takes the input.
        input: PayInput = "input",
        /// Where the result is sent.
        action: &'a str = "action",
        /// Kind of the bank account; needs the payment method `ach-debit`.
        bank_account_type: BankAccountType = "bankAccountType",
        /// Where each step is sent.
        status_callback: &'a str = "statusCallback",
        /// Method of `status_callback`.
        status_callback_method: Method = "statusCallbackMethod",
        /// Seconds to wait for each key; Twilio's default is 5.
        timeout: u32 = "timeout",
        /// Tries for each step; Twilio's default is 1.
        max_attempts: u32 = "maxAttempts",
        /// Whether the security code is asked for; Twilio's default is yes.
        security_code: bool = "securityCode",
        /// `true` or `false` for whether the postal code is asked for, or the code itself.
        postal_code: &'a str = "postalCode",
        /// Digits that a postal code has at least.
        min_postal_code_length: u32 = "minPostalCodeLength",
        /// Unique name of the installed connector; Twilio's default is `Default`.
        payment_connector: &'a str = "paymentConnector",
        /// How the caller pays.
        payment_method: PaymentMethod = "paymentMethod",
        /// How often the token may be charged.
        token_type: TokenType = "tokenType",
        /// Amount in decimal; without one, or with 0, a token is made instead.
        charge_amount: &'a str = "chargeAmount",
        /// Currency of the amount, such as `usd`.
        currency: &'a str = "currency",
        /// What is paid for.
        description: &'a str = "description",
        /// Which cards are accepted.
        valid_card_types: &'a [CardType] = "validCardTypes",
        /// Language of the prompts, such as `en-US`.
        language: &'a str = "language",
    }
}

element! {
    /// `<Prompt>`: what is spoken at a step of a payment instead of Twilio's own words.
    pub struct Prompt<'a> = "Prompt" {
        /// The step it is for.
        for_: PaymentStep = "for",
        /// The errors it is for; by default none.
        error_type: &'a [PaymentErrorType] = "errorType",
        /// The cards it is for; by default all.
        card_type: &'a [CardType] = "cardType",
        /// The tries it is for, from 1; by default all.
        attempt: &'a [u32] = "attempt",
        /// Whether the input must be given twice.
        require_matching_inputs: bool = "requireMatchingInputs",
    }
}

scope! {
    /// Inside `<Pay>`.
    pub struct PayScope {
        /// What is spoken at a step.
        fn prompt(&Prompt) { PromptScope };
        /// A value that the payment connector gets.
        fn parameter(name, value, Parameter);
    }
}

scope! {
    /// Inside `<Prompt>`.
    pub struct PromptScope {
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
