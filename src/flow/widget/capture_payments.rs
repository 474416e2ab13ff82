//! `capture-payments`: `<Pay>`. Card figures never pass through the flow; it sees the
//! connector's token only.

use super::{Behaviour, FlowError, Properties, Scene, Step};
use crate::flow::{
    env::StepKind,
    properties::Pair,
    text::Text,
    turn::Input,
    verb::{Pay, Verb},
};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CapturePayments {
    attributes: Vec<(&'static str, Text)>,
    card_types: Vec<Text>,
    parameters: Vec<Pair>,
}

/// TwiML attribute for each property.
const ATTRIBUTES: [(&str, &str); 13] = [
    ("payment_connector", "paymentConnector"),
    ("payment_amount", "chargeAmount"),
    ("currency", "currency"),
    ("description", "description"),
    ("payment_method", "paymentMethod"),
    ("payment_token_type", "tokenType"),
    ("bank_account_type", "bankAccountType"),
    ("security_code", "securityCode"),
    ("postal_code", "postalCode"),
    ("min_postal_code_length", "minPostalCodeLength"),
    ("timeout", "timeout"),
    ("max_attempts", "maxAttempts"),
    ("language", "language"),
];

impl Behaviour for CapturePayments {
    const EVENTS: &'static [&'static str] = &[
        "success",
        "maxFailedAttempts",
        "providerError",
        "payInterrupted",
        "hangup",
        "validationError",
    ];
    const NEEDS_CALL: bool = true;
    const AFTER_HANGUP: &'static [&'static str] = &["hangup"];

    fn read(_: &str, properties: &mut Properties<'_>) -> Self {
        let mut attributes = Vec::new();
        for (key, attribute) in ATTRIBUTES {
            attributes.extend(properties.text(key).map(|text| (attribute, text)));
        }
        Self {
            attributes,
            card_types: properties.texts("valid_card_types"),
            parameters: properties.pairs("parameters"),
        }
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        let mut attributes = Vec::new();
        for (attribute, text) in &self.attributes {
            attributes.extend(scene.optional(Some(text))?.map(|value| (*attribute, value)));
        }
        let mut cards = Vec::new();
        for card in &self.card_types {
            cards.extend(scene.optional(Some(card))?);
        }
        if !cards.is_empty() {
            attributes.push(("validCardTypes", cards.join(" ")));
        }
        let pay = Pay {
            action: scene.here(StepKind::Step, None),
            parameters: scene.pairs(&self.parameters)?,
            attributes,
        };
        scene.say(Verb::Pay(pay));
        Ok(Step::Pause { keep: false })
    }

    /// Twilio docs, TwiML `<Pay>`, `Result`.
    fn resume(&self, scene: &mut Scene<'_>, input: &Input) -> Result<Step, FlowError> {
        let Input::Voice { parameters, .. } = input else {
            return Ok(Step::Unexpected);
        };
        scene.set_parameters(parameters);
        let result = parameters
            .get("Result")
            .and_then(Value::as_str)
            .unwrap_or_default();
        Ok(Step::Event(match result {
            "success" => "success",
            "too-many-failed-attempts" => "maxFailedAttempts",
            "caller-interrupted-with-star" => "payInterrupted",
            "caller-hung-up" => "hangup",
            "validation-error" => "validationError",
            _ if !scene.on_call() => "hangup",
            _ => "providerError",
        }))
    }
}
