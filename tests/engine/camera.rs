//! Misbehaving cameras: each fault is reported, the camera is reopened, and no thread leaks.

use std::time::Duration;

use twinsight::detect::Size;
use twinsight::engine::{Clock, Engine, Event, SourceState};
use twinsight::model::ModelName::{self, Fp32};
use twinsight::source::{
    CameraRequest, CameraSelector, Control, ControlKind, Orientation, SourceError, SourceRequest, Turn,
};

use crate::support::*;

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

fn unplugged() -> SourceError {
    SourceError::Disconnected { camera: "cam".into(), cause: "pulled".into() }
}

fn absent() -> SourceError {
    SourceError::Absent { camera: "cam".into() }
}

fn await_stalled(engine: &Engine) {
    event(engine, "SourceStalled", |e| matches!(e, Event::SourceStalled(d) if !d.name.is_empty()).then_some(()));
}

/// Moves time until `timer` rings.
fn ring(studio: &Studio, after: Duration) {
    studio.clock.await_timer(studio.clock.now() + after);
    studio.clock.advance(after);
}

#[test]
fn a_camera_that_comes_back_is_the_very_one_that_went_whatever_was_asked_for() {
    for request in [SourceRequest::Auto, camera(0)] {
        let studio = Studio::new();
        let source = studio.camera_in(&request, "usb-1");
        let very = request.pinned("cam", &source_id("usb-1"));
        studio.fails(&very, absent());
        let back = studio.camera_in(&very, "usb-1");
        let engine = studio.start(&settings(request.clone(), &[Fp32]));
        source.publish(1);
        observe(&engine);
        source.step(Step::Fail(unplugged()));
        assert!(await_failed(&engine).1);
        ring(&studio, 500 * MS);
        assert!(await_failed(&engine).0.contains("when it returns"));
        ring(&studio, SECOND);
        back.publish(2);
        assert_eq!(number(&observe(&engine)), 2, "{request:?}");
        let opened: Vec<_> = studio.opened.try_iter().collect();
        // Never the demo, never whatever else has the same index now.
        assert_eq!(opened, [request, very.clone(), very]);
    }
}

fn source_id(place: &str) -> twinsight::source::CameraId {
    twinsight::source::CameraId { place: place.into(), serial: None }
}

#[test]
fn a_camera_that_falls_silent_has_stalled_and_is_opened_anew_on_another_thread() {
    let studio = Studio::new();
    let source = studio.camera_in(&SourceRequest::Auto, "usb-1");
    let very = SourceRequest::Auto.pinned("cam", &source_id("usb-1"));
    let back = studio.camera_in(&very, "usb-1");
    let engine = studio.start(&settings(SourceRequest::Auto, &[Fp32]));
    await_opened(&engine);
    let opened = studio.clock.now();
    // A frame after 1.5 s, and then no more: 2 s after it, not after the opening.
    studio.clock.advance(1500 * MS);
    source.publish(1);
    observe(&engine);
    studio.clock.advance(1999 * MS);
    studio.clock.await_timer(opened + 3500 * MS);
    assert_eq!(engine.status().source, SourceState::Live);
    studio.clock.advance(MS);
    await_stalled(&engine);
    assert_eq!(engine.status().source, SourceState::Stalled { since: 2 * SECOND });
    // The device may still be open: the new thread waits for the old one, but not for ever.
    ring(&studio, 5 * SECOND);
    back.enter();
    // Open again, it must first show that it lives.
    assert_eq!(engine.status().source, SourceState::Stalled { since: 7 * SECOND });
    assert!(engine.events().is_empty(), "told once");
    // Some drivers hand out an old frame or two.
    prove(&back, &engine);
    assert!(engine.take().is_none() && engine.events().is_empty());
    back.publish(2);
    assert_eq!(number(&observe(&engine)), 2);
    await_opened(&engine);
    assert_eq!(engine.status().source, SourceState::Live);
    // Messages of the old thread are ignored, and it ends.
    let captured = engine.status().captured;
    source.step(Step::Frame(9));
    source.await_call(Call::Dropped);
    assert!(engine.take().is_none());
    assert_eq!(engine.status().captured, captured);
}

#[test]
fn a_stall_is_seen_in_the_status_while_a_model_runs() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let again = studio.live(&camera(0));
    let tokens = studio.gate(&Fp32);
    let engine = studio.start(&settings(camera(0), &[Fp32]));
    source.publish(1);
    studio.expect_run("FP32", 1);
    studio.clock.advance(1999 * MS);
    assert_eq!(engine.status().source, SourceState::Live);
    studio.clock.advance(MS);
    assert_eq!(engine.status().source, SourceState::Stalled { since: 2 * SECOND });
    tokens.send(()).unwrap();
    await_stalled(&engine);
    drop(again);
}

#[test]
fn a_camera_that_never_gives_its_first_frame_has_stalled_too() {
    let studio = Studio::new();
    let _source = studio.live(&camera(0));
    let _again = studio.live(&camera(0));
    let engine = studio.start(&settings(camera(0), &[Fp32]));
    await_opened(&engine);
    studio.clock.advance(2 * SECOND);
    await_stalled(&engine);
    assert_eq!(engine.status().source, SourceState::Stalled { since: 2 * SECOND });
}

#[test]
fn a_driver_that_hangs_for_good_gets_no_more_than_two_threads() {
    let studio = Studio::new();
    let sources: Vec<_> = (0..3).map(|_| studio.live(&camera(0))).collect();
    let engine = studio.start(&settings(camera(0), &[Fp32]));
    await_opened(&engine);
    sources[0].enter();
    studio.clock.advance(2 * SECOND);
    await_stalled(&engine);
    ring(&studio, 5 * SECOND);
    sources[1].enter();
    ring(&studio, 2 * SECOND);
    // Both hang now. However long it takes, there is no third.
    get(&studio.loads, "the first model");
    for n in 0..10 {
        studio.clock.advance(5 * SECOND);
        // A model that is missing makes no difference, but shows that the worker has looked about.
        engine.set(settings(camera(0), &[ModelName::File(format!("{n}.onnx").into())]));
        get(&studio.loads, "another model");
    }
    assert!(matches!(engine.status().source, SourceState::Stalled { .. }));
    assert_eq!(studio.opened.len(), 2);
    // One comes back, and is let go. Only now, as the time of the wait for the other shows, is there a third.
    sources[0].step(Step::Frame(1));
    sources[0].await_call(Call::Dropped);
    assert_eq!(studio.opened.len(), 2);
    ring(&studio, 5 * SECOND);
    prove(&sources[2], &engine);
    sources[2].publish(3);
    assert_eq!(number(&observe(&engine)), 3);
}

#[test]
fn a_camera_that_does_not_open_is_told_and_tried_again() {
    let studio = Studio::new();
    let _gate = studio.hangs(&camera(0));
    let source = studio.live(&camera(0));
    let engine = studio.start(&settings(camera(0), &[Fp32]));
    get(&studio.opened, "the first try");
    ring(&studio, 10 * SECOND);
    let (message, transient) = await_failed(&engine);
    assert!(message.contains("cannot open the camera") && message.contains("10 s") && transient, "{message}");
    ring(&studio, 5 * SECOND);
    source.publish(1);
    assert_eq!(number(&observe(&engine)), 1);
    assert_eq!(engine.status().source, SourceState::Live);
}

#[test]
fn a_still_may_take_as_long_as_it_likes_to_open() {
    let studio = Studio::new();
    let gate = studio.hangs(&still("x.png"));
    let engine = studio.start(&settings(still("x.png"), &[Fp32]));
    get(&studio.opened, "the try");
    studio.clock.advance(60 * SECOND);
    assert_eq!(engine.status().source, SourceState::Opening);
    assert!(engine.events().try_iter().all(|e| !matches!(e, Event::SourceFailed(_))));
    drop(gate);
    await_failed(&engine);
}

#[test]
fn a_panic_in_a_camera_library_is_tried_again_and_one_in_a_decoder_is_not() {
    let studio = Studio::new();
    studio.panics(&camera(0));
    let source = studio.live(&camera(0));
    let again = studio.live(&camera(0));
    let engine = studio.start(&settings(camera(0), &[Fp32]));
    let (message, transient) = await_failed(&engine);
    assert!(message.contains("an opener's fault") && transient, "{message}");
    ring(&studio, 500 * MS);
    source.publish(1);
    observe(&engine);
    source.step(Step::Panic);
    assert!(await_failed(&engine).0.contains("a driver's fault"));
    ring(&studio, 500 * MS);
    again.publish(2);
    assert_eq!(number(&observe(&engine)), 2);

    let studio = Studio::new();
    studio.panics(&still("x.png"));
    let engine = studio.start(&settings(still("x.png"), &[Fp32]));
    assert!(!await_failed(&engine).1);
}

#[test]
fn broken_frames_are_counted_and_never_shown() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let engine = studio.start(&settings(camera(0), &[Fp32]));
    source.publish(1);
    observe(&engine);
    for _ in 0..3 {
        source.enter();
        source.step(Step::Broken);
        source.enter();
    }
    source.publish(2);
    let seen = observe(&engine);
    assert_eq!((number(&seen), seen.frame_id), (2, 1));
    let status = engine.status();
    assert_eq!((status.broken, status.captured, status.dropped), (3, 2, 0));
}

#[test]
fn broken_frames_alone_are_no_sign_of_life() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let _again = studio.live(&camera(0));
    let engine = studio.start(&settings(camera(0), &[Fp32]));
    await_opened(&engine);
    studio.clock.advance(1500 * MS);
    source.enter();
    source.step(Step::Broken);
    source.enter();
    studio.clock.advance(500 * MS);
    await_stalled(&engine);
}

#[test]
fn a_change_of_size_in_mid_stream_is_followed() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let engine = studio.start(&settings(camera(0), &[Fp32]));
    for (n, (width, height)) in (1..).zip([(32, 32), (640, 480), (1, 1), (33, 7), (1920, 1080), (32, 32)]) {
        source.enter();
        source.step(Step::Sized(n, Size::new(width, height)));
        let seen = observe(&engine);
        assert_eq!(
            (seen.frame.size(), seen.description.size),
            (Size::new(width, height), Some(Size::new(width, height)))
        );
        assert_eq!(number(&seen), n);
        assert_eq!(engine.status().description.unwrap().size, Some(Size::new(width, height)));
    }
}

#[test]
fn a_clock_that_jumps_stalls_nothing_that_goes_on() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let again = studio.live(&camera(0));
    let engine = studio.start(&settings(camera(0), &[Fp32]));
    source.publish(1);
    observe(&engine);
    // As after a laptop's sleep: a day has gone by, and the driver is silent since.
    studio.clock.advance(24 * 3600 * SECOND);
    await_stalled(&engine);
    ring(&studio, 5 * SECOND);
    prove(&again, &engine);
    again.publish(2);
    let seen = observe(&engine);
    assert_eq!(number(&seen), 2);
    let status = engine.status();
    assert_eq!(status.source, SourceState::Live);
    assert!(status.captured_rate.is_none_or(|rate| rate.is_finite() && rate < 1.0), "{:?}", status.captured_rate);
}

#[test]
fn the_picture_is_turned_from_the_next_frame_on_and_another_source_is_upright() {
    let studio = Studio::new();
    let orientation = Orientation { turn: Turn::Quarter, mirror: true };
    let request = SourceRequest::Camera(CameraRequest { orientation, ..CameraRequest::index(0) });
    let source = studio.source(&request, true, Size::new(4, 2));
    let first = settings(request, &[Fp32]);
    let engine = studio.start(&first);
    assert_eq!(engine.status().orientation, orientation);
    source.publish(7);
    let seen = observe(&engine);
    assert_eq!((seen.frame.size(), seen.description.size), (Size::new(2, 4), Some(Size::new(2, 4))));
    assert_eq!(number(&seen), 7);
    engine.orient(Orientation::default());
    // The call of `next` that waits already was made before.
    source.publish(8);
    source.publish(9);
    while number(&observe(&engine)) != 9 {}
    assert_eq!(engine.status().description.unwrap().size, Some(Size::new(4, 2)));
    engine.orient(Orientation { turn: Turn::Half, mirror: false });
    let other = studio.live(&camera(1));
    engine.set(twinsight::engine::Settings { source: camera(1), ..first });
    assert!(engine.status().orientation.is_upright());
    other.publish(1);
    observe(&engine);
}

fn control(id: u32, value: i64) -> Control {
    let kind = if id == 3 { ControlKind::Switch } else { ControlKind::Range { min: 0, max: 100, step: 1 } };
    Control { id, name: format!("control {id}"), kind, value, default: value, active: true }
}

#[test]
fn controls_are_set_between_frames_and_again_when_the_camera_is_back() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let back = studio.live(&camera(0));
    for remote in [&source, &back] {
        *remote.controls.lock().unwrap() = vec![control(1, 10), control(2, 20), control(3, 1)];
    }
    let engine = studio.start(&settings(camera(0), &[Fp32]));
    source.publish(1);
    observe(&engine);
    assert_eq!(engine.status().controls.to_vec(), source.controls.lock().unwrap().clone());
    let values = |remote: &Remote| remote.controls.lock().unwrap().iter().map(|c| c.value).collect::<Vec<_>>();
    // Returns at once, though the driver hangs in `next`; the newest value wins. The second is taken only once the
    // third, which comes later, is off.
    (1..=50).for_each(|value| engine.set_control(1, value));
    engine.set_control(2, 55);
    engine.set_control(3, 0);
    assert_eq!(values(&source), [10, 20, 1]);
    source.publish(2);
    assert_eq!(values(&source), [50, 55, 0]);
    assert_eq!(engine.status().controls[0].value, 50);
    assert_eq!(engine.status().control_failure, None);
    observe(&engine);

    engine.set_control(77, 1);
    source.publish(3);
    let failure = engine.status().control_failure.expect("no such control");
    assert!(failure.contains("did not accept control 77"), "{failure}");
    observe(&engine);

    source.step(Step::Fail(unplugged()));
    await_failed(&engine);
    ring(&studio, 500 * MS);
    back.publish(4);
    assert_eq!(values(&back), [50, 55, 0], "as before it went");
    observe(&engine);
    engine.set_control(2, 20);
    back.publish(5);
    assert_eq!(values(&back), [50, 20, 0]);
    [(1, 10), (3, 1)].into_iter().for_each(|(id, value)| engine.set_control(id, value));
    back.publish(6);
    assert_eq!(values(&back), [10, 20, 1]);
}

#[test]
fn a_control_without_effect_may_refuse_and_one_with_an_effect_may_not() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    // The second is taken only while the third is off.
    let auto = Control { active: false, ..control(2, 20) };
    *source.controls.lock().unwrap() = vec![control(1, 10), auto, control(3, 1)];
    let engine = studio.start(&settings(camera(0), &[Fp32]));
    source.publish(1);
    [(1, 10), (2, 20), (3, 1)].into_iter().for_each(|(id, value)| engine.set_control(id, value));
    source.publish(2);
    assert_eq!(engine.status().control_failure, None);
    source.controls.lock().unwrap()[1].active = true;
    engine.set_control(2, 30);
    source.publish(3);
    assert!(engine.status().control_failure.is_some());
}

#[test]
fn which_cameras_may_be_one() {
    let this = |place| CameraSelector::This { name: "cam".into(), id: source_id(place) };
    assert!(this("a").may_be(&this("a")) && !this("a").may_be(&this("b")));
    assert!(CameraSelector::Index(0).may_be(&this("a")) && CameraSelector::First.may_be(&CameraSelector::Index(3)));
    assert!(!CameraSelector::Index(0).may_be(&CameraSelector::Index(1)));
}
