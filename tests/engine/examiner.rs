//! Frames of others, for which the models have time between those of the source.

use std::sync::Arc;
use std::thread::Builder;

use twinsight::detect::{Frame, Size};
use twinsight::engine::{Examined, Examiner, Settings};
use twinsight::model::ModelName::{File, Fp32, Int8};
use twinsight::model::{ModelName, ModelRequest};

use crate::support::*;

/// A frame whose pixels carry this number.
fn frame(number: u8) -> Arc<Frame> {
    let size = Size::new(32, 32);
    let bytes = [number, 0, 0].repeat(size.area() as usize);
    Frame::from_rgb(size, bytes).unwrap().into()
}

/// Asks on a thread of its own, because it waits.
fn ask(examiner: Examiner, number: u8, models: &[ModelName]) -> crossbeam_channel::Receiver<Option<Examined>> {
    let (send, done) = crossbeam_channel::bounded(1);
    let models: Vec<ModelRequest> = models.iter().cloned().map(Into::into).collect();
    let run = move || _ = send.send(examiner.run(frame(number), models));
    Builder::new().name("ask".into()).spawn(run).unwrap();
    done
}

#[test]
fn the_models_look_at_frames_of_others_and_nothing_of_the_source_changes() {
    let studio = Studio::new();
    let source = studio.still(&still("a.png"));
    source.step(Step::Frame(7));
    source.step(Step::End);
    let engine = studio.start(&settings(still("a.png"), &[Fp32]));
    assert_eq!(number(&observe(&engine)), 7);
    studio.expect_run("FP32", 7);
    // A model that does not run for the source is loaded for this, once.
    for n in [20, 21] {
        let outputs = get(&ask(engine.examiner(), n, &[Fp32, Int8]), "the outputs").unwrap().unwrap();
        let names: Vec<&str> = outputs.iter().map(|output| output.model.name.as_str()).collect();
        assert_eq!(names, ["FP32", "INT8"]);
        for (slot, output) in outputs.iter().enumerate() {
            assert_eq!(output.slot, slot);
            assert!(output.heads.heads.iter().flatten().all(|value| *value == f32::from(n)));
        }
        studio.expect_run("FP32", n.into());
        studio.expect_run("INT8", n.into());
    }
    assert_eq!(studio.loads.try_iter().collect::<Vec<_>>(), [Fp32, Int8]);
    assert!(engine.take().is_none(), "it is no observation");
    assert_eq!((engine.status().inferred, engine.status().models.len()), (1, 1));
}

#[test]
fn the_sources_frames_come_before_the_next_model_of_anothers() {
    let studio = Studio::new();
    let source = studio.live(&camera(0));
    let gate = studio.gate(&Fp32);
    let engine = studio.start(&settings(camera(0), &[Int8]));
    source.publish(1);
    assert_eq!(number(&observe(&engine)), 1);
    studio.expect_run("INT8", 1);
    let done = ask(engine.examiner(), 50, &[Fp32, Int8]);
    studio.expect_run("FP32", 50);
    // The model is at work on it while a frame of the source comes.
    source.publish(2);
    gate.send(()).unwrap();
    studio.expect_run("INT8", 2);
    studio.expect_run("INT8", 50);
    assert_eq!(number(&observe(&engine)), 2);
    assert_eq!(get(&done, "the outputs").unwrap().unwrap().len(), 2);
}

#[test]
fn a_model_that_fails_is_told_and_an_engine_that_ends_lets_go() {
    let studio = Studio::new();
    let source = studio.still(&still("a.png"));
    source.step(Step::Frame(7));
    let engine = studio.start(&settings(still("a.png"), &[Fp32]));
    observe(&engine);
    let missing = get(&ask(engine.examiner(), 3, &[Fp32, File("missing.onnx".into())]), "the error").unwrap();
    assert!(missing.is_err_and(|error| error.to_string().contains("missing")));
    // It works on.
    assert_eq!(get(&ask(engine.examiner(), 4, &[Fp32]), "the outputs").unwrap().unwrap().len(), 1);
    let examiner = engine.examiner();
    // Its capture thread waits for another step, and for nothing once there is none.
    drop(source);
    assert!(engine.stop(LONG));
    assert!(get(&ask(examiner, 5, &[Fp32]), "the end").is_none());
}

/// A picture that was left is not looked at by the second model any more.
#[test]
fn a_source_that_was_left_costs_one_model_at_most() {
    let studio = Studio::new();
    let (old, new) = (studio.still(&still("a.png")), studio.still(&still("b.png")));
    let gate = studio.gate(&Fp32);
    old.step(Step::Frame(1));
    new.step(Step::Frame(2));
    let first = settings(still("a.png"), &[Fp32, Int8]);
    let engine = studio.start(&first);
    studio.expect_run("FP32", 1);
    engine.set(Settings { source: still("b.png"), ..first });
    gate.send(()).unwrap();
    gate.send(()).unwrap();
    assert_eq!(number(&observe(&engine)), 2);
    let runs: Vec<u32> = studio.runs.try_iter().map(|(_, n)| n).collect();
    assert_eq!(runs, [2, 2]);
}
