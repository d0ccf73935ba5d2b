//! Which bytes of an INT8 model an arithmetic changes: layer by layer, against exact arithmetic, on one picture.

use std::sync::Arc;

use super::model_file::unchanged;
use super::progress::{Progress, Stopped};
use crate::detect::{Frame, Letterboxer, RawHeads};
use crate::integer::{Element, IntegerError, Network, Plan, Tensor, Values};
use crate::model::{Arithmetic, ModelInfo, heads_of_run};
use crate::onnx::float_name;

/// One tensor in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerBytes {
    /// As the float model names it.
    pub tensor: String,
    pub bytes: usize,
    /// How many of them are not those of exact arithmetic.
    pub differing: usize,
}

/// All of a model's, in the order of the graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DifferingBytes {
    pub layers: Vec<LayerBytes>,
}

impl LayerBytes {
    /// 0..=1.
    pub fn share(&self) -> f64 {
        self.differing as f64 / self.bytes.max(1) as f64
    }
}

impl DifferingBytes {
    /// Of all bytes, 0..=1.
    pub fn share(&self) -> f64 {
        let sum = |of: fn(&LayerBytes) -> usize| self.layers.iter().map(of).sum::<usize>();
        sum(|layer| layer.differing) as f64 / sum(|layer| layer.bytes).max(1) as f64
    }

    /// The layer with the largest share, the first of equals; `None`: no byte differs.
    pub fn worst(&self) -> Option<&LayerBytes> {
        let differing = self.layers.iter().filter(|layer| layer.differing > 0);
        differing.reduce(|worst, layer| if layer.share() > worst.share() { layer } else { worst })
    }
}

/// Compares one arithmetic after another. It keeps the model, and what exact arithmetic gave on the last picture: the
/// next arithmetic costs one run.
#[derive(Default)]
pub struct ByteStudy {
    exact: Option<ExactModel>,
    /// Of the last comparison, in exact arithmetic and in the model's.
    heads: Option<[RawHeads; 2]>,
}

struct ExactModel {
    /// Of its file.
    sha256: String,
    network: Arc<Network>,
    plan: Plan,
    seen: Option<ExactBytes>,
}

/// Of one picture.
struct ExactBytes {
    frame: Arc<Frame>,
    /// `[1, 3, H, W]`
    input: Vec<f32>,
    /// Of [`byte_tensors`].
    values: Vec<Values>,
}

impl ByteStudy {
    /// Runs a model, in the arithmetic that it was loaded in, on a frame. That arithmetic is one of the integer engine's:
    /// of `native` there is nothing to be seen here, since the engine takes it as exact.
    pub fn compare(
        &mut self,
        model: &ModelInfo,
        frame: &Arc<Frame>,
        progress: &dyn Progress,
    ) -> Result<DifferingBytes, Stopped> {
        self.heads = None;
        let failed =
            |cause: IntegerError| Stopped::Failed(format!("Can't compare the bytes of {}: {cause}.", model.name));
        let known = self.exact.take().filter(|known| known.sha256 == model.sha256);
        let known = match known {
            Some(known) => known,
            None => ExactModel::new(model.sha256.clone(), &unchanged(model)?).map_err(failed)?,
        };
        let ExactModel { network, plan: exact, seen, .. } = self.exact.insert(known);
        progress.check()?;
        let known = seen.take().filter(|seen| Arc::ptr_eq(&seen.frame, frame));
        let seen = seen.insert(match known {
            Some(known) => known,
            None => {
                let mut letterboxer = Letterboxer::new(model.form.input);
                letterboxer.fill(frame);
                let input = letterboxer.tensor().to_vec();
                exact.run(&input).map_err(failed)?;
                let values = byte_tensors(network).filter_map(|tensor| exact.values(&tensor.name)).collect();
                ExactBytes { frame: Arc::clone(frame), input, values }
            }
        });
        progress.check()?;
        let arithmetic = model.arithmetic.clone().unwrap_or_default();
        let mut plan = arithmetic.plan(network, true).map_err(failed)?;
        progress.check()?;
        plan.run(&seen.input).map_err(failed)?;
        let heads = [&*exact, &plan].map(|plan| heads_of_run(plan, &model.form));
        let mut layers = Vec::with_capacity(seen.values.len());
        for (tensor, exact) in byte_tensors(network).zip(&seen.values) {
            progress.check()?;
            let Some(values) = plan.values(&tensor.name) else { continue };
            layers.push(LayerBytes {
                tensor: float_name(&tensor.name).to_owned(),
                bytes: tensor.shape.values(),
                differing: values.differing(exact),
            });
        }
        if let [Some(exact), Some(other)] = heads {
            self.heads = Some([exact, other]);
        }
        Ok(DifferingBytes { layers })
    }

    /// Gives away the raw heads of the last comparison: in exact arithmetic, and in the model's. `None`: there are none, or
    /// they were given away.
    pub fn take_heads(&mut self) -> Option<[RawHeads; 2]> {
        self.heads.take()
    }
}

impl ExactModel {
    fn new(sha256: String, file: &[u8]) -> Result<Self, IntegerError> {
        let network = Arc::new(Network::read(file)?);
        let plan = Arithmetic::Exact.plan(&network, true)?;
        Ok(Self { sha256, network, plan, seen: None })
    }
}

/// Those that are not in float. A plan that keeps its tensors has the values of all.
fn byte_tensors(network: &Network) -> impl Iterator<Item = &Tensor> {
    network.tensors().iter().filter(|tensor| tensor.element != Element::F32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_layer_is_the_one_with_the_largest_share() {
        let layer = |tensor: &str, bytes, differing| LayerBytes { tensor: tensor.into(), bytes, differing };
        let none = DifferingBytes { layers: vec![layer("a", 100, 0)] };
        assert_eq!((none.share(), none.worst()), (0.0, None));
        let layers = vec![layer("a", 100, 0), layer("b", 1000, 50), layer("c", 10, 2), layer("d", 5, 1)];
        let some = DifferingBytes { layers };
        assert_eq!(some.worst().map(|worst| worst.tensor.as_str()), Some("c"), "the first of equals");
        assert!((some.share() - 53.0 / 1115.0).abs() < 1e-12);
        assert_eq!((DifferingBytes::default().share(), DifferingBytes::default().worst()), (0.0, None));
    }
}
