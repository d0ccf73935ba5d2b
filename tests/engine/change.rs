//! Settings that change at run time: source, models, pause.

use std::time::{Duration, Instant};

use twinsight::engine::{Clock, Event, ModelPhase, Settings, SourceState};
use twinsight::model::ModelName::{self, File, Fp32, Int8};
use twinsight::source::{CameraRequest, FrameRate, SourceRequest};

use crate::support::*;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn another_model_runs_from_the_next_frame_on_and_is_loaded_once() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let first = settings(camera(0), &[Fp32]);
    let engine = studio.start(&first);
    source.publish(1);
    assert_eq!(models(&observe(&engine)), ["FP32"]);
    for (n, model) in [(2, Int8), (3, Fp32), (4, Int8)] {
        engine.set(Settings { models: vec![model.clone().into()], ..first.clone() });
        // The last frame is looked at again, since no other waits.
        let again = observe(&engine);
        assert_eq!((number(&again), models(&again)), (n - 1, vec![model.label().as_str()]));
        source.publish(n);
        let seen = observe(&engine);
        assert_eq!((number(&seen), models(&seen)), (n, vec![model.label().as_str()]));
        assert_paired(&seen);
    }
    assert_eq!(studio.loads.try_iter().collect::<Vec<_>>(), [Fp32, Int8]);
    assert_eq!(engine.status().models[0].phase, ModelPhase::Ready);
}

#[test]
fn three_models_stay_loaded_and_the_one_used_longest_ago_goes() {
    let studio = Studio::new();
    let source = studio.still(&still("a.png"));
    let [c, d] = ["c.onnx", "d.onnx"].map(|name| File(name.into()));
    studio.add_model(c.clone(), 32);
    studio.add_model(d.clone(), 32);
    source.step(Step::Frame(1));
    let first = settings(still("a.png"), &[Fp32]);
    let engine = studio.start(&first);
    observe(&engine);
    for name in [&Int8, &c, &Fp32, &d, &Fp32, &Int8] {
        engine.set(Settings { models: vec![name.clone().into()], ..first.clone() });
        observe(&engine);
    }
    // At d, INT8 was the oldest, and had to go; FP32 had been used again.
    assert_eq!(studio.loads.try_iter().collect::<Vec<_>>(), [Fp32, Int8, c, d, Int8]);
}

#[test]
fn a_file_that_was_written_anew_is_loaded_anew() {
    let studio = Studio::new();
    let source = studio.still(&still("a.png"));
    let own = File("own.onnx".into());
    studio.add_model(own.clone(), 32);
    source.step(Step::Frame(1));
    let first = settings(still("a.png"), std::slice::from_ref(&own));
    let engine = studio.start(&first);
    assert_eq!(observe(&engine).outputs[0].model.form.input.width, 32);
    let look = |name: &ModelName| {
        engine.set(Settings { models: vec![name.clone().into()], ..first.clone() });
        observe(&engine).outputs[0].model.form.input.width
    };
    look(&Fp32);
    assert_eq!(look(&own), 32, "the same file is kept");
    look(&Fp32);
    studio.add_model(own.clone(), 64);
    assert_eq!(look(&own), 64);
    assert_eq!(studio.loads.try_iter().filter(|name| *name == own).count(), 2);
}

#[test]
fn a_still_is_looked_at_again_with_other_models_even_while_paused() {
    let studio = Studio::new();
    let source = studio.still(&still("bus.jpg"));
    source.step(Step::Frame(9));
    source.step(Step::End);
    let first = settings(still("bus.jpg"), &[Fp32]);
    let engine = studio.start(&first);
    let seen = observe(&engine);
    event(&engine, "SourceEnded", |e| matches!(e, Event::SourceEnded { .. }).then_some(()));
    for paused in [false, true] {
        for model in [Int8, Fp32] {
            engine.set(Settings { models: vec![model.clone().into()], paused, ..first.clone() });
            let again = observe(&engine);
            assert_eq!((number(&again), again.frame_id), (9, seen.frame_id));
            assert!(again.sequence > seen.sequence);
            assert_eq!(models(&again), [model.label().as_str()]);
            assert_paired(&again);
        }
        engine.set(Settings { models: vec![Fp32.into(), Int8.into()], paused, ..first.clone() });
        assert_eq!(models(&observe(&engine)), ["FP32", "INT8"]);
        engine.set(Settings { paused, ..first.clone() });
        assert_eq!(models(&observe(&engine)), ["FP32"]);
    }
    assert_eq!(engine.status().source, SourceState::Ended);
}

#[test]
fn nothing_of_the_old_source_comes_after_a_change() {
    let studio = Studio::new();
    let (old, new) = (studio.live(&camera(0)), studio.live(&camera(1)));
    let first = settings(camera(0), &[Fp32]);
    let engine = studio.start(&first);
    old.publish(1);
    observe(&engine);
    // One observation waits, and one frame is in the driver.
    old.publish(2);
    studio.expect_run("FP32", 1);
    studio.expect_run("FP32", 2);
    engine.set(Settings { source: camera(1), ..first });
    assert!(engine.take().is_none(), "the old source's observation is gone at once");
    assert_eq!(engine.status().captured, 0, "counts start anew");
    // Asked for once the worker has turned away from the old source.
    assert_eq!([get(&studio.opened, "0"), get(&studio.opened, "1")], [camera(0), camera(1)]);
    old.step(Step::Frame(3));
    old.await_call(Call::Dropped);
    for n in 100..110 {
        new.publish(n);
        let seen = observe(&engine);
        assert_eq!((number(&seen), seen.source_generation), (n, 1));
        assert_eq!(seen.description.name, format!("{:?}", camera(1)));
    }
    assert!(studio.runs.try_iter().all(|(_, n)| n >= 100), "no model saw the old source again");
    assert_eq!(engine.status().captured, 10);
}

#[test]
fn a_source_that_hangs_does_not_hold_up_the_next_nor_the_stop() {
    let studio = Studio::new();
    let stuck = studio.live(&camera(0));
    let opening = studio.hangs(&camera(1));
    let good = studio.live(&camera(2));
    let first = settings(camera(0), &[Fp32]);
    let engine = studio.start(&first);
    stuck.enter();
    engine.set(Settings { source: camera(1), ..first.clone() });
    assert_eq!([get(&studio.opened, "0"), get(&studio.opened, "1")], [camera(0), camera(1)]);
    assert_eq!(engine.status().source, SourceState::Opening);
    engine.set(Settings { source: camera(2), ..first });
    good.publish(5);
    assert_eq!(number(&observe(&engine)), 5);

    // Both hang still: one in `next`, one in `open`.
    let before = Instant::now();
    assert!(!engine.stop(Duration::from_millis(50)));
    assert!(before.elapsed() < LONG);
    drop(opening);
}

#[test]
fn the_same_device_is_opened_again_once_the_old_thread_let_go_of_it() {
    let studio = Studio::new();
    let (old, new) = (studio.live(&camera(0)), studio.live(&camera(0)));
    let first = settings(camera(0), &[Fp32]);
    let engine = studio.start(&first);
    old.enter();
    get(&studio.opened, "the first opening");
    engine.set(Settings { reopen: 1, ..first });
    studio.clock.await_timer(studio.clock.now() + SECOND);
    assert!(studio.opened.is_empty(), "the device is not free yet");
    old.step(Step::Frame(1));
    old.await_call(Call::Dropped);
    new.publish(2);
    let seen = observe(&engine);
    assert_eq!((number(&seen), seen.source_generation), (2, 1));
}

#[test]
fn a_device_that_is_not_let_go_of_is_opened_after_a_second_all_the_same() {
    let studio = Studio::new();
    let mode = |rate| SourceRequest::Camera(CameraRequest { rate, ..CameraRequest::default() });
    let old = studio.live(&mode(None));
    let new = studio.live(&mode(FrameRate::new(60, 1)));
    let first = settings(mode(None), &[Fp32]);
    let engine = studio.start(&first);
    old.enter();
    get(&studio.opened, "the first opening");
    engine.set(Settings { source: mode(FrameRate::new(60, 1)), ..first });
    let deadline = studio.clock.now() + SECOND;
    studio.clock.await_timer(deadline);
    assert!(studio.opened.is_empty());
    studio.clock.advance(SECOND);
    new.publish(3);
    assert_eq!(number(&observe(&engine)), 3);
}

#[test]
fn a_pause_stops_inference_and_the_first_frame_after_it_is_fresh() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let first = settings(camera(0), &[Fp32]);
    let engine = studio.start(&first);
    source.publish(1);
    observe(&engine);

    engine.set(Settings { paused: true, ..first.clone() });
    assert_eq!(engine.status().source, SourceState::Paused);
    // The driver gives frames that were asked for before the pause got through: too late for the old picture, too
    // old for the next.
    let mut late = 0;
    while {
        source.step(Step::Frame(2));
        late += 1;
        get(&source.calls, "the next call") == Call::Next
    } {}
    studio.clock.advance(60 * SECOND);
    assert_eq!(engine.status().inferred, 1);

    engine.set(first);
    (0..9).for_each(|_| source.discard());
    source.publish(3);
    assert_eq!(number(&observe(&engine)), 3);
    assert_eq!(studio.runs.try_iter().map(|(_, n)| n).collect::<Vec<_>>(), [1, 3]);
    let status = engine.status();
    assert_eq!((status.captured, status.inferred, status.dropped), (2 + late, 2, late));
    assert_eq!(status.source, SourceState::Live);
}

#[test]
fn a_source_that_does_not_wait_is_paced_while_paused() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let _engine = studio.start(&Settings { paused: true, ..settings(camera(0), &[Fp32]) });
    for _ in 0..3 {
        source.await_call(Call::Discard);
        source.discard();
        let next = studio.clock.now() + Duration::from_millis(5);
        studio.clock.await_timer(next);
        assert!(source.calls.is_empty(), "called in a loop");
        studio.clock.advance(Duration::from_millis(5));
    }
}

#[test]
fn a_paused_source_that_waits_for_us_rests_and_loses_nothing() {
    let studio = Studio::new();
    let source = studio.still(&still("a folder"));
    (1..=4).for_each(|n| source.step(Step::Frame(n)));
    let running = settings(still("a folder"), &[Fp32]);
    // A picture that is opened while paused appears all the same.
    let engine = studio.start(&Settings { paused: true, ..running.clone() });
    assert_eq!(number(&observe(&engine)), 1);
    engine.set(Settings { paused: true, models: vec![Int8.into()], ..running.clone() });
    let again = observe(&engine);
    assert_eq!((number(&again), models(&again)), (1, vec!["INT8"]));
    assert!(engine.status().captured <= 2, "one shown, one in hand");
    engine.set(running);
    while number(&observe(&engine)) != 4 {}
    let seen: Vec<_> = studio.runs.try_iter().collect();
    let of = |model: &str| seen.iter().filter(|(m, _)| m == model).map(|(_, n)| *n).collect::<Vec<_>>();
    assert_eq!(of("INT8"), [1]);
    let fp32 = of("FP32");
    assert!(fp32.ends_with(&[2, 3, 4]) && fp32[..fp32.len() - 3].iter().all(|n| *n == 1), "{fp32:?}");
    assert_eq!(engine.status().dropped, 0);
}
