//! Twilio's guess where a number is from.

use super::Parameters;

/// Twilio's guess where a number is registered, from the number alone. Not where the person is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place<'f> {
    /// City, in capitals.
    pub city: Option<&'f str>,
    /// State or province.
    pub state: Option<&'f str>,
    /// Postal code.
    pub zip: Option<&'f str>,
    /// Country, ISO 3166-1 alpha-2.
    pub country: Option<&'f str>,
}

impl<'f> Place<'f> {
    pub(super) fn of_from(parameters: Parameters<'f>) -> Self {
        Place {
            city: parameters.optional("FromCity"),
            state: parameters.optional("FromState"),
            zip: parameters.optional("FromZip"),
            country: parameters.optional("FromCountry"),
        }
    }

    pub(super) fn of_to(parameters: Parameters<'f>) -> Self {
        Place {
            city: parameters.optional("ToCity"),
            state: parameters.optional("ToState"),
            zip: parameters.optional("ToZip"),
            country: parameters.optional("ToCountry"),
        }
    }
}
