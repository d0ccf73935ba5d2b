//! A frame's way through the engine: the newest wins, boxes belong to their frame, buffers are reused.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use twinsight::detect::{Letterbox, Size};
use twinsight::engine::{Event, SourceState};
use twinsight::model::ModelName::{File, Fp32, Int8};

use crate::support::*;

const MS: Duration = Duration::from_millis(1);

#[test]
fn the_newest_frame_wins_and_drops_are_counted() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let gate = studio.gate(&Fp32);
    let engine = studio.start(&settings(camera(0), &[Fp32]));

    source.publish(1);
    studio.expect_run("FP32", 1);
    // The model is at work on frame 1 while three more come.
    (2..=4).for_each(|n| source.publish(n));
    gate.send(()).unwrap();
    assert_eq!(number(&observe(&engine)), 1);
    studio.expect_run("FP32", 4);
    gate.send(()).unwrap();
    let newest = observe(&engine);
    assert_eq!((number(&newest), newest.frame_id, newest.sequence), (4, 3, 1));

    let status = engine.status();
    assert_eq!((status.captured, status.inferred, status.dropped), (4, 2, 2));
    assert_eq!(status.source, SourceState::Live);
}

#[test]
fn an_observation_that_nobody_took_is_replaced() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let engine = studio.start(&settings(camera(0), &[Fp32]));
    for n in 1..=3 {
        source.publish(n);
        studio.expect_run("FP32", n);
    }
    // Two wakes a frame at most: wait until the third observation is out.
    while engine.status().inferred < 3 {
        get(&studio.wakes, "a wake");
    }
    let newest = loop {
        let seen = observe(&engine);
        if number(&seen) == 3 {
            break seen;
        }
    };
    assert_eq!(newest.sequence, 2);
    assert!(engine.take().is_none(), "an observation is taken once");
}

#[test]
fn heads_belong_to_the_frame_they_are_shown_on_and_models_take_turns() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let engine = studio.start(&settings(camera(0), &[Fp32, Int8]));
    for n in 0..40 {
        source.publish(n * 7);
        let seen = observe(&engine);
        assert_eq!(number(&seen), n * 7);
        assert_paired(&seen);
        assert_eq!(models(&seen), ["FP32", "INT8"], "in the settings' order, whichever ran first");
        assert_eq!(seen.outputs.iter().map(|o| o.slot).collect::<Vec<_>>(), [0, 1]);
        let order = if n % 2 == 0 { ["FP32", "INT8"] } else { ["INT8", "FP32"] };
        order.iter().for_each(|model| studio.expect_run(model, n * 7));
    }
}

#[test]
fn models_with_other_input_sizes_get_a_letterbox_of_their_own() {
    let studio = Studio::new();
    let large = File("large.onnx".into());
    studio.add_model(large.clone(), 64);
    let size = Size::new(48, 24);
    let source = studio.source(&camera(0), true, size);
    let engine = studio.start(&settings(camera(0), &[Fp32, large, Int8]));
    source.publish(77);
    let seen = observe(&engine);
    assert_paired(&seen);
    let expected = [32, 64, 32].map(|side| Letterbox::new(size, Size::new(side, side)));
    assert_eq!(seen.outputs.iter().map(|o| o.letterbox).collect::<Vec<_>>(), expected);
}

#[test]
fn times_come_from_the_clock() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let gate = studio.gate(&Fp32);
    let engine = studio.start(&settings(camera(0), &[Fp32]));
    source.enter();
    studio.clock.advance(30 * MS);
    source.publish(1);
    studio.expect_run("FP32", 1);
    studio.clock.advance(25 * MS);
    gate.send(()).unwrap();
    let seen = observe(&engine);
    assert_eq!(seen.times.capture, 30 * MS);
    assert_eq!(seen.outputs[0].inference, 25 * MS);
    assert_eq!(seen.times.finished - seen.times.captured, 25 * MS);
    studio.clock.advance(10 * MS);
    assert_eq!(seen.times.age(seen.times.finished + 10 * MS), 35 * MS);

    let stages = engine.status().stages;
    assert_eq!(stages.inference[0].unwrap().p50, 25 * MS);
    assert_eq!(stages.latency.unwrap().p99, 25 * MS);
    assert_eq!(stages.letterbox.unwrap().p50, Duration::ZERO);
}

#[test]
fn the_three_rates_are_told_and_fall_when_nothing_comes() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let engine = studio.start(&settings(camera(0), &[Fp32]));
    assert_eq!(engine.status().captured_rate, None);
    for n in 0..50 {
        source.publish(n);
        let seen = observe(&engine);
        if n % 2 == 0 {
            engine.shown(&seen);
            // Painted again, because the mouse moved: not another frame.
            engine.shown(&seen);
        }
        studio.clock.advance(40 * MS);
    }
    let status = engine.status();
    let close = |rate: Option<f32>, to: f32| rate.is_some_and(|r| (r - to).abs() < 0.3);
    assert!(close(status.captured_rate, 25.0), "{:?}", status.captured_rate);
    assert!(close(status.inferred_rate, 25.0), "{:?}", status.inferred_rate);
    assert!(close(status.shown_rate, 12.5), "{:?}", status.shown_rate);
    studio.clock.advance(1500 * MS);
    assert!(engine.status().captured_rate.unwrap() < 20.0);
    studio.clock.advance(500 * MS);
    assert_eq!(engine.status().captured_rate, Some(0.0));
}

#[test]
fn a_source_that_waits_for_us_loses_no_frame_and_the_last_comes_before_the_end() {
    let studio = Studio::new();
    let source = studio.still(&still("a folder"));
    let engine = studio.start(&settings(still("a folder"), &[Fp32]));
    (0..20).for_each(|n| source.step(Step::Frame(n)));
    source.step(Step::End);
    event(&engine, "SourceEnded", |e| matches!(e, Event::SourceEnded { .. }).then_some(()));
    assert_eq!(number(&observe(&engine)), 19, "the last observation is there once the end is told");
    (0..20).for_each(|n| studio.expect_run("FP32", n));
    source.await_call(Call::Dropped);
    let status = engine.status();
    assert_eq!((status.captured, status.inferred, status.dropped), (20, 20, 0));
    assert_eq!(status.source, SourceState::Ended);
    assert!(engine.stop(LONG));
}

#[test]
fn a_live_source_that_ends_shows_its_last_frame_first() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let gate = studio.gate(&Fp32);
    let engine = studio.start(&settings(camera(0), &[Fp32]));
    source.publish(1);
    studio.expect_run("FP32", 1);
    source.publish(2);
    source.step(Step::End);
    source.await_call(Call::Dropped);
    gate.send(()).unwrap();
    studio.expect_run("FP32", 2);
    assert!(!engine.events().try_iter().any(|e| matches!(e, Event::SourceEnded { .. })), "a frame is still to come");
    gate.send(()).unwrap();
    event(&engine, "SourceEnded", |e| matches!(e, Event::SourceEnded { .. }).then_some(()));
    assert_eq!(number(&observe(&engine)), 2);
}

#[test]
fn buffers_are_used_again() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let engine = studio.start(&settings(camera(0), &[Fp32, Int8]));
    let (mut frames, mut heads) = (HashSet::new(), HashSet::new());
    let mut shown = None;
    for n in 0..60 {
        source.publish(n);
        let seen = observe(&engine);
        frames.insert(Arc::as_ptr(&seen.frame));
        heads.extend(seen.outputs.iter().map(|output| Arc::as_ptr(&output.heads)));
        // As a window does: hold the last one until the next is there.
        shown = Some(seen);
    }
    assert!(shown.is_some());
    // Shown, taken, at the worker, being written, and one more for luck of timing.
    assert!(frames.len() <= 5, "{} frames for 60", frames.len());
    assert!(heads.len() <= 2 * 4, "{} heads for 120", heads.len());
}

#[test]
fn without_models_the_picture_still_moves() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let engine = studio.start(&settings(camera(0), &[]));
    source.publish(5);
    let seen = observe(&engine);
    assert_eq!((number(&seen), seen.outputs.len()), (5, 0));
}
