//! The figures of the status line, a cell each. A cell is as wide whatever its figure is, so that nothing right of it
//! jumps; where there is no room for all of them, those of least worth leave first.

use std::time::Duration;

use crate::app::models::picker;
use crate::engine::{Percentiles, SourceState, Status};

/// What stands where there is no figure.
const NONE: &str = "–";

/// One figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusCell {
    pub name: String,
    /// Padded to the cell's width, with its unit.
    pub value: String,
    /// The tooltip.
    pub what: String,
    /// The smaller, the longer it stays.
    pub rank: u8,
}

impl StatusCell {
    fn new(rank: u8, name: &str, value: String, what: impl Into<String>) -> Self {
        Self { name: name.into(), value, what: what.into(), rank }
    }

    /// "inferred 24.8 fps"
    pub fn text(&self) -> String {
        format!("{} {}", self.name, self.value.trim_start())
    }
}

/// What the figures are of.
#[derive(Clone, Copy, Debug, Default)]
pub struct StatusScene {
    /// From capture to painting, of the last frame that was painted.
    pub age: Option<Duration>,
    /// Nothing is measured while paused, so that nothing is claimed.
    pub paused: bool,
    /// The source is a single picture: it has no rate, however often a model looks at it.
    pub still: bool,
}

/// The cells from left to right.
pub fn cells(status: &Status, scene: StatusScene) -> Vec<StatusCell> {
    let mut cells = Vec::with_capacity(8);
    if !scene.still && status.description.is_some() {
        cells.extend(of_frames(status, scene));
    }
    let models = status.models.iter().zip(&status.stages.inference).map(|(model, times)| {
        let name = model.running.as_ref().map_or_else(|| model.request.label(), |running| running.name.clone());
        (1, name, times)
    });
    let stages = std::iter::once((7, "letterbox".to_owned(), &status.stages.letterbox)).chain(models);
    cells.extend(stages.filter_map(|(rank, name, times)| Some(stage(rank, &name, times.as_ref()?))));
    cells
}

/// Of a source whose frames come one after the other.
fn of_frames(status: &Status, scene: StatusScene) -> [StatusCell; 5] {
    let moves = !scene.paused && status.source != SourceState::Ended;
    let played = status.description.as_ref().and_then(|description| description.playback.as_ref());
    let rate = |rank, name, rate: Option<f32>, what| {
        let value = rate.filter(|_| moves).map_or_else(|| NONE.to_owned(), |rate| format!("{rate:.1}"));
        StatusCell::new(rank, name, format!("{value:>5} fps"), what)
    };
    [
        rate(4, "captured", status.captured_rate, "Frames captured from the source per second"),
        rate(0, "inferred", status.inferred_rate, "Frames processed by the model per second"),
        rate(5, "shown", status.shown_rate, "Distinct frames displayed per second"),
        age(status, scene.age.filter(|_| moves)),
        skipped(played.map(|playback| playback.skipped), status.dropped),
    ]
}

fn age(status: &Status, age: Option<Duration>) -> StatusCell {
    let value = match age {
        None => format!("{NONE:>4} ms"),
        Some(age) if age >= Duration::from_secs(10) => format!("{:>5} s", age.as_secs()),
        Some(age) => format!("{:>4.0} ms", millis(age)),
    };
    let latency = status.stages.latency;
    let latency =
        latency.map_or_else(String::new, |t| format!("; {:.1} ms of it until the model finished", millis(t.p50)));
    StatusCell::new(2, "age", value, format!("Capture-to-display latency, median{latency}"))
}

/// `of_video`: frames that were skipped before they were captured, which are most of a video that is too fast; `None` =
/// the source is none.
fn skipped(of_video: Option<u64>, dropped: u64) -> StatusCell {
    let (name, count, what) = match of_video {
        Some(skipped) => ("skipped", skipped + dropped, "Frames of the video skipped to keep real-time speed"),
        None => {
            let what = "Frames skipped because a newer one arrived while the model was busy";
            ("dropped", dropped, what)
        }
    };
    let value = if count < 100_000 { format!("{count:>5}") } else { format!("{:>4}k", count / 1000) };
    StatusCell::new(3, name, value, what)
}

fn stage(rank: u8, name: &str, times: &Percentiles) -> StatusCell {
    let [p50, p95, p99] = [times.p50, times.p95, times.p99].map(millis);
    let runs = match times.samples {
        1 => "one run".to_owned(),
        n => format!("last {n} runs: median {p50:.2} ms, p95 {p95:.2} ms, p99 {p99:.2} ms"),
    };
    let value = format!("{p50:>6.1} ms");
    StatusCell::new(rank, &picker::shortened(name), value, format!("{name}: {runs}"))
}

fn millis(duration: Duration) -> f32 {
    duration.as_secs_f32() * 1e3
}

/// Which of the cells fit into `room`, by their widths and ranks; where not all do, `more` is the width of the sign that
/// stands for the others.
pub fn fitting(cells: &[(f32, u8)], gap: f32, room: f32, more: f32) -> Vec<bool> {
    let mut fits = vec![true; cells.len()];
    let width = |fits: &[bool]| -> f32 {
        cells.iter().zip(fits).filter(|(_, fits)| **fits).map(|(cell, _)| cell.0 + gap).sum()
    };
    if width(&fits) - gap <= room {
        return fits;
    }
    // Of equal rank the last one leaves first.
    let mut leaving: Vec<usize> = (0..cells.len()).collect();
    leaving.sort_by_key(|i| cells[*i].1);
    while let Some(i) = leaving.pop().filter(|_| width(&fits) + more > room) {
        fits[i] = false;
    }
    fits
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::{ModelPhase, ModelState, Stages};
    use crate::model::ModelName;
    use crate::source::{Description, Orientation};

    fn status() -> Status {
        let times = Percentiles {
            p50: Duration::from_millis(25),
            p95: Duration::from_millis(30),
            p99: Duration::from_millis(31),
            samples: 120,
        };
        let model = ModelState { request: ModelName::Fp32.into(), running: None, phase: ModelPhase::Ready };
        Status {
            source: SourceState::Live,
            description: Some(Description::default()),
            captured_rate: Some(30.0),
            inferred_rate: Some(4.0),
            shown_rate: Some(4.0),
            captured: 300,
            inferred: 40,
            dropped: 5,
            broken: 0,
            orientation: Orientation::default(),
            controls: Arc::default(),
            control_failure: None,
            stages: Stages { letterbox: Some(times), inference: vec![Some(times)], latency: Some(times) },
            models: vec![model],
            events_dropped: 0,
        }
    }

    fn texts(status: &Status, scene: StatusScene) -> Vec<String> {
        cells(status, scene).iter().map(StatusCell::text).collect()
    }

    const MOVING: StatusScene = StatusScene { age: Some(Duration::from_millis(46)), paused: false, still: false };

    #[test]
    fn a_still_has_stages_and_no_rates() {
        let still = texts(&status(), StatusScene { still: true, ..MOVING });
        assert_eq!(still, ["letterbox 25.0 ms", "FP32 25.0 ms"]);
        assert_eq!(texts(&status(), MOVING)[..2], ["captured 30.0 fps", "inferred 4.0 fps"]);
    }

    #[test]
    fn after_the_end_and_while_paused_there_are_no_rates_and_no_age() {
        let ended = Status { source: SourceState::Ended, ..status() };
        let paused = StatusScene { paused: true, ..MOVING };
        for told in [texts(&ended, MOVING), texts(&status(), paused)] {
            assert_eq!(told[..4], ["captured – fps", "inferred – fps", "shown – fps", "age – ms"]);
            assert_eq!(told[4], "dropped 5", "what was counted stays true");
        }
    }

    #[test]
    fn frames_of_a_video_are_skipped() {
        assert_eq!(skipped(Some(249), 5).text(), "skipped 254");
        assert_eq!(skipped(None, 5).text(), "dropped 5");
    }

    /// In the digits' typeface all letters are as wide.
    #[test]
    fn a_cell_is_as_wide_whatever_its_figure() {
        let widths = |status: &Status, scene| -> Vec<usize> {
            cells(status, scene).iter().map(|cell| cell.value.chars().count()).collect()
        };
        let usual = widths(&status(), MOVING);
        let many = Status { captured_rate: Some(0.2), inferred_rate: Some(999.0), dropped: 99_999, ..status() };
        let more = Status { shown_rate: None, dropped: 1_234_567, ..status() };
        let old = |seconds| StatusScene { age: Some(Duration::from_secs(seconds)), ..MOVING };
        let scenes =
            [(&many, MOVING), (&more, old(9)), (&many, old(3600)), (&many, StatusScene { age: None, ..MOVING })];
        for (status, scene) in scenes {
            assert_eq!(widths(status, scene), usual);
        }
    }

    #[test]
    fn the_least_worth_leave_first_and_those_that_stay_fit() {
        let cells = [(80.0, 4), (60.0, 0), (80.0, 7), (50.0, 2)];
        let all = 270.0 + 3.0 * 10.0;
        assert_eq!(fitting(&cells, 10.0, all, 20.0), [true; 4]);
        assert_eq!(fitting(&cells, 10.0, all - 1.0, 20.0), [true, true, false, true]);
        assert_eq!(fitting(&cells, 10.0, 160.0, 20.0), [false, true, false, true]);
        assert_eq!(fitting(&cells, 10.0, 0.0, 20.0), [false; 4]);
        for room in 0..400 {
            let fits = fitting(&cells, 10.0, room as f32, 20.0);
            let stay: Vec<_> = cells.iter().zip(&fits).filter(|(_, fits)| **fits).map(|(cell, _)| cell).collect();
            let more = if stay.len() < cells.len() { 20.0 } else { -10.0 };
            let width: f32 = stay.iter().map(|cell| cell.0 + 10.0).sum::<f32>() + more;
            assert!(stay.is_empty() || width <= room as f32, "{room}: {stay:?}");
            let left = cells.iter().zip(&fits).filter(|(_, fits)| !**fits).map(|(cell, _)| cell.1).min();
            assert!(left.is_none_or(|left| stay.iter().all(|cell| cell.1 < left)), "{room}: {stay:?}");
        }
    }
}
