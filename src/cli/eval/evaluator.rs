//! Several models over the same pictures, each picture decoded once.

use std::path::Path;
use std::time::Instant;

use crate::cli::statistics::{median, millis};
use crate::compare::{Comparer, Comparison, ModelInput};
use crate::detect::{Detection, Frame, Size, Thresholds};
use crate::model::{FrameDetector, ModelError, ModelInfo, ModelLoader, ModelRequest};
use crate::source;
use crate::workshop::evaluate::{
    ClassMap, Damaged, Evaluation, FoundBox, MAX_PER_IMAGE, NamesError, Replicate, Replicates, Skipped, Truth,
};

/// Takes one picture after another. Of each it keeps what became of the boxes, no pixels.
pub struct Evaluator<'a> {
    pub truth: &'a Truth,
    /// Of the pictures as they are.
    pub evaluation: Evaluation,
    /// Of the replicates after the first.
    replicated: Vec<Evaluation>,
    pub skipped: Vec<Skipped>,
    /// Whether the worst pictures are to be shown later.
    pub keep_comparisons: bool,
    models: Vec<EvaluatedModel>,
    comparer: Comparer,
    /// Memory for the pixels of a replicate.
    changed: Frame,
    pictures: Vec<EvaluatedPicture>,
}

/// A model and what it works with.
struct EvaluatedModel {
    /// Each has its own.
    name: String,
    detector: FrameDetector,
    map: ClassMap,
    inference_ms: Vec<f64>,
}

/// A picture that every model has been through.
struct EvaluatedPicture {
    image: usize,
    size: Size,
    /// Each model's AP over this picture; `None` = there is nothing to find.
    alone: Vec<Option<f64>>,
    /// With the first model, for each of the others.
    comparisons: Vec<Comparison>,
}

/// Why an evaluation cannot begin, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum EvaluatorError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Names(#[from] NamesError),
}

impl<'a> Evaluator<'a> {
    /// Loads the models and finds their classes among the categories.
    pub fn open(loader: &ModelLoader, requests: &[ModelRequest], truth: &'a Truth) -> Result<Self, EvaluatorError> {
        let mut models: Vec<EvaluatedModel> = Vec::new();
        for request in requests {
            let detector = FrameDetector::open(loader, request)?;
            let info = detector.info();
            let alike = models.iter().filter(|m| m.detector.info().name == info.name).count();
            let name = if alike == 0 { info.name.clone() } else { format!("{} ({})", info.name, alike + 1) };
            let map = ClassMap::new(&name, &info.form.classes, truth)?;
            models.push(EvaluatedModel { name, detector, map, inference_ms: Vec::new() });
        }
        Ok(Self {
            truth,
            evaluation: Evaluation::new(truth, models.len()),
            replicated: Vec::new(),
            skipped: Vec::new(),
            keep_comparisons: false,
            models,
            comparer: Comparer::default(),
            changed: Frame::default(),
            pictures: Vec::new(),
        })
    }

    /// From now on each picture is seen this many times, as [`Replicate::ALL`] says.
    pub fn replicate(&mut self, count: usize) {
        let more = Replicate::ALL.len().min(count).saturating_sub(1);
        self.replicated = (0..more).map(|_| Evaluation::new(self.truth, self.models.len())).collect();
    }

    /// Takes the picture at this place of the truth through every model; gives the reason where it cannot be used.
    pub fn picture(&mut self, dir: &Path, image: usize) -> Result<Option<&Skipped>, EvaluatorError> {
        let about = &self.truth.images[image];
        let path = dir.join(&about.file);
        let why = match source::load(&path) {
            Ok(frame) if about.size.is_none_or(|size| size == frame.size()) => {
                self.frame(image, &frame)?;
                return Ok(None);
            }
            Ok(frame) => {
                let told = about.size.map(|size| size.to_string()).unwrap_or_default();
                format!("it is {}, but its annotations are for an image of {told}", frame.size())
            }
            Err(_) if !path.exists() => "it is missing".to_owned(),
            Err(error) => error.to_string(),
        };
        self.skipped.push(Skipped { file: about.file.clone(), why });
        Ok(self.skipped.last())
    }

    fn frame(&mut self, image: usize, frame: &Frame) -> Result<(), EvaluatorError> {
        let found = self.detect(image, frame, &Replicate::UNCHANGED)?;
        // While the heads are still those of the picture as it is.
        let comparisons = if self.keep_comparisons { self.compare() } else { Vec::new() };
        let mut replicated = Vec::with_capacity(self.replicated.len());
        for replicate in Replicate::ALL.iter().skip(1).take(self.replicated.len()) {
            replicated.push(self.detect(image, frame, replicate)?);
        }
        // Only now, so that no replicate has a picture that another has not.
        let alone = self.evaluation.add(self.truth, image, &found);
        for (evaluation, found) in self.replicated.iter_mut().zip(&replicated) {
            evaluation.add(self.truth, image, found);
        }
        self.pictures.push(EvaluatedPicture { image, size: frame.size(), alone, comparisons });
        Ok(())
    }

    /// What each model finds in a replicate of the picture, in pixels of the picture itself.
    fn detect(
        &mut self,
        image: usize,
        frame: &Frame,
        replicate: &Replicate,
    ) -> Result<Vec<Vec<FoundBox>>, EvaluatorError> {
        let seen = replicate.apply(self.truth.images[image].id.seed(), frame, &mut self.changed);
        let mut found = Vec::with_capacity(self.models.len());
        for EvaluatedModel { detector, map, inference_ms, .. } in &mut self.models {
            detector.letterbox(seen);
            let start = Instant::now();
            detector.infer()?;
            inference_ms.push(millis(start.elapsed()));
            let restored = detector.detections(Thresholds::EVALUATION).iter().take(MAX_PER_IMAGE).filter_map(|d| {
                let bbox = replicate.restore(d.bbox, frame.size())?;
                in_terms_of_truth(&Detection { bbox, ..*d }, map)
            });
            found.push(restored.collect());
        }
        Ok(found)
    }

    /// The first model with each of the others, as a person looks at them. Where classes differ, there is nothing to see.
    fn compare(&mut self) -> Vec<Comparison> {
        let Some((first, others)) = self.models.split_first() else { return Vec::new() };
        let a = input(first);
        let compare = |other| {
            let b = input(other);
            let same = a.form.classes == b.form.classes;
            if same { self.comparer.run(&a, &b).clone() } else { Comparison::default() }
        };
        others.iter().map(compare).collect()
    }

    /// How many pictures were looked at, those that could not be used too.
    pub fn done(&self) -> usize {
        self.pictures.len() + self.skipped.len()
    }

    /// Each with its name in the report.
    pub fn models(&self) -> impl ExactSizeIterator<Item = (&str, &ModelInfo)> {
        self.models.iter().map(|m| (m.name.as_str(), &**m.detector.info()))
    }

    /// `None` = each picture was seen once.
    pub fn replicates(&self) -> Option<Replicates> {
        let names: Vec<&str> = self.models.iter().map(|model| model.name.as_str()).collect();
        let evaluations: Vec<&Evaluation> = std::iter::once(&self.evaluation).chain(&self.replicated).collect();
        (evaluations.len() > 1).then(|| Replicates::new(&names, &evaluations))
    }

    /// Median time of an inference.
    pub fn inference_ms(&self, model: usize) -> Option<f64> {
        let mut times = self.models[model].inference_ms.clone();
        (!times.is_empty()).then(|| median(&mut times))
    }

    /// Models with classes that the annotations do not know, and how many.
    pub fn left_out(&self) -> impl Iterator<Item = (&str, usize)> {
        self.models.iter().map(|m| (m.name.as_str(), m.map.left_out())).filter(|(_, left_out)| *left_out > 0)
    }

    /// The pictures in which one of the models falls behind the first, the worst first.
    pub fn damage(&self, model: usize) -> Vec<Damaged> {
        let of_picture = |done: &EvaluatedPicture| {
            let about = &self.truth.images[done.image];
            let (ap_first, ap) = (done.alone.first().copied().flatten()?, done.alone[model]?);
            let things = about.boxes.iter().filter(|b| !b.crowd).count();
            let damage = (ap_first - ap) * things as f64;
            let (file, model) = (about.file.clone(), self.models[model].name.clone());
            (damage > 0.0).then_some(Damaged { file, model, things, ap_first, ap, damage })
        };
        let mut damaged: Vec<Damaged> = self.pictures.iter().filter_map(of_picture).collect();
        // Stable: equal ones stay in the order of ids.
        damaged.sort_by(|a, b| b.damage.total_cmp(&a.damage));
        damaged
    }

    /// A picture as the first model and another see it, by its file: its place in the truth, its size, and the comparison.
    pub fn comparison(&self, file: &str, model: usize) -> Option<(usize, Size, &Comparison)> {
        let done = self.pictures.iter().find(|done| self.truth.images[done.image].file == file)?;
        Some((done.image, done.size, done.comparisons.get(model.checked_sub(1)?)?))
    }
}

fn input(model: &EvaluatedModel) -> ModelInput<'_> {
    let EvaluatedModel { detector, .. } = model;
    let (form, heads, letterbox) = (&detector.info().form, detector.heads(), detector.place());
    ModelInput { form, heads, letterbox, thresholds: Thresholds::LIVE }
}

/// `None` for a class that the annotations do not know.
fn in_terms_of_truth(detection: &Detection, map: &ClassMap) -> Option<FoundBox> {
    let [x1, y1, x2, y2] = detection.bbox.to_array().map(f64::from);
    let category = map.category(detection.class_id)?;
    Some(FoundBox { category, score: detection.score, xywh: [x1, y1, x2 - x1, y2 - y1] })
}
