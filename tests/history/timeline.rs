//! FrameFigures over time equal those of comparing each frame, at any setting.

use std::time::Duration;

use std::sync::Arc;
use std::time::Instant;

use twinsight::compare::{CompareSettings, Comparer, ModelInput, ThresholdSearch};
use twinsight::detect::{ClassSet, RawHeads, Thresholds};
use twinsight::engine::{Observation, Output};
use twinsight::history::{BestSearch, FrameFigures, History, RECORDS, Record, Ring, Search, Stage, Timeline};

use crate::support::*;

const ALL_TIME: Duration = Duration::from_secs(60);

/// Each frame another mix of boxes and scores.
fn sights(seed: u64) -> Vec<Sight> {
    (0..5)
        .map(|i| {
            let mix = (seed * 5 + i).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
            ((mix % 3) as usize, 0.1 + (mix / 3 % 80) as f32 / 100.0, (mix / 256 % 16) as usize)
        })
        .collect()
}

/// A observes much the same as B, with some boxes of each alone.
fn pair(sequence: u64) -> Observation {
    let (a, other) = (sights(sequence), sights(sequence + 1000));
    let b: Vec<Sight> = a[..3].iter().map(|(class, score, cell)| (*class, score * 0.8, *cell)).collect();
    observation(sequence, &[&a, &[b.as_slice(), &other[..1]].concat()])
}

fn settings() -> Vec<CompareSettings> {
    let at = |a: f32, b: f32| [a, b].map(|score| Thresholds { score, nms_iou: 0.45 });
    vec![
        CompareSettings::default(),
        CompareSettings { thresholds: at(0.5, 0.2), ..CompareSettings::default() },
        CompareSettings { thresholds: at(0.5, 0.2), swapped: true, ..CompareSettings::default() },
        CompareSettings {
            thresholds: at(0.15, 0.15),
            classes: ClassSet::only(1, CLASSES),
            ..CompareSettings::default()
        },
    ]
}

/// Straight from the raw heads.
fn direct(observation: &Observation, setting: &CompareSettings) -> FrameFigures {
    let mut outputs: Vec<&Output> = observation.outputs.iter().collect();
    if setting.swapped {
        outputs.reverse();
    }
    let side = |i: usize| ModelInput {
        form: &outputs[i].model.form,
        heads: &outputs[i].heads,
        letterbox: &outputs[i].letterbox,
        thresholds: setting.thresholds[i],
    };
    let mut comparer = Comparer::default();
    let agreement = comparer.run(&side(0), &side(1)).agreement_of(&setting.classes);
    FrameFigures {
        f1: agreement.f1() as f32,
        is_empty: agreement.a + agreement.b == 0,
        lost: agreement.lost as u16,
        gained: agreement.gained as u16,
        flips: agreement.flips as u16,
    }
}

fn filled(count: u64) -> (Vec<Observation>, Timeline, Ring) {
    let observations: Vec<Observation> = (0..count).map(pair).collect();
    let (mut timeline, mut ring) = (Timeline::default(), Ring::default());
    for observation in &observations {
        timeline.add(observation, None);
        ring.push(moment(observation));
    }
    (observations, timeline, ring)
}

#[test]
fn recomputed_figures_are_those_of_a_direct_comparison() {
    let (observations, mut timeline, mut ring) = filled(60);
    let mut seen = Vec::new();
    for setting in settings() {
        timeline.set(&setting);
        assert!(timeline.refresh(&mut ring, ALL_TIME));
        for (observation, record) in observations.iter().zip(timeline.records()) {
            assert_eq!(record.figures, Some(direct(observation, &setting)), "{setting:?}");
            assert!(timeline.is_current(record));
        }
        seen.push(timeline.records().map(|r| r.figures).collect::<Vec<_>>());
    }
    assert!(seen.windows(2).all(|two| two[0] != two[1]), "the settings do not differ");
}

#[test]
fn a_comparison_that_is_handed_over_is_not_made_again() {
    let (mut timeline, mut ring) = (Timeline::default(), Ring::default());
    let setting = settings().remove(3);
    timeline.set(&setting);
    let (shown, kept) = (pair(1), observation(1, &[&[], &[]]));
    let side = |i: usize| ModelInput {
        form: &shown.outputs[i].model.form,
        heads: &shown.outputs[i].heads,
        letterbox: &shown.outputs[i].letterbox,
        thresholds: setting.thresholds[i],
    };
    timeline.add(&shown, Some(Comparer::default().run(&side(0), &side(1))));
    assert_eq!(timeline.last().unwrap().figures, Some(direct(&shown, &setting)));
    // Judging this one would give other figures.
    ring.push(moment(&kept));
    assert!(timeline.refresh(&mut ring, ALL_TIME));
    assert_eq!(timeline.last().unwrap().figures, Some(direct(&shown, &setting)));
}

#[test]
fn slices_take_the_newest_first_and_come_to_an_end() {
    let (_, mut timeline, mut ring) = filled(30);
    let done = |timeline: &Timeline| timeline.records().map(|r| r.figures.is_some()).collect::<Vec<_>>();
    let mut slices = 0;
    while !timeline.refresh(&mut ring, Duration::ZERO) {
        slices += 1;
        let done = done(&timeline);
        assert!(done.is_sorted() && slices <= 30, "{done:?}");
    }
    assert!(slices == 29 && done(&timeline).iter().all(|done| *done));
}

#[test]
fn what_is_not_kept_any_more_keeps_its_figures_and_says_so() {
    let (observations, mut timeline, mut ring) = filled(40);
    let [first, second] = [0, 1].map(|i| settings()[i].clone());
    timeline.set(&first);
    timeline.refresh(&mut ring, ALL_TIME);
    ring.set_limit(ring.bytes() / 2);
    timeline.set(&second);
    timeline.refresh(&mut ring, ALL_TIME);
    let is_kept = |record: &Record| ring.get(record.sequence).is_some();
    assert!(timeline.records().any(is_kept) && !timeline.records().all(is_kept));
    for (observation, record) in observations.iter().zip(timeline.records()) {
        let setting = if is_kept(record) { &second } else { &first };
        assert_eq!(record.figures, Some(direct(observation, setting)));
        assert_eq!(timeline.is_current(record), is_kept(record));
    }
    // Back at the first setting, what is left of it is current again.
    timeline.set(&first);
    assert!(timeline.records().all(|record| timeline.is_current(record) != is_kept(record)));
    timeline.refresh(&mut ring, ALL_TIME);
    assert!(timeline.records().all(|record| timeline.is_current(record)));
}

#[test]
fn one_model_has_latencies_and_no_agreement() {
    let (mut timeline, mut ring) = (Timeline::default(), Ring::default());
    let observation = observation(3, &[&[(0, 0.9, 1)]]);
    timeline.add(&observation, None);
    ring.push(moment(&observation));
    assert!(timeline.refresh(&mut ring, ALL_TIME));
    let record = timeline.last().unwrap();
    assert!(record.figures.is_none() && timeline.is_current(record));
    assert_eq!(record.latency(Stage::Inference(0)).unwrap().now, 20.0);
    assert_eq!(record.latency(Stage::Age).unwrap().now, 35.0);
    assert_eq!((record.latency(Stage::Inference(1)), record.latency(Stage::Inference(2))), (None, None));
}

#[test]
fn models_of_different_classes_are_not_compared() {
    let mut other = pair(1);
    let mut model = (*other.outputs[1].model).clone();
    model.form.classes = twinsight::detect::Classes::new(["a", "b", "c"]);
    other.outputs[1].model = model.into();
    let moment = moment(&other);
    assert!(!moment.is_pair());
    let mut unpacked: [RawHeads; 2] = Default::default();
    assert!(moment.sides(&CompareSettings::default(), &mut unpacked).is_none());
    let mut ring = Ring::default();
    ring.push(moment);
    let mut search = BestSearch::new(&ring, &CompareSettings::default());
    assert_eq!(search.step(&ring, ALL_TIME), Search::Nothing);
}

#[test]
fn percentiles_are_of_the_window_that_ends_with_the_frame() {
    let (_, timeline, _) = filled(200);
    // The fake takes 20, 21 and 22 ms in turn; numpy.percentile(..., method="inverted_cdf") of any 120 of them.
    let latency = timeline.last().unwrap().latency(Stage::Inference(0)).unwrap();
    assert_eq!((latency.now, latency.p50, latency.p95, latency.p99), (21.0, 21.0, 22.0, 22.0));
    let first = timeline.records().next().unwrap().latency(Stage::Inference(0)).unwrap();
    assert_eq!((first.now, first.p50, first.p99), (20.0, 20.0, 20.0));
}

#[test]
fn another_model_begins_a_new_window() {
    let mut timeline = Timeline::default();
    let mut slow = pair(0);
    slow.outputs[0].inference = Duration::from_millis(900);
    timeline.add(&slow, None);
    let mut changed = pair(1);
    changed.outputs[0].model = model("other");
    timeline.add(&changed, None);
    let last = timeline.last().unwrap();
    assert_eq!(last.latency(Stage::Inference(0)).unwrap().p99, 21.0);
    assert_eq!(last.latency(Stage::Inference(1)).unwrap().p99, 11.0);
}

/// As the engine counts, whose status stands beside the plots: in a folder every picture is a source of its own.
#[test]
fn another_source_changes_nothing_in_a_models_window() {
    let mut timeline = Timeline::default();
    for (sequence, took) in [(0, 10), (1, 30), (2, 50)] {
        let mut observation = pair(sequence);
        observation.outputs[0].inference = Duration::from_millis(took);
        observation.source_generation = sequence;
        timeline.add(&observation, None);
    }
    assert_eq!(timeline.last().unwrap().latency(Stage::Inference(0)).unwrap().p50, 30.0);
}

#[test]
fn the_timeline_has_an_end() {
    let mut timeline = Timeline::default();
    let mut observation = observation(0, &[&[]]);
    for sequence in 0..RECORDS as u64 + 10 {
        observation.sequence = sequence;
        observation.times.captured = *START + Duration::from_millis(10) * sequence as u32;
        timeline.add(&observation, None);
        // Once more is no other.
        timeline.add(&observation, None);
    }
    assert_eq!((timeline.len(), timeline.records().next().unwrap().sequence), (RECORDS, 10));
    assert!(timeline.get(9).is_none() && timeline.get(10).is_some());
    assert_eq!(timeline.nearest(2.004).unwrap().sequence, 200);
    assert_eq!((timeline.nearest(-1.0).unwrap().sequence, timeline.nearest(1e9).unwrap().sequence), (10, 36_009));
    let between: Vec<u64> = timeline.between(2.0, 2.02).map(|r| r.sequence).collect();
    assert_eq!(between, [199, 200, 201, 202, 203]);
    assert_eq!(timeline.between(5e9, 6e9).count(), 1);
    assert_eq!(Timeline::default().between(0.0, 1.0).count(), 0);
}

#[test]
fn the_best_threshold_is_the_one_over_all_moments() {
    let (observations, _, ring) = filled(40);
    for setting in &settings()[..3] {
        let mut search = BestSearch::new(&ring, setting);
        let mut slices = 1;
        let found = loop {
            match search.step(&ring, Duration::ZERO) {
                Search::Going { done, total } => assert_eq!((done, total), (slices, 40)),
                other => break other,
            }
            slices += 1;
        };
        let sides = observations.iter().map(|observation| {
            let side = |slot: usize, thresholds| {
                let output = &observation.outputs[slot];
                ModelInput { form: &output.model.form, heads: &output.heads, letterbox: &output.letterbox, thresholds }
            };
            let [a, b] = if setting.swapped { [1, 0] } else { [0, 1] };
            (side(a, setting.thresholds[0]), side(b, setting.thresholds[1]))
        });
        let mut search = ThresholdSearch::default();
        sides.for_each(|(a, b)| search.add(&a, &b));
        let best = search.best(setting.thresholds[1].score);
        assert_eq!(found, Search::Found { best, moments: 40 });
        assert!(best.after > best.before);
    }
}

#[test]
fn all_of_it_together_judges_what_it_observes() {
    let mut history = History::start(64 << 20).unwrap();
    let settings = settings();
    let observations: Vec<Observation> = (0..20).map(pair).collect();
    for setting in &settings {
        // Only the first time are they new.
        for observation in &observations {
            history.observe(&Arc::new(observation.clone()), None);
            history.tend(setting, Duration::from_millis(1));
        }
        let deadline = Instant::now() + Duration::from_secs(20);
        while history.tend(setting, Duration::from_millis(1)) {
            assert!(Instant::now() < deadline);
            std::thread::yield_now();
        }
        assert_eq!(history.timeline.len(), 20);
        for (observation, record) in observations.iter().zip(history.timeline.records()) {
            // What was missed has no figures.
            if history.ring.get(record.sequence).is_some() {
                assert_eq!(record.figures, Some(direct(observation, setting)));
            }
        }
        assert_eq!(history.ring.len() + history.missed() as usize, 20);
    }
}
