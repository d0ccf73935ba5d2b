//! Threads of the whole process are counted here, so that this test has a process of its own.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail anywhere, not only in its own function")]

mod engine_support;

use std::time::Duration;

use engine_support::*;
use twinsight::engine::{Clock, Event};
use twinsight::model::ModelName::Fp32;

fn captures() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    // A thread may end between the two looks.
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok());
    names.filter(|found| found.trim_end() == "capture").count()
}

#[test]
fn a_camera_that_stalls_again_and_again_leaves_no_thread_behind() {
    const ROUNDS: usize = 25;
    let seconds = Duration::from_secs;
    let studio = Studio::new();
    let sources: Vec<_> = (0..=ROUNDS).map(|_| studio.live(&camera(0))).collect();
    let engine = studio.start(&settings(camera(0), &[Fp32]));
    for (round, source) in sources[..ROUNDS].iter().enumerate() {
        // After a stall it takes some to be believed.
        if round > 0 {
            prove(source, &engine);
        }
        source.publish(round as u32);
        observe(&engine);
        studio.clock.advance(seconds(2));
        event(&engine, "SourceStalled", |e| matches!(e, Event::SourceStalled(_)).then_some(()));
        studio.clock.await_timer(studio.clock.now() + seconds(5));
        assert_eq!(captures(), 2, "the one that hangs, and the one that follows it");
        // The driver lets go, and at once the next is in.
        source.step(Step::Frame(0));
        source.await_call(Call::Dropped);
        sources[round + 1].enter();
        // Gone as soon as the system takes notice of its end.
        let patience = std::time::Instant::now() + LONG;
        while captures() > 1 {
            assert!(std::time::Instant::now() < patience, "threads are left behind: {}", captures());
            std::thread::yield_now();
        }
    }
    sources[ROUNDS].step(Step::End);
    assert!(engine.stop(LONG));
    assert_eq!(captures(), 0);
}
