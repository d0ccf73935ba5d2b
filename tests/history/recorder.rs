//! Moments come back unchanged, and recording never blocks. Threads are counted here, so one test covers both.

use std::sync::Arc;
use std::time::{Duration, Instant};

use twinsight::detect::{Frame, RawHeads, Size};
use twinsight::engine::Observation;
use twinsight::history::{Moment, QUEUE, Recorder};
use twinsight::source::RecordedHeads;

use crate::support::*;

const SIGHTS: [&[Sight]; 2] = [&[(0, 0.9, 1), (2, 0.4, 7)], &[(0, 0.8, 1)]];

fn take(recorder: &mut Recorder, count: usize) -> Vec<Moment> {
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut taken = Vec::new();
    while taken.len() < count {
        assert!(Instant::now() < deadline, "only {} of {count} moments", taken.len());
        taken.extend(recorder.take());
        std::thread::yield_now();
    }
    taken
}

/// Pushes one after the other, and gives the sequence numbers of those that were recorded.
fn recorded(observations: impl IntoIterator<Item = Observation>) -> Vec<u64> {
    let mut recorder = Recorder::start().unwrap();
    let mut sequences = Vec::new();
    for observation in observations {
        recorder.push(&Arc::new(observation));
        let count = usize::from(recorder.is_busy());
        sequences.extend(take(&mut recorder, count).iter().map(Moment::sequence));
        assert!(!recorder.is_busy());
    }
    assert_eq!(recorder.missed(), 0);
    sequences
}

/// Root of the mean squared difference, of 255.
fn error(x: &Frame, y: &Frame) -> f64 {
    assert_eq!(x.size(), y.size());
    let squares = x.rgb().iter().zip(y.rgb()).map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2));
    (squares.sum::<f64>() / x.rgb().len() as f64).sqrt()
}

#[test]
fn a_moment_comes_back_with_its_heads_bit_for_bit() {
    for size in [Size::new(64, 48), Size::new(1, 1), Size::new(33, 17), Size::new(640, 7)] {
        let mut before = observation(7, &SIGHTS);
        before.frame = Arc::new(picture(size, 7));
        let moment = moment(&before);
        assert_eq!((moment.sequence(), moment.frame_id(), moment.source_generation()), (7, 1007, 2));
        assert_eq!((moment.size(), moment.captured(), moment.is_pair()), (size, before.times.captured, true));
        let after = moment.restore().unwrap();
        assert_eq!((after.sequence, after.frame_id, after.source_generation), (7, 1007, 2));
        assert_eq!((after.times, &after.description), (before.times, &before.description));
        assert_eq!(after.outputs.len(), 2);
        for (x, y) in before.outputs.iter().zip(&after.outputs) {
            assert_eq!(bits(&x.heads), bits(&y.heads));
            assert_eq!((x.slot, x.inference, x.letterbox), (y.slot, y.inference, y.letterbox));
            assert!(Arc::ptr_eq(&x.model, &y.model));
        }
        // The whole heads are shared, those of few values packed.
        assert!(Arc::ptr_eq(&before.outputs[0].heads, &after.outputs[0].heads));
        assert!(!Arc::ptr_eq(&before.outputs[1].heads, &after.outputs[1].heads));
        let error = error(&before.frame, &after.frame);
        assert!(error < 4.0, "{size}: {error}");
    }
}

#[test]
fn heads_that_a_recording_gave_do_not_stay_in_memory() {
    let mut before = observation(1, &SIGHTS);
    let heads = Arc::new(RawHeads { heads: vec![vec![0.5; 9]] });
    let (sha256, arithmetic, inference) = Default::default();
    before.description.recorded =
        Arc::from([RecordedHeads { sha256, arithmetic, heads: Arc::clone(&heads), inference }]);
    let moment = moment(&before);
    drop(before);
    assert_eq!(Arc::strong_count(&heads), 1, "its size would not count them");
    assert!(moment.restore().unwrap().description.recorded.is_empty());
}

#[test]
fn a_picture_too_wide_for_jpeg_is_kept_as_it_is() {
    let mut before = observation(1, &SIGHTS);
    before.frame = Arc::new(picture(Size::new(70_000, 2), 1));
    let moment = moment(&before);
    assert!(moment.bytes() > 420_000);
    assert!(Arc::ptr_eq(&before.frame, &moment.restore().unwrap().frame));
}

#[test]
fn a_moment_takes_less_than_what_it_is_made_of() {
    let mut before = observation(1, &SIGHTS);
    before.frame = Arc::new(picture(Size::new(848, 480), 1));
    let whole = before.frame.rgb().len() + before.outputs.iter().map(|o| o.heads.bytes()).sum::<usize>();
    let bytes = moment(&before).bytes();
    assert!(bytes * 8 < whole, "{bytes} of {whole}");
}

#[test]
fn of_two_models_every_frame_is_recorded_and_of_one_ten_a_second() {
    let pairs: Vec<u64> = recorded((0..50).map(|i| observation(i, &SIGHTS)));
    assert_eq!(pairs, (0..50).collect::<Vec<_>>());
    // 25 a second for two seconds.
    let singles = recorded((0..50).map(|i| observation(i, &SIGHTS[..1])));
    assert_eq!(singles.len(), 20, "{singles:?}");
    // A slow source loses nothing.
    let slow = recorded((0..20).map(|i| observation(i * 3, &SIGHTS[..1])));
    assert_eq!(slow.len(), 20);
}

#[test]
fn the_same_frame_is_recorded_once_for_each_choice_of_models() {
    let again = |sequence, sights: &[&[Sight]]| Observation { sequence, ..observation(0, sights) };
    let other = |sequence| {
        let mut observation = again(sequence, &SIGHTS[..1]);
        observation.frame_id = 1000;
        observation.outputs[0].model = model("other");
        observation
    };
    let frames = [again(0, &SIGHTS), again(1, &SIGHTS), again(2, &SIGHTS[..1]), other(3), other(4), again(5, &SIGHTS)];
    assert_eq!(recorded(frames), [0, 2, 3, 5]);
}

#[test]
fn pushing_never_blocks_and_what_is_missed_is_counted() {
    let mut recorder = Recorder::start().unwrap();
    let mut first = observation(0, &SIGHTS);
    first.frame = Arc::new(picture(Size::new(4000, 3000), 0));
    recorder.push(&Arc::new(first));
    let rest: Vec<_> = (1..100).map(|i| Arc::new(observation(i, &SIGHTS))).collect();
    let begun = Instant::now();
    rest.iter().for_each(|observation| recorder.push(observation));
    assert!(begun.elapsed() < Duration::from_millis(100), "{:?}", begun.elapsed());
    // One in hand, and the queues before and after it.
    let recorded = 100 - recorder.missed() as usize;
    assert!((QUEUE..=2 * QUEUE + 2).contains(&recorded), "{recorded}");
    let taken = take(&mut recorder, recorded);
    assert!(taken.is_sorted_by_key(Moment::sequence) && recorder.take().is_none() && !recorder.is_busy());
    // It continues afterwards.
    recorder.push(&Arc::new(observation(200, &SIGHTS)));
    assert_eq!(take(&mut recorder, 1)[0].sequence(), 200);
}
