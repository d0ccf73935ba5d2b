//! Runs both models, and adds up signal and noise of every tensor.

use std::sync::Arc;

use super::boxes::{Trial, TriedPicture};
use super::float_chain::FloatChain;
use super::int8_side::{Int8Side, MeasuredRow, RowInput, RowValues, RowWork};
use super::merge::{MergedRow, merge};
use super::overflow::OverflowCounter;
use super::{BoxLoss, LayerModels, LayersError, Overflow, Target};
use crate::detect::Decoder;
use crate::integer::Network;
use crate::model::Runtime;
use crate::workshop::progress::Stopped;

/// Both models, ready to be run on pictures. What it measured adds up over them.
pub struct Layers {
    rows: Vec<MergedRow>,
    chain: FloatChain,
    int8: Int8Side,
    sums: Vec<RowSums>,
    pictures: usize,
    /// Whether the float model found any box in a picture on which the layers were tried.
    sees: bool,
    /// The score that the float model gives the box that is followed; `None`: none is.
    followed: Option<f32>,
    /// `None`: overflows are not counted; an error: they cannot be.
    overflow: Option<Result<OverflowCounter, LayersError>>,
}

/// Of one row, over all pictures so far.
#[derive(Default)]
struct RowSums {
    noise: NoiseSums,
    /// Over those on which the layers were tried.
    trial: Trial,
}

/// Over all pictures so far.
#[derive(Clone, Debug, Default)]
struct NoiseSums {
    shape: Vec<i64>,
    /// Squares of the float values, and of the differences from them.
    signal: f64,
    propagated: f64,
    isolated: f64,
    values: usize,
    /// Values that are not those of exact arithmetic; `None`: the arithmetic is exact, or it is not known.
    differing: Option<usize>,
    /// Bytes at the ends of the range; `None`: it is not rounded, or it is not known.
    clipped: Option<usize>,
}

/// One tensor of the INT8 model.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerNoise {
    /// The INT8 model's node, and its operation.
    pub node: String,
    pub op: String,
    /// The tensor, as the float model names it.
    pub tensor: String,
    /// Batch, channels, height, width.
    pub shape: Vec<i64>,
    /// Signal to quantization noise, 10·log₁₀(Σx² / Σ(x − y)²), in dB; infinite where nothing differs.
    pub propagated: f64,
    /// The same for this node alone; `None`: it rounds nothing by itself.
    pub isolated: Option<f64>,
    /// The share of its bytes that are not those of exact arithmetic, in 0..=1; `None`: the arithmetic is exact, or is
    /// this processor's, of which that is not measured.
    pub differing: Option<f64>,
    /// The share of its bytes at the ends of its range, where values are clipped, in 0..=1; `None`: its bytes are only moved,
    /// or are in float, or the arithmetic is this processor's, of which that is not measured.
    pub clipped: Option<f64>,
}

impl Layers {
    /// The INT8 model is in the QOperator form or the QDQ form, with the float model's names of tensors, and after them
    /// what quantizers add to those of bytes: see [`float_name`](crate::onnx::float_name).
    pub fn new(runtime: &Runtime, models: LayerModels<'_>) -> Result<Self, LayersError> {
        let float = models.normal_float().map_err(LayersError::Float)?;
        let merged = merge(float, models.decoded_int8().map_err(LayersError::Int8)?)?;
        let (chain, int8) = std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().name("layers-int8".into());
            let int8 = thread.spawn_scoped(scope, || Int8Side::new(runtime, models, &merged));
            let chain = FloatChain::new(runtime, models, &merged);
            let int8 = int8.map(|int8| int8.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            (chain, int8.unwrap_or_else(|e| Err(LayersError::Run(e.to_string()))))
        });
        let (int8, chain, rows) = (int8?, chain?, merged.rows);
        if let Some(row) = int8.misfit(&chain) {
            return Err(other_shape(&rows[row]));
        }
        let sums = rows.iter().map(|_| RowSums::default()).collect();
        Ok(Self { rows, chain, int8, sums, pictures: 0, sees: false, followed: None, overflow: None })
    }

    /// Takes one letterboxed picture, `[1, 3, H, W]` in 0..=1.
    pub fn add(&mut self, input: &[f32]) -> Result<(), LayersError> {
        self.int8.compute(input)?;
        self.chain.run(input)?;
        let measurement = Measurement { rows: &self.rows, chain: &self.chain, tried: None };
        measurement.run(&self.int8, input, &mut self.sums, &mut || Ok(()))?;
        self.pictures += 1;
        Ok(())
    }

    /// The same, and tries every layer alone on it: the float model's boxes with a score of 0.25 and more are looked for in
    /// the same cells. `target`: a box that is followed through the layers. `step` is called after each tensor, and may end
    /// it.
    pub fn add_and_try(
        &mut self,
        input: &[f32],
        target: Option<Target>,
        step: &mut dyn FnMut() -> Result<(), Stopped>,
    ) -> Result<(), LayersError> {
        self.int8.compute(input)?;
        let Self { rows, chain, int8, sums, overflow, .. } = self;
        let (rows, int8): (&[MergedRow], &Int8Side) = (rows, int8);
        let mut work = || -> Result<TriedPicture, LayersError> {
            chain.run(input)?;
            let chain: &FloatChain = chain;
            let picture = TriedPicture::new(chain, target)?;
            // Of a picture without boxes there is nothing to try.
            let tried = Some(&picture).filter(|tried| tried.has_boxes() || tried.is_followed());
            Measurement { rows, chain, tried }.run(int8, input, sums, step)?;
            Ok(picture)
        };
        let tried = match overflow {
            Some(counter) => OverflowCounter::count_beside(counter, int8.exact(), input, work)?,
            None => work()?,
        };
        self.pictures += 1;
        self.sees |= tried.has_boxes();
        self.followed = tried.target_score().or(self.followed);
        Ok(())
    }

    /// From here on, overflows are counted in the pictures on which the layers are tried. `int8`: the INT8 model's bytes.
    pub fn count_overflows(&mut self, int8: &[u8]) {
        self.overflow = Some(self.overflow_counter(int8));
    }

    fn overflow_counter(&self, int8: &[u8]) -> Result<OverflowCounter, LayersError> {
        match self.int8.exact() {
            Some(exact) => OverflowCounter::new(exact.network(), self.chain.form(), true),
            None => OverflowCounter::new(&Arc::new(Network::read(int8)?), self.chain.form(), false),
        }
    }

    /// What was counted since [`Layers::count_overflows`]; `None`: nothing is. For a model that cannot be computed in
    /// integers, an error that says which node stands in the way.
    pub fn overflow(&self) -> Option<Result<Overflow, LayersError>> {
        let counted = self.overflow.as_ref()?.as_ref();
        Some(counted.map(|counter| counter.found().clone()).map_err(LayersError::clone))
    }

    /// What each node alone does to the boxes, in the order of the graph. `None`: it rounds nothing, or there are no boxes.
    pub fn losses(&self) -> impl Iterator<Item = Option<BoxLoss>> {
        let looks = self.sees || self.followed.is_some();
        self.sums.iter().map(move |sums| sums.trial.loss(self.sees).filter(|_| looks))
    }

    /// The score of the box that is followed with everything up to each tensor in INT8, in the order of the graph.
    pub fn descent(&self) -> impl Iterator<Item = Option<f32>> {
        self.sums.iter().map(|sums| sums.trial.up_to)
    }

    /// The score of the box that is followed in the float model and in the INT8 model, whose last tensors are the heads.
    pub fn target_scores(&self) -> Option<[f32; 2]> {
        let float = self.followed?;
        Some([float, self.descent().flatten().last().unwrap_or(float)])
    }

    /// How many tensors there are.
    pub fn tensors(&self) -> usize {
        self.rows.len()
    }

    /// How many pictures it has taken.
    pub fn pictures(&self) -> usize {
        self.pictures
    }

    /// In the order of the graph.
    pub fn layers(&self) -> Vec<LayerNoise> {
        let layer = |(row, sums): (&MergedRow, &NoiseSums)| LayerNoise {
            node: row.node.clone(),
            op: row.op.clone(),
            tensor: row.tensor.clone(),
            shape: sums.shape.clone(),
            propagated: sums.sqnr(sums.propagated),
            isolated: row.isolated.as_ref().map(|_| sums.sqnr(sums.isolated)),
            differing: sums.share(sums.differing),
            clipped: sums.share(sums.clipped),
        };
        self.rows.iter().zip(self.sums.iter().map(|sums| &sums.noise)).map(layer).collect()
    }
}

/// What is found of one picture's rows.
struct Measurement<'a> {
    rows: &'a [MergedRow],
    chain: &'a FloatChain,
    tried: Option<&'a TriedPicture>,
}

impl Measurement<'_> {
    fn run(
        &self,
        int8: &Int8Side,
        input: &[f32],
        to: &mut [RowSums],
        step: &mut dyn FnMut() -> Result<(), Stopped>,
    ) -> Result<(), LayersError> {
        let is_followed = self.tried.is_some_and(TriedPicture::is_followed);
        int8.run(RowInput { input, chain: self.chain, is_followed }, to, self, step)
    }
}

impl RowWork<RowSums> for Measurement<'_> {
    fn measure(&self, to: &mut RowSums, values: RowValues<'_>) -> Result<(), LayersError> {
        let (shape, count) = self.chain.row(values.row);
        if values.count != count || values.isolated.is_some_and(|isolated| isolated.len() != count) {
            return Err(other_shape(&self.rows[values.row]));
        }
        to.noise.add(shape, self.chain, &values);
        Ok(())
    }

    fn try_alone(&self, to: &mut RowSums, row: MeasuredRow<'_>, decoder: &mut Decoder) -> Result<(), LayersError> {
        self.tried.map_or(Ok(()), |tried| tried.add(&mut to.trial, self.chain, row, decoder))
    }
}

fn other_shape(row: &MergedRow) -> LayersError {
    LayersError::Run(format!("{} has another shape than the float model's", row.tensor))
}

/// How many values are compared at once: few enough to stay in a cache.
const TOGETHER: usize = 1 << 13;

impl NoiseSums {
    fn add(&mut self, shape: &[i64], chain: &FloatChain, values: &RowValues<'_>) {
        if self.shape != shape {
            shape.clone_into(&mut self.shape);
        }
        let RowValues { row, count, propagated, isolated, differing, clipped } = *values;
        let (mut sums, mut memory, mut others) = ([0.0; 3], Vec::new(), Vec::new());
        for start in (0..count).step_by(TOGETHER) {
            let range = start..count.min(start + TOGETHER);
            let float = chain.part(row, range.clone(), &mut memory);
            propagated(range.clone(), &mut others);
            add_squares(&mut sums, float, [&others, isolated.map_or(float, |isolated| &isolated[range])]);
        }
        self.signal += sums[0];
        self.propagated += sums[1];
        if isolated.is_some() {
            self.isolated += sums[2];
        }
        self.values += count;
        let add = |sum: Option<usize>, new: Option<usize>| new.map(|new| sum.unwrap_or_default() + new);
        self.differing = add(self.differing, differing);
        self.clipped = add(self.clipped, clipped);
    }

    fn share(&self, of: Option<usize>) -> Option<f64> {
        of.map(|count| count as f64 / self.values.max(1) as f64)
    }

    fn sqnr(&self, noise: f64) -> f64 {
        if noise > 0.0 { 10.0 * (self.signal / noise).log10() } else { f64::INFINITY }
    }
}

/// Adds the squares of the values, and of the differences of others from them. In one loop, because each sum waits for its
/// last addition.
fn add_squares(sums: &mut [f64; 3], float: &[f32], others: [&[f32]; 2]) {
    for ((float, one), other) in float.iter().zip(others[0]).zip(others[1]) {
        let [float, one, other] = [*float, *one, *other].map(f64::from);
        sums[0] += float * float;
        sums[1] += (float - one) * (float - one);
        sums[2] += (float - other) * (float - other);
    }
}
