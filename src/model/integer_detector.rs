//! INT8 models in the integer engine, as detectors.

use std::path::Path;
use std::sync::Arc;

use super::metadata::Metadata;
use super::outlet::{Misfit, Outlet, check_input, match_heads};
use super::session::{all_finite, identify};
use super::{Arithmetic, Detector, EngineInfo, InferenceEngine, ModelError, ModelInfo, ModelRequest, Sidecar, threads};
use crate::detect::{Form, RawHeads};
use crate::integer::{Element, IntegerError, Kernel, Network, Plan, PlanOptions, Sums, Tensor};
use crate::onnx::metadata_of;

/// An INT8 model that was read once: a detector in any arithmetic is made of it in a few milliseconds.
pub(super) struct IntegerModel {
    /// As of the file, whatever the arithmetic.
    info: ModelInfo,
    network: Arc<Network>,
    /// Names of the outputs, in the order of the form's heads.
    outputs: Vec<String>,
}

impl IntegerModel {
    /// Reads a file's bytes, as [`super::read_model`] gives them.
    pub fn read(bytes: &[u8], request: &ModelRequest, path: &Path) -> Result<Self, ModelError> {
        let network = Network::read(bytes).map_err(refused(path))?;
        let form_error = |why: String| ModelError::Form { path: path.to_owned(), why };
        let metadata = Metadata::from_props(metadata_of(bytes)).map_err(form_error)?;
        let info = identify(metadata, Sidecar::of(path)?, bytes, &request.name, path);
        let form = &info.form;
        // ONNX Runtime says more of a file that does not fit: what can be done about it.
        let misfit = |Misfit { why, .. }: Misfit| form_error(why);
        let shape = [1, 3, form.input.height as usize, form.input.width as usize];
        check_input(&outlet(network.input()), shape).map_err(misfit)?;
        let outputs: Vec<Outlet> = network.outputs().map(outlet).collect();
        let outputs = match_heads(form, &outputs).map_err(misfit)?;
        Ok(Self { info, network: Arc::new(network), outputs })
    }

    /// A detector of this model, in the arithmetic of the request. `why`: where the engine was chosen.
    pub fn detector(&self, request: &ModelRequest, why: Option<String>) -> Result<IntegerDetector, ModelError> {
        let plan = request.arithmetic.plan(&self.network, false).map_err(refused(&self.info.path))?;
        let info = Arc::new(self.info(request, why));
        Ok(IntegerDetector { info, plan, outputs: self.outputs.clone() })
    }

    /// What is known of such a detector.
    pub fn info(&self, request: &ModelRequest, why: Option<String>) -> ModelInfo {
        ModelInfo {
            name: request.label_of(&self.info.name),
            arithmetic: Some(request.arithmetic.clone()),
            engine: EngineInfo { engine: InferenceEngine::Integer, kernel: Some(Kernel::best()), why },
            ..self.info.clone()
        }
    }
}

impl Arithmetic {
    /// The network ready to compute in this arithmetic, on as many threads as there are cores. `keeps`: all tensors of a
    /// run can be read. What ONNX Runtime's plain kernels do here is no arithmetic of the integer engine: it is taken as
    /// exact.
    pub fn plan(&self, network: &Arc<Network>, keeps: bool) -> Result<Plan, IntegerError> {
        self.plan_on(threads(), network, keeps)
    }

    /// The same on this number of threads.
    pub fn plan_on(&self, threads: usize, network: &Arc<Network>, keeps: bool) -> Result<Plan, IntegerError> {
        let options = |sums| PlanOptions { kernel: Kernel::best(), threads, keeps, sums };
        match self {
            Self::Exact | Self::Native => Plan::new(Arc::clone(network), options(Sums::Exact)),
            Self::Saturating => Plan::new(Arc::clone(network), options(Sums::Saturating)),
            Self::Chip(profile) => Plan::new(Arc::new(network.on_chip(profile)?), options(Sums::Exact)),
        }
    }
}

fn refused(path: &Path) -> impl Fn(IntegerError) -> ModelError {
    let path = path.to_owned();
    move |cause| ModelError::Integer { path: path.clone(), cause }
}

fn outlet(tensor: &Tensor) -> Outlet {
    let element = match tensor.element {
        Element::U8 => "uint8",
        Element::I8 => "int8",
        Element::F32 => "float32",
    };
    let dims = tensor.dims().iter().map(|side| *side as i64).collect();
    Outlet { name: tensor.name.clone(), element: element.into(), dims: Some(dims) }
}

impl IntegerDetector {
    /// The same with the reason why this engine was chosen.
    pub(super) fn chosen(mut self, why: String) -> Self {
        Arc::make_mut(&mut self.info).engine.why = Some(why);
        self
    }
}

/// A detector of the YOLO family in the integer engine. In exact arithmetic its raw heads are ONNX Runtime's, bit by bit.
pub struct IntegerDetector {
    info: Arc<ModelInfo>,
    plan: Plan,
    outputs: Vec<String>,
}

impl Detector for IntegerDetector {
    fn info(&self) -> &Arc<ModelInfo> {
        &self.info
    }

    fn run(&mut self, input: &[f32], heads: &mut RawHeads) -> Result<(), ModelError> {
        let Self { info, plan, outputs } = self;
        plan.run(input).map_err(|cause| ModelError::Run { name: info.name.clone(), cause: cause.to_string() })?;
        let not_finite = |stride| ModelError::NotFinite { name: info.name.clone(), stride };
        take_heads(plan, &info.form, outputs, heads).map_err(not_finite)
    }
}

/// What a plan gave in its last run, as the raw heads of a model of this form. `None`: its outputs are no such heads, or
/// not all of their values are finite.
pub(crate) fn heads_of_run(plan: &Plan, form: &Form) -> Option<RawHeads> {
    let outputs: Vec<Outlet> = plan.network().outputs().map(outlet).collect();
    let outputs = match_heads(form, &outputs).ok()?;
    let mut heads = RawHeads::default();
    take_heads(plan, form, &outputs, &mut heads).ok()?;
    Some(heads)
}

/// Copies the outputs with these names, which are in the order of the form's heads. Fails with the stride of a head that is
/// not finite.
fn take_heads(plan: &Plan, form: &Form, outputs: &[String], heads: &mut RawHeads) -> Result<(), u32> {
    heads.fit(form);
    for (tensor, raw) in plan.outputs() {
        let Some(place) = outputs.iter().position(|name| *name == tensor.name) else { continue };
        if !all_finite(raw) {
            return Err(form.heads[place].stride);
        }
        heads.heads[place].copy_from_slice(raw);
    }
    Ok(())
}
