//! Writes the preferences while the window is open, a moment after they changed: whatever ends the program, it costs a
//! second of them at most.

use std::time::{Duration, Instant};

use egui::Context;

use super::Preferences;
use super::file::PreferencesFile;
use crate::app::job::Job;

/// A slider that is moved is not written with every frame.
const AFTER: Duration = Duration::from_secs(1);

pub struct PreferencesKeeper {
    file: PreferencesFile,
    /// As they were written last, or read.
    kept: Preferences,
    /// Since when there is something to write.
    changed: Option<Instant>,
    job: Option<Job<()>>,
}

impl PreferencesKeeper {
    pub fn new(file: PreferencesFile, kept: Preferences) -> Self {
        Self { file, kept, changed: None, job: None }
    }

    /// A value that is no number differs from itself, and is written only once.
    fn differs(&self, preferences: &Preferences) -> bool {
        *preferences != self.kept && preferences.to_json() != self.kept.to_json()
    }

    /// To be called with every frame. Wakes `ctx` when it is time to write, and never without a change.
    pub fn poll(&mut self, ctx: &Context, now: Instant, preferences: &Preferences) {
        if !self.differs(preferences) {
            self.changed = None;
            return;
        }
        let since = now.saturating_duration_since(*self.changed.get_or_insert(now));
        if let Some(left) = AFTER.checked_sub(since).filter(|left| !left.is_zero()) {
            return ctx.request_repaint_after(left);
        }
        // Its end wakes the window.
        if self.job.as_ref().is_some_and(|job| job.poll().is_none()) {
            return;
        }
        self.changed = None;
        self.kept = preferences.clone();
        let (file, kept) = (self.file.clone(), self.kept.clone());
        let written = Job::start(ctx, "preferences", move |_| {
            write(&file, &kept);
            Ok(())
        });
        self.job = written.inspect_err(|cause| log::error!("cannot keep the preferences: {cause}")).ok();
    }

    /// The window closes. Not beside a job that writes older ones; but no longer than `patience`.
    pub fn finish(self, preferences: &Preferences, patience: Duration) {
        if let Some(job) = &self.job {
            job.wait(patience);
        }
        write(&self.file, preferences);
    }
}

/// What cannot be kept is told in the log, and not again until something else changes.
fn write(file: &PreferencesFile, preferences: &Preferences) {
    if let Err(cause) = file.write(preferences) {
        log::warn!("{cause}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_score(score: f32) -> Preferences {
        Preferences { score, ..Preferences::default() }
    }

    /// Waits for what was started.
    fn written(keeper: &PreferencesKeeper) -> f32 {
        keeper.job.iter().for_each(|job| job.wait(Duration::from_secs(10)));
        keeper.file.read().score
    }

    #[test]
    fn a_change_is_written_a_second_later_and_the_last_one_counts() {
        let dir = tempfile::tempdir().unwrap();
        let mut keeper = PreferencesKeeper::new(PreferencesFile::in_folder(dir.path()), with_score(0.25));
        let (ctx, start) = (Context::default(), Instant::now());
        let mut poll = |after: u64, score| {
            keeper.poll(&ctx, start + Duration::from_millis(after), &with_score(score));
            (keeper.job.is_some(), keeper.changed.is_some())
        };
        assert_eq!(poll(0, 0.25), (false, false), "nothing to write, and nothing to wait for");
        assert_eq!(poll(100, 0.3), (false, true));
        assert_eq!(poll(900, 0.4), (false, true), "a slider that moves on");
        assert_eq!(poll(1100, 0.5), (true, false), "is written all the same");
        assert_eq!(written(&keeper), 0.5);
    }

    #[test]
    fn what_is_no_number_is_not_written_again_and_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut keeper = PreferencesKeeper::new(PreferencesFile::in_folder(dir.path()), with_score(f32::NAN));
        keeper.poll(&Context::default(), Instant::now(), &with_score(f32::NAN));
        assert!(keeper.changed.is_none(), "it would wake the window for ever");
    }

    #[test]
    fn what_changes_back_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let mut keeper = PreferencesKeeper::new(PreferencesFile::in_folder(dir.path()), with_score(0.25));
        let (ctx, start) = (Context::default(), Instant::now());
        for (seconds, score) in [(0, 0.3), (1, 0.25), (3, 0.25)] {
            keeper.poll(&ctx, start + Duration::from_secs(seconds), &with_score(score));
        }
        assert!(keeper.job.is_none() && keeper.changed.is_none());
    }

    #[test]
    fn the_end_keeps_what_was_not_due_yet() {
        let dir = tempfile::tempdir().unwrap();
        let file = PreferencesFile::in_folder(dir.path());
        let mut keeper = PreferencesKeeper::new(file.clone(), with_score(0.25));
        keeper.poll(&Context::default(), Instant::now(), &with_score(0.3));
        keeper.finish(&with_score(0.3), Duration::from_secs(10));
        assert_eq!(file.read().score, 0.3);
    }
}
