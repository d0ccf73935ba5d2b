//! One small plot over time.

use std::ops::RangeInclusive;

use egui::{Color32, FontId, Id, Response, RichText, Role, Sense, Stroke, Ui, WidgetInfo, vec2};
use egui_plot::{AxisHints, GridInput, GridMark, Line, LineStyle, MarkerShape, Plot, PlotPoint, PlotPoints, PlotUi};
use egui_plot::{Points, Span, VLine};

use super::curves::Curve;
use super::time_range::TimeRange;
use crate::app::ui::palette::{self, PlotScheme};
use crate::app::ui::theme;

/// What a chart is, without what is drawn into it.
pub struct Chart<'a> {
    pub id: &'static str,
    /// For screen readers.
    pub name: String,
    pub height: f32,
    /// Of the vertical axis: "ms".
    pub unit: &'static str,
    pub y: RangeInclusive<f64>,
    /// Values with a line and a number.
    pub marks: &'a [f64],
}

/// From this height on, there is room for the name of the time axis.
const ROOMY: f32 = 110.0;

/// The name of an axis.
pub fn axis_name(name: &str, colour: Color32) -> RichText {
    RichText::new(name).font(FontId::proportional(10.0)).color(colour)
}

/// How one curve is drawn.
#[derive(Clone, Copy)]
pub struct Pen {
    pub colour: Color32,
    pub width: f32,
    pub style: LineStyle,
    /// The area down to zero is filled.
    pub filled: bool,
}

impl Pen {
    pub fn solid(colour: Color32, width: f32) -> Self {
        Self { colour, width, style: LineStyle::Solid, filled: false }
    }
}

/// A plot whose axes stay as they are set: nothing in it is dragged or zoomed, and no cross shows the values.
pub fn fixed<'a>(id: &'static str, height: f32, grid: Color32) -> Plot<'a> {
    Plot::new(id)
        .height(height)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_axis_zoom_drag(false)
        .allow_double_click_reset(false)
        .show_x(false)
        .show_y(false)
        .grid_spacing(1.0..=2.0)
        .grid_color(grid)
}

impl<'a> Chart<'a> {
    /// Draws the chart; gives its response, and the time that is pointed at.
    pub fn show(
        self,
        ui: &mut Ui,
        view: &'a TimeRange,
        draw: impl FnOnce(&mut PlotUi<'a>) + 'a,
    ) -> (Response, Option<f64>) {
        let scheme = theme::scheme(ui);
        let colours = palette::plots(ui.visuals().dark_mode);
        let small = FontId::monospace(10.0);
        let (y, newest) = (self.y.clone(), view.newest);
        let axis = |hints: AxisHints<'a>| hints.tick_label_font(small.clone()).tick_label_color(scheme.weak);
        let times = axis(AxisHints::new_x())
            .label_spacing(1.0..=2.0)
            .min_thickness(15.0)
            .formatter(move |mark, range| ago_on_axis(newest - mark.value, mark.value, range));
        let times = if self.height < ROOMY { times } else { times.label(axis_name("time →", scheme.weak)) };
        let values = axis(AxisHints::new_y()).label_spacing(1.0..=2.0).min_thickness(30.0);
        let values = values.label(axis_name(self.unit, scheme.weak));
        let marks = self.marks;
        let plot = fixed(self.id, self.height, colours.grid)
            .sense(Sense::click_and_drag())
            .x_grid_spacer(move |input| time_marks(newest, &input))
            .y_grid_spacer(move |input| value_marks(marks, &input))
            .custom_x_axes(vec![times])
            .custom_y_axes(vec![values.formatter(|mark, _| value(mark.value))])
            .set_margin_fraction(vec2(0.0, 0.0));
        let shown = plot.show(ui, move |plot| {
            plot.set_plot_bounds_x(view.from..=view.until);
            plot.set_plot_bounds_y(y.clone());
            ground(plot, view, &y, colours);
            draw(plot);
            times_in_sight(plot, view, colours);
        });
        let response = shown.response;
        let pointer = response.interact_pointer_pos().or(response.hover_pos());
        let pointed = pointer.map(|pos| shown.transform.value_from_position(pos).x);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &self.name));
        (response, pointed.map(|x| x.clamp(view.from, view.until)))
    }
}

/// Which times can be gone to.
fn ground<'a>(plot: &mut PlotUi<'a>, view: &'a TimeRange, y: &RangeInclusive<f64>, colours: &PlotScheme) {
    if let Some(kept) = view.kept_from.filter(|kept| *kept < view.until) {
        plot.span(Span::new("", kept.max(view.from)..=view.newest.max(kept)).fill(colours.kept).border_width(0.0));
    }
    if !view.worst.is_empty() {
        let bottom = y.start() + (y.end() - y.start()) * 0.04;
        let places = view.worst.iter().map(|x| [*x, bottom]);
        plot.points(
            Points::new("kept", PlotPoints::from_iter(places)).shape(MarkerShape::Up).radius(3.0).color(colours.gained),
        );
    }
}

fn times_in_sight(plot: &mut PlotUi<'_>, view: &TimeRange, colours: &PlotScheme) {
    if let Some(x) = view.pointed {
        plot.vline(VLine::new("pointed", x).stroke(Stroke::new(1.0, colours.pointed)).allow_hover(false));
    }
    if let Some(x) = view.in_sight {
        plot.vline(VLine::new("current frame", x).stroke(Stroke::new(1.5, colours.in_sight)).allow_hover(false));
    }
}

/// Draws a curve; what was taken at other settings is faint.
pub fn curve<'a>(plot: &mut PlotUi<'a>, name: &'static str, curve: &'a Curve, pen: Pen) {
    for (i, (points, is_old)) in curve.pieces().enumerate() {
        let colour = if is_old { pen.colour.gamma_multiply(0.45) } else { pen.colour };
        let line = Line::new(name, points).id(Id::unique((name, i))).stroke(Stroke::new(pen.width, colour));
        // No bands: what shares a column of pixels is together already.
        let line = line.style(pen.style).allow_band(false).allow_hover(false);
        plot.line(if pen.filled { line.fill(0.0).fill_alpha(0.25) } else { line });
    }
}

/// Marks on the line of zero.
pub fn diamonds(plot: &mut PlotUi<'_>, name: &'static str, curve: &Curve, colour: Color32) {
    let points: Vec<PlotPoint> = curve.points().iter().map(|p| PlotPoint::new(p.x, 0.0)).collect();
    plot.points(
        Points::new(name, PlotPoints::Owned(points))
            .shape(MarkerShape::Diamond)
            .radius(4.0)
            .color(colour)
            .allow_hover(false),
    );
}

/// The lines of time, counted back from the newest.
fn time_marks(newest: f64, input: &GridInput) -> Vec<GridMark> {
    const STEPS: [f64; 13] = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0];
    let (from, until) = input.bounds;
    let fits = |step: &f64| (until - from) / step <= 6.0;
    let step = STEPS.into_iter().find(fits).unwrap_or((until - from) / 6.0);
    let first = ((newest - until) / step).ceil().max(0.0) as i64;
    let times = (first..first + 8).map(|i| newest - i as f64 * step).filter(|t| *t >= from);
    times.map(|value| GridMark { value, step_size: step }).collect()
}

/// Numbers beside the plot's ends would run into what is above and below.
fn value_marks(marks: &[f64], input: &GridInput) -> Vec<GridMark> {
    let (least, most) = input.bounds;
    let step_size = marks.windows(2).map(|two| two[1] - two[0]).fold(f64::INFINITY, f64::min);
    let rim = (most - least) * 0.03;
    let inside = marks.iter().filter(|v| (least + rim..=most - rim).contains(*v));
    inside.map(|value| GridMark { value: *value, step_size }).collect()
}

/// Nothing at the edges, where it would run into the neighbour's numbers.
fn ago_on_axis(ago: f64, at: f64, range: &RangeInclusive<f64>) -> String {
    let width = range.end() - range.start();
    let inner = (range.start() + width * 0.06)..=(range.end() - width * 0.06);
    if inner.contains(&at) { super::time_range::ago(ago) } else { String::new() }
}

fn value(v: f64) -> String {
    // Lost boxes go downwards, and are no less boxes.
    let v = v.abs();
    if v > 0.0 && v < 1.0 { format!("{v:.1}") } else { format!("{v:.0}") }
}
