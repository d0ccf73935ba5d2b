//! Measures which layers of an INT8 model hurt, from model files and frames.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{LayerModels, LayersError, Study, Target, study};
use crate::detect::{Frame, Letterboxer};
use crate::model::{Catalog, ModelInfo, Runtime};
use crate::workshop::model_file::unchanged;
use crate::workshop::progress::{Progress, Stopped};

/// What is measured.
#[derive(Clone, Debug)]
pub struct LayersSubject {
    /// A, in float, and B, in INT8.
    pub models: [Arc<ModelInfo>; 2],
    /// What both models look at; `target` is a box of the first.
    pub frames: Vec<Arc<Frame>>,
    /// "bus.jpg", "demo, frame 123"
    pub what: String,
    /// The one box that is followed, and its name, as "person 0.62".
    pub target: Option<(Target, String)>,
}

impl LayersSubject {
    /// Whether it would be measured with the same models.
    pub fn is_of(&self, models: &[Arc<ModelInfo>; 2]) -> bool {
        self.models
            .iter()
            .zip(models)
            .all(|(mine, theirs)| mine.sha256 == theirs.sha256 && mine.arithmetic == theirs.arithmetic)
    }
}

/// What was found, and of what.
#[derive(Clone, Debug)]
pub struct Findings {
    pub study: Study,
    pub subject: LayersSubject,
    /// How long it took.
    pub took: Duration,
}

/// Reads the models' files and measures them. Takes seconds: every node is run alone.
pub fn measure_files(catalog: &Catalog, subject: LayersSubject, progress: &dyn Progress) -> Result<Findings, Stopped> {
    let started = Instant::now();
    let runtime = Runtime::find(catalog).map_err(Stopped::failed)?;
    let [float, int8] = subject.models.each_ref().map(|model| unchanged(model));
    let (float, int8) = (float?, int8?);
    let form = &subject.models[0].form;
    let mut letterboxer = Letterboxer::new(form.input);
    let inputs: Vec<Vec<f32>> = subject
        .frames
        .iter()
        .map(|frame| {
            letterboxer.fill(frame);
            letterboxer.tensor().to_vec()
        })
        .collect();
    let arithmetic = &subject.models[1].arithmetic.clone().unwrap_or_default();
    let models = LayerModels { float: &float, int8: &int8, form, arithmetic };
    let target = subject.target.as_ref().map(|(target, _)| *target);
    let study = study(&runtime, models, &inputs, target, progress).map_err(|error| match error {
        LayersError::Stopped(stopped) => stopped,
        other => {
            let files = subject.models.each_ref().map(|model| model.path.as_path());
            Stopped::failed(format!("Can't measure the layers: {}.", other.of(files)))
        }
    })?;
    Ok(Findings { study, subject, took: started.elapsed() })
}
