//! The document of `<Pay>`; it is the function of the same name in tests/golden/twiml.py.

use hookswitch::twilio::twiml::{
    BankAccountType, CardType, Method, Pause, Pay, PayInput, PaymentErrorType, PaymentMethod,
    PaymentStep, Play, Prompt, PromptScope, Say, TokenType, VoiceResponse,
};

const CARDS: &[CardType] = &[
    CardType::Visa,
    CardType::Mastercard,
    CardType::Amex,
    CardType::Maestro,
    CardType::Discover,
    CardType::Optima,
    CardType::Jcb,
    CardType::DinersClub,
    CardType::Enroute,
];

const ERRORS: &[PaymentErrorType] = &[
    PaymentErrorType::Timeout,
    PaymentErrorType::InvalidCardNumber,
    PaymentErrorType::InvalidCardType,
    PaymentErrorType::InvalidDate,
    PaymentErrorType::InvalidSecurityCode,
    PaymentErrorType::InternalError,
    PaymentErrorType::InputMatchingFailed,
];

const PAY: Pay<'_> = Pay {
    input: Some(PayInput::Dtmf),
    action: Some("/paid"),
    bank_account_type: Some(BankAccountType::ConsumerChecking),
    status_callback: Some("/pay/status"),
    status_callback_method: Some(Method::Post),
    timeout: Some(7),
    max_attempts: Some(3),
    security_code: Some(true),
    postal_code: Some("94109"),
    min_postal_code_length: Some(5),
    payment_connector: Some("Default"),
    payment_method: Some(PaymentMethod::AchDebit),
    token_type: Some(TokenType::OneTime),
    charge_amount: Some("20.45"),
    currency: Some("usd"),
    description: Some("Blue & green widgets"),
    valid_card_types: Some(CARDS),
    language: Some("en-US"),
};

fn card_number(prompt: &mut PromptScope<'_>) {
    prompt
        .say(&Say {
            text: "Card number",
            voice: Some("woman"),
            language: Some("en-US"),
            loop_: Some(1),
        })
        .play(&Play {
            url: "/card.wav",
            loop_: Some(1),
            digits: Some("1"),
        })
        .pause(&Pause::seconds(1))
        .say_ssml(&Say::default(), |s| {
            s.s(|s| {
                s.text("Please");
            });
        });
}

pub(crate) fn pay(r: &mut VoiceResponse) {
    let card_number_prompt = Prompt {
        for_: Some(PaymentStep::PaymentCardNumber),
        error_type: Some(ERRORS),
        card_type: Some(&[CardType::Visa, CardType::Amex]),
        attempt: Some(&[1, 2, 3]),
        require_matching_inputs: Some(true),
    };
    let other_steps = [
        PaymentStep::ExpirationDate,
        PaymentStep::SecurityCode,
        PaymentStep::PostalCode,
        PaymentStep::PaymentProcessing,
        PaymentStep::BankAccountNumber,
        PaymentStep::BankRoutingNumber,
    ];
    r.pay(&PAY, |p| {
        p.prompt(&card_number_prompt, card_number)
            .parameter("k", "v");
        for step in other_steps {
            p.prompt(
                &Prompt {
                    for_: Some(step),
                    ..Prompt::default()
                },
                |_| {},
            );
        }
    });
    let others = [
        Pay {
            payment_method: Some(PaymentMethod::CreditCard),
            token_type: Some(TokenType::Reusable),
            bank_account_type: Some(BankAccountType::ConsumerSavings),
            ..Pay::default()
        },
        Pay {
            token_type: Some(TokenType::PaymentMethod),
            bank_account_type: Some(BankAccountType::CommercialChecking),
            ..Pay::default()
        },
        Pay {
            bank_account_type: Some(BankAccountType::CommercialSavings),
            ..Pay::default()
        },
    ];
    for pay in &others {
        r.pay(pay, |_| {});
    }
    r.prompt(
        &Prompt {
            for_: Some(PaymentStep::PostalCode),
            error_type: Some(&[PaymentErrorType::Timeout]),
            card_type: Some(&[CardType::Visa]),
            attempt: Some(&[1]),
            require_matching_inputs: Some(false),
        },
        |_| {},
    );
}
