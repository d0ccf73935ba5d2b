//! Rebuilds an INT8 model, saves it, and compares it with the one before.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::before_after::{BeforeAfter, BeforeAfterModels, Inputs};
use super::origin::ModelOrigin;
use super::rebuilt_model::{RECIPE, RebuiltModel, TABLE, beside};
use crate::detect::{Frame, Letterboxer, Thresholds};
use crate::model::{Catalog, ModelInfo, ModelLoader, ModelName, Runtime};
use crate::workshop::calibration::{CalibrationFrame, Calibrator, DistinctFrames, Frames};
use crate::workshop::progress::{Progress, Stopped};
use crate::workshop::recipe::Recipe;

/// The fewest frames of a calibration: fewer say too little about a tensor's range.
pub const LEAST_FRAMES: usize = 8;

/// What is rebuilt, and what it is compared with.
#[derive(Clone)]
pub struct RebuildTask {
    /// Where the models, and what they were made of, lie.
    pub catalog: Catalog,
    /// A, in float, and B, in INT8.
    pub models: [Arc<ModelInfo>; 2],
    /// A's and B's.
    pub thresholds: [Thresholds; 2],
}

/// A model that was made and saved.
#[derive(Clone, Debug)]
pub struct RebuildResult {
    /// Its file.
    pub model: ModelName,
    /// B as it was.
    pub before: Arc<ModelInfo>,
    /// Or why before and after could not be measured: the model is good all the same.
    pub before_after: Result<BeforeAfter, String>,
    /// "head_stride_32 in float", "64 frames of demo"
    pub what: String,
    /// What before and after were measured on: "bus.jpg", "the same frames".
    pub on: String,
    /// How long it took.
    pub took: Duration,
}

impl RebuildTask {
    /// Leaves these nodes in float too. On these frames, of this name, the models before and after are compared with A.
    pub fn rebuild(
        &self,
        nodes: &[String],
        (frames, on): (&[Arc<Frame>], String),
        progress: &dyn Progress,
    ) -> Result<RebuildResult, Stopped> {
        let started = Instant::now();
        progress.report("Building", 0, 0);
        let rebuilt = self.origin()?.with_float(nodes).map_err(Stopped::failed)?;
        let mut inputs = Inputs::default();
        let mut letterboxer = Letterboxer::new(self.models[0].form.input);
        for frame in frames {
            let letterbox = letterboxer.fill(frame);
            inputs.push(letterboxer.tensor(), letterbox);
        }
        let what = match nodes {
            [one] => format!("{one} in float"),
            many => format!("{} layers in float", many.len()),
        };
        self.finish(&rebuilt, &inputs, [what, on], started, progress)
    }

    /// Takes frames until there are enough that differ, or no more come, and builds with their ranges. `frames` is dropped
    /// as soon as no more are taken.
    pub fn calibrate(
        &self,
        mut frames: Box<dyn Frames + Send>,
        plan: &CalibrationPlan,
        progress: &dyn Progress,
    ) -> Result<RebuildResult, Stopped> {
        let started = Instant::now();
        progress.report("Collecting frames", 0, plan.frames);
        let origin = self.origin()?;
        let recipe = match plan.recipe {
            Some(name) => Recipe::find(name).map_err(Stopped::failed)?,
            None => origin.recipe().clone(),
        };
        origin.network().check(&recipe).map_err(Stopped::failed)?;
        let runtime = Runtime::find(&self.catalog).map_err(Stopped::failed)?;
        let mut calibrator =
            Calibrator::new(&runtime, &origin.network().for_recipe(&recipe)).map_err(Stopped::failed)?;
        let (mut distinct, mut inputs) = (DistinctFrames::default(), Inputs::default());
        let taken = |input: &[f32], letterbox| inputs.push(input, letterbox);
        calibrator.take_frames(&mut *frames, plan.frames, Some(&mut distinct), progress, taken)?;
        // The window sees by it that no more frames are taken.
        drop(frames);
        if inputs.len() < LEAST_FRAMES {
            return Err(Stopped::Failed(too_few(inputs.len(), distinct.too_alike())));
        }
        progress.report("Building", 0, 0);
        let rebuilt = origin.with_ranges(&recipe, &calibrator).map_err(Stopped::failed)?;
        let rebuilt = rebuilt.measured_on(plan.place.as_deref().unwrap_or_default());
        drop(calibrator);
        let skipped = match distinct.too_alike() {
            1 => "1 near-duplicate".to_owned(),
            alike => format!("{alike} near-duplicates"),
        };
        let what = format!("Calibrated on {} frames of {} ({skipped} skipped)", inputs.len(), plan.source);
        self.finish(&rebuilt, &inputs, [what, "the same frames".to_owned()], started, progress)
    }

    /// Adds frames to the pictures of B's calibration, and builds with ranges that hold both.
    pub fn extend(&self, frames: &[Arc<Frame>], progress: &dyn Progress) -> Result<RebuildResult, Stopped> {
        let started = Instant::now();
        if frames.is_empty() {
            return Err(Stopped::Failed(
                "There is no frame to add: wait for one that leaves the calibrated range.".into(),
            ));
        }
        progress.report("Measuring frames", 0, frames.len());
        let origin = self.origin()?;
        let runtime = Runtime::find(&self.catalog).map_err(Stopped::failed)?;
        let network = origin.network().for_recipe(origin.recipe());
        let mut calibrator = Calibrator::new(&runtime, &network).map_err(Stopped::failed)?;
        let (mut letterboxer, mut inputs) = (Letterboxer::new(self.models[0].form.input), Inputs::default());
        for (done, frame) in frames.iter().enumerate() {
            progress.step("Measuring frames", done, frames.len())?;
            calibrator.add(&CalibrationFrame::of(Arc::clone(frame))).map_err(Stopped::failed)?;
            let letterbox = letterboxer.fill(frame);
            inputs.push(letterboxer.tensor(), letterbox);
        }
        progress.report("Building", 0, 0);
        let rebuilt = origin.with_added(&calibrator).map_err(Stopped::failed)?;
        drop(calibrator);
        let (what, on) = match frames.len() {
            1 => ("1 frame added to the calibration".to_owned(), "this frame"),
            many => (format!("{many} frames added to the calibration"), "these frames"),
        };
        self.finish(&rebuilt, &inputs, [what, on.to_owned()], started, progress)
    }

    fn origin(&self) -> Result<ModelOrigin, Stopped> {
        let [float, int8] = &self.models;
        ModelOrigin::near(&self.catalog, &int8.path, Some(&float.path)).map_err(Stopped::failed)
    }

    fn finish(
        &self,
        rebuilt: &RebuiltModel,
        inputs: &Inputs,
        [what, on]: [String; 2],
        started: Instant,
        progress: &dyn Progress,
    ) -> Result<RebuildResult, Stopped> {
        progress.check()?;
        let folders = self.catalog.folders();
        let known = models_in(&folders);
        let path = rebuilt.save(&folders).map_err(Stopped::failed)?;
        let saved = Saved { is_new: !known.contains(&path), path: path.clone() };
        let model = ModelName::File(path);
        let loader = ModelLoader::new(self.catalog.clone());
        let after = Arc::clone(loader.load(&model.clone().into()).map_err(Stopped::failed)?.info());
        let [float, before] = &self.models;
        let int8 = [&**before, &*after];
        let models = BeforeAfterModels { catalog: &self.catalog, float, int8, thresholds: self.thresholds };
        let before_after = match models.compare(inputs, progress) {
            Ok(before_after) => Ok(before_after),
            Err(Stopped::Failed(why)) => Err(why),
            Err(Stopped::Cancelled) => return Err(Stopped::Cancelled),
        };
        progress.check()?;
        saved.keep();
        Ok(RebuildResult { model, before: Arc::clone(before), before_after, what, on, took: started.elapsed() })
    }
}

/// A model that was saved, and is removed with what lies beside it unless it is kept.
struct Saved {
    path: PathBuf,
    /// One that was there before stays in any case.
    is_new: bool,
}

impl Saved {
    fn keep(mut self) {
        self.is_new = false;
    }
}

impl Drop for Saved {
    fn drop(&mut self) {
        if !self.is_new {
            return;
        }
        for end in ["onnx", RECIPE, TABLE] {
            let path = beside(&self.path, end);
            if let Err(cause) = std::fs::remove_file(&path) {
                log::warn!("{} is no longer needed but could not be removed: {cause}", path.display());
            }
        }
    }
}

/// The model files in these folders; one that is not there has none.
fn models_in(folders: &[PathBuf]) -> Vec<PathBuf> {
    let entries = folders.iter().filter_map(|dir| std::fs::read_dir(dir).ok()).flatten();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| path.extension().is_some_and(|end| end == "onnx")).collect()
}

/// What to calibrate with.
#[derive(Clone, Debug)]
pub struct CalibrationPlan {
    /// One of ours by its name; `None` = B's own.
    pub recipe: Option<&'static str>,
    /// How many frames that differ.
    pub frames: usize,
    /// Where they come from, for people.
    pub source: String,
    /// What the model's file name says of that; `None` = nothing.
    pub place: Option<String>,
}

fn too_few(taken: usize, alike: usize) -> String {
    let why = match alike {
        0 => String::new(),
        1 => "; 1 near-duplicate was skipped".to_owned(),
        alike => format!("; {alike} near-duplicates were skipped"),
    };
    let collected = if taken == 1 { "frame was" } else { "frames were" };
    format!(
        "Only {taken} distinct {collected} collected{why}. At least {LEAST_FRAMES} are needed: move the camera, \
         change the scene or the light, or open a video or a folder of images."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_is_not_kept_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let ends = ["onnx", RECIPE, TABLE];
        let path = dir.path().join("made.onnx");
        let left = || std::fs::read_dir(dir.path()).unwrap().count();
        for end in ends {
            std::fs::write(path.with_extension(end), end).unwrap();
        }
        assert_eq!(models_in(&[dir.path().to_owned()]), std::slice::from_ref(&path));
        Saved { path: path.clone(), is_new: true }.keep();
        drop(Saved { path: path.clone(), is_new: false });
        assert_eq!(left(), 3);
        drop(Saved { path, is_new: true });
        assert_eq!(left(), 0);
    }
}
