//! A picture of a flow as SVG: states in layers from the trigger on, ways out as
//! arrows with their events, and the path that an execution took marked.
//!
//! Names and events come from outside and are escaped; the picture has no scripts, no
//! links and no fonts of others.

use super::{
    condition::Kind,
    definition::{Definition, State},
    log::LogEntry,
};
use crate::sorted::SortedSet;
use std::fmt::Write as _;

const WIDTH: usize = 190;
const HEIGHT: usize = 52;
const GAP_X: usize = 46;
const GAP_Y: usize = 74;
const MARGIN: usize = 24;
/// Longest name shown whole, in characters.
const MAX_LABEL: usize = 24;

const STYLE: &str = "\
.s{fill:#fff;stroke:#5b6b7f;rx:8}.s.v{fill:#e7f1ff;stroke:#0b5fff;stroke-width:2.5}\
.n{font:600 13px system-ui,sans-serif;fill:#1c2733}.k{font:11px system-ui,sans-serif;fill:#5b6b7f}\
.e{fill:none;stroke:#9aa8b8;stroke-width:1.3}.e.v{stroke:#0b5fff;stroke-width:2.6}\
.l{font:10px system-ui,sans-serif;fill:#41505f;paint-order:stroke;stroke:#f7f9fb;stroke-width:3}";

/// Draws `definition`; `path` is the log of an execution, or empty.
#[must_use]
pub fn draw(definition: &Definition, path: &[LogEntry]) -> String {
    let places = layout(definition);
    let walked: Vec<&LogEntry> = path
        .iter()
        .filter(|entry| entry.subflow.is_empty())
        .collect();
    let mut visited = SortedSet::new();
    for entry in &walked {
        visited.insert(entry.name.as_str());
        visited.extend(entry.next.as_deref());
    }
    let width = places
        .iter()
        .map(|place| place.x + WIDTH)
        .max()
        .unwrap_or(0)
        + MARGIN;
    let height = places
        .iter()
        .map(|place| place.y + HEIGHT)
        .max()
        .unwrap_or(0)
        + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\"><title>{}</title><style>{STYLE}</style>\
         <defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"9\" \
         markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto-start-reverse\"><path d=\"M0 0L8 4L0 8z\" \
         fill=\"#5b6b7f\"/></marker></defs>",
        escape(definition.description()),
    );
    for (state, place) in definition.states().iter().zip(&places) {
        arrows(&mut svg, definition, state, *place, &places, &walked);
    }
    for (state, place) in definition.states().iter().zip(&places) {
        boxes(&mut svg, state, *place, visited.contains(state.name()));
    }
    svg.push_str("</svg>\n");
    svg
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    x: usize,
    y: usize,
}

/// Layers by distance from the trigger; what nothing reaches comes last.
fn layout(definition: &Definition) -> Vec<Place> {
    let count = definition.states().len();
    let mut layer: Vec<Option<usize>> = vec![None; count];
    let mut order = vec![definition.initial_index()];
    if let Some(first) = layer.get_mut(definition.initial_index()) {
        *first = Some(0);
    }
    let mut at = 0;
    while let Some(index) = order.get(at).copied() {
        let depth = layer.get(index).copied().flatten().unwrap_or(0);
        for next in definition
            .at(index)
            .transitions()
            .iter()
            .filter_map(super::Transition::next)
        {
            if let Some(unset @ None) = layer.get_mut(next) {
                *unset = Some(depth + 1);
                order.push(next);
            }
        }
        at += 1;
    }
    let last = layer.iter().flatten().max().copied().unwrap_or(0) + 1;
    order.extend((0..count).filter(|index| layer.get(*index).is_some_and(Option::is_none)));
    let mut used = vec![0; last + 1];
    let mut places = vec![Place { x: 0, y: 0 }; count];
    for index in order {
        let depth = layer.get(index).copied().flatten().unwrap_or(last);
        if let (Some(column), Some(place)) = (used.get_mut(depth), places.get_mut(index)) {
            place.x = MARGIN + *column * (WIDTH + GAP_X);
            place.y = MARGIN + depth * (HEIGHT + GAP_Y);
            *column += 1;
        }
    }
    places
}

fn arrows(
    svg: &mut String,
    definition: &Definition,
    state: &State,
    from: Place,
    places: &[Place],
    walked: &[&LogEntry],
) {
    let ways: Vec<_> = state
        .transitions()
        .iter()
        .filter_map(|t| Some((t, t.next()?)))
        .collect();
    for (index, (transition, next)) in ways.iter().enumerate() {
        let Some(to) = places.get(*next) else {
            continue;
        };
        let name = definition.at(*next).name();
        let taken = walked.iter().any(|entry| {
            entry.name == state.name()
                && entry.event == transition.event()
                && entry.next.as_deref() == Some(name)
        });
        // Arrows leave a box side by side, in the order of the transitions.
        let start_x = from.x + WIDTH * (index + 1) / (ways.len() + 1);
        let (start_y, end_x) = (from.y + HEIGHT, to.x + WIDTH / 2);
        let class = if taken { "e v" } else { "e" };
        let curve = if to.y > from.y {
            let middle = start_y + (to.y - start_y) / 2;
            format!(
                "M{start_x} {start_y}C{start_x} {middle} {end_x} {middle} {end_x} {}",
                to.y
            )
        } else {
            // Back up: around the right side.
            let side = from.x.max(to.x) + WIDTH + GAP_X / 2;
            let end_y = to.y + HEIGHT / 2;
            format!(
                "M{start_x} {start_y}C{side} {} {side} {end_y} {} {end_y}",
                start_y + GAP_Y / 2,
                to.x + WIDTH,
            )
        };
        let _ = write!(
            svg,
            "<path class=\"{class}\" marker-end=\"url(#a)\" d=\"{curve}\"/>"
        );
        let _ = write!(
            svg,
            "<text class=\"l\" x=\"{}\" y=\"{}\">{}</text>",
            start_x + 3,
            start_y + 13 + 11 * (index % 3),
            escape(&shortened(&label(transition))),
        );
    }
}

/// The event, and for a match what it matches.
fn label(transition: &super::Transition) -> String {
    let Some(condition) = transition.conditions().first() else {
        return transition.event().to_owned();
    };
    let sign = match condition.kind() {
        Kind::EqualTo | Kind::MatchesAnyOf => "=",
        Kind::NotEqualTo | Kind::DoesNotMatchAnyOf => "≠",
        Kind::LessThan | Kind::IsBeforeTime | Kind::IsBeforeDate => "<",
        Kind::GreaterThan | Kind::IsAfterTime | Kind::IsAfterDate => ">",
        Kind::IsBlank => return "is blank".to_owned(),
        Kind::IsNotBlank => return "is not blank".to_owned(),
        Kind::Contains => "contains",
        Kind::DoesNotContain => "lacks",
        Kind::StartsWith => "starts with",
        Kind::DoesNotStartWith => "starts not with",
        Kind::Regex => "is like",
    };
    format!("{sign} {}", condition.value().literal().unwrap_or("…"))
}

fn boxes(svg: &mut String, state: &State, place: Place, visited: bool) {
    let class = if visited { "s v" } else { "s" };
    let Place { x, y } = place;
    let _ = write!(
        svg,
        "<g><title>{}</title><rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\" rx=\"8\"/><text class=\"n\" x=\"{}\" y=\"{}\">{}</text>\
         <text class=\"k\" x=\"{}\" y=\"{}\">{}</text></g>",
        escape(state.name()),
        x + 12,
        y + 22,
        escape(&shortened(state.name())),
        x + 12,
        y + 40,
        escape(state.kind()),
    );
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MAX_LABEL {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(MAX_LABEL - 1).collect();
    short.push('…');
    short
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            control if control.is_control() || matches!(control, '\u{fffe}' | '\u{ffff}') => {
                out.push(' ');
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(name: &str, event: &str, next: Option<&str>) -> LogEntry {
        LogEntry {
            at: 0,
            subflow: String::new(),
            name: name.into(),
            kind: String::new(),
            event: event.into(),
            next: next.map(str::to_owned),
            changes: serde_json::Map::new(),
        }
    }

    #[test]
    fn the_picture_is_xml_with_a_box_per_state_and_the_path_marked() {
        let definition = Definition::parse(&json!({
            "description": "a < b & \"c\"",
            "initial_state": "Trigger",
            "states": [
                {"name": "Trigger", "type": "trigger",
                 "transitions": [{"event": "incomingCall", "next": "say <1>"}]},
                {"name": "say <1>", "type": "say-play", "properties": {"say": "x"},
                 "transitions": [{"event": "audioComplete", "next": "Trigger"}]},
                {"name": "alone", "type": "say-play", "properties": {"say": "x"}, "transitions": []},
            ],
        }))
        .unwrap();
        let path = [entry("Trigger", "incomingCall", Some("say <1>"))];
        let svg = draw(&definition, &path);
        let document = roxmltree::Document::parse(&svg).unwrap();
        let of_class = |class: &str| {
            document
                .descendants()
                .filter(|node| node.attribute("class") == Some(class))
                .count()
        };
        assert_eq!((of_class("s v"), of_class("s")), (2, 1));
        assert_eq!((of_class("e v"), of_class("e")), (1, 1));
        assert!(svg.contains("say &lt;1&gt;"));
    }
}
