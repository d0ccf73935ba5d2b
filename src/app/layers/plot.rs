//! Two plots in the order of the graph: how much noise each layer makes, and what that does to the boxes.

use std::ops::RangeInclusive;

use egui::{Align, Color32, FontId, Id, Layout, Response, RichText, Role, Sense, Stroke, Ui, WidgetInfo, vec2};
use egui_plot::{AxisHints, Bar, BarChart, GridMark, Line, PlotPoints, PlotUi, VLine};

use super::rows::{LayerRow, Rows, decibel, of_bytes, per_million};
use crate::app::history::plots::chart::{axis_name, fixed};
use crate::app::ui::palette::{self, PlotScheme};
use crate::app::ui::theme;

/// Wide enough to be seen, with a gap.
const BAR: f64 = 0.72;
/// The heights of a legend and of the name of the axis, in points.
const LEGEND: f32 = 18.0;
const AXIS: f32 = 14.0;

/// What a person did in the plots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pointed {
    /// Places of rows.
    pub hovered: Option<usize>,
    pub clicked: Option<usize>,
}

/// What one plot shows.
struct NoiseChart<'a> {
    id: &'static str,
    /// For screen readers.
    name: String,
    height: f32,
    /// Of the vertical axis.
    unit: &'static str,
    y: RangeInclusive<f64>,
    bars: &'a dyn Fn(&LayerRow) -> Option<f64>,
    /// Places whose bars are pointed out.
    worst: Vec<usize>,
    line: &'a dyn Fn(&LayerRow) -> Option<f64>,
    line_colour: Color32,
}

/// Shows both plots, as high as `ui`. `followed`: the box that is followed, as "person 0.62", and its two scores.
pub fn show(ui: &mut Ui, rows: &Rows, followed: Option<(&str, [f32; 2])>) -> Pointed {
    let colours = palette::plots(ui.visuals().dark_mode);
    let mut pointed = Pointed::default();
    let height = ((ui.available_height() - 2.0 * (LEGEND + 2.0) - AXIS - 8.0) / 2.0).max(40.0);
    ui.spacing_mut().item_spacing.y = 2.0;
    noise(ui, rows, height, colours, &mut pointed);
    match followed {
        Some((name, scores)) => score(ui, rows, name, scores, height, colours, &mut pointed),
        None => boxes(ui, rows, height, colours, &mut pointed),
    }
    let name = axis_name("layers, in graph order →", theme::scheme(ui).weak);
    ui.allocate_ui_with_layout(vec2(ui.available_width(), AXIS), Layout::right_to_left(Align::Min), |ui| {
        ui.label(name)
    });
    pointed
}

fn noise(ui: &mut Ui, rows: &Rows, height: f32, colours: &PlotScheme, pointed: &mut Pointed) {
    let worst = rows.worst(|row| Some(-row.noise()?));
    let entries = [
        ("this layer", colours.letterbox, at_pointer(rows, |row| row.isolated.map(|db| decibel(Some(db))))),
        ("worst", colours.lost, None),
        ("cumulative", colours.a, at_pointer(rows, |row| Some(decibel(Some(row.propagated))))),
    ];
    let about = "Signal-to-quantization-noise ratio in dB, in graph order: lower is worse. Bars: this layer only. \
                 Line: cumulative, everything up to this layer in INT8.";
    legend(ui, "Noise: SQNR", about, &entries);
    let top = rows.all.iter().filter_map(LayerRow::noise).fold(10.0, f64::max) * 1.12;
    let chart = NoiseChart {
        id: "layer noise",
        name: format!("Layer noise; worst single layers: {}", names(rows, &worst)),
        height,
        unit: "dB",
        y: 0.0..=top,
        bars: &|row| row.noise(),
        worst,
        line: &|row| Some(row.propagated).filter(|db| *db <= top),
        line_colour: colours.a,
    };
    chart.show(ui, rows, colours, pointed);
}

fn boxes(ui: &mut Ui, rows: &Rows, height: f32, colours: &PlotScheme, pointed: &mut Pointed) {
    let worst = rows.worst(|row| row.iou_loss);
    let about = "IoU that boxes lose (1 − IoU) when only this layer is in INT8: higher is worse";
    let entries = [
        ("this layer only", colours.letterbox, at_pointer(rows, |row| Some(format!("{:.2} %", row.iou_loss? * 100.0)))),
        ("worst", colours.lost, None),
    ];
    legend(ui, "Boxes moved", about, &entries);
    let top = rows.all.iter().filter_map(|row| row.iou_loss).fold(0.01, f64::max) * 112.0;
    let chart = NoiseChart {
        id: "layer boxes",
        name: format!("Boxes moved per layer; worst: {}", names(rows, &worst)),
        height,
        unit: "%",
        y: 0.0..=top,
        bars: &|row| row.iou_loss.map(|loss| loss * 100.0),
        worst,
        line: &|_| None,
        line_colour: colours.a,
    };
    chart.show(ui, rows, colours, pointed);
}

fn score(
    ui: &mut Ui,
    rows: &Rows,
    name: &str,
    [float, int8]: [f32; 2],
    height: f32,
    colours: &PlotScheme,
    pointed: &mut Pointed,
) {
    let worst = rows.worst(|row| rows.towards(row).filter(|by| *by > 0.0));
    let about = "Score of this box, at its position in the raw heads. Bars: change of the score by this layer only; \
                 the worst are those that change it most towards B's. Line: score with everything up to this layer in \
                 INT8 and the rest in float.";
    let title = format!("Score of {name}: {float:.2} → {int8:.2}");
    let entries = [
        ("change, this layer only", colours.letterbox, at_pointer(rows, |row| Some(format!("{:+.3}", row.change?)))),
        ("worst", colours.lost, None),
        ("cumulative score", colours.agreement, at_pointer(rows, |row| Some(format!("{:.3}", row.up_to?)))),
    ];
    legend(ui, &title, about, &entries);
    let changes = || rows.all.iter().filter_map(|row| row.change);
    let most = rows.all.iter().filter_map(|row| row.up_to).chain(changes()).fold(float, f32::max);
    let bottom = f64::from(changes().fold(0.0, f32::min));
    let chart = NoiseChart {
        id: "layer score",
        name: format!("{title}; largest changes: {}", names(rows, &worst)),
        height,
        unit: "score",
        y: bottom * 1.12 - 0.005..=f64::from(most) * 1.12,
        bars: &|row| row.change.map(f64::from),
        worst,
        line: &|row| row.up_to.map(f64::from),
        line_colour: colours.agreement,
    };
    chart.show(ui, rows, colours, pointed);
}

fn names(rows: &Rows, places: &[usize]) -> String {
    places.iter().filter_map(|place| Some(rows.all.get(*place)?.name.as_str())).collect::<Vec<_>>().join(", ")
}

/// A figure of the layer under the pointer, while there is one.
fn at_pointer(rows: &Rows, figure: impl Fn(&LayerRow) -> Option<String>) -> Option<String> {
    figure(rows.all.get(rows.hovered?)?)
}

/// The title and what the colours mean, on one line, with the figures of the layer under the pointer.
fn legend(ui: &mut Ui, title: &str, about: &str, entries: &[(&str, Color32, Option<String>)]) {
    ui.spacing_mut().interact_size.y = LEGEND;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        ui.label(RichText::new(title).small().strong()).on_hover_text(about);
        for (name, colour, figure) in entries {
            ui.add_space(4.0);
            let (rect, _) = ui.allocate_exact_size(vec2(9.0, 9.0), Sense::hover());
            ui.painter().rect_filled(rect, 2.0, *colour);
            ui.label(RichText::new(*name).small().weak());
            if let Some(figure) = figure {
                ui.label(RichText::new(figure).font(theme::digits()));
            }
        }
    });
}

impl NoiseChart<'_> {
    fn show(self, ui: &mut Ui, rows: &Rows, colours: &PlotScheme, pointed: &mut Pointed) {
        let scheme = theme::scheme(ui);
        let axis =
            AxisHints::new_y()
                .label_spacing(1.0..=2.0)
                .min_thickness(30.0)
                .tick_label_font(FontId::monospace(10.0))
                .tick_label_color(scheme.weak)
                .label(axis_name(self.unit, scheme.weak))
                .formatter(|mark, _| {
                    if mark.step_size < 1.0 { format!("{:.1}", mark.value) } else { format!("{:.0}", mark.value) }
                });
        let marks = marks(&self.y);
        let plot = fixed(self.id, self.height, colours.grid)
            .sense(Sense::click())
            .show_axes([false, true])
            .show_grid([false, true])
            .y_grid_spacer(move |_| marks.clone())
            .custom_y_axes(vec![axis])
            .set_margin_fraction(vec2(0.0, 0.0));
        let count = rows.all.len() as f64;
        let shown = plot.show(ui, |plot| {
            plot.set_plot_bounds_x(-0.8..=count - 0.2);
            plot.set_plot_bounds_y(self.y.clone());
            self.draw(plot, rows, colours, scheme.strong);
        });
        let response: Response = shown.response;
        let name = &self.name;
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
        let at = response.hover_pos().map(|pos| shown.transform.value_from_position(pos).x.round());
        let Some(row) = at.and_then(|x| rows.all.get(x.max(0.0) as usize)) else { return };
        pointed.hovered = Some(row.place);
        if response.clicked() {
            pointed.clicked = Some(row.place);
        }
        response.on_hover_ui_at_pointer(|ui| tooltip(ui, row));
    }

    fn draw(&self, plot: &mut PlotUi<'_>, rows: &Rows, colours: &PlotScheme, lit: Color32) {
        for (place, width) in [(rows.hovered, 1.0), (rows.chosen, 1.5)] {
            if let Some(place) = place {
                let stroke = Stroke::new(width, colours.pointed);
                plot.vline(VLine::new("pointed", place as f64).stroke(stroke).allow_hover(false));
            }
        }
        let bar = |row: &LayerRow| {
            let height = (self.bars)(row)?;
            let is_lit = rows.chosen == Some(row.place) || rows.hovered == Some(row.place);
            let colour = match (is_lit, self.worst.contains(&row.place)) {
                (true, _) => lit,
                (false, true) => colours.lost,
                (false, false) => colours.letterbox.gamma_multiply(0.75),
            };
            Some(Bar::new(row.place as f64, height).width(BAR).fill(colour).stroke(Stroke::NONE))
        };
        let bars: Vec<Bar> = rows.all.iter().filter_map(bar).collect();
        plot.bar_chart(BarChart::new("bars", bars).id(Id::unique((self.id, "bars"))).allow_hover(false));
        let points: Vec<[f64; 2]> =
            rows.all.iter().filter_map(|row| Some([row.place as f64, (self.line)(row)?])).collect();
        let line = Line::new("line", PlotPoints::from(points)).id(Id::unique((self.id, "line")));
        plot.line(line.stroke(Stroke::new(1.6, self.line_colour)).allow_hover(false));
    }
}

/// Few lines, at round values, and none at the rim.
fn marks(y: &RangeInclusive<f64>) -> Vec<GridMark> {
    let span = y.end() - y.start();
    let ten = 10f64.powf((span / 4.0).max(1e-6).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|f| f * ten).find(|step| span / step <= 4.0).unwrap_or(span);
    let first = (y.start() / step).ceil() as i64;
    let values = (first..first + 8).map(|i| i as f64 * step).filter(|v| *v <= y.end() - span * 0.06);
    values.map(|value| GridMark { value, step_size: step }).collect()
}

/// Everything about one layer.
pub fn tooltip(ui: &mut Ui, row: &LayerRow) {
    ui.label(RichText::new(&row.name).strong());
    ui.label(RichText::new(&row.op).weak());
    egui::Grid::new("layer numbers").num_columns(2).spacing([12.0, 2.0]).show(ui, |ui| {
        let mut line = |name: &str, value: String| {
            ui.label(RichText::new(name).weak());
            ui.label(RichText::new(value).font(theme::digits()));
            ui.end_row();
        };
        line("SQNR cumulative", decibel(Some(row.propagated)));
        line("SQNR this layer", decibel(row.isolated));
        if let (Some(loss), Some(share)) = (row.iou_loss, row.share) {
            line("IoU lost, this layer only", format!("{:.2} % ({:.1} % of total)", loss * 100.0, share * 100.0));
        }
        if let Some(overflowing) = row.overflowing {
            line("overflow without VNNI", format!("{} per million pairs", per_million(overflowing)));
        }
        if let Some(differing) = row.differing {
            line("bytes ≠ exact", of_bytes(differing));
        }
        if let Some(alone) = row.alone {
            line("box score, this layer only", format!("{alone:.3}"));
        }
        if let Some(up_to) = row.up_to {
            line("box score, cumulative", format!("{up_to:.3}"));
        }
    });
}
