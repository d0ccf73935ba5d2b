//! The INT8 model's tensors for one picture: what it makes of them, and what each node alone makes of the float model's.

use std::collections::HashMap;
use std::sync::Arc;

use super::float_chain::FloatChain;
use super::int8_node::{ByteScale, NodeAlone};
use super::merge::{Merged, MergedRow};
use super::segment::Cutter;
use super::{LayerModels, LayersError};
use crate::integer::{Network, Plan, Values};
use crate::model::{Arithmetic, RawSession, Runtime};
use crate::onnx::{Constants, ModelProto};

/// One row of a picture.
pub struct RowValues<'v> {
    pub row: usize,
    /// In float, of the INT8 model.
    pub propagated: &'v [f32],
    /// Of its node alone; `None`: it rounds nothing.
    pub isolated: Option<&'v [f32]>,
    /// How many values differ from exact arithmetic's; `None`: it is exact, or not known.
    pub differing: Option<usize>,
    /// How many bytes are at the ends of the range; `None`: it is not rounded, or not known.
    pub clipped: Option<usize>,
}

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

    /// Shows every row in order. The chain holds the same picture's tensors.
    pub fn run(
        &mut self,
        input: &[f32],
        chain: &mut FloatChain,
        take: &mut dyn FnMut(&mut FloatChain, RowValues<'_>) -> Result<(), LayersError>,
    ) -> Result<(), LayersError> {
        match self {
            Self::Engine(side) => side.run(input, chain, take),
            Self::Session(side) => side.run(input, chain, take),
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
    /// Parsed for the first picture, whose shapes are known then.
    alone: Vec<Option<NodeAlone>>,
    /// `None`: every node is parsed.
    model: Option<Arc<ModelProto>>,
}

struct EngineRow {
    /// The merged model's tensor of its node alone.
    isolated: Option<String>,
    /// As the INT8 model names it.
    tensor: String,
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
            network.tensor(&tensor)?;
            let clips = cut.iter().find(|cut| cut.tensor == tensor).map(|cut| cut.clips);
            Some(EngineRow { isolated: row.isolated.clone(), tensor, scale, clips })
        };
        let rows: Option<Vec<EngineRow>> = merged.rows.iter().map(row).collect();
        let rows = rows.ok_or_else(|| LayersError::Integers("its tensors have no scales of their own".into()))?;
        let plan = |arithmetic: &Arithmetic| arithmetic.plan(&network, true);
        let is_exact = *models.arithmetic == Arithmetic::Exact;
        Ok(Self {
            plan: plan(models.arithmetic)?,
            exact: if is_exact { None } else { Some(plan(&Arithmetic::Exact)?) },
            arithmetic: models.arithmetic.clone(),
            alone: rows.iter().map(|_| None).collect(),
            rows,
            model: Some(Arc::clone(&merged.model)),
        })
    }

    fn run(
        &mut self,
        input: &[f32],
        chain: &mut FloatChain,
        take: &mut dyn FnMut(&mut FloatChain, RowValues<'_>) -> Result<(), LayersError>,
    ) -> Result<(), LayersError> {
        let Self { plan, exact, arithmetic, rows, alone, model } = self;
        plan.run(input)?;
        if let Some(exact) = exact {
            exact.run(input)?;
        }
        let missing = || LayersError::Integers("a tensor was not computed".into());
        let (mut propagated, mut isolated) = (Vec::new(), Vec::new());
        for (row, EngineRow { isolated: alone_name, tensor, scale, clips }) in rows.iter().enumerate() {
            let values = plan.values(tensor).ok_or_else(missing)?;
            let clipped = clips.zip(plan.at_ends(tensor)).map(|(clips, ends)| {
                clips.iter().zip(ends).filter(|(clips, _)| **clips).map(|(_, bytes)| bytes).sum::<usize>()
            });
            let differing = match exact {
                Some(exact) => Some(values.differing(&exact.values(tensor).ok_or_else(missing)?)),
                None => None,
            };
            in_float(&values, scale.as_ref(), &mut propagated);
            let mut has_isolated = false;
            if let Some(name) = alone_name {
                let node = match &mut alone[row] {
                    Some(node) => node,
                    none => none.insert(NodeAlone::new(model.as_deref(), name, chain)?),
                };
                node.run(arithmetic, chain, &mut isolated)?;
                has_isolated = true;
            }
            let isolated = has_isolated.then_some(isolated.as_slice());
            take(chain, RowValues { row, propagated: &propagated, isolated, differing, clipped })?;
        }
        *model = None;
        Ok(())
    }
}

fn in_float(values: &Values, scale: Option<&ByteScale>, floats: &mut Vec<f32>) {
    floats.clear();
    match (values, scale) {
        (Values::F32(values), _) => floats.extend_from_slice(values),
        (Values::U8(bytes), Some(scale)) => floats.extend(bytes.iter().map(|byte| scale.value(i32::from(*byte)))),
        (Values::I8(bytes), Some(scale)) => floats.extend(bytes.iter().map(|byte| scale.value(i32::from(*byte)))),
        // Bytes without a scale are no row.
        (Values::U8(_) | Values::I8(_), None) => {}
    }
}

/// ONNX Runtime, over the merged model.
pub struct SessionSide {
    session: RawSession,
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
        Ok(Self { session: session.map_err(LayersError::Run)?, outputs, rounds })
    }

    fn run(
        &mut self,
        input: &[f32],
        chain: &mut FloatChain,
        take: &mut dyn FnMut(&mut FloatChain, RowValues<'_>) -> Result<(), LayersError>,
    ) -> Result<(), LayersError> {
        let Self { session, outputs, rounds } = self;
        let (mut propagated, mut result) = (Vec::new(), Ok(()));
        session
            .run(input, |name, _, values| {
                let Some((row, is_isolated)) = outputs.get(name).copied() else { return };
                if result.is_err() {
                    return;
                }
                // A row's isolated tensor comes right after the propagated one.
                if is_isolated {
                    let (isolated, unknown) = (Some(values), None);
                    let values =
                        RowValues { row, propagated: &propagated, isolated, differing: unknown, clipped: unknown };
                    result = take(chain, values);
                    return;
                }
                propagated.clear();
                propagated.extend_from_slice(values);
                if !rounds[row] {
                    let values = RowValues { row, propagated: values, isolated: None, differing: None, clipped: None };
                    result = take(chain, values);
                }
            })
            .map_err(LayersError::Run)?;
        result
    }
}
