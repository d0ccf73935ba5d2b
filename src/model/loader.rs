//! Loads models, each in the engine that computes it.
//!
//! ```text
//! float model ─────────────────────▶ ONNX Runtime
//! native ──────────────────────────▶ ONNX Runtime, this processor's plain kernels
//! saturating, a hardware profile ──▶ integer engine
//! exact ─┬─ plain kernels overflow ─▶ integer engine, where it has a kernel for this processor
//!        ├─ both are exact ─────────▶ the faster one, where it was measured; else ONNX Runtime
//!        └─ the integer engine cannot read the model ─▶ ONNX Runtime, and why is told
//! ```

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::InferenceEngine::{Integer, OnnxRuntime};
use super::described::described;
use super::exact_engine::ExactEngine;
use super::integer_detector::IntegerModel;
use super::{
    Catalog, Detector, InferenceEngine, ModelError, ModelInfo, ModelName, ModelRequest, Runtime, SessionDetector,
    Sidecar, read_model,
};
use crate::onnx;

/// How many models stay read for the integer engine, so that another arithmetic of theirs is there at once.
const KEPT: usize = 2;

/// Loads the models of a catalog. Shared by those who load: INT8 models that it has read, it keeps.
pub struct ModelLoader {
    catalog: Catalog,
    measures: bool,
    /// For exact arithmetic where a request leaves it open.
    engine: Option<InferenceEngine>,
    /// Read longest ago first.
    kept: Mutex<Vec<Kept>>,
}

struct Kept {
    path: PathBuf,
    /// Of the file, when it was read.
    stamp: u64,
    model: Arc<IntegerModel>,
}

impl ModelLoader {
    /// For commands that are soon done: nothing is measured.
    pub fn new(catalog: Catalog) -> Self {
        Self { catalog, measures: false, engine: None, kept: Mutex::default() }
    }

    /// For long use: where both engines are exact, the first INT8 model of the process runs a few times in each (0.2 s).
    pub fn measuring(catalog: Catalog) -> Self {
        Self { measures: true, ..Self::new(catalog) }
    }

    /// With this engine for exact arithmetic where a request leaves it open.
    pub fn with_engine(self, engine: Option<InferenceEngine>) -> Self {
        Self { engine, ..self }
    }

    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Another value where loading would give another model than before: a file of the same name was written again.
    pub fn stamp(&self, name: &ModelName) -> u64 {
        let path = self.catalog.path(name);
        let mut hasher = DefaultHasher::new();
        for file in [&path, &Sidecar::path(&path)] {
            let about = std::fs::metadata(file).ok();
            about.map(|about| (about.len(), about.modified().ok())).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// Loads a model on as many threads as there are cores.
    pub fn load(&self, request: &ModelRequest) -> Result<Box<dyn Detector>, ModelError> {
        let path = self.installed(request)?;
        let wanted = request.engine_of_arithmetic().or(self.engine);
        let is_free = wanted.is_none();
        let stamp = self.stamp(&request.name);
        let kept = self.kept(&path, stamp);
        if let Some(model) = kept.as_ref().filter(|_| wanted == Some(Integer)) {
            return Ok(Box::new(model.detector(request, None)?));
        }
        let file = ModelSource { request, bytes: read_model(&path)?, path };
        if !onnx::computes_in_integers(&file.bytes) {
            return Ok(Box::new(self.session(&file)?));
        }
        let decided = if is_free { ExactEngine::known(&self.catalog) } else { None };
        let engine = decided.as_ref().map(|decided| decided.engine).or(wanted);
        if engine == Some(OnnxRuntime) {
            return Ok(Box::new(self.session(&file)?.chosen(decided.map(|decided| decided.why))));
        }
        let model = match kept.map_or_else(|| self.read(&file, stamp), Ok) {
            Ok(model) => model,
            Err(why) if is_free => {
                log::info!("in ONNX Runtime: {why}");
                return Ok(Box::new(self.session(&file)?.chosen(Some(why.to_string()))));
            }
            Err(why) => return Err(why),
        };
        if engine == Some(Integer) {
            return Ok(Box::new(model.detector(request, decided.map(|decided| decided.why))?));
        }
        if !self.measures {
            let why = "its kernels are exact on this processor; the other engine was not timed".to_owned();
            return Ok(Box::new(self.session(&file)?.chosen(Some(why))));
        }
        let (mut session, mut integer) = (self.session(&file)?, model.detector(request, None)?);
        let measured = ExactEngine::measure(&mut session, &mut integer)?;
        Ok(match measured.engine {
            OnnxRuntime => Box::new(session.chosen(Some(measured.why))),
            Integer => Box::new(integer.chosen(measured.why)),
        })
    }

    /// What is known of a model, and its file's bytes. It is opened only where the file says too little of itself, or for
    /// what opening it says is wrong: an INT8 model is taken for the integer engine's where that reads it.
    pub fn identify(&self, request: &ModelRequest) -> Result<(Arc<ModelInfo>, Vec<u8>), ModelError> {
        let path = self.installed(request)?;
        let bytes = read_model(&path)?;
        let known = if !onnx::computes_in_integers(&bytes) {
            described(&bytes, request, &path)
        } else if request.engine_of_arithmetic().or(self.engine) == Some(OnnxRuntime) {
            None
        } else {
            IntegerModel::read(&bytes, request, &path).ok().map(|model| model.info(request, None))
        };
        let info = match known {
            Some(info) => Arc::new(info),
            None => Arc::clone(self.load(request)?.info()),
        };
        Ok((info, bytes))
    }

    /// The file of a model that can be run.
    fn installed(&self, request: &ModelRequest) -> Result<PathBuf, ModelError> {
        let path = self.catalog.path(&request.name);
        if matches!(request.name, ModelName::Golden(_)) {
            let why =
                "it holds raw heads of its pictures alone; look at it with `twinsight compare` or `twinsight view`";
            return Err(ModelError::Heads(format!("{}: {why}", path.display())));
        }
        if !matches!(request.name, ModelName::File(_)) && !path.is_file() {
            return Err(ModelError::NotInstalled { name: request.name.label(), path });
        }
        Ok(path)
    }

    fn session(&self, file: &ModelSource<'_>) -> Result<SessionDetector, ModelError> {
        // Searched again for each model, so that a missing runtime can be installed while the window is open.
        let runtime = Runtime::find(&self.catalog)?;
        SessionDetector::from_bytes(&runtime, &file.bytes, file.request, &file.path)
    }

    fn read(&self, file: &ModelSource<'_>, stamp: u64) -> Result<Arc<IntegerModel>, ModelError> {
        let model = Arc::new(IntegerModel::read(&file.bytes, file.request, &file.path)?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|kept| kept.path != file.path);
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push(Kept { path: file.path.clone(), stamp, model: Arc::clone(&model) });
        Ok(model)
    }

    fn kept(&self, path: &Path, stamp: u64) -> Option<Arc<IntegerModel>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|kept| kept.path == path && kept.stamp == stamp);
        found.map(|kept| Arc::clone(&kept.model))
    }
}

/// A model's file, and what is wanted of it.
struct ModelSource<'a> {
    request: &'a ModelRequest,
    path: PathBuf,
    bytes: Vec<u8>,
}
