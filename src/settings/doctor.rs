//! How much of its time the gateway gives to explaining refused webhooks: `DOCTOR_…`.

use super::SettingFault;

/// What the signature doctor may do on its own. A request to the API is not bound by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doctor {
    /// `DOCTOR_PER_MINUTE`: diagnoses a minute and isolate at most; 0 for none.
    pub per_minute: u32,
    /// `DOCTOR_SAMPLE_PERCENT`: of the refusals that are worth a diagnosis, how many get one.
    pub sample_percent: u32,
    /// `DOCTOR_TRIES`: signatures computed in one diagnosis at most.
    pub tries: u32,
}

/// The most tries that can be asked for: what the API's own diagnoses have.
const MOST_TRIES: u32 = 4_000;

impl Doctor {
    pub(super) fn read(
        get: &impl Fn(&str) -> Option<String>,
        faults: &mut Vec<SettingFault>,
    ) -> Doctor {
        let mut number = |name: &'static str, default: u32, most: u32| {
            let value = get(name).map_or(Ok(default), |text| text.parse::<u32>());
            value
                .ok()
                .filter(|value| *value <= most)
                .unwrap_or_else(|| {
                    faults.push(SettingFault {
                        name,
                        reason: "must be a whole number within its limit",
                    });
                    default
                })
        };
        Doctor {
            per_minute: number("DOCTOR_PER_MINUTE", 6, 600),
            sample_percent: number("DOCTOR_SAMPLE_PERCENT", 100, 100),
            tries: number("DOCTOR_TRIES", 1_000, MOST_TRIES),
        }
    }
}
