//! Threads of the whole process are counted here, so that this test has a process of its own.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail anywhere, not only in its own function")]

mod history_support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use history_support::*;
use twinsight::history::Recorder;

fn threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok());
    names.filter(|found| found.trim_end() == "history").count()
}

fn until(holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
}

#[test]
fn the_thread_is_gone_at_once_whatever_it_waits_for() {
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
        until(|| threads() == 1);
        let begun = Instant::now();
        drop(recorder);
        assert!(begun.elapsed() < Duration::from_millis(400), "{:?}", begun.elapsed());
        assert_eq!(threads(), 0);
    }
}
