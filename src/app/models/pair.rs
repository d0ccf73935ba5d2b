//! The two models that a person chose.

use super::view::{View, Which};
use crate::model::{Arithmetic, ModelName, ModelRequest};

/// A and B. Swapping them changes what the window shows on which side, and asks nothing of the engine: its slots keep
/// their models, and so do the observations that were made before.
#[derive(Clone, Debug, PartialEq)]
pub struct Duo {
    /// As the engine runs them.
    slots: [ModelRequest; 2],
    /// A is the model of slot 1.
    swapped: bool,
}

impl Duo {
    pub fn new(a: ModelRequest, b: ModelRequest) -> Self {
        Self { slots: [a, b], swapped: false }
    }

    pub fn request(&self, which: Which) -> &ModelRequest {
        &self.slots[self.slot(which)]
    }

    pub fn model(&self, which: Which) -> &ModelName {
        &self.request(which).name
    }

    /// The slot of an observation's output that is shown as this side.
    pub fn slot(&self, which: Which) -> usize {
        which.index() ^ usize::from(self.swapped)
    }

    pub fn is_swapped(&self) -> bool {
        self.swapped
    }

    /// Chooses a model, computed as this side's is. Choosing what the other side has swaps the two.
    pub fn choose(&mut self, which: Which, model: ModelName) {
        self.put(which, ModelRequest::new(model, self.request(which).arithmetic));
    }

    /// Chooses how this side's model is computed.
    pub fn compute(&mut self, which: Which, arithmetic: Arithmetic) {
        self.put(which, ModelRequest::new(self.model(which).clone(), arithmetic));
    }

    fn put(&mut self, which: Which, request: ModelRequest) {
        let slot = self.slot(which);
        if self.slots[1 - slot] == request {
            self.swapped = !self.swapped;
        } else {
            self.slots[slot] = request;
        }
    }

    pub fn swap(&mut self) {
        self.swapped = !self.swapped;
    }

    /// What the engine is to run for this view. A alone runs in slot 0.
    pub fn wanted(&mut self, view: View) -> Vec<ModelRequest> {
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
        let mut duo = Duo::new(ModelName::Fp32.into(), ModelName::Int8.into());
        let before = duo.wanted(View::Overlay);
        duo.swap();
        assert_eq!(duo.wanted(View::Overlay), before);
        assert_eq!((duo.model(Which::A), duo.slot(Which::A)), (&ModelName::Int8, 1));
    }

    #[test]
    fn a_alone_is_in_slot_0_whichever_way_they_stood() {
        let mut duo = Duo::new(ModelName::Fp32.into(), ModelName::Int8.into());
        duo.swap();
        assert_eq!(duo.wanted(View::Single), [ModelName::Int8.into()]);
        assert_eq!((duo.slot(Which::A), duo.model(Which::B)), (0, &ModelName::Fp32));
    }

    #[test]
    fn the_other_sides_model_swaps_and_a_third_replaces() {
        let mut duo = Duo::new(ModelName::Fp32.into(), ModelName::Int8.into());
        duo.choose(Which::A, ModelName::Int8);
        assert_eq!([duo.model(Which::A), duo.model(Which::B)], [&ModelName::Int8, &ModelName::Fp32]);
        let own = ModelName::File("own.onnx".into());
        duo.choose(Which::B, own.clone());
        assert_eq!([duo.model(Which::A), duo.model(Which::B)], [&ModelName::Int8, &own]);
    }

    #[test]
    fn one_model_in_two_arithmetics_is_two() {
        let mut duo = Duo::new(ModelName::Fp32.into(), ModelName::Int8.into());
        duo.compute(Which::B, Arithmetic::Native);
        duo.choose(Which::A, ModelName::Int8);
        let native = ModelRequest::new(ModelName::Int8, Arithmetic::Native);
        assert_eq!(duo.wanted(View::Overlay), [ModelName::Int8.into(), native.clone()]);
        // What the other side has comes over from there.
        duo.compute(Which::A, Arithmetic::Native);
        assert_eq!([duo.request(Which::A), duo.request(Which::B)], [&native, &ModelName::Int8.into()]);
        // Another model on a side is computed as that side is.
        duo.choose(Which::A, ModelName::Tuned);
        assert_eq!(duo.request(Which::A).arithmetic, Arithmetic::Native);
    }
}
