//! Plots as SVG, in the page's own colours.

use crate::cli::output::html::escaped;
use crate::workshop::evaluate::Difference;

/// Side of the square that curves are drawn in, in units of the SVG.
const SIDE: f64 = 260.0;

/// Room for numbers on the left and below.
const LEFT: f64 = 34.0;
const BELOW: f64 = 34.0;
const ABOVE: f64 = 26.0;

/// sRGB, after Okabe and Ito, one for each model; lines differ in their dashes too.
const COLOURS: [[u8; 3]; 6] =
    [[0, 114, 178], [230, 159, 0], [0, 158, 115], [204, 121, 167], [86, 180, 233], [213, 94, 0]];
const DASHES: [&str; 6] = ["", "7 4", "2 3", "10 3 2 3", "14 4", "4 2"];

/// Style of the models' lines and of the plots.
pub fn style() -> String {
    let mut text = String::new();
    for (i, ([r, g, b], dashes)) in COLOURS.iter().zip(DASHES).enumerate() {
        let dashes = if dashes.is_empty() { "none" } else { dashes };
        text += &format!("svg .m{i} {{ stroke: rgb({r} {g} {b}); stroke-dasharray: {dashes}; }}\n");
        text += &format!("svg .d{i} {{ fill: rgb({r} {g} {b}); }}\n");
    }
    text + "\
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 1rem; }
.plots.few { grid-template-columns: repeat(auto-fit, minmax(17rem, 25rem)); }
.plots svg { width: 100%; background: var(--raised); border-radius: 10px; }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg .zero { stroke: var(--faint); stroke-width: 1.5; }
svg .curve { fill: none; stroke-width: 2; }
.plots svg text { fill: var(--faint); font-weight: 400; font-size: 11px; text-anchor: middle; }
.plots svg text.title { fill: var(--text); font-size: 13px; }
.plots svg text.left { text-anchor: end; }
.plots svg text.name { text-anchor: start; }
td.sure { color: var(--text); font-weight: 600; }
td.chance { color: var(--faint); }
table.matrix td { text-align: center; background: color-mix(in srgb, #d55e00 calc(var(--part) * 100%), transparent); }
table.matrix td:first-child { background: none; text-align: left; }
table.matrix td.same { background: color-mix(in srgb, #0072b2 calc(var(--part) * 100%), transparent); }
table.matrix th.turned { vertical-align: bottom; }
table.matrix th.turned span { writing-mode: vertical-rl; transform: rotate(180deg); }
svg .mark { fill: none; stroke-width: 1.2; }
td small { margin: 0; white-space: nowrap; }
"
}

/// Precision over recall, one line a model.
pub fn curves(title: &str, models: &[&[f64]]) -> String {
    let lines: Vec<Vec<Option<f64>>> = models.iter().map(|values| values.iter().copied().map(Some).collect()).collect();
    square(title, "recall", &format!("precision over recall: {title}"), &lines, &[])
}

/// Over the score threshold from 0 to 1, one line a model; `marks`: where each has its best threshold.
pub fn over_score(title: &str, models: &[Vec<Option<f64>>], marks: &[Option<f64>]) -> String {
    square(title, "score threshold", &format!("{title} over the score threshold"), models, marks)
}

/// Both axes from 0 to 1.
fn square(title: &str, axis: &str, label: &str, models: &[Vec<Option<f64>>], marks: &[Option<f64>]) -> String {
    let (width, height) = (LEFT + SIDE + 12.0, ABOVE + SIDE + BELOW);
    let x = |part: f64| LEFT + part * SIDE;
    let y = |part: f64| ABOVE + (1.0 - part) * SIDE;
    let mut body = String::new();
    for tick in (0..=5).map(|t| f64::from(t) / 5.0) {
        body += &format!(
            "<path class=\"grid\" d=\"M{:.1} {ABOVE}V{:.1}M{LEFT} {:.1}H{:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\">{tick}</text><text class=\"left\" x=\"{:.1}\" y=\"{:.1}\">{tick}</text>\n",
            x(tick),
            y(0.0),
            y(tick),
            x(1.0),
            x(tick),
            y(0.0) + 15.0,
            LEFT - 5.0,
            y(tick) + 4.0
        );
    }
    for (i, values) in models.iter().enumerate() {
        let last = values.len().saturating_sub(1).max(1) as f64;
        let point = |(place, value): (usize, &Option<f64>)| {
            value.map(|value| format!("{:.1},{:.1}", x(place as f64 / last), y(value)))
        };
        let points: Vec<String> = values.iter().enumerate().filter_map(point).collect();
        body += &format!("<polyline class=\"curve m{}\" points=\"{}\"/>\n", colour(i), points.join(" "));
    }
    for (i, mark) in marks.iter().enumerate() {
        if let Some(mark) = mark {
            body += &format!("<path class=\"mark m{}\" d=\"M{:.1} {ABOVE}V{:.1}\"/>\n", colour(i), x(*mark), y(0.0));
        }
    }
    let middle = x(0.5);
    body += &format!(
        "<text class=\"title\" x=\"{middle:.1}\" y=\"17\">{}</text><text x=\"{middle:.1}\" y=\"{:.1}\">{axis}</text>\n",
        escaped(title),
        y(0.0) + 29.0
    );
    svg(width, height, label, &body)
}

/// A model's differences from the first, each as a point on the line of its interval.
pub fn differences(title: &str, model: usize, rows: &[(&str, Difference)]) -> String {
    const ROW: f64 = 30.0;
    const NAMES: f64 = 78.0;
    let (width, height) = (NAMES + SIDE, ABOVE + ROW * rows.len() as f64 + BELOW);
    let far = rows.iter().flat_map(|(_, d)| [d.low, d.high, d.value]).fold(0.005_f64, |far, v| far.max(v.abs()));
    let step = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2].into_iter().find(|step| far / step <= 3.0).unwrap_or(0.5);
    let ends = (far / step).ceil() * step;
    let x = |v: f64| NAMES + (v / ends + 1.0) / 2.0 * (SIDE - 24.0);
    let bottom = ABOVE + ROW * rows.len() as f64;
    let mut body = String::new();
    let ticks = (ends / step).round() as i32;
    for tick in -ticks..=ticks {
        let (at, class) = (f64::from(tick) * step, if tick == 0 { "zero" } else { "grid" });
        // Steps of 0.05 add up to 0.15000000000000002.
        let shown = format!("{at:+.3}");
        let shown = if tick == 0 { "0".into() } else { shown.trim_end_matches('0').replace('-', "−") };
        body += &format!(
            "<path class=\"{class}\" d=\"M{0:.1} {ABOVE}V{bottom:.1}\"/><text x=\"{0:.1}\" y=\"{1:.1}\">{shown}</text>\n",
            x(at),
            bottom + 15.0
        );
    }
    for (row, (name, d)) in rows.iter().enumerate() {
        let y = ABOVE + ROW * (row as f64 + 0.5);
        let colour = colour(model);
        body += &format!(
            "<text class=\"name\" x=\"6\" y=\"{:.1}\">{name}</text>\
             <path class=\"curve m{colour}\" style=\"stroke-dasharray:none\" d=\"M{:.1} {y:.1}H{:.1}\"/>\
             <circle class=\"d{colour}\" cx=\"{:.1}\" cy=\"{y:.1}\" r=\"4\"/>\n",
            y + 4.0,
            x(d.low),
            x(d.high),
            x(d.value)
        );
    }
    body += &format!("<text class=\"title\" x=\"{:.1}\" y=\"17\">{}</text>\n", width / 2.0, escaped(title));
    svg(width, height, title, &body)
}

/// What the lines mean.
pub fn legend(names: &[&str]) -> String {
    let line = |(i, name): (usize, &&str)| {
        let (class, name) = (colour(i), escaped(name));
        format!("<span><svg viewBox=\"0 0 44 12\"><path class=\"m{class}\" d=\"M2 6H42\"/></svg>{name}</span>\n")
    };
    format!("<p class=\"legend\">\n{}</p>\n", names.iter().enumerate().map(line).collect::<String>())
}

fn colour(model: usize) -> usize {
    model % COLOURS.len()
}

fn svg(width: f64, height: f64, label: &str, body: &str) -> String {
    format!(
        "<svg viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-label=\"{}\">\n{body}</svg>\n",
        escaped(label)
    )
}
