//! What processors without VNNI would make of an INT8 model: how many pairs of products leave int16 in each layer, and
//! which boxes that changes. Computed in integers, so that it is the same on every processor.

use std::sync::Arc;

use super::LayersError;
use super::heads::HeadCollector;
use crate::compare::{Comparer, Comparison, ModelInput, Verdict};
use crate::detect::{Form, Letterbox, RawHeads, Thresholds};
use crate::integer::{ConvOverflow, Executor, Network, Plan};
use crate::model::Arithmetic;
use crate::workshop::progress::Stopped;

/// From here on a box has moved: this much of its score, or of its overlap.
const MOVED: f32 = 0.01;

/// Over some pictures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overflow {
    /// Convolutions and matrix products, in the order of the graph.
    pub nodes: Vec<ConvOverflow>,
    /// Of each picture: the boxes of exact sums (A), and those of sums that saturate (B), in pixels of the input.
    pub pictures: Vec<Comparison>,
}

/// How the boxes of all pictures change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Boxes of exact sums.
    pub boxes: usize,
    pub lost: usize,
    pub gained: usize,
    pub flips: usize,
    /// Same thing, other score or other place: by 0.01 and more.
    pub moved: usize,
}

impl std::fmt::Display for Changes {
    /// "of 7 boxes 2 would be lost, 0 would change class, 1 would move; 1 would be gained"
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { boxes, lost, gained, flips, moved } = self;
        if lost + gained + flips + moved == 0 {
            return write!(f, "none of {boxes} boxes would change");
        }
        write!(f, "of {boxes} boxes {lost} would be lost, {flips} would change class, {moved} would move")?;
        write!(f, "; {gained} would be gained")
    }
}

impl Overflow {
    /// Of a node's pairs of products, how many in a million leave int16; `None`: it multiplies no bytes.
    pub fn per_million(&self, node: &str) -> Option<f64> {
        let found = self.nodes.iter().find(|of| of.node == node && of.pairs > 0)?;
        Some(found.overflowing as f64 * 1e6 / found.pairs as f64)
    }

    /// How the boxes of all pictures change, counted.
    pub fn changes(&self) -> Changes {
        let mut changes = Changes::default();
        for comparison in &self.pictures {
            changes.boxes += comparison.a().len();
            for verdict in comparison.verdicts() {
                match verdict {
                    Verdict::Lost { .. } => changes.lost += 1,
                    Verdict::Gained { .. } => changes.gained += 1,
                    Verdict::ClassFlip { .. } => changes.flips += 1,
                    matched => changes.moved += usize::from(is_change(matched)),
                }
            }
        }
        changes
    }
}

/// Whether a verdict is of a box that changes.
pub fn is_change(verdict: &Verdict) -> bool {
    match *verdict {
        Verdict::Matched { iou, delta_score, .. } => delta_score.abs() >= MOVED || 1.0 - iou >= MOVED,
        _ => true,
    }
}

/// Runs an INT8 model on letterboxed pictures, with exact sums and with sums that saturate.
/// `step` is called after each picture, and may end it. A model that cannot be run in integers is an error that says
/// which node stands in the way.
pub fn overflow(
    int8: &[u8],
    form: &Form,
    inputs: &[Vec<f32>],
    mut step: impl FnMut() -> Result<(), Stopped>,
) -> Result<Overflow, LayersError> {
    let network = Arc::new(Network::read(int8)?);
    let mut exact = Arithmetic::Exact.plan(&network, true)?;
    let mut saturating = Arithmetic::Saturating.plan(&network, false)?;
    let mut counter = Executor::new(network);
    let mut comparer = Comparer::default();
    let letterbox = Letterbox::new(form.input, form.input);
    let mut found = Overflow::default();
    for input in inputs {
        exact.run(input)?;
        saturating.run(input)?;
        counter.adopt(&exact);
        let nodes = counter.overflows();
        let (exact, saturating) = (heads(&exact, form)?, heads(&saturating, form)?);
        if found.nodes.is_empty() {
            found.nodes = nodes;
        } else {
            for (all, new) in found.nodes.iter_mut().zip(nodes) {
                all.pairs += new.pairs;
                all.overflowing += new.overflowing;
            }
        }
        let [a, b] = [&exact, &saturating].map(|heads| ModelInput {
            form,
            heads,
            letterbox: &letterbox,
            thresholds: Thresholds::LIVE,
        });
        found.pictures.push(comparer.run(&a, &b).clone());
        step()?;
    }
    Ok(found)
}

/// The outputs, told apart by their shapes.
fn heads(plan: &Plan, form: &Form) -> Result<RawHeads, LayersError> {
    let mut heads = HeadCollector::new(form);
    for (tensor, values) in plan.outputs() {
        heads.take(&tensor.dims().map(|side| side as i64), values);
    }
    heads.finish().map_err(|_| LayersError::Integers("its outputs are not the raw heads of its form".into()))
}
