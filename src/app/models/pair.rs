//! The two models that were chosen, and what there is to choose from.

use crate::app::action::ModelsAction;
use crate::app::view::{Side, View};
use crate::model::{Arithmetic, GoldenHeads, ModelName, ModelRequest};

/// A and B. Swapping them changes what the window shows on which side, and asks nothing of the engine: its slots keep
/// their models, and so do the observations that were made before.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelPair {
    /// As the engine runs them.
    slots: [ModelRequest; 2],
    /// A is the model of slot 1.
    swapped: bool,
    /// What A was before its present model.
    previous: Option<ModelRequest>,
    /// The built models, the user's own, and those that were made in the window.
    choices: Vec<ModelName>,
}

impl ModelPair {
    /// With the built models and these two to choose from.
    pub fn new(a: ModelRequest, b: ModelRequest) -> Self {
        let choices = ModelName::BUILT.to_vec();
        let mut pair = Self { slots: [a.clone(), b.clone()], swapped: false, previous: None, choices };
        pair.add_choice(a.name);
        pair.add_choice(b.name);
        pair
    }

    /// What there is to choose from.
    pub fn choices(&self) -> &[ModelName] {
        &self.choices
    }

    pub fn add_choice(&mut self, model: ModelName) {
        if !self.choices.contains(&model) {
            self.choices.push(model);
        }
    }

    /// The golden pack that is in use: of B or A, or else the one that was chosen last.
    pub fn pack(&self) -> Option<&GoldenHeads> {
        let sides = [Side::B, Side::A].map(|which| self.model(which));
        sides.into_iter().chain(self.choices.iter().rev()).find_map(|model| match model {
            ModelName::Golden(heads) => Some(heads),
            _ => None,
        })
    }

    /// `compares`: both run. True where A's and B's models changed sides, and their thresholds must too.
    pub fn apply(&mut self, action: ModelsAction, compares: bool) -> bool {
        let (a, swapped) = (self.request(Side::A).clone(), self.swapped);
        let swaps = action == ModelsAction::Swap;
        let adjusts = matches!(action, ModelsAction::Adjust(..));
        match action {
            ModelsAction::Use(which, model) => self.choose(which, model),
            ModelsAction::Compute(which, arithmetic) => self.compute(which, arithmetic),
            ModelsAction::Adjust(which, arithmetic) => self.adjust(which, arithmetic),
            ModelsAction::SwitchPrecision => self.switch_precision(),
            ModelsAction::Next => self.next(compares),
            ModelsAction::Swap => self.swap(),
            // What concerns files and dialogs is the shell's.
            ModelsAction::ToggleComputedAs(_)
            | ModelsAction::ChooseProfile(_)
            | ModelsAction::SaveProfile(_)
            | ModelsAction::ChooseFile(_)
            | ModelsAction::Open(..)
            | ModelsAction::ChooseDump(_)
            | ModelsAction::OpenDump(..)
            | ModelsAction::AskRename(_)
            | ModelsAction::AskDelete(_)
            | ModelsAction::Rename(..)
            | ModelsAction::Delete(_)
            | ModelsAction::Remove(_)
            | ModelsAction::ToggleClipping
            | ModelsAction::ForgetClipped => {}
        }
        if !adjusts && *self.request(Side::A) != a {
            self.previous = Some(a);
        }
        swaps || (compares && self.swapped != swapped)
    }

    /// What [`ModelsAction::SwitchPrecision`] makes of A: what it was before; at first FP32, or INT8 in its place.
    fn switched(&self) -> ModelRequest {
        let usual = if *self.model(Side::A) == ModelName::Fp32 { ModelName::Int8 } else { ModelName::Fp32 };
        let known = self.previous.clone().filter(|request| self.choices.contains(&request.name));
        known.unwrap_or_else(|| usual.into())
    }

    /// Whether choosing this model for A is what [`ModelsAction::SwitchPrecision`] does.
    pub fn is_switched_to(&self, model: &ModelName) -> bool {
        *self.model(Side::A) != *model && self.chosen(Side::A, model.clone()) == self.switched()
    }

    /// Where that is B, the two change sides.
    fn switch_precision(&mut self) {
        self.put(Side::A, self.switched());
    }

    /// The next model for A; where two are compared, one that B is not, or else the two change sides.
    fn next(&mut self, compares: bool) {
        let is_free = |m: &&ModelName| !compares || *m != self.model(Side::B);
        let free: Vec<&ModelName> = self.choices.iter().filter(is_free).collect();
        let now = free.iter().position(|m| *m == self.model(Side::A));
        match free.get(now.map_or(0, |i| (i + 1) % free.len())) {
            Some(next) if *next != self.model(Side::A) => {
                let next = (*next).clone();
                self.choose(Side::A, next);
            }
            _ => self.swap(),
        }
    }

    /// A model's file has another name.
    pub fn rename(&mut self, from: &ModelName, to: &ModelName) {
        let slots = self.slots.iter_mut().chain(&mut self.previous).map(|request| &mut request.name);
        slots.chain(&mut self.choices).filter(|name| *name == from).for_each(|name| name.clone_from(to));
    }

    /// Takes a model out of the choices. A side that it was on has a built one that the other side has not.
    pub fn remove(&mut self, model: &ModelName) {
        self.choices.retain(|choice| choice != model);
        self.previous.take_if(|request| request.name == *model);
        for slot in 0..2 {
            let other = self.slots[1 - slot].name.clone();
            if self.slots[slot].name == *model
                && let Some(free) = ModelName::BUILT.into_iter().find(|built| *built != other)
            {
                self.slots[slot] = free.into();
            }
        }
    }

    pub fn request(&self, which: Side) -> &ModelRequest {
        &self.slots[self.slot(which)]
    }

    pub fn model(&self, which: Side) -> &ModelName {
        &self.request(which).name
    }

    /// The slot of an observation's output that is shown as this side.
    pub fn slot(&self, which: Side) -> usize {
        which.index() ^ usize::from(self.swapped)
    }

    pub fn is_swapped(&self) -> bool {
        self.swapped
    }

    /// Chooses a model, computed as this side's is. Choosing what the other side has swaps the two.
    fn choose(&mut self, which: Side, model: ModelName) {
        self.put(which, self.chosen(which, model));
    }

    /// A model, computed as this side's is.
    fn chosen(&self, which: Side, model: ModelName) -> ModelRequest {
        ModelRequest::new(model, self.request(which).arithmetic.clone())
    }

    /// Chooses how this side's model is computed.
    fn compute(&mut self, which: Side, arithmetic: Arithmetic) {
        self.put(which, ModelRequest::new(self.model(which).clone(), arithmetic));
    }

    /// The same while it is being adjusted: a slider on its way past what the other side has must not swap the two.
    fn adjust(&mut self, which: Side, arithmetic: Arithmetic) {
        let slot = self.slot(which);
        self.slots[slot] = ModelRequest::new(self.model(which).clone(), arithmetic);
    }

    fn put(&mut self, which: Side, request: ModelRequest) {
        let slot = self.slot(which);
        if self.slots[1 - slot] == request {
            self.swapped = !self.swapped;
        } else {
            self.slots[slot] = request;
        }
    }

    fn swap(&mut self) {
        self.swapped = !self.swapped;
    }

    /// The models that the engine must run for this view. A alone runs in slot 0.
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
    fn the_switch_brings_the_model_that_is_said_to_be_its() {
        let mut pair = ModelPair::new(ModelName::Fp32.into(), ModelName::Int8.into());
        for _ in 0..3 {
            let said: Vec<_> = pair.choices().iter().filter(|model| pair.is_switched_to(model)).cloned().collect();
            pair.apply(ModelsAction::SwitchPrecision, false);
            assert_eq!(said, [pair.model(Side::A).clone()]);
        }
    }

    #[test]
    fn a_swap_asks_nothing_of_the_engine_while_two_run() {
        let mut pair = ModelPair::new(ModelName::Fp32.into(), ModelName::Int8.into());
        let before = pair.wanted(View::Overlay);
        pair.swap();
        assert_eq!(pair.wanted(View::Overlay), before);
        assert_eq!((pair.model(Side::A), pair.slot(Side::A)), (&ModelName::Int8, 1));
    }

    #[test]
    fn a_alone_is_in_slot_0_whichever_way_they_stood() {
        let mut pair = ModelPair::new(ModelName::Fp32.into(), ModelName::Int8.into());
        pair.swap();
        assert_eq!(pair.wanted(View::Single), [ModelName::Int8.into()]);
        assert_eq!((pair.slot(Side::A), pair.model(Side::B)), (0, &ModelName::Fp32));
    }

    #[test]
    fn the_other_sides_model_swaps_and_a_third_replaces() {
        let mut pair = ModelPair::new(ModelName::Fp32.into(), ModelName::Int8.into());
        pair.choose(Side::A, ModelName::Int8);
        assert_eq!([pair.model(Side::A), pair.model(Side::B)], [&ModelName::Int8, &ModelName::Fp32]);
        let own = ModelName::File("own.onnx".into());
        pair.choose(Side::B, own.clone());
        assert_eq!([pair.model(Side::A), pair.model(Side::B)], [&ModelName::Int8, &own]);
    }

    #[test]
    fn one_model_in_two_arithmetics_is_two() {
        let mut pair = ModelPair::new(ModelName::Fp32.into(), ModelName::Int8.into());
        pair.compute(Side::B, Arithmetic::Native);
        pair.choose(Side::A, ModelName::Int8);
        let native = ModelRequest::new(ModelName::Int8, Arithmetic::Native);
        assert_eq!(pair.wanted(View::Overlay), [ModelName::Int8.into(), native.clone()]);
        // What the other side has comes over from there.
        pair.compute(Side::A, Arithmetic::Native);
        assert_eq!([pair.request(Side::A), pair.request(Side::B)], [&native, &ModelName::Int8.into()]);
        // Another model on a side is computed as that side is.
        pair.choose(Side::A, ModelName::Tuned);
        assert_eq!(pair.request(Side::A).arithmetic, Arithmetic::Native);
    }

    fn pair() -> ModelPair {
        ModelPair::new(ModelName::Fp32.into(), ModelName::Int8.into())
    }

    #[test]
    fn switching_twice_is_back_whatever_was_chosen_between() {
        for compares in [false, true] {
            let mut pair = pair();
            for model in [ModelName::Int8, ModelName::Fp32, ModelName::Int8] {
                // Where both run, INT8 is B: the two change sides, and so do their thresholds.
                assert_eq!(pair.apply(ModelsAction::SwitchPrecision, compares), compares);
                assert_eq!(*pair.model(Side::A), model);
            }
            pair.apply(ModelsAction::Use(Side::A, ModelName::Tuned), compares);
            let b = pair.model(Side::B).clone();
            for model in [ModelName::Int8, ModelName::Tuned] {
                pair.apply(ModelsAction::SwitchPrecision, compares);
                assert_eq!((pair.model(Side::A), pair.model(Side::B)), (&model, &b));
            }
        }
    }

    #[test]
    fn switching_keeps_the_arithmetic_of_both() {
        let mut pair = pair();
        pair.apply(ModelsAction::Use(Side::A, ModelName::Tuned), true);
        pair.apply(ModelsAction::Compute(Side::A, Arithmetic::Native), true);
        let native = ModelRequest::new(ModelName::Tuned, Arithmetic::Native);
        pair.apply(ModelsAction::Use(Side::A, ModelName::Fp32), true);
        pair.apply(ModelsAction::SwitchPrecision, true);
        assert_eq!(*pair.request(Side::A), native);
    }

    #[test]
    fn steps_of_an_adjustment_are_nothing_to_go_back_to() {
        let mut pair = pair();
        pair.apply(ModelsAction::Use(Side::A, ModelName::Tuned), true);
        pair.apply(ModelsAction::Compute(Side::A, Arithmetic::Native), true);
        for name in ["m18", "m16"] {
            pair.apply(ModelsAction::Adjust(Side::A, Arithmetic::named(name).unwrap()), true);
            assert_eq!(pair.request(Side::A).arithmetic.as_str(), name);
        }
        pair.apply(ModelsAction::SwitchPrecision, true);
        assert_eq!(*pair.request(Side::A), ModelName::Tuned.into());
    }

    #[test]
    fn an_adjustment_that_passes_what_the_other_side_has_leaves_it_alone() {
        let m18 = || ModelRequest::new(ModelName::Int8, Arithmetic::named("m18").unwrap());
        let mut pair = ModelPair::new(m18(), ModelName::Int8.into());
        for name in ["zynq-m31", "m18", "m16"] {
            assert!(!pair.apply(ModelsAction::Adjust(Side::B, Arithmetic::named(name).unwrap()), true));
            assert_eq!((pair.request(Side::A), pair.request(Side::B).arithmetic.as_str()), (&m18(), name));
        }
    }

    #[test]
    fn the_next_model_is_none_that_b_is() {
        let mut pair = pair();
        for model in [ModelName::Tuned, ModelName::Safe, ModelName::Fp32] {
            pair.apply(ModelsAction::Next, true);
            assert_eq!((pair.model(Side::A), pair.model(Side::B)), (&model, &ModelName::Int8));
        }
    }

    #[test]
    fn a_model_that_is_gone_is_on_no_side_and_one_with_another_name_stays() {
        let own = ModelName::File("own.onnx".into());
        let mut pair = pair();
        pair.add_choice(own.clone());
        pair.apply(ModelsAction::Use(Side::B, own.clone()), true);
        let renamed = ModelName::File("mine.onnx".into());
        pair.rename(&own, &renamed);
        assert_eq!((pair.model(Side::B), pair.choices().contains(&own)), (&renamed, false));
        pair.remove(&renamed);
        assert_eq!([pair.model(Side::A), pair.model(Side::B)], [&ModelName::Fp32, &ModelName::Int8]);
        assert_eq!(pair.choices(), ModelName::BUILT);
        pair.apply(ModelsAction::SwitchPrecision, true);
        assert_eq!(*pair.model(Side::A), ModelName::Int8);
    }
}
