//! What the window starts with.

use std::path::PathBuf;

use crate::app::models::pair::ModelPair;
use crate::app::preferences::Preferences;
use crate::app::ui::clipboard::Clipboard;
use crate::app::ui::screenshot::Screenshot;
use crate::app::view::{Side, View};
use crate::model::{Arithmetic, Catalog, ModelName, ModelRequest};
use crate::source::{CameraWatch, SourceRequest};

/// What is asked of the window. What is `None` is as in the last run.
pub struct Start {
    pub source: SourceRequest,
    /// Files and folders as they were named, of which `source` shows the first; several of them, or a folder, become
    /// an album.
    pub files: Vec<PathBuf>,
    /// A and B.
    pub models: [Option<ModelName>; 2],
    /// How they are computed; `None`: exactly where a model was asked for, else as in the last run.
    pub arithmetics: [Option<Arithmetic>; 2],
    pub view: Option<View>,
    /// The dark theme, or the light one; is not kept.
    pub dark: Option<bool>,
    /// Of the window, in points.
    pub size: Option<[f32; 2]>,
    /// Saves a picture of the window, then closes it. Preferences are neither read nor kept.
    pub screenshot: Option<Screenshot>,
    /// Where models are found, and where those that are made in the window go.
    pub catalog: Catalog,
    /// What is in the pictures, as a person named it; `None` = what stands beside them, where there is something.
    pub annotations: Option<PathBuf>,
    /// Opens the layers panel at once.
    pub layers: bool,
    /// Opens the popup that says how B's INT8 model is computed.
    pub computed_as: bool,
}

/// What the system lends the window.
pub struct System {
    pub clipboard: Box<dyn Clipboard>,
    /// Which cameras there are; `None` = its thread could not be started.
    pub cameras: Option<CameraWatch>,
    /// Of the last run.
    pub preferences: Preferences,
}

impl Start {
    /// A and B: as asked for, else as in the last run; two that differ.
    pub(super) fn models(&self, preferences: &Preferences) -> ModelPair {
        let [a, b] = Side::BOTH.map(|which| {
            let (model, arithmetic) = (self.models[which.index()].clone(), self.arithmetics[which.index()].clone());
            let kept =
                || if model.is_some() { Arithmetic::Exact } else { preferences.arithmetics[which.index()].clone() };
            let arithmetic = arithmetic.unwrap_or_else(kept);
            ModelRequest::new(model.clone().unwrap_or_else(|| preferences.model(which)), arithmetic)
        });
        let [a, b] = match (a == b, &self.models) {
            (false, _) => [a, b],
            // One that was asked for goes before one that is only remembered.
            (true, [None, Some(_)]) => [other(&b), b],
            (true, _) => {
                let other = other(&a);
                [a, other]
            }
        };
        let mut pair = ModelPair::new(a, b);
        self.catalog.remade().into_iter().for_each(|model| pair.add_choice(model));
        pair
    }
}

/// A built model that is not this one.
fn other(request: &ModelRequest) -> ModelRequest {
    if request.name == ModelName::Fp32 { ModelName::Int8.into() } else { ModelName::Fp32.into() }
}
