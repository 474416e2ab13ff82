//! What flows may do, and which time it is for them: `FLOW_…`, `FLEX_WORKSPACE_SID`.

use super::SettingFault;
use crate::effects::{Functions, Hosts, Policy};
use crate::messaging::zones::Zone;

/// The zone of Liquid's clock; Studio shows Pacific time (Twilio support, "How do I use Liquid
/// with Twilio Studio").
pub(super) fn zone(get: &impl Fn(&str) -> Option<String>, faults: &mut Vec<SettingFault>) -> Zone {
    let Some(text) = get("FLOW_TIME_ZONE") else {
        return Zone::PACIFIC;
    };
    Zone::parse(&text).unwrap_or_else(|| {
        faults.push(SettingFault {
            name: "FLOW_TIME_ZONE",
            reason: "must be an offset, and us, eu, au or nz where clocks change: -05:00 us",
        });
        Zone::PACIFIC
    })
}

/// `tells` is whether there is an application that hears of events.
pub(super) fn policy(
    get: &impl Fn(&str) -> Option<String>,
    tells: bool,
    faults: &mut Vec<SettingFault>,
) -> Policy {
    let mut fault = |name, reason| faults.push(SettingFault { name, reason });
    let local = get("FLOW_LOCAL_HOSTS").as_deref() == Some("1");
    let text = get("FLOW_HOSTS").unwrap_or_else(|| "public".to_owned());
    // A list that cannot be read allows nothing.
    let hosts = Hosts::parse(&text, local).unwrap_or_else(|| {
        fault(
            "FLOW_HOSTS",
            "each entry must be public, a host, or *. and a domain",
        );
        Hosts {
            public: false,
            named: Vec::new(),
            local,
        }
    });
    let functions = get("FLOW_FUNCTIONS").unwrap_or_default();
    let functions = Functions::parse(&functions).unwrap_or_else(|| {
        fault(
            "FLOW_FUNCTIONS",
            "each entry must be ZH…=URL or https://NAME.twil.io=URL",
        );
        Functions::default()
    });
    let workspace_sid = get("FLEX_WORKSPACE_SID").filter(|sid| {
        let valid = sid.starts_with("WS");
        if !valid {
            fault("FLEX_WORKSPACE_SID", "must be WS…");
        }
        valid
    });
    Policy {
        hosts,
        functions,
        hands_off: workspace_sid.is_none() && tells,
        workspace_sid,
    }
}
