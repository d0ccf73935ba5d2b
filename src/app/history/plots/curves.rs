//! From records to the points of curves, no more than two for each column of pixels.

use std::ops::Range;

use egui_plot::PlotPoint;

use crate::history::{FrameFigures, Record, Stage, Timeline};

/// A gap in time from which on a curve is broken: the source stood still, or was paused. In seconds.
const GAP: f64 = 3.0;

/// One curve, in pieces.
#[derive(Default)]
pub struct Curve {
    points: Vec<PlotPoint>,
    pieces: Vec<Piece>,
    open: Option<Column>,
}

/// Points without a gap.
struct Piece {
    range: Range<usize>,
    /// Taken at other settings than the present ones.
    is_old: bool,
}

/// The lowest and the highest of one column of pixels, so that no spike is lost however many records share it.
struct Column {
    index: i64,
    is_old: bool,
    least: PlotPoint,
    most: PlotPoint,
}

impl Curve {
    pub fn clear(&mut self) {
        self.points.clear();
        self.pieces.clear();
        self.open = None;
    }

    /// `index`: of the column. A value of `None` is a gap.
    pub fn push(&mut self, index: i64, x: f64, y: Option<f32>, is_old: bool) {
        let Some(y) = y.filter(|y| y.is_finite()) else { return self.cut() };
        let point = PlotPoint::new(x, y);
        match &mut self.open {
            Some(column) if column.index == index && column.is_old == is_old => {
                if point.y < column.least.y {
                    column.least = point;
                }
                if point.y > column.most.y {
                    column.most = point;
                }
                return;
            }
            Some(column) if column.is_old != is_old => self.cut(),
            Some(_) => self.flush(),
            None => {}
        }
        self.open = Some(Column { index, is_old, least: point, most: point });
    }

    /// Ends the piece.
    pub fn cut(&mut self) {
        self.flush();
        if let Some(piece) = self.pieces.last_mut().filter(|piece| piece.range.end == usize::MAX) {
            piece.range.end = self.points.len();
        }
    }

    fn flush(&mut self) {
        let Some(Column { is_old, least, most, .. }) = self.open.take() else { return };
        if self.pieces.last().is_none_or(|piece| piece.range.end != usize::MAX) {
            self.pieces.push(Piece { range: self.points.len()..usize::MAX, is_old });
        }
        let [first, second] = if least.x <= most.x { [least, most] } else { [most, least] };
        self.points.push(first);
        if (first.x, first.y) != (second.x, second.y) {
            self.points.push(second);
        }
    }

    /// Points of each piece, and whether they were taken at other settings.
    pub fn pieces(&self) -> impl Iterator<Item = (&[PlotPoint], bool)> {
        self.pieces.iter().map(|piece| (self.points.get(piece.range.clone()).unwrap_or_default(), piece.is_old))
    }

    pub fn points(&self) -> &[PlotPoint] {
        &self.points
    }

    /// The highest value, at least 0.
    pub fn top(&self) -> f64 {
        self.points.iter().map(|point| point.y).fold(0.0, f64::max)
    }
}

/// Milliseconds of one stage.
#[derive(Default)]
pub struct StageCurves {
    pub now: Curve,
    pub p50: Curve,
    pub p95: Curve,
    pub p99: Curve,
}

impl StageCurves {
    fn all(&mut self) -> [&mut Curve; 4] {
        [&mut self.now, &mut self.p50, &mut self.p95, &mut self.p99]
    }
}

/// All that the plots show, for a range of time.
#[derive(Default)]
pub struct Curves {
    pub agreement: Curve,
    /// Below zero.
    pub lost: Curve,
    pub gained: Curve,
    /// Only what is over zero.
    pub flips: Curve,
    pub letterbox: StageCurves,
    /// By slot.
    pub inference: [StageCurves; 2],
}

impl Curves {
    /// Takes what was captured between two times. `column`: how many seconds a pixel is wide.
    pub fn fill(&mut self, timeline: &Timeline, from: f64, until: f64, column: f64) {
        self.all().into_iter().for_each(Curve::clear);
        let mut before: Option<&Record> = None;
        for record in timeline.between(from, until) {
            let gap = before.is_some_and(|before| {
                before.source_generation != record.source_generation || record.seconds - before.seconds > GAP
            });
            if gap {
                self.all().into_iter().for_each(Curve::cut);
            }
            before = Some(record);
            // Counted from the beginning of time and not of the view, so that columns do not shimmer as it moves.
            let index = (record.seconds / column).floor() as i64;
            self.push(record, index, !timeline.is_current(record));
        }
        self.all().into_iter().for_each(Curve::cut);
    }

    fn push(&mut self, record: &Record, index: i64, is_old: bool) {
        let x = record.seconds;
        let figures = record.figures.as_ref();
        self.agreement.push(index, x, figures.and_then(FrameFigures::known_f1), is_old);
        self.lost.push(index, x, figures.map(|f| -f32::from(f.lost)), is_old);
        self.gained.push(index, x, figures.map(|f| f32::from(f.gained)), is_old);
        self.flips.push(index, x, figures.map(|f| f32::from(f.flips)).filter(|flips| *flips > 0.0), is_old);
        let [slot_0, slot_1] = &mut self.inference;
        let stages =
            [(Stage::Letterbox, &mut self.letterbox), (Stage::Inference(0), slot_0), (Stage::Inference(1), slot_1)];
        for (stage, curves) in stages {
            let latency = record.latency(stage);
            curves.now.push(index, x, latency.map(|l| l.now), false);
            curves.p50.push(index, x, latency.map(|l| l.p50), false);
            curves.p95.push(index, x, latency.map(|l| l.p95), false);
            curves.p99.push(index, x, latency.map(|l| l.p99), false);
        }
    }

    fn all(&mut self) -> [&mut Curve; 16] {
        let [slot_0, slot_1] = &mut self.inference;
        let [a, b, c, d] = self.letterbox.all();
        let [e, f, g, h] = slot_0.all();
        let [i, j, k, l] = slot_1.all();
        let [m, n, o, p] = [&mut self.agreement, &mut self.lost, &mut self.gained, &mut self.flips];
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(curve: &Curve) -> Vec<(Vec<(f64, f64)>, bool)> {
        curve.pieces().map(|(points, is_old)| (points.iter().map(|p| (p.x, p.y)).collect(), is_old)).collect()
    }

    #[test]
    fn a_column_keeps_its_lowest_and_highest_in_the_order_of_time() {
        let mut curve = Curve::default();
        for (i, y) in [1.0, 5.0, 3.0, 0.5, 2.0].into_iter().enumerate() {
            curve.push(0, i as f64, Some(y), false);
        }
        curve.push(1, 5.0, Some(4.0), false);
        curve.cut();
        assert_eq!(pieces(&curve), [(vec![(1.0, 5.0), (3.0, 0.5), (5.0, 4.0)], false)]);
        assert_eq!(curve.top(), 5.0);
    }

    #[test]
    fn nothing_joins_what_a_gap_or_another_setting_parts() {
        let mut curve = Curve::default();
        for (x, y, is_old) in
            [(0, Some(1.0), true), (1, Some(2.0), false), (2, None, false), (3, Some(f32::NAN), false)]
        {
            curve.push(x, x as f64, y, is_old);
        }
        curve.push(4, 4.0, Some(3.0), false);
        curve.push(5, 5.0, Some(4.0), false);
        curve.cut();
        curve.cut();
        let expected = [(vec![(0.0, 1.0)], true), (vec![(1.0, 2.0)], false), (vec![(4.0, 3.0), (5.0, 4.0)], false)];
        assert_eq!(pieces(&curve), expected);
        curve.clear();
        assert_eq!(pieces(&curve), []);
    }
}
