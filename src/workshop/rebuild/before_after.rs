//! Before and after: two INT8 models compared with the same float model, on the same pictures.

use std::time::Instant;

use crate::compare::{Agreement, Comparer, ModelInput};
use crate::detect::{Letterbox, RawHeads, Thresholds};
use crate::model::{Catalog, Detector, ModelInfo, ModelLoader, ModelName, ModelRequest, Runtime, read_model};
use crate::workshop::layers::{LayerModels, Layers};
use crate::workshop::progress::{Progress, Stopped};

/// How many times each model is timed, in turn.
const ROUNDS: usize = 11;

/// The most pictures on which noise is measured: it takes ten times as long as an inference.
const NOISE_ON: usize = 4;

/// Figures before and after, in this order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BeforeAfter {
    /// How many pictures the figures stand over.
    pub pictures: usize,
    /// F1 of the boxes with A's; `None` = neither has any.
    pub agreement: [Option<f64>; 2],
    /// Mean IoU of the matched; `None` = none matched.
    pub iou: [Option<f64>; 2],
    /// Signal to noise of the worst raw head, in dB; `None`: it could not be measured.
    pub noise: [Option<f64>; 2],
    /// Median time of an inference, in milliseconds, while the window worked too.
    pub milliseconds: [f64; 2],
}

/// Letterboxed pictures, a byte a value: as floats, 64 of them would take 133 MB.
#[derive(Clone, Debug, Default)]
pub struct Inputs(Vec<LetterboxedPicture>);

#[derive(Clone, Debug)]
struct LetterboxedPicture {
    bytes: Vec<u8>,
    /// Brings the boxes back to the picture, so that they are clipped to it, as everywhere else.
    letterbox: Letterbox,
}

impl Inputs {
    /// Keeps a network's input, `[1, 3, H, W]` in 0..=1, and where the picture lies in it.
    pub fn push(&mut self, input: &[f32], letterbox: Letterbox) {
        let bytes = input.iter().map(|value| (value * 255.0).round() as u8).collect();
        self.0.push(LetterboxedPicture { bytes, letterbox });
    }

    /// How many pictures there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Writes a picture's input, and gives its letterbox.
    fn get(&self, at: usize, input: &mut Vec<f32>) -> &Letterbox {
        let LetterboxedPicture { bytes, letterbox } = &self.0[at];
        input.clear();
        input.extend(bytes.iter().map(|value| f32::from(*value) / 255.0));
        letterbox
    }
}

/// The float model, and the INT8 models before and after.
pub struct BeforeAfterModels<'a> {
    pub catalog: &'a Catalog,
    pub float: &'a ModelInfo,
    pub int8: [&'a ModelInfo; 2],
    /// A's and B's.
    pub thresholds: [Thresholds; 2],
}

impl BeforeAfterModels<'_> {
    /// Compares both INT8 models with the float model on these pictures. Takes seconds.
    pub fn compare(&self, inputs: &Inputs, progress: &dyn Progress) -> Result<BeforeAfter, Stopped> {
        let runtime = Runtime::find(self.catalog).map_err(Stopped::failed)?;
        let loader = ModelLoader::new(self.catalog.clone());
        let mut float = open(&loader, self.float)?;
        let mut int8 = [open(&loader, self.int8[0])?, open(&loader, self.int8[1])?];
        let mut found = BeforeAfter { pictures: inputs.len(), ..BeforeAfter::default() };
        let mut agreements = [Agreement::default(); 2];
        let mut comparer = Comparer::default();
        let (mut input, mut heads) = (Vec::new(), [RawHeads::default(), RawHeads::default()]);
        for at in 0..inputs.len() {
            progress.step("Comparing before/after", at, inputs.len())?;
            let letterbox = inputs.get(at, &mut input);
            float.run(&input, &mut heads[0]).map_err(Stopped::failed)?;
            for (model, agreement) in int8.iter_mut().zip(&mut agreements) {
                model.run(&input, &mut heads[1]).map_err(Stopped::failed)?;
                let form = &float.info().form;
                let [a, b] = [0, 1].map(|side| ModelInput {
                    form,
                    heads: &heads[side],
                    letterbox,
                    thresholds: self.thresholds[side],
                });
                *agreement += *comparer.run(&a, &b).agreement();
            }
        }
        found.agreement = agreements.map(|agreement| agreement.known_f1());
        found.iou = agreements.map(|agreement| agreement.mean_iou());
        if inputs.len() > 0 {
            found.milliseconds = timed(&mut int8, &input, progress)?;
        }
        drop(int8);
        drop(float);
        for (noise, int8) in found.noise.iter_mut().zip(self.int8) {
            progress.report("Measuring noise", 0, 0);
            *noise = self.noise(&runtime, int8, inputs, progress)?;
        }
        Ok(found)
    }

    /// Of the worst head. A model that cannot be taken apart has none.
    fn noise(
        &self,
        runtime: &Runtime,
        int8: &ModelInfo,
        inputs: &Inputs,
        progress: &dyn Progress,
    ) -> Result<Option<f64>, Stopped> {
        let read = |model: &ModelInfo| read_model(&model.path).map_err(Stopped::failed);
        let arithmetic = &int8.arithmetic.clone().unwrap_or_default();
        let (form, int8) = (&self.float.form, read(int8)?);
        let models = LayerModels { float: &read(self.float)?, int8: &int8, form, arithmetic };
        let Ok(mut layers) = Layers::new(runtime, models) else { return Ok(None) };
        let mut input = Vec::new();
        for at in 0..inputs.len().min(NOISE_ON) {
            progress.check()?;
            inputs.get(at, &mut input);
            layers.add(&input).map_err(Stopped::failed)?;
        }
        let is_head =
            |shape: &[i64]| form.heads.iter().any(|head| shape.iter().map(|side| *side as usize).eq(form.shape(head)));
        let heads = layers.layers().into_iter().filter(|layer| is_head(&layer.shape)).map(|layer| layer.propagated);
        Ok(heads.min_by(f64::total_cmp))
    }
}

/// As it was computed before.
fn open(loader: &ModelLoader, model: &ModelInfo) -> Result<Box<dyn Detector>, Stopped> {
    let request = ModelRequest::new(ModelName::File(model.path.clone()), model.arithmetic.clone().unwrap_or_default());
    loader.load(&request).map_err(Stopped::failed)
}

/// The median of each, run in turn so that both see the same machine.
fn timed(models: &mut [Box<dyn Detector>; 2], input: &[f32], progress: &dyn Progress) -> Result<[f64; 2], Stopped> {
    let mut heads = RawHeads::default();
    let mut times = [Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS)];
    // Told once: what the window paints meanwhile would take time from the first of each round.
    progress.report("Timing", 0, 0);
    for round in 0..ROUNDS {
        progress.check()?;
        // Each is the first in turn: what comes second finds the caches as the other left them.
        for which in [round % 2, 1 - round % 2] {
            let before = Instant::now();
            models[which].run(input, &mut heads).map_err(Stopped::failed)?;
            times[which].push(before.elapsed().as_secs_f64() * 1e3);
        }
    }
    Ok(times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[ROUNDS / 2]
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{Frame, Letterboxer, Size};

    #[test]
    fn an_input_comes_back_as_it_was_and_with_its_own_letterbox() {
        let mut letterboxer = Letterboxer::new(Size::new(64, 64));
        let mut inputs = Inputs::default();
        let mut expected = Vec::new();
        for size in [Size::new(96, 40), Size::new(30, 70)] {
            let bytes = (0..size.area() as usize * 3).map(|i| (i * 7 % 256) as u8).collect();
            let letterbox = letterboxer.fill(&Frame::from_rgb(size, bytes).unwrap());
            inputs.push(letterboxer.tensor(), letterbox);
            expected.push((letterboxer.tensor().to_vec(), letterbox));
        }
        let mut input = Vec::new();
        for (at, (tensor, letterbox)) in expected.iter().enumerate() {
            assert_eq!(inputs.get(at, &mut input), letterbox);
            assert_eq!(&input, tensor);
        }
    }
}
