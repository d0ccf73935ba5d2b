//! Threads are named, and none is left behind.

use std::time::Duration;

use twinsight::engine::{Clock, Event, Settings};
use twinsight::model::ModelName::Fp32;

use crate::alone::{alone, await_threads, threads};
use crate::support::*;

#[test]
fn threads_have_names_and_are_gone_after_stop() {
    alone("threads::threads_have_names_and_are_gone_after_stop", || {
        let studio = Studio::new();
        let sources: Vec<_> = (0..6).map(|n| studio.still(&still(&n.to_string()))).collect();
        let first = settings(still("0"), &[Fp32]);
        let engine = studio.start(&first);
        for (n, source) in (0..).zip(&sources) {
            engine.set(Settings { source: still(&n.to_string()), ..first.clone() });
            source.give(n);
            assert_eq!(number(&observe(&engine)), n);
            await_threads("worker", 1);
            assert!(threads("capture") >= 1);
            source.step(Step::End);
            source.await_call(Call::Dropped);
        }
        assert!(engine.stop(LONG));
        await_threads("worker", 0);
        await_threads("capture", 0);
    });
}

#[test]
fn a_camera_that_stalls_again_and_again_leaves_no_thread_behind() {
    alone("threads::a_camera_that_stalls_again_and_again_leaves_no_thread_behind", || {
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
            // The one that hangs, and the one that follows it.
            await_threads("capture", 2);
            // The driver lets go, and at once the next is in.
            source.step(Step::Frame(0));
            source.await_call(Call::Dropped);
            sources[round + 1].enter();
            await_threads("capture", 1);
        }
        sources[ROUNDS].step(Step::End);
        assert!(engine.stop(LONG));
        await_threads("capture", 0);
    });
}
