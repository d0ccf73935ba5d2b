//! ONNX Runtime sessions as they are: tensors in, tensors out.

use ort::ep::CPU;
use ort::session::builder::GraphOptimizationLevel;
use ort::session::{Session, SessionInputValue};
use ort::value::{TensorElementType, TensorRef, ValueType};

use super::Runtime;
use super::caught::caught;
use super::outlet::Outlet;

/// Any ONNX model with float inputs of fixed shapes, mostly one, and however many float outputs.
pub struct RawSession {
    session: Session,
    /// Names and shapes.
    pub(super) inputs: Vec<(String, Vec<i64>)>,
}

impl RawSession {
    /// Loads a small part of a float model, of which there are many at once: it keeps no memory between runs.
    pub fn part(runtime: &Runtime, bytes: &[u8], threads: usize) -> Result<Self, String> {
        Self::build(runtime, bytes, SessionKind { threads, avoids_overflow: false, keeps_memory: false })
    }

    /// Loads a model's bytes as they are.
    pub(super) fn build(runtime: &Runtime, bytes: &[u8], kind: SessionKind) -> Result<Self, String> {
        let session = session(runtime, bytes, kind)?;
        let mut inputs = Vec::with_capacity(session.inputs().len());
        for input in session.inputs() {
            let input = outlet(input.name(), input.dtype());
            let shape = input.float_dims().ok_or_else(|| format!("its input is {input}"))?.to_vec();
            inputs.push((input.name, shape));
        }
        Ok(Self { session, inputs })
    }

    /// The first input's shape.
    pub fn input_shape(&self) -> &[i64] {
        self.inputs.first().map_or(&[], |(_, shape)| shape)
    }

    /// The first output's shape: as it follows from the inputs', or else as a run with zeros gives it.
    pub fn output_shape(&mut self) -> Result<Vec<i64>, String> {
        let outputs = self.session.outputs();
        let known =
            outputs.first().and_then(|output| outlet(output.name(), output.dtype()).float_dims().map(<[i64]>::to_vec));
        if let Some(dims) = known.filter(|dims| dims.iter().all(|size| *size > 0)) {
            return Ok(dims);
        }
        let size = |shape: &[i64]| shape.iter().map(|size| usize::try_from(*size).unwrap_or_default()).product();
        let zeros: Vec<(String, Vec<f32>)> =
            self.inputs.iter().map(|(name, shape)| (name.clone(), vec![0.0; size(shape)])).collect();
        let mut found = Vec::new();
        let of = |name: &str| zeros.iter().find(|(of, _)| of == name).map(|(_, values)| values.as_slice());
        self.run_many(of, |_, shape, _| {
            if found.is_empty() {
                shape.clone_into(&mut found);
            }
        })?;
        Ok(found)
    }

    /// Runs once and shows every output to `look`: its name, its shape, its values.
    pub fn run(&mut self, input: &[f32], look: impl FnMut(&str, &[i64], &[f32])) -> Result<(), String> {
        self.run_many(|_| Some(input), look)
    }

    /// The same with `of` giving the values of each input by its name.
    pub fn run_many<'v>(
        &mut self,
        of: impl Fn(&str) -> Option<&'v [f32]>,
        mut look: impl FnMut(&str, &[i64], &[f32]),
    ) -> Result<(), String> {
        let text = |e: ort::Error| one_line(&e);
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for (name, shape) in &self.inputs {
            let values = of(name).ok_or_else(|| format!("nothing is known about its input {name}"))?;
            let tensor = TensorRef::from_array_view((shape.as_slice(), values)).map_err(text)?;
            inputs.push((name.as_str(), SessionInputValue::from(tensor)));
        }
        let outputs = self.session.run(inputs).map_err(text)?;
        for (name, value) in outputs.iter() {
            let (shape, values) = value.try_extract_tensor::<f32>().map_err(text)?;
            look(name, shape, values);
        }
        Ok(())
    }
}

/// How a session computes.
#[derive(Clone, Copy, Debug)]
pub(super) struct SessionKind {
    /// How many compute one inference.
    pub threads: usize,
    /// With slower kernels whose sums cannot overflow.
    pub avoids_overflow: bool,
    /// Memory that a run took serves the next one.
    pub keeps_memory: bool,
}

/// A session over a model's bytes.
pub(super) fn session(runtime: &Runtime, bytes: &[u8], kind: SessionKind) -> Result<Session, String> {
    let SessionKind { threads, avoids_overflow, keeps_memory } = kind;
    let build = || -> ort::Result<Session> {
        // Spinning threads burn a core while idle, and slow down the other session in the same process.
        let builder = Session::builder(&runtime.environment)?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_threads(threads)?
            .with_intra_op_spinning(false)?
            .with_memory_pattern(keeps_memory)?
            .with_execution_providers([CPU::default().with_arena_allocator(keeps_memory).build()])?;
        // It gives VNNI up too, so that it is set only where the plain kernels were found to overflow.
        let mut builder =
            if avoids_overflow { builder.with_config_entry("session.x64quantprecision", "1")? } else { builder };
        builder.commit_from_memory(bytes)
    };
    match caught(build) {
        Ok(session) => session.map_err(|e| one_line(&e)),
        // ONNX Runtime infers a negative size where a window is larger than its image; ort panics at that.
        Err(panic) if panic.contains("dim_values") => {
            Err("the window of one of its nodes is larger than the image it reads; export it with a larger input"
                .into())
        }
        Err(panic) => Err(format!("the interface to ONNX Runtime failed: {panic}")),
    }
}

/// ONNX Runtime's own words, which may have several lines, on one.
pub(super) fn one_line(error: &ort::Error) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the binding says of an input or output.
pub(super) fn outlet(name: &str, kind: &ValueType) -> Outlet {
    let (element, dims) = match kind {
        // A tensor without a shape looks like one without dimensions.
        ValueType::Tensor { ty, shape, .. } => (element(*ty), Some(shape.to_vec()).filter(|dims| !dims.is_empty())),
        ValueType::Sequence(_) => ("a sequence".to_owned(), None),
        ValueType::Map { .. } => ("a map".to_owned(), None),
        ValueType::Optional(_) => ("optional".to_owned(), None),
    };
    Outlet { name: name.to_owned(), element, dims }
}

/// As ONNX names it: "float32".
fn element(kind: TensorElementType) -> String {
    match kind {
        TensorElementType::Float32 => "float32".into(),
        TensorElementType::Float16 => "float16".into(),
        TensorElementType::Bfloat16 => "bfloat16".into(),
        TensorElementType::Float64 => "float64".into(),
        TensorElementType::Uint8 => "uint8".into(),
        TensorElementType::Int8 => "int8".into(),
        TensorElementType::Int32 => "int32".into(),
        TensorElementType::Int64 => "int64".into(),
        other => other.to_string(),
    }
}
