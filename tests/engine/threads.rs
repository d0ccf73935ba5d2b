//! Threads of the whole process are counted here, so that this test has a process of its own.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail anywhere, not only in its own function")]

mod engine_support;

use engine_support::*;
use twinsight::engine::Settings;
use twinsight::model::ModelName::Fp32;

fn threads(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok());
    names.filter(|found| found.trim_end() == name).count()
}

#[test]
fn threads_have_names_and_are_gone_after_stop() {
    let studio = Studio::new();
    let sources: Vec<_> = (0..6).map(|n| studio.still(&still(&n.to_string()))).collect();
    let first = settings(still("0"), &[Fp32]);
    let engine = studio.start(&first);
    for (n, source) in (0..).zip(&sources) {
        engine.set(Settings { source: still(&n.to_string()), ..first.clone() });
        source.give(n);
        assert_eq!(number(&observe(&engine)), n);
        assert_eq!(threads("worker"), 1);
        assert!(threads("capture") >= 1);
        source.step(Step::End);
        source.await_call(Call::Dropped);
    }
    assert!(engine.stop(LONG));
    assert_eq!((threads("worker"), threads("capture")), (0, 0));
}
