//! A bar chart as SVG, readable on a light and on a dark page.

use std::fmt::Write as _;

/// One bar.
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// Its length.
    pub value: f64,
    /// Whether it is the one that the chart is about.
    pub ours: bool,
}

const WIDTH: f64 = 760.0;
const LABELS: f64 = 300.0;
const ROW: f64 = 30.0;
const TOP: f64 = 40.0;

/// Horizontal bars with their values.
pub fn bars(title: &str, unit: &str, bars: &[Bar]) -> String {
    let longest = bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
    let height = TOP + ROW * bars.len() as f64 + 10.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         role=\"img\" aria-label=\"{title}\" font-family=\"system-ui, sans-serif\" \
         font-size=\"14\">\n\
         <style>text {{ fill: #1f2328 }} .bar {{ fill: #8c959f }} .ours {{ fill: #f38020 }}\n\
         @media (prefers-color-scheme: dark) {{ text {{ fill: #e6edf3 }} }}</style>\n\
         <text x=\"0\" y=\"20\" font-weight=\"600\">{title}</text>\n"
    );
    for (at, bar) in bars.iter().enumerate() {
        let y = TOP + ROW * at as f64;
        let length = if longest > 0.0 {
            (WIDTH - LABELS - 110.0) * bar.value / longest
        } else {
            0.0
        };
        let class = if bar.ours { "ours" } else { "bar" };
        let _ = writeln!(
            svg,
            "<text x=\"0\" y=\"{:.0}\">{}</text>\
             <rect class=\"{class}\" x=\"{LABELS}\" y=\"{y:.0}\" width=\"{length:.1}\" \
             height=\"20\" rx=\"3\"/><text x=\"{:.1}\" y=\"{:.0}\">{:.0} {unit}</text>",
            y + 15.0,
            bar.label,
            LABELS + length + 8.0,
            y + 15.0,
            bar.value
        );
    }
    svg.push_str("</svg>\n");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_fills_the_chart_and_half_of_it_half() {
        let bar = |value, ours| Bar {
            label: "x".to_owned(),
            value,
            ours,
        };
        let svg = bars("t", "µs", &[bar(100.0, false), bar(50.0, true)]);
        assert!(svg.contains("width=\"350.0\"") && svg.contains("width=\"175.0\""));
        assert!(svg.contains("class=\"ours\"") && svg.ends_with("</svg>\n"));
    }
}
