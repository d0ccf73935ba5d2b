//! The INT8 model's tensors for one picture: what it makes of them, and what each node alone makes of the float model's.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::float_chain::FloatChain;
use super::float_pool::PooledFloats;
use super::int8_node::{ByteScale, run_alone};
use super::merge::{Merged, MergedRow};
use super::segment::Cutter;
use super::{LayerModels, LayersError};
use crate::detect::Decoder;
use crate::integer::{Network, Plan, Values};
use crate::model::{Arithmetic, RawSession, Runtime};
use crate::onnx::{Constants, ModelProto};
use crate::workshop::progress::Stopped;

/// One row of a picture.
pub struct RowValues<'v> {
    pub row: usize,
    /// How many there are.
    pub count: usize,
    /// Writes some of those of the INT8 model, in float.
    pub propagated: &'v dyn Fn(Range<usize>, &mut Vec<f32>),
    /// Of its node alone; `None`: it rounds nothing.
    pub isolated: Option<&'v [f32]>,
    /// How many values differ from exact arithmetic's; `None`: it is exact, or not known.
    pub differing: Option<usize>,
    /// How many bytes are at the ends of the range; `None`: it is not rounded, or not known.
    pub clipped: Option<usize>,
}

/// One row of a picture, measured.
pub struct MeasuredRow<'v> {
    pub row: usize,
    /// As in [`RowValues`].
    pub isolated: Option<PooledFloats<'v>>,
    /// The propagated values of this row or of one before; of a picture that is followed.
    pub propagated: &'v dyn Fn(usize) -> Option<PooledFloats<'v>>,
}

/// What is done with each row, in two steps: after the first its propagated values are let go. Rows come in any order, and
/// several at once. `to`: what belongs to the row.
pub trait RowWork<T>: Sync {
    fn measure(&self, to: &mut T, values: RowValues<'_>) -> Result<(), LayersError>;

    fn try_alone(&self, to: &mut T, row: MeasuredRow<'_>, decoder: &mut Decoder) -> Result<(), LayersError>;
}

/// One picture.
#[derive(Clone, Copy)]
pub struct RowInput<'a> {
    pub input: &'a [f32],
    /// The float model's, of the same picture.
    pub chain: &'a FloatChain,
    /// Whether rows are asked for those before them.
    pub is_followed: bool,
}

/// The most threads that work on rows: each has memory of its own.
const MOST_THREADS: usize = 4;

/// What computes the INT8 model's tensors.
pub enum Int8Side {
    Engine(Box<EngineSide>),
    Session(SessionSide),
}

impl Int8Side {
    /// The integer engine. ONNX Runtime where its plain kernels are asked for, and for what the engine does not read, in
    /// exact arithmetic.
    pub fn new(runtime: &Runtime, models: LayerModels<'_>, merged: &Merged) -> Result<Self, LayersError> {
        let session = || SessionSide::new(runtime, models, merged).map(Self::Session);
        match models.arithmetic {
            Arithmetic::Native => session(),
            Arithmetic::Exact => {
                EngineSide::new(models, merged).map_or_else(|_| session(), |side| Ok(Self::Engine(Box::new(side))))
            }
            _ => EngineSide::new(models, merged).map(|side| Self::Engine(Box::new(side))),
        }
    }

    /// A row that has another shape than in the float model, if there is one; a session's show when it runs.
    pub fn misfit(&self, chain: &FloatChain) -> Option<usize> {
        let Self::Engine(side) = self else { return None };
        side.rows.iter().zip(0..).find_map(|(row, place)| (row.count != chain.row(place).1).then_some(place))
    }

    /// Takes a picture, of which the rows are shown then.
    pub fn compute(&mut self, input: &[f32]) -> Result<(), LayersError> {
        match self {
            Self::Engine(side) => side.compute(input),
            Self::Session(_) => Ok(()),
        }
    }

    /// What computed the picture in exact sums, in integers, and has all tensors of it.
    pub fn exact(&self) -> Option<&Plan> {
        match self {
            Self::Engine(side) => Some(side.exact.as_ref().unwrap_or(&side.plan)),
            Self::Session(_) => None,
        }
    }

    /// Shows every row. `to`: one for each, in their order. `step` is called after each on the calling thread.
    pub fn run<T: Send>(
        &self,
        picture: RowInput<'_>,
        to: &mut [T],
        work: &impl RowWork<T>,
        step: &mut dyn FnMut() -> Result<(), Stopped>,
    ) -> Result<(), LayersError> {
        match self {
            Self::Engine(side) => side.run(picture, to, work, step),
            Self::Session(side) => side.run(picture, to, work, step),
        }
    }
}

/// The integer engine.
pub struct EngineSide {
    plan: Plan,
    /// For what differs; `None`: the arithmetic is exact.
    exact: Option<Plan>,
    arithmetic: Arithmetic,
    rows: Vec<EngineRow>,
    /// The INT8 model's part of both.
    model: ModelProto,
}

struct EngineRow {
    /// The merged model's tensor of its node alone.
    isolated: Option<String>,
    /// As the INT8 model names it.
    tensor: String,
    /// How many values it has.
    count: usize,
    /// `None`: it is in float.
    scale: Option<ByteScale>,
    /// Its ends at which values are clipped; `None`: it is not rounded.
    clips: Option<[bool; 2]>,
}

impl EngineSide {
    fn new(models: LayerModels<'_>, merged: &Merged) -> Result<Self, LayersError> {
        let network = Arc::new(Network::read(models.int8)?);
        let cutter = Cutter::new(&merged.model);
        let graph = merged.model.graph.as_ref();
        let (Some(cutter), Some(constants)) = (cutter, graph.map(Constants::of)) else {
            return Err(LayersError::NotQuantized);
        };
        let cut = network.cut_tensors();
        let row = |row: &MergedRow| {
            let node = cutter.node(&row.propagated).filter(|node| node.op_type == "DequantizeLinear");
            let (bytes, scale) = match node.map(|node| node.input.as_slice()) {
                Some([bytes, scale, zero_point, ..]) => (bytes, Some(ByteScale::of(&constants, scale, zero_point)?)),
                _ => (&row.propagated, None),
            };
            let tensor = bytes.strip_prefix("b/").unwrap_or(bytes).to_owned();
            let count = network.tensor(&tensor)?.shape.values();
            let clips = cut.iter().find(|cut| cut.tensor == tensor).map(|cut| cut.clips);
            Some(EngineRow { isolated: row.isolated.clone(), tensor, count, scale, clips })
        };
        let rows: Option<Vec<EngineRow>> = merged.rows.iter().map(row).collect();
        let rows = rows.ok_or_else(|| LayersError::Integers("its tensors have no scales of their own".into()))?;
        let plan = |arithmetic: &Arithmetic| arithmetic.plan(&network, true);
        let is_exact = *models.arithmetic == Arithmetic::Exact;
        Ok(Self {
            plan: plan(models.arithmetic)?,
            exact: if is_exact { None } else { Some(plan(&Arithmetic::Exact)?) },
            arithmetic: models.arithmetic.clone(),
            rows,
            model: merged.of_int8(),
        })
    }

    fn compute(&mut self, input: &[f32]) -> Result<(), LayersError> {
        self.plan.run(input)?;
        if let Some(exact) = &mut self.exact {
            exact.run(input)?;
        }
        Ok(())
    }

    fn run<T: Send>(
        &self,
        picture: RowInput<'_>,
        to: &mut [T],
        work: &impl RowWork<T>,
        step: &mut dyn FnMut() -> Result<(), Stopped>,
    ) -> Result<(), LayersError> {
        let threads = crate::model::threads().min(MOST_THREADS);
        let largest = picture.chain.largest();
        // Networks mostly halve their tensors again and again.
        picture.chain.pool().reserve([1, 2, 2, 4].into_iter().flat_map(|part: usize| vec![largest / part; threads]));
        let queue = Mutex::new(to.iter_mut().enumerate());
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let next = &next;
        // Room for all: nobody waits while this thread works on a row.
        let (done, results) = crossbeam_channel::bounded(self.rows.len());
        std::thread::scope(|scope| {
            for number in 1..threads {
                let done = done.clone();
                let rows = move || {
                    let mut decoder = Decoder::default();
                    while let Some((row, to)) = next() {
                        let result = self.row(picture, row, to, work, &mut decoder);
                        let failed = result.is_err();
                        // Nobody listens any more where another row failed, or the work was ended.
                        if done.send(result).is_err() || failed {
                            break;
                        }
                    }
                };
                let thread = std::thread::Builder::new().name(format!("layers-{number}"));
                thread.spawn_scoped(scope, rows).map_err(|e| LayersError::Run(e.to_string()))?;
            }
            drop(done);
            let mut decoder = Decoder::default();
            while let Some((row, to)) = next() {
                self.row(picture, row, to, work, &mut decoder)?;
                step()?;
                for result in results.try_iter() {
                    result?;
                    step()?;
                }
            }
            for result in results {
                result?;
                step()?;
            }
            Ok::<(), LayersError>(())
        })
    }

    fn row<T>(
        &self,
        RowInput { chain, is_followed, .. }: RowInput<'_>,
        row: usize,
        to: &mut T,
        work: &impl RowWork<T>,
        decoder: &mut Decoder,
    ) -> Result<(), LayersError> {
        let EngineRow { isolated: alone, tensor, count, scale, clips } = &self.rows[row];
        let pool = chain.pool();
        let mut isolated = None;
        if let Some(name) = alone {
            let output = isolated.insert(pool.take(chain.row(row).1));
            run_alone(&self.model, name, &self.arithmetic, chain, output)?;
        }
        let missing = || LayersError::Integers("a tensor was not computed".into());
        let values = self.plan.values(tensor).ok_or_else(missing)?;
        let clipped = clips.zip(self.plan.at_ends(tensor)).map(|(clips, ends)| {
            clips.iter().zip(ends).filter(|(clips, _)| **clips).map(|(_, bytes)| bytes).sum::<usize>()
        });
        let differing = match &self.exact {
            Some(exact) => Some(values.differing(&exact.values(tensor).ok_or_else(missing)?)),
            None => None,
        };
        let (count, scale) = (*count, *scale);
        let propagated = |range: Range<usize>, floats: &mut Vec<f32>| in_float(&values, range, scale, floats);
        let isolated_values = isolated.as_ref().map(|isolated| isolated.as_slice());
        let shown = RowValues { row, count, propagated: &propagated, isolated: isolated_values, differing, clipped };
        work.measure(to, shown)?;
        drop(values);
        let propagated = |row: usize| {
            let EngineRow { tensor, count, scale, .. } = self.rows.get(row).filter(|_| is_followed)?;
            let values = self.plan.values(tensor)?;
            let mut floats = pool.take(*count);
            in_float(&values, 0..*count, *scale, &mut floats);
            Some(floats)
        };
        work.try_alone(to, MeasuredRow { row, isolated, propagated: &propagated }, decoder)
    }
}

/// Some of the values.
fn in_float(values: &Values, range: Range<usize>, scale: Option<ByteScale>, floats: &mut Vec<f32>) {
    floats.clear();
    match (values, scale) {
        (Values::F32(values), _) => floats.extend_from_slice(&values[range]),
        (Values::U8(bytes), Some(scale)) => floats.extend(bytes[range].iter().map(|b| scale.value(i32::from(*b)))),
        (Values::I8(bytes), Some(scale)) => floats.extend(bytes[range].iter().map(|b| scale.value(i32::from(*b)))),
        (Values::U8(_) | Values::I8(_), None) => {}
    }
}

/// ONNX Runtime, over the merged model.
pub struct SessionSide {
    session: Mutex<RawSession>,
    /// By the name of an output: its row, and whether it is the isolated one.
    outputs: HashMap<String, (usize, bool)>,
    /// By row: whether its node rounds.
    rounds: Vec<bool>,
}

impl SessionSide {
    fn new(runtime: &Runtime, models: LayerModels<'_>, merged: &Merged) -> Result<Self, LayersError> {
        let threads = crate::model::threads();
        let session = RawSession::from_bytes(runtime, &merged.bytes(), threads, models.arithmetic);
        let mut outputs = HashMap::new();
        for (place, row) in merged.rows.iter().enumerate() {
            outputs.insert(row.propagated.clone(), (place, false));
            if let Some(isolated) = &row.isolated {
                outputs.insert(isolated.clone(), (place, true));
            }
        }
        let rounds = merged.rows.iter().map(|row| row.isolated.is_some()).collect();
        Ok(Self { session: Mutex::new(session.map_err(LayersError::Run)?), outputs, rounds })
    }

    fn run<T>(
        &self,
        picture: RowInput<'_>,
        to: &mut [T],
        work: &impl RowWork<T>,
        step: &mut dyn FnMut() -> Result<(), Stopped>,
    ) -> Result<(), LayersError> {
        let Self { session, outputs, rounds } = self;
        let pool = picture.chain.pool();
        let (mut propagated, mut result, mut decoder) = (Vec::new(), Ok(()), Decoder::default());
        // All rows so far.
        let mut earlier: Vec<Vec<f32>> = Vec::new();
        session
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .run(picture.input, |name, _, values| {
                let Some((row, is_isolated)) = outputs.get(name).copied() else { return };
                if result.is_err() {
                    return;
                }
                // A row's isolated tensor comes right after the propagated one.
                if !is_isolated {
                    propagated.clear();
                    propagated.extend_from_slice(values);
                    if picture.is_followed {
                        earlier.push(values.to_vec());
                    }
                }
                if is_isolated != rounds[row] {
                    return;
                }
                let some = |range: Range<usize>, floats: &mut Vec<f32>| {
                    floats.clear();
                    floats.extend_from_slice(&propagated[range]);
                };
                let isolated = is_isolated.then_some(values);
                let count = propagated.len();
                let shown = RowValues { row, count, propagated: &some, isolated, differing: None, clipped: None };
                let before = |row: usize| earlier.get(row).map(|values| pool.copy(values));
                let isolated = isolated.map(|values| pool.copy(values));
                let measured = MeasuredRow { row, isolated, propagated: &before };
                let to = &mut to[row];
                let tried = work.measure(to, shown).and_then(|()| work.try_alone(to, measured, &mut decoder));
                result = tried.and_then(|()| Ok(step()?));
            })
            .map_err(LayersError::Run)?;
        result
    }
}
