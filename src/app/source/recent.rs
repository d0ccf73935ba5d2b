//! What was opened before, as the source menu lists it: what is still there.

use egui::Context;

use crate::app::job::Job;
use crate::app::preferences::recent::{MOST, RecentSource, RecentSources};

/// The newest first. Addresses of this run are whole, so that they can be opened again; stored, they are not.
pub struct RecentMenu {
    entries: Vec<RecentSource>,
    /// By the last look at the disk.
    gone: Vec<RecentSource>,
    look: Option<Job<Vec<RecentSource>>>,
    is_changed: bool,
}

impl RecentMenu {
    pub fn new(kept: &RecentSources) -> Self {
        Self { entries: kept.entries().to_vec(), gone: Vec::new(), look: None, is_changed: false }
    }

    /// It was opened just now.
    pub fn add(&mut self, entry: RecentSource) {
        self.gone.retain(|gone| *gone != entry);
        self.entries.retain(|known| !known.is_same(&entry));
        self.entries.insert(0, entry);
        self.entries.truncate(MOST);
        self.is_changed = true;
    }

    pub fn remove(&mut self, entry: &RecentSource) {
        self.entries.retain(|known| known != entry);
        self.is_changed = true;
    }

    /// Those that are still there, by the last look.
    pub fn shown(&self) -> impl Iterator<Item = &RecentSource> {
        self.entries.iter().filter(|entry| !self.gone.contains(entry))
    }

    /// Looks which of them are gone, on a thread of its own: a network's disk may take its time. To be called when the
    /// menu opens.
    pub fn look(&mut self, ctx: &Context) {
        if self.look.is_none() && !self.entries.is_empty() {
            let entries = self.entries.clone();
            let look = Job::start(ctx, "recent files", move |_| {
                Ok(entries.into_iter().filter(|entry| !entry.is_there()).collect())
            });
            self.look = look.ok();
        }
    }

    /// Takes what the look has found.
    pub fn poll(&mut self) {
        if let Some(result) = self.look.as_ref().and_then(Job::poll) {
            self.look = None;
            self.gone = result.unwrap_or_default();
        }
    }

    /// Writes them into the preferences, where they changed.
    pub fn store(&mut self, kept: &mut RecentSources) {
        if std::mem::take(&mut self.is_changed) {
            kept.keep(&self.entries);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_is_left_out_until_it_is_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let [here, gone] = ["here.png", "gone.png"].map(|name| RecentSource::File(dir.path().join(name)));
        std::fs::write(dir.path().join("here.png"), "").unwrap();
        let address = RecentSource::Address("rtsp://me:pass@camera/live".into());
        let mut menu = RecentMenu::new(&RecentSources::default());
        let without = RecentSource::Address("rtsp://camera/live".into());
        for entry in [&without, &gone, &here, &address] {
            menu.add(entry.clone());
        }
        menu.look(&Context::default());
        while menu.look.is_some() {
            menu.poll();
            std::thread::yield_now();
        }
        assert_eq!(menu.shown().collect::<Vec<_>>(), [&address, &here]);
        let mut kept = RecentSources::default();
        menu.store(&mut kept);
        assert_eq!(kept.entries().len(), 3, "a disk that is not there now may come back");
        assert!(!kept.entries().contains(&address), "{kept:?}");
        menu.add(gone.clone());
        assert_eq!(menu.shown().next(), Some(&gone));
    }
}
