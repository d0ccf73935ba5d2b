//! What processors without VNNI would make of an INT8 model: how many pairs of products leave int16 in each layer, and
//! which boxes that changes. Computed in integers, so that it is the same on every processor.

use std::sync::Arc;

use super::LayersError;
use super::heads::HeadCollector;
use crate::compare::{Comparer, Comparison, ModelInput, Verdict};
use crate::detect::{Form, Letterbox, RawHeads, Thresholds};
use crate::integer::{ConvOverflow, Network, Plan};
use crate::model::Arithmetic;

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
pub struct OverflowCounter {
    form: Form,
    /// It keeps its tensors. `None`: whoever asks has such a plan.
    exact: Option<Plan>,
    saturating: Plan,
    comparer: Comparer,
    found: Overflow,
}

impl OverflowCounter {
    /// `is_given`: whether each picture comes with a plan of exact sums.
    pub fn new(network: &Arc<Network>, form: &Form, is_given: bool) -> Result<Self, LayersError> {
        // One thread: others work beside it.
        Ok(Self {
            form: form.clone(),
            exact: if is_given { None } else { Some(Arithmetic::Exact.plan_on(1, network, true)?) },
            saturating: Arithmetic::Saturating.plan_on(1, network, false)?,
            comparer: Comparer::default(),
            found: Overflow::default(),
        })
    }

    /// Over all pictures so far.
    pub fn found(&self) -> &Overflow {
        &self.found
    }

    /// Counts on a thread of its own while the work is done. `exact`: a plan that has run this picture and keeps its
    /// tensors. A counter that fails once is replaced by why.
    pub fn count_beside<T>(
        counter: &mut Result<Self, LayersError>,
        exact: Option<&Plan>,
        input: &[f32],
        work: impl FnOnce() -> T,
    ) -> T {
        let Ok(counting) = counter else { return work() };
        let (done, counted) = std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().name("layers-overflow".into());
            let thread = thread.spawn_scoped(scope, || counting.add(exact, input));
            let done = work();
            let failed = |why: String| Err(LayersError::Integers(why));
            let counted = match thread {
                Ok(thread) => thread.join().unwrap_or_else(|_| failed("it panicked".into())),
                Err(error) => failed(error.to_string()),
            };
            (done, counted)
        });
        if let Err(why) = counted {
            *counter = Err(why);
        }
        done
    }

    fn add(&mut self, exact: Option<&Plan>, input: &[f32]) -> Result<(), LayersError> {
        let Self { form, exact: own, saturating, comparer, found } = self;
        if let Some(own) = own {
            own.run(input)?;
        }
        let form: &Form = form;
        let missing = || LayersError::Integers("a tensor was not computed".into());
        let exact = own.as_ref().or(exact).ok_or_else(missing)?;
        saturating.run(input)?;
        let nodes = exact.overflows().ok_or_else(missing)?;
        let [exact, saturating] = [heads(exact, form)?, heads(saturating, form)?];
        if found.nodes.is_empty() {
            found.nodes = nodes;
        } else {
            for (all, new) in found.nodes.iter_mut().zip(nodes) {
                all.pairs += new.pairs;
                all.overflowing += new.overflowing;
            }
        }
        let letterbox = Letterbox::new(form.input, form.input);
        let [a, b] = [&exact, &saturating].map(|heads| ModelInput {
            form,
            heads,
            letterbox: &letterbox,
            thresholds: Thresholds::LIVE,
        });
        found.pictures.push(comparer.run(&a, &b).clone());
        Ok(())
    }
}

/// The outputs, told apart by their shapes.
fn heads(plan: &Plan, form: &Form) -> Result<RawHeads, LayersError> {
    let mut heads = HeadCollector::new(form);
    for (tensor, values) in plan.outputs() {
        heads.take(&tensor.dims().map(|side| side as i64), values);
    }
    heads.finish().map_err(|_| LayersError::Integers("its outputs are not the raw heads of its form".into()))
}
