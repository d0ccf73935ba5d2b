//! The observation that is shown, and what is detected in it at the present thresholds.

use std::sync::Arc;

use crate::app::view::Side;
use crate::compare::truth::{JudgedBoxes, PairTruth, PictureTruth};
use crate::compare::{Comparer, Comparison, ModelInput, Verdict};
use crate::detect::{Classes, Detection, Postprocessor, Thresholds};
use crate::engine::{Observation, Output};
use crate::model::ModelInfo;

/// What boxes and verdicts are computed at. The chosen classes change none of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoxSettings {
    /// A's and B's.
    pub thresholds: [Thresholds; 2],
    /// A is the output of slot 1.
    pub swapped: bool,
}

/// Boxes, pairs and verdicts of one observation; their memory serves the next one.
#[derive(Default)]
pub struct CurrentFrame {
    observation: Option<Arc<Observation>>,
    /// What the boxes below were computed for; `None` = they were not.
    taken_at: Option<BoxSettings>,
    comparer: Comparer,
    /// Where one model ran, or one of the two failed.
    postprocessor: Postprocessor,
    alone: [Vec<Detection>; 2],
    /// Outputs by side, as indices into the observation's.
    sides: [Option<usize>; 2],
    /// Both looked, and know the same classes.
    comparable: bool,
    /// What is known to be in it; `None` = nothing is known.
    truth: Option<Arc<PictureTruth>>,
    /// A's and B's detections against that, at the settings of now.
    judged: Option<[JudgedBoxes; 2]>,
    /// A model of the observation before, while there is none: its classes stay in the lists.
    last_model: Option<Arc<ModelInfo>>,
}

impl CurrentFrame {
    pub fn observation(&self) -> Option<&Arc<Observation>> {
        self.observation.as_ref()
    }

    /// Looks at another observation. What is seen in it comes with the next [`CurrentFrame::compute`].
    pub fn set(&mut self, observation: Arc<Observation>) {
        self.observation = Some(observation);
        self.taken_at = None;
        (self.truth, self.judged) = (None, None);
    }

    /// What is known to be in the observation that is looked at. Boxes are judged with the next [`CurrentFrame::compute`].
    pub fn set_truth(&mut self, truth: Option<Arc<PictureTruth>>) {
        // Each frame asks, so it is the same where it is the same memory.
        let same = match (&self.truth, &truth) {
            (Some(now), Some(new)) => Arc::ptr_eq(now, new),
            (now, new) => now.is_none() && new.is_none(),
        };
        if !same {
            (self.truth, self.judged) = (truth, None);
        }
    }

    /// Nothing is looked at, until the next observation.
    pub fn clear(&mut self) {
        let model = Side::BOTH.into_iter().find_map(|which| self.output(which)).map(|output| Arc::clone(&output.model));
        self.last_model = model.or(self.last_model.take());
        (self.observation, self.taken_at, self.comparable) = (None, None, false);
        (self.truth, self.judged) = (None, None);
        self.sides = [None; 2];
        self.alone.iter_mut().for_each(Vec::clear);
    }

    /// Computes boxes, pairs and verdicts where the observation or the settings changed.
    pub fn compute(&mut self, settings: BoxSettings) {
        self.detect(settings);
        if self.judged.is_none()
            && let Some(truth) = self.truth.as_ref().filter(|_| self.taken_at.is_some())
        {
            // Its classes are A's, or B's where A did not look; the other may know others.
            let first = Side::BOTH.into_iter().find(|which| self.output(*which).is_some());
            self.judged = Some(Side::BOTH.map(|which| {
                let known = self.comparable || first == Some(which);
                if known { truth.judge(self.detections(which)) } else { JudgedBoxes::default() }
            }));
        }
    }

    fn detect(&mut self, settings: BoxSettings) {
        let Some(observation) = self.observation.as_ref().filter(|_| self.taken_at != Some(settings)) else { return };
        self.sides = Side::BOTH.map(|which| {
            let slot = which.index() ^ usize::from(settings.swapped);
            observation.outputs.iter().position(|output| output.slot == slot)
        });
        let outputs = self.sides.map(|i| i.map(|i| &observation.outputs[i]));
        self.comparable = matches!(outputs, [Some(a), Some(b)] if a.model.form.classes == b.model.form.classes);
        if let [Some(a), Some(b)] = outputs
            && self.comparable
        {
            self.comparer.run(&side(a, settings.thresholds[0]), &side(b, settings.thresholds[1]));
        } else {
            for ((output, thresholds), alone) in outputs.iter().zip(settings.thresholds).zip(&mut self.alone) {
                alone.clear();
                if let Some(o) = output {
                    alone.extend_from_slice(self.postprocessor.run(&o.model.form, &o.heads, &o.letterbox, thresholds));
                }
            }
        }
        self.taken_at = Some(settings);
        self.judged = None;
    }

    /// Whether boxes and verdicts are not those of these settings.
    pub fn is_stale(&self, settings: BoxSettings) -> bool {
        self.observation.is_some() && self.taken_at != Some(settings)
    }

    pub fn output(&self, which: Side) -> Option<&Output> {
        self.observation.as_ref()?.outputs.get(self.sides[which.index()]?)
    }

    /// Highest score first; none where the model did not look at this frame.
    pub fn detections(&self, which: Side) -> &[Detection] {
        match (self.comparison(), which) {
            (Some(comparison), Side::A) => comparison.a(),
            (Some(comparison), Side::B) => comparison.b(),
            (None, _) => &self.alone[which.index()],
        }
    }

    /// `None` unless both models looked at this frame, and know the same classes.
    pub fn comparison(&self) -> Option<&Comparison> {
        self.comparable.then(|| self.comparer.comparison())
    }

    /// What is known to be in the frame; `None` = nothing is known.
    pub fn truth(&self) -> Option<&PictureTruth> {
        self.truth.as_deref()
    }

    /// A's and B's detections against what is known to be there.
    pub fn judged(&self) -> Option<&[JudgedBoxes; 2]> {
        self.judged.as_ref()
    }

    /// What is known of a verdict's boxes; nothing, where the truth is not known.
    pub fn pair_truth(&self, verdict: &Verdict) -> PairTruth {
        self.judged().map_or_else(PairTruth::default, |judged| PairTruth::new(verdict, judged))
    }

    /// Why there is no comparison although both looked.
    pub fn mismatch(&self) -> Option<String> {
        let [a, b] = Side::BOTH.map(|which| self.output(which));
        let [a, b] = [a?, b?].map(|o| (&o.model.name, o.model.form.classes.len()));
        (!self.comparable).then(|| {
            let of = |(name, classes): (&String, usize)| format!("{name} ({classes} classes)");
            format!("{} and {} have different classes: their boxes can't be matched", of(a), of(b))
        })
    }

    /// What the boxes were computed at, A's and B's; `None` = there are none yet.
    pub fn thresholds(&self) -> Option<[Thresholds; 2]> {
        self.taken_at.map(|settings| settings.thresholds)
    }

    /// Both models' heads at the thresholds of now, as the comparison took them.
    pub fn pair(&self) -> Option<[ModelInput<'_>; 2]> {
        let thresholds = self.taken_at?.thresholds;
        let [a, b] = Side::BOTH.map(|which| self.output(which));
        Some([side(a?, thresholds[0]), side(b?, thresholds[1])])
    }

    /// Class names: A's, or B's where A did not look; without an observation, those of the one before.
    pub fn classes(&self) -> Option<&Classes> {
        let model = Side::BOTH.into_iter().find_map(|which| self.output(which)).map(|output| &output.model);
        model.or(self.last_model.as_ref().filter(|_| self.observation.is_none())).map(|model| &model.form.classes)
    }
}

fn side(output: &Output, thresholds: Thresholds) -> ModelInput<'_> {
    ModelInput { form: &output.model.form, heads: &output.heads, letterbox: &output.letterbox, thresholds }
}
