//! A process of its own for a test that counts the threads of its whole process: elsewhere other tests start some.

use std::process::Command;
use std::time::{Duration, Instant};

/// Runs this test, the one of this name in the program, again in a process where it is the only one.
pub fn alone(test: &str, body: fn()) {
    const ALONE: &str = "TWINSIGHT_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return body();
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--exact", test, "--nocapture"]).env(ALONE, "1").output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success() && out.contains("1 passed"), "{test}: {}\n{out}{err}", output.status);
}

/// How many threads of this process have this name.
pub fn threads(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    // A thread may end between the two looks.
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok());
    names.filter(|found| found.trim_end() == name).count()
}

/// Waits until this many threads have the name. A thread that was joined stands in the system's list a moment longer.
pub fn await_threads(name: &str, count: usize) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while threads(name) != count {
        assert!(Instant::now() < deadline, "{} threads named {name:?}, and not {count}", threads(name));
        std::thread::yield_now();
    }
}
