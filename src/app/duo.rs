//! The two models that a person chose.

use super::view::{View, Which};
use crate::model::ModelName;

/// A and B. Swapping them changes what the window shows on which side, and asks nothing of the engine: its slots keep
/// their models, and so do the observations that were made before.
#[derive(Clone, Debug, PartialEq)]
pub struct Duo {
    /// As the engine runs them.
    slots: [ModelName; 2],
    /// A is the model of slot 1.
    swapped: bool,
}

impl Duo {
    pub fn new(a: ModelName, b: ModelName) -> Self {
        Self { slots: [a, b], swapped: false }
    }

    pub fn model(&self, which: Which) -> &ModelName {
        &self.slots[self.slot(which)]
    }

    /// The slot of an observation's output that is shown as this side.
    pub fn slot(&self, which: Which) -> usize {
        which.index() ^ usize::from(self.swapped)
    }

    pub fn is_swapped(&self) -> bool {
        self.swapped
    }

    /// Chooses a model. Choosing the other side's swaps the two.
    pub fn choose(&mut self, which: Which, model: ModelName) {
        let slot = self.slot(which);
        if self.slots[1 - slot] == model {
            self.swapped = !self.swapped;
        } else {
            self.slots[slot] = model;
        }
    }

    pub fn swap(&mut self) {
        self.swapped = !self.swapped;
    }

    /// What the engine is to run for this view. A alone runs in slot 0.
    pub fn wanted(&mut self, view: View) -> Vec<ModelName> {
        if view.compares() {
            return self.slots.to_vec();
        }
        if std::mem::take(&mut self.swapped) {
            self.slots.swap(0, 1);
        }
        vec![self.slots[0].clone()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_asks_nothing_of_the_engine_while_two_run() {
        let mut duo = Duo::new(ModelName::Fp32, ModelName::Int8);
        let before = duo.wanted(View::Overlay);
        duo.swap();
        assert_eq!(duo.wanted(View::Overlay), before);
        assert_eq!((duo.model(Which::A), duo.slot(Which::A)), (&ModelName::Int8, 1));
    }

    #[test]
    fn a_alone_is_in_slot_0_whichever_way_they_stood() {
        let mut duo = Duo::new(ModelName::Fp32, ModelName::Int8);
        duo.swap();
        assert_eq!(duo.wanted(View::Single), [ModelName::Int8]);
        assert_eq!((duo.slot(Which::A), duo.model(Which::B)), (0, &ModelName::Fp32));
    }

    #[test]
    fn the_other_sides_model_swaps_and_a_third_replaces() {
        let mut duo = Duo::new(ModelName::Fp32, ModelName::Int8);
        duo.choose(Which::A, ModelName::Int8);
        assert_eq!([duo.model(Which::A), duo.model(Which::B)], [&ModelName::Int8, &ModelName::Fp32]);
        let own = ModelName::File("own.onnx".into());
        duo.choose(Which::B, own.clone());
        assert_eq!([duo.model(Which::A), duo.model(Which::B)], [&ModelName::Int8, &own]);
    }
}
