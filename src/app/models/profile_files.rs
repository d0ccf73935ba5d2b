//! Files of hardware profiles: one to compute with, or one that was made in the form.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::Context;

use crate::app::job::Jobs;
use crate::app::ui::file_dialog::not_saved;
use crate::app::view::Side;
use crate::files::{Outputs, WriteError, free_name};
use crate::integer::Profile;
use crate::workshop::Stopped;

const NO_FOLDER: &str = "Can't save the profile: no file dialog and no home folder available.";

/// What is being read and saved.
#[derive(Default)]
pub struct ProfileFiles {
    /// What is saved once it is known where.
    to_save: Option<Arc<Profile>>,
    jobs: Jobs<ProfileDone>,
}

/// What came of it.
#[derive(Debug, PartialEq)]
pub enum ProfileDone {
    /// To compute a side's model by.
    Read(Side, Profile),
    /// A message for people.
    Saved(String),
}

impl ProfileFiles {
    /// Reads a profile for a side.
    pub fn read(&mut self, ctx: &Context, which: Side, path: PathBuf) -> Result<(), String> {
        self.start(ctx, move || {
            let failed = |cause| Stopped::Failed(format!("Can't use this profile: {cause}."));
            Profile::read(&path).map(|profile| ProfileDone::Read(which, profile)).map_err(failed)
        })
    }

    /// Keeps a profile until it is known where to save it. Gives the file name to offer.
    pub fn keep(&mut self, profile: Arc<Profile>) -> String {
        let name = format!("{}.json", profile.name);
        self.to_save = Some(profile);
        name
    }

    /// Saves the profile that was kept.
    pub fn save(&mut self, ctx: &Context, path: PathBuf) -> Result<(), String> {
        let Some(profile) = self.to_save.take() else { return Ok(()) };
        self.start(ctx, move || {
            let path = save(&profile, &path)?;
            Ok(ProfileDone::Saved(format!("Saved {}; use it with --arithmetic", path.display())))
        })
    }

    /// Saves the profile that was kept, under a name that is free in this folder: nobody could be asked where.
    pub fn save_in(
        &mut self,
        ctx: &Context,
        folder: impl FnOnce() -> Option<PathBuf> + Send + 'static,
    ) -> Result<(), String> {
        let Some(profile) = self.to_save.take() else { return Ok(()) };
        self.start(ctx, move || {
            let folder = folder().ok_or_else(|| Stopped::failed(NO_FOLDER))?;
            // Without an ending: one is added, and a number where that file is there already.
            let path = save(&profile, &folder.join(&profile.name))?;
            Ok(ProfileDone::Saved(format!("Saved {} (no file dialog available)", path.display())))
        })
    }

    /// What was done since the last call, or why it could not be.
    pub fn poll(&mut self) -> impl Iterator<Item = Result<ProfileDone, Stopped>> {
        self.jobs.poll().into_iter().map(|(_, result)| result)
    }

    fn start(
        &mut self,
        ctx: &Context,
        work: impl FnOnce() -> Result<ProfileDone, Stopped> + Send + 'static,
    ) -> Result<(), String> {
        let failed = |cause| format!("That failed: {cause}. Try again.");
        self.jobs.start(ctx, "hardware profile", work).map_err(failed)
    }
}

/// Gives the file, which ends in `.json`; where that was added, so that nobody was asked whether it may be replaced, it
/// is a new one.
fn save(profile: &Profile, path: &Path) -> Result<PathBuf, Stopped> {
    let is_json = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json"));
    let path = if is_json { path.to_owned() } else { free_name(path, "json") };
    let written =
        Outputs::default().file(&path, &Profile::FILE).and_then(|file| file.write(profile.to_json().as_bytes()));
    let failed = |error: WriteError| {
        let why = not_saved(&error);
        Stopped::Failed(format!("Can't save the profile as {}: {why}", error.path.display()))
    };
    written.map(|()| path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::models::own_profile;
    use crate::integer::{LeakyRelu, Rounding};
    use crate::model::Arithmetic;

    fn own() -> Arc<Profile> {
        let first = own_profile::first();
        let leaky_relu = LeakyRelu::Slope(26.0 / 256.0);
        let profile =
            Profile { rounding: Rounding::Truncate, leaky_relu, ..Profile::clone(own_profile::of(&first).unwrap()) };
        Arc::new(own_profile::named(profile))
    }

    fn done(files: &mut ProfileFiles) -> Result<ProfileDone, Stopped> {
        loop {
            if let Some(result) = files.poll().next() {
                return result;
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_saved_profile_is_the_same_one_for_a_flag_and_for_the_window() {
        let dir = tempfile::tempdir().unwrap();
        let (ctx, mut files) = (Context::default(), ProfileFiles::default());
        let path = dir.path().join("chip.json");
        // The second time, it replaces a profile.
        for _ in 0..2 {
            assert_eq!(files.keep(own()), "m12-trunc-s0_1015625.json");
            files.save(&ctx, path.clone()).unwrap();
            let told = format!("Saved {}; use it with --arithmetic", path.display());
            assert_eq!(done(&mut files), Ok(ProfileDone::Saved(told)));
            assert_eq!(Arithmetic::from_flag(path.to_str().unwrap()).unwrap(), Arithmetic::Chip(own()));
            files.read(&ctx, Side::B, path.clone()).unwrap();
            assert_eq!(done(&mut files), Ok(ProfileDone::Read(Side::B, Profile::clone(&own()))));
        }
        files.save(&ctx, path).unwrap();
        assert!(files.poll().next().is_none(), "nothing was kept to be saved");
    }

    #[test]
    fn nothing_of_the_users_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (ctx, mut files) = (Context::default(), ProfileFiles::default());
        let notes = dir.path().join("m12-trunc-s0_1015625.json");
        std::fs::write(&notes, "years of notes").unwrap();
        files.keep(own());
        files.save(&ctx, notes.clone()).unwrap();
        let why = done(&mut files).unwrap_err().to_string();
        assert!(why.ends_with("it exists and is not a hardware profile. Choose another name."), "{why}");
        let folder = dir.path().to_owned();
        files.keep(own());
        files.save_in(&ctx, move || Some(folder)).unwrap();
        let free = dir.path().join("m12-trunc-s0_1015625-2.json");
        let told = format!("Saved {} (no file dialog available)", free.display());
        assert_eq!(done(&mut files), Ok(ProfileDone::Saved(told)));
        assert_eq!(Profile::read(&free).unwrap(), *own());
        assert_eq!(std::fs::read(&notes).unwrap(), b"years of notes");
        files.keep(own());
        files.save_in(&ctx, || None).unwrap();
        assert_eq!(done(&mut files), Err(Stopped::failed(NO_FOLDER)));
    }

    #[test]
    fn a_file_that_is_no_profile_says_what_is_wrong() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("chip.json");
        std::fs::write(&path, "{}").unwrap();
        let (ctx, mut files) = (Context::default(), ProfileFiles::default());
        files.read(&ctx, Side::A, path).unwrap();
        let why = done(&mut files).unwrap_err().to_string();
        assert!(why.contains("chip.json") && why.contains("the models folder has examples in profiles/"), "{why}");
    }
}
