//! B made anew: with more layers in float, or with the ranges of the frames that come.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::job::{End, Handle};
use super::weigh::{Inputs, Scales, Weighed};
use crate::detect::{Frame, Letterboxer, Thresholds};
use crate::model::{Catalog, Detector, ModelInfo, ModelName, Runtime, SessionDetector};
use crate::workshop::{Calibrator, Origin, Recipe, Remade, Variety};

/// Fewer frames that differ say too little about a tensor's range.
pub const LEAST_FRAMES: usize = 8;

/// What it is made of and held against.
#[derive(Clone)]
pub struct Order {
    pub catalog: Catalog,
    /// A, in float, and B, in INT8.
    pub models: [Arc<ModelInfo>; 2],
    /// A's and B's.
    pub thresholds: [Thresholds; 2],
}

/// A model that was made and saved.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub model: ModelName,
    /// B as it was.
    pub before: Arc<ModelInfo>,
    /// Or why before and after could not be measured: the model is good all the same.
    pub weighed: Result<Weighed, String>,
    /// "head_stride_32 in float", "64 frames of demo"
    pub what: String,
    /// What before and after were measured on: "bus.jpg", "the same frames".
    pub on: String,
    pub took: Duration,
}

impl Order {
    /// Leaves these nodes in float too; on these frames, of this name, both are held against A.
    pub fn rebuild(
        &self,
        nodes: &[String],
        (frames, on): (&[Arc<Frame>], String),
        handle: &Handle,
    ) -> Result<Outcome, End> {
        let started = Instant::now();
        handle.tell("Building", 0, 0);
        let remade = self.origin()?.with_float(nodes).map_err(End::failed)?;
        let mut inputs = Inputs::default();
        let mut letterboxer = Letterboxer::new(self.models[0].form.input);
        for frame in frames {
            letterboxer.fill(frame);
            inputs.push(letterboxer.tensor());
        }
        let what = match nodes {
            [one] => format!("{one} in float"),
            many => format!("{} layers in float", many.len()),
        };
        self.finish(&remade, &inputs, [what, on], started, handle)
    }

    /// Takes frames until there are enough that differ, or no more come, and builds with their ranges.
    pub fn calibrate(&self, mut frames: Box<dyn Frames>, plan: &Plan, handle: &Handle) -> Result<Outcome, End> {
        let started = Instant::now();
        handle.tell("Taking frames", 0, plan.frames);
        let origin = self.origin()?;
        let recipe = match plan.recipe {
            Some(name) => Recipe::find(name).map_err(End::failed)?,
            None => origin.recipe().clone(),
        };
        origin.source().check(&recipe).map_err(End::failed)?;
        let runtime = Runtime::find(&self.catalog).map_err(End::failed)?;
        let mut calibrator = Calibrator::new(&runtime, origin.source()).map_err(End::failed)?;
        let (mut variety, mut inputs) = (Variety::default(), Inputs::default());
        let mut letterboxer = Letterboxer::new(self.models[0].form.input);
        while inputs.len() < plan.frames {
            let alike = variety.too_alike();
            let words = match alike {
                0 => "Taking frames".to_owned(),
                _ => format!("Taking frames ({alike} were too alike)"),
            };
            if handle.step(&words, inputs.len(), plan.frames).is_break() {
                return Err(End::Cancelled);
            }
            match frames.next() {
                Next::Frame(frame) if variety.take(&frame) => {
                    calibrator.add_frame(&frame).map_err(End::failed)?;
                    letterboxer.fill(&frame);
                    inputs.push(letterboxer.tensor());
                }
                Next::Frame(_) | Next::None => {}
                Next::End => break,
            }
        }
        // The window sees by it that no more are taken.
        drop(frames);
        if inputs.len() < LEAST_FRAMES {
            return Err(End::Failed(too_few(inputs.len(), variety.too_alike())));
        }
        handle.tell("Building", 0, 0);
        let remade = origin.with_ranges(&recipe, &calibrator).map_err(End::failed)?;
        drop(calibrator);
        let what = format!(
            "ranges of {} frames of {} ({} more were too alike)",
            inputs.len(),
            plan.source,
            variety.too_alike()
        );
        self.finish(&remade, &inputs, [what, "the same frames".to_owned()], started, handle)
    }

    fn origin(&self) -> Result<Origin, End> {
        Origin::of(&self.catalog, &self.models[1].path).map_err(End::failed)
    }

    fn finish(
        &self,
        remade: &Remade,
        inputs: &Inputs,
        [what, on]: [String; 2],
        started: Instant,
        handle: &Handle,
    ) -> Result<Outcome, End> {
        handle.check()?;
        let folders = self.folders();
        let known = models_in(&folders);
        let path = remade.save(&folders).map_err(End::failed)?;
        let saved = Saved { is_new: !known.contains(&path), path: path.clone() };
        let model = ModelName::File(path);
        let runtime = Runtime::find(&self.catalog).map_err(End::failed)?;
        let after = Arc::clone(
            SessionDetector::open(&runtime, &self.catalog, &model.clone().into()).map_err(End::failed)?.info(),
        );
        let [float, before] = &self.models;
        let int8 = [&**before, &*after];
        let scales = Scales { catalog: &self.catalog, float, int8, thresholds: self.thresholds };
        let weighed = match scales.weigh(inputs, handle) {
            Ok(weighed) => Ok(weighed),
            Err(End::Failed(why)) => Err(why),
            Err(End::Cancelled) => return Err(End::Cancelled),
        };
        handle.check()?;
        saved.keep();
        Ok(Outcome { model, before: Arc::clone(before), weighed, what, on, took: started.elapsed() })
    }

    /// The models folder, or else one of the person's own.
    fn folders(&self) -> Vec<PathBuf> {
        self.catalog.folders()
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
        for end in ["onnx", "recipe.json", "calibration.json"] {
            let path = self.path.with_extension(end);
            if let Err(cause) = std::fs::remove_file(&path) {
                log::warn!("{} was not wanted any more and could not be removed: {cause}", path.display());
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
pub struct Plan {
    /// One of ours by its name; `None` = B's own.
    pub recipe: Option<&'static str>,
    /// How many frames that differ.
    pub frames: usize,
    /// Where they come from, for people.
    pub source: String,
}

/// Frames, as long as there are some.
pub trait Frames: Send {
    /// Waits for a short time.
    fn next(&mut self) -> Next;
}

pub enum Next {
    Frame(Arc<Frame>),
    /// Not yet, or not this one.
    None,
    End,
}

fn too_few(taken: usize, alike: usize) -> String {
    let why = if alike > 0 { format!("; {alike} more were too like those") } else { String::new() };
    format!(
        "Only {taken} frames that differ were taken{why}. At least {LEAST_FRAMES} are needed: move the camera, change \
         what it sees or the light, or open a video or a folder of pictures."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_is_not_kept_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let ends = ["onnx", "recipe.json", "calibration.json"];
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
