//! Failures are reported, and everything else continues.

use std::time::{Duration, Instant};

use twinsight::engine::{Clock, EVENTS_KEPT, Event, ModelPhase, Settings, SourceState};
use twinsight::model::ModelName::{File, Fp32, Int8, Safe, Tuned};
use twinsight::source::{SourceError, SourceRequest, VideoLocation, VideoRequest};

use crate::support::*;

const MS: Duration = Duration::from_millis(1);

fn unplugged(cause: &str) -> SourceError {
    SourceError::Disconnected { camera: "cam".into(), cause: cause.into() }
}

fn retry_in(state: SourceState) -> Option<Duration> {
    match state {
        SourceState::Failed { retry_in, .. } => retry_in,
        other => panic!("not failed but {other:?}"),
    }
}

#[test]
fn a_transient_failure_is_tried_again_ever_more_slowly_until_it_works() {
    let studio = Studio::new();
    let waits = [500, 1000, 2000, 4000, 5000, 5000];
    (0..waits.len()).for_each(|n| studio.fails(&camera(0), unplugged(&format!("try {n}"))));
    let source = studio.live(&camera(0));
    let engine = studio.start(&settings(camera(0), &[Fp32]));
    for (n, wait) in waits.into_iter().enumerate() {
        get(&studio.opened, "a try");
        let (message, transient) = await_failed(&engine);
        assert!(transient && message.contains(&format!("try {n}")), "{message}");
        assert_eq!(retry_in(engine.status().source), Some(wait * MS));
        studio.clock.await_timer(studio.clock.now() + wait * MS);
        studio.clock.advance(wait * MS - MS);
        assert_eq!(retry_in(engine.status().source), Some(MS));
        assert!(studio.opened.is_empty(), "tried too early");
        studio.clock.advance(MS);
    }
    await_opened(&engine);
    source.publish(1);
    assert_eq!(number(&observe(&engine)), 1);
    assert_eq!(engine.status().source, SourceState::Live);

    // It worked, so that the next failure is tried again soon.
    studio.fails(&camera(0), unplugged("gone"));
    source.step(Step::Fail(unplugged("pulled out")));
    await_failed(&engine);
    assert_eq!(retry_in(engine.status().source), Some(500 * MS));
}

#[test]
fn a_stream_that_falls_silent_is_left_to_give_up_by_itself() {
    let studio = Studio::new();
    let stream = SourceRequest::Video(VideoRequest::new(VideoLocation::parse("rtsp://camera.example/1".as_ref())));
    let source = studio.live(&stream);
    let engine = studio.start(&settings(stream, &[Fp32]));
    // Twice, as the second silence must be like the first.
    for frame in [1, 2] {
        source.publish(frame);
        assert_eq!(number(&observe(&engine)), frame);
        assert_eq!(engine.status().source, SourceState::Live);
        let silent = studio.clock.now();
        studio.clock.await_timer(silent + 2000 * MS);
        studio.clock.advance(2000 * MS);
        event(&engine, "SourceStalled", |e| matches!(e, Event::SourceStalled(_)).then_some(()));
        studio.clock.advance(7000 * MS);
        assert_eq!(engine.status().source, SourceState::Stalled { since: 9000 * MS });
    }
    // Its very next frame is its newest.
    source.publish(3);
    assert_eq!(number(&observe(&engine)), 3);
    assert_eq!(studio.opened.try_iter().count(), 1, "it was never opened anew");
    source.step(Step::Fail(SourceError::Stream { name: "1".into(), cause: "no frame for 10 s".into() }));
    assert!(await_failed(&engine).1);
}

#[test]
fn a_stream_that_failed_stays_failed_through_a_pause() {
    let studio = Studio::new();
    let stream = SourceRequest::Video(VideoRequest::new(VideoLocation::parse("rtsp://camera.example/1".as_ref())));
    let source = studio.live(&stream);
    // The next one hangs in its opening.
    let _gate = studio.hangs(&stream);
    for model in [Tuned, Safe] {
        studio.add_model(model, 32);
    }
    let running = settings(stream, &[Fp32]);
    let engine = studio.start(&running);
    source.publish(1);
    observe(&engine);
    assert_eq!(get(&studio.loads, "the model"), Fp32);
    source.step(Step::Fail(SourceError::Stream { name: "1".into(), cause: "no frame for 10 s".into() }));
    await_failed(&engine);
    // A model that loads shows that the pause before it was carried out.
    for (paused, model) in [(true, Int8), (false, Tuned)] {
        engine.set(Settings { paused, ..settings(running.source.clone(), &[Fp32, model.clone()]) });
        assert_eq!(get(&studio.loads, "the model"), model);
    }
    // A source that is watched stalls after two seconds.
    studio.clock.advance(3000 * MS);
    engine.set(Settings { models: settings(running.source.clone(), &[Safe]).models, ..running });
    assert_eq!(get(&studio.loads, "the model"), Safe);
    assert!(!matches!(engine.status().source, SourceState::Stalled { .. }), "{:?}", engine.status().source);
    assert!(!engine.events().try_iter().any(|event| matches!(event, Event::SourceStalled(_))));
}

#[test]
fn the_same_failure_is_told_once() {
    let studio = Studio::new();
    (0..3).for_each(|_| studio.fails(&camera(0), SourceError::NoCamera));
    studio.fails(&camera(0), SourceError::Read { path: "x".into(), cause: std::io::Error::other("broken") });
    let engine = studio.start(&settings(camera(0), &[]));
    let mut told = Vec::new();
    told.push(await_failed(&engine));
    for wait in [500, 1000, 2000] {
        studio.clock.await_timer(studio.clock.now() + wait * MS);
        studio.clock.advance(wait * MS);
    }
    told.push(await_failed(&engine));
    assert_eq!(told[0], (SourceError::NoCamera.to_string(), true));
    assert!(told[1].0.contains("broken") && !told[1].1, "{told:?}");
}

#[test]
fn a_permanent_failure_is_not_tried_again() {
    let studio = Studio::new();
    studio.fails(&still("x.png"), SourceError::Decode { path: "x.png".into(), cause: "no picture".into() });
    let engine = studio.start(&settings(still("x.png"), &[Fp32]));
    let (message, transient) = await_failed(&engine);
    assert!(message.contains("x.png") && !transient);
    assert_eq!(engine.status().source, SourceState::Failed { message, retry_in: None });
    // Reopened when the user asks for it.
    let source = studio.still(&still("x.png"));
    engine.set(Settings { reopen: 1, ..settings(still("x.png"), &[Fp32]) });
    source.give(4);
    assert_eq!(number(&observe(&engine)), 4);
    assert_eq!(studio.opened.len(), 2);
}

#[test]
fn a_damaged_video_that_was_played_to_its_end_has_ended() {
    let studio = Studio::new();
    let video = SourceRequest::Video(VideoRequest::new(VideoLocation::File("lost.ts".into())));
    let source = studio.still(&video);
    let engine = studio.start(&settings(video, &[Fp32]));
    source.step(Step::Frame(1));
    source.step(Step::Fail(SourceError::Damaged { name: "lost.ts".into(), cause: "is damaged".into() }));
    let damage = event(&engine, "SourceEnded", |e| match e {
        Event::SourceEnded { damage } => Some(damage.as_ref().map(ToString::to_string)),
        Event::SourceFailed(error) => panic!("{error}"),
        _ => None,
    });
    assert_eq!(damage.as_deref(), Some("lost.ts is damaged"));
    assert_eq!(number(&observe(&engine)), 1, "the last observation is there once the end is told");
    assert_eq!(engine.status().source, SourceState::Ended);
    source.await_call(Call::Dropped);
    assert!(engine.stop(LONG));
    assert_eq!(studio.opened.try_iter().count(), 1, "it was not tried again");
}

#[test]
fn a_panic_in_a_source_is_a_failure_and_the_last_picture_stays() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let first = settings(camera(0), &[Fp32]);
    let engine = studio.start(&first);
    source.publish(1);
    observe(&engine);
    source.step(Step::Panic);
    let (message, transient) = await_failed(&engine);
    assert!(message.contains("a driver's fault") && message.contains("retried") && transient, "{message}");
    assert_eq!(retry_in(engine.status().source), Some(500 * MS));
    engine.set(Settings { models: vec![Int8.into()], ..first.clone() });
    let again = observe(&engine);
    assert_eq!((number(&again), models(&again)), (1, vec!["INT8"]));

    studio.panics(&camera(1));
    engine.set(Settings { source: camera(1), ..first.clone() });
    assert!(await_failed(&engine).0.contains("an opener's fault"));
    let good = studio.live(&camera(2));
    engine.set(Settings { source: camera(2), ..first });
    good.publish(2);
    assert_eq!(number(&observe(&engine)), 2);
}

#[test]
fn a_model_that_fails_leaves_the_other_running_and_is_told_once_in_a_row() {
    for mood in [Mood::Fails, Mood::Panics] {
        let studio = Studio::new();
        let source = studio.live(&camera(0));
        let engine = studio.start(&settings(camera(0), &[Fp32, Int8]));
        let run = |n| {
            source.publish(n);
            let seen = observe(&engine);
            assert_eq!(number(&seen), n);
            assert_paired(&seen);
            seen.outputs.iter().map(|output| output.slot).collect::<Vec<_>>()
        };
        assert_eq!(run(1), [0, 1]);
        studio.set_mood(&Fp32, mood);
        assert_eq!((run(2), run(3), run(4)), (vec![1], vec![1], vec![1]), "{mood:?}");
        let ModelPhase::Failed { message } = engine.status().models[0].phase.clone() else { panic!("not failed") };
        let cause = if mood == Mood::Fails { "no memory for 4" } else { "a model's fault" };
        assert!(message.contains(cause), "the status has the last failure: {message}");
        assert_eq!(engine.status().models[1].phase, ModelPhase::Ready);
        studio.set_mood(&Fp32, Mood::Good);
        assert_eq!(run(5), [0, 1]);
        assert_eq!(engine.status().models[0].phase, ModelPhase::Ready);
        studio.set_mood(&Fp32, mood);
        assert_eq!(run(6), [1]);
        let told: Vec<_> = engine.events().try_iter().filter(|e| matches!(e, Event::InferenceFailed { .. })).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        let Event::InferenceFailed { name, error } = &told[0] else { panic!() };
        let message = error.to_string();
        let cause = if mood == Mood::Fails { "no memory for 2" } else { "a model's fault" };
        assert!(name == "FP32" && message.contains(cause), "the event has the first: {message}");
    }
}

#[test]
fn a_model_that_cannot_be_loaded_leaves_the_last_good_one_running() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let first = settings(camera(0), &[Fp32]);
    let engine = studio.start(&first);
    source.publish(1);
    observe(&engine);
    for bad in ["missing.onnx", "panics.onnx"].map(|name| File(name.into())) {
        engine.set(Settings { models: vec![bad.clone().into()], ..first.clone() });
        let (name, message) = event(&engine, "ModelFailed", |e| match e {
            Event::ModelFailed { request, error } => Some((request.name.clone(), error.to_string())),
            _ => None,
        });
        assert_eq!(name, bad);
        let seen = observe(&engine);
        assert_eq!(models(&seen), ["FP32"]);
        source.publish(2);
        while number(&observe(&engine)) != 2 {}
        let state = engine.status().models.remove(0);
        assert_eq!(state.running.unwrap().name, "FP32");
        assert_eq!((state.request.name, state.phase), (bad, ModelPhase::Failed { message }));
        source.publish(1);
        assert_eq!(models(&observe(&engine)), ["FP32"]);
    }
    // A place that never had a good one has no output.
    let bad = File("missing.onnx".into());
    engine.set(Settings { models: vec![Int8.into(), bad.into()], ..first });
    let seen = observe(&engine);
    assert_eq!(models(&seen), ["INT8"]);
    assert_eq!(engine.status().models[1].running, None);
}

#[test]
fn stop_waits_for_threads_that_end_and_leaves_those_that_hang() {
    let studio = Studio::new();
    let source = studio.still(&still("x.png"));
    source.step(Step::Frame(1));
    source.step(Step::End);
    let engine = studio.start(&settings(still("x.png"), &[Fp32]));
    observe(&engine);
    assert!(engine.stop(LONG));

    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let engine = studio.start(&settings(camera(0), &[Fp32]));
    source.enter();
    let before = Instant::now();
    assert!(!engine.stop(100 * MS));
    assert!(before.elapsed() >= 100 * MS && before.elapsed() < LONG);

    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let _gate = studio.gate(&Fp32);
    let engine = studio.start(&settings(camera(0), &[Fp32]));
    source.publish(1);
    studio.expect_run("FP32", 1);
    assert!(!engine.stop(50 * MS), "the model hangs");

    // An inference that takes longer than a source may is waited for: no process ends in the midst of it.
    let studio = Studio::new();
    let source = studio.still(&still("x.png"));
    source.step(Step::Frame(1));
    source.step(Step::End);
    let token = studio.gate(&Fp32);
    let engine = studio.start(&settings(still("x.png"), &[Fp32]));
    studio.expect_run("FP32", 1);
    let slow = std::thread::Builder::new().name("slow model".into()).spawn(move || {
        // Nothing ever comes: it is the time that passes.
        let _ = crossbeam_channel::never::<()>().recv_timeout(1000 * MS);
        token.send(()).unwrap();
    });
    assert!(engine.stop(250 * MS), "the model is only slow");
    slow.unwrap().join().unwrap();

    // Waits between tries, and on a pause, are cut short.
    let studio = Studio::new();
    studio.fails(&camera(0), SourceError::NoCamera);
    let engine = studio.start(&settings(camera(0), &[Fp32]));
    await_failed(&engine);
    assert!(engine.stop(LONG));
    let studio = Studio::new();
    let source = studio.still(&still("x.png"));
    (1..4).for_each(|n| source.step(Step::Frame(n)));
    let engine = studio.start(&Settings { paused: true, ..settings(still("x.png"), &[Fp32]) });
    observe(&engine);
    assert!(engine.stop(LONG));
}

#[test]
fn events_that_nobody_reads_block_nobody_and_the_newest_stay() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let first = settings(camera(0), &[Fp32]);
    let engine = studio.start(&first);
    source.publish(1);
    observe(&engine);
    let rounds = EVENTS_KEPT + 20;
    for n in 0..rounds {
        engine.set(Settings { models: vec![File(format!("missing{n}.onnx").into()).into()], ..first.clone() });
        observe(&engine);
    }
    let dropped = engine.status().events_dropped;
    let kept: Vec<_> = engine.events().try_iter().collect();
    assert_eq!(kept.len(), EVENTS_KEPT);
    // Opened, FP32 loaded, and one for each round.
    assert_eq!(dropped as usize, 2 + rounds - EVENTS_KEPT);
    let Some(Event::ModelFailed { request, .. }) = kept.last() else { panic!("{:?}", kept.last()) };
    assert_eq!(request.name, File(format!("missing{}.onnx", rounds - 1).into()));
}
