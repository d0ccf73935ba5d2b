//! The recorder's thread ends with it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use twinsight::history::Recorder;

use crate::alone::{alone, await_threads};
use crate::support::*;

fn until(holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
}

#[test]
fn the_thread_is_gone_at_once_whatever_it_waits_for() {
    alone("threads::the_thread_is_gone_at_once_whatever_it_waits_for", || {
        // Nothing to do; something waits; nobody takes what is finished.
        for count in [0, 1, 100] {
            let mut recorder = Recorder::start().unwrap();
            for sequence in 0..count {
                recorder.push(&Arc::new(observation(sequence, &[&[], &[]])));
            }
            if count == 100 {
                until(|| recorder.missed() >= 50);
            }
            // A thread takes its name when it begins to run.
            await_threads("history", 1);
            let begun = Instant::now();
            drop(recorder);
            assert!(begun.elapsed() < Duration::from_millis(400), "{:?}", begun.elapsed());
            await_threads("history", 0);
        }
    });
}
