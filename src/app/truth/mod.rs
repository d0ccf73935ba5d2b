//! What is known to be in the pictures that are looked at: read on a thread of its own, and looked up by their files.
//!
//! ```text
//! pictures of the album, or the one that is open ─▶ job: KnownTruth ─▶ in the classes of the models ─┬─▶ current frame
//!                                                                                                    └─▶ compare all
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::Context;

use super::job::Job;
use crate::compare::truth::PictureTruth;
use crate::detect::Classes;
use crate::source::picture_size;
use crate::workshop::labels::{KnownTruth, ModelTruth, TruthRequest};
use crate::workshop::{Progress, Stopped};

/// Which pictures truth was looked for.
#[derive(Clone, Debug, PartialEq)]
pub enum TruthScope<'a> {
    /// Nothing that annotations are made for.
    Nothing,
    /// An album, and another number for another list of its pictures.
    Album { pictures: &'a [PathBuf], version: u64 },
    /// A picture by itself.
    Picture(&'a Path),
}

/// A scope as it is remembered.
#[derive(Debug, Default)]
struct AskedScope {
    pictures: Arc<[PathBuf]>,
    version: u64,
    /// The models' at that time, which labels without names were read by.
    classes: Option<Classes>,
}

/// Owns the truth.
#[derive(Default)]
pub struct TruthKeeper {
    /// As a person named them; `None` = those beside the pictures.
    annotations: Option<PathBuf>,
    asked: AskedScope,
    job: Option<Job<KnownTruth>>,
    known: Arc<KnownTruth>,
    /// The same in the classes of the models.
    truth: Option<Arc<ModelTruth>>,
    /// What was looked up last.
    looked_up: Option<(PathBuf, Option<Arc<PictureTruth>>)>,
}

impl TruthKeeper {
    pub fn new(annotations: Option<PathBuf>) -> Self {
        Self { annotations, ..Self::default() }
    }

    /// Looks for the truth of other pictures, where they are others, and takes what was found. `classes` are those of the
    /// models, as far as they are known. Gives what a person must know: why named annotations cannot be read, or those beside
    /// the pictures.
    pub fn tend(&mut self, ctx: &Context, scope: &TruthScope<'_>, classes: Option<&Classes>) -> Vec<String> {
        let mut problems = Vec::new();
        // YOLO's labels may have only the models' names.
        if let Some(classes) = classes
            && !self.is_of(scope, classes)
        {
            self.look(ctx, scope, classes, &mut problems);
        }
        if let Some(result) = self.job.as_ref().and_then(Job::poll) {
            self.job = None;
            match result {
                Ok(mut known) => {
                    known.remarks.iter().for_each(|remark| log::info!("{remark}"));
                    problems.extend(std::mem::take(&mut known.problems).into_iter().take(1).map(not_read));
                    (self.known, self.truth, self.looked_up) = (Arc::new(known), None, None);
                }
                Err(Stopped::Failed(message)) => {
                    problems.push(not_read(message));
                    (self.known, self.truth, self.looked_up) = (Arc::default(), None, None);
                }
                Err(Stopped::Cancelled) => {}
            }
        }
        if let Some(classes) = classes.filter(|_| !self.known.is_empty())
            && self.truth.as_ref().is_none_or(|truth| truth.classes() != classes)
        {
            let truth = ModelTruth::new(Arc::clone(&self.known), classes);
            (self.truth, self.looked_up) = (Some(Arc::new(truth)), None);
        }
        problems
    }

    fn is_of(&self, scope: &TruthScope<'_>, classes: &Classes) -> bool {
        let asked = &self.asked;
        let same = match scope {
            TruthScope::Nothing => return asked.pictures.is_empty(),
            TruthScope::Album { pictures, version } => {
                asked.version == *version + 1 && asked.pictures.len() == pictures.len() && {
                    // The first tells one album from another; a list that changes has another version.
                    asked.pictures.first() == pictures.first() && asked.pictures.last() == pictures.last()
                }
            }
            TruthScope::Picture(path) => asked.version == 0 && *asked.pictures == [*path],
        };
        same && asked.classes.as_ref() == Some(classes)
    }

    fn look(&mut self, ctx: &Context, scope: &TruthScope<'_>, classes: &Classes, problems: &mut Vec<String>) {
        let (pictures, version): (Arc<[PathBuf]>, u64) = match scope {
            TruthScope::Nothing => (Arc::default(), 0),
            TruthScope::Album { pictures, version } => (Arc::from(*pictures), version + 1),
            TruthScope::Picture(path) => (Arc::from([path.to_path_buf()]), 0),
        };
        self.asked = AskedScope { pictures: Arc::clone(&pictures), version, classes: Some(classes.clone()) };
        // What is known stays until the new is there: it is looked up by its files.
        self.job = None;
        if pictures.is_empty() {
            (self.known, self.truth, self.looked_up) = (Arc::default(), None, None);
            return;
        }
        let (annotations, classes) = (self.annotations.clone(), classes.clone());
        let job = Job::start(ctx, "truth", move |handle| {
            // Cancelled, it reads no more pictures, and what it gives is not taken.
            let size = |picture: &Path| if handle.is_cancelled() { None } else { picture_size(picture).ok() };
            let annotations = annotations.as_deref();
            let request = TruthRequest { pictures: &pictures, annotations, classes: Some(&classes), size: &size };
            KnownTruth::read(&request).map_err(Stopped::failed)
        });
        match job {
            Ok(job) => self.job = Some(job),
            Err(cause) => problems.push(not_read(cause.to_string())),
        }
    }

    /// What is in a picture, by its file as it was opened; the same as long as nothing else is known of it.
    pub fn of(&mut self, picture: &Path) -> Option<Arc<PictureTruth>> {
        if let Some((last, found)) = &self.looked_up
            && last == picture
        {
            return found.clone();
        }
        let found = self.truth.as_ref().and_then(|truth| truth.picture(picture)).map(Arc::new);
        self.looked_up = Some((picture.to_owned(), found.clone()));
        found
    }

    /// All that is known, in the classes of the models; `None` = nothing is.
    pub fn all(&self) -> Option<&Arc<ModelTruth>> {
        self.truth.as_ref()
    }
}

fn not_read(cause: String) -> String {
    format!("Can't read the annotations: {cause}.")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn tend(keeper: &mut TruthKeeper, scope: &TruthScope<'_>) -> Vec<String> {
        tend_by(keeper, scope, ["dog", "cat"])
    }

    fn tend_by(keeper: &mut TruthKeeper, scope: &TruthScope<'_>, classes: [&str; 2]) -> Vec<String> {
        let (ctx, classes) = (Context::default(), Classes::new(classes));
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let problems = keeper.tend(&ctx, scope, Some(&classes));
            if keeper.job.is_none() {
                return problems;
            }
            assert!(Instant::now() < deadline, "the truth is never read");
            std::thread::yield_now();
        }
    }

    fn picture(path: &Path, label: &str) {
        image::RgbImage::from_pixel(20, 10, image::Rgb([9; 3])).save(path).unwrap();
        std::fs::write(path.with_extension("txt"), label).unwrap();
    }

    #[test]
    fn a_picture_has_the_truth_of_its_file_and_none_that_was_not_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = ["b.png", "a.png"].iter().map(|name| dir.path().join(name)).collect();
        picture(&paths[0], "0 0.5 0.5 0.5 0.5");
        picture(&paths[1], "1 0.5 0.5 0.5 0.5\n1 0.5 0.5 0.5 0.5");
        let mut keeper = TruthKeeper::default();
        assert_eq!(keeper.of(&paths[0]), None);
        assert!(tend(&mut keeper, &TruthScope::Album { pictures: &paths, version: 0 }).is_empty());
        let classes = |truth: Option<Arc<PictureTruth>>| {
            truth.map(|truth| truth.objects.iter().map(|object| object.category).collect::<Vec<_>>())
        };
        assert_eq!(classes(keeper.of(&paths[0])), Some(vec![0]));
        assert_eq!(classes(keeper.of(&paths[1])), Some(vec![1, 1]));
        assert_eq!(classes(keeper.of(&dir.path().join("c.png"))), None);
        // By itself: the others are not known any more.
        tend(&mut keeper, &TruthScope::Picture(&paths[1]));
        assert_eq!((classes(keeper.of(&paths[1])), classes(keeper.of(&paths[0]))), (Some(vec![1, 1]), None));
        tend(&mut keeper, &TruthScope::Nothing);
        assert!(keeper.all().is_none() && keeper.of(&paths[1]).is_none());
    }

    #[test]
    fn labels_without_names_follow_the_models() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.png");
        picture(&path, "1 0.5 0.5 0.5 0.5");
        let mut keeper = TruthKeeper::default();
        for classes in [["dog", "cat"], ["cat", "gate"]] {
            tend_by(&mut keeper, &TruthScope::Picture(&path), classes);
            // The second of either: not what was a cat for the models before.
            assert_eq!(keeper.of(&path).unwrap().objects[0].category, 1, "{classes:?}");
        }
    }

    #[test]
    fn annotations_that_cannot_be_read_are_told_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.png");
        picture(&path, "0 0.5 0.5 0.5 0.5");
        let mut keeper = TruthKeeper::new(Some(dir.path().join("missing.json")));
        let told = tend(&mut keeper, &TruthScope::Picture(&path));
        assert!(told.len() == 1 && told[0].contains("missing.json"), "{told:?}");
        assert!(tend(&mut keeper, &TruthScope::Picture(&path)).is_empty());
        assert!(keeper.all().is_none());
    }
}
