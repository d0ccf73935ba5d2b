//! Models that see what a test tells them to.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use twinsight::detect::{Form, RawHeads};
use twinsight::engine::Load;
use twinsight::model::{Detector, EngineInfo, ModelError, ModelInfo, ModelName, ModelRequest, Precision};

pub const PERSON: usize = 0;
pub const DOG: usize = 16;
pub const CAT: usize = 15;

/// What a fake detector sees: a class, a score, and a cell of the coarse 13×13 grid.
pub type Sight = (usize, f32, usize);

/// Loads models that see what they are told to.
pub struct FakeModels {
    pub sights: HashMap<ModelName, Vec<Sight>>,
    pub others: HashMap<ModelName, Vec<Sight>>,
    pub runs: Arc<AtomicUsize>,
}

impl Load for FakeModels {
    fn load(&self, request: &ModelRequest) -> Result<Box<dyn Detector>, ModelError> {
        let name = &request.name;
        let Some(sights) = self.sights.get(name).cloned() else {
            return Err(ModelError::NotInstalled { name: name.label(), path: "models/missing.onnx".into() });
        };
        let info = fake_info(request);
        let other = self.others.get(name).unwrap_or(&sights).clone();
        Ok(Box::new(Seer { info: Arc::new(info), sights: [sights, other], given: 0, runs: Arc::clone(&self.runs) }))
    }
}

/// Sees the same in every picture, or in every other one.
struct Seer {
    info: Arc<ModelInfo>,
    sights: [Vec<Sight>; 2],
    given: usize,
    runs: Arc<AtomicUsize>,
}

impl Detector for Seer {
    fn info(&self) -> &Arc<ModelInfo> {
        &self.info
    }

    fn run(&mut self, _: &[f32], heads: &mut RawHeads) -> Result<(), ModelError> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        see(heads, &self.info.form, &self.sights[self.given % 2]);
        self.given += 1;
        Ok(())
    }
}

/// Fills raw heads of YOLOv4-tiny's form so that this is seen, and nothing else.
pub fn see(heads: &mut RawHeads, form: &Form, sights: &[Sight]) {
    heads.fit(form);
    for values in &mut heads.heads {
        values.fill(-20.0);
    }
    const CELLS: usize = 13 * 13;
    let coarse = &mut heads.heads[1];
    for (class, score, cell) in sights {
        // Anchor 0 of the coarse head, 81×82 pixels, centred in its cell.
        for plane in 0..4 {
            coarse[plane * CELLS + cell] = 0.0;
        }
        coarse[4 * CELLS + cell] = 20.0;
        coarse[(5 + class) * CELLS + cell] = (score / (1.0 - score)).ln();
    }
}

/// What a fake model is known by.
pub fn fake_info(request: &ModelRequest) -> ModelInfo {
    let name = &request.name;
    ModelInfo {
        name: request.label(),
        path: format!("{}.onnx", name.label()).into(),
        sha256: "0123456789abcdef".into(),
        precision: Precision::Fp32,
        recipe: Some("float".into()),
        arithmetic: (name.precision() == Precision::Int8).then(|| request.arithmetic.clone()),
        engine: EngineInfo::ONNX_RUNTIME,
        form: Form::yolov4_tiny_416(),
    }
}
