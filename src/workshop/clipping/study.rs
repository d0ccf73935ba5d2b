//! Counts the bytes at the ends of a model's ranges, on one frame after another.

use std::path::Path;
use std::sync::Arc;

use super::reading::{ClippingReading, EndReading, RangeEnd};
use super::shares::{CalibratedShares, table_of};
use crate::detect::{Classes, Frame, Letterboxer};
use crate::integer::{CutTensor, IntegerError, Network, Plan};
use crate::model::{Arithmetic, Catalog, ModelInfo};
use crate::onnx::float_name;
use crate::workshop::model_file::{metadata, unchanged};
use crate::workshop::progress::{Progress, Stopped};

/// Where the calibration's shares may come from.
pub struct ClippingSources<'a> {
    /// Its folder may have the model's calibration table.
    pub catalog: &'a Catalog,
    /// Reads the sample photos, which show what COCO's models know.
    pub photos: &'a dyn Fn() -> Vec<Frame>,
}

/// Examines frames. It keeps the model and its memory for the next frame: some ten megabytes.
#[derive(Default)]
pub struct ClippingStudy {
    model: Option<StudiedModel>,
}

struct StudiedModel {
    /// Of its file.
    sha256: String,
    arithmetic: Option<Arithmetic>,
    runner: ClippingRunner,
    shares: CalibratedShares,
}

struct ClippingRunner {
    plan: Plan,
    tensors: Vec<CutTensor>,
    letterboxer: Letterboxer,
}

impl ClippingStudy {
    /// Runs a model, in the arithmetic that it was loaded in, on a frame; on one thread, so that what is live keeps the
    /// others. `native` is taken as exact. A model that is partly in float is an error that says which node stands in the
    /// way.
    pub fn read(
        &mut self,
        model: &ModelInfo,
        frame: &Frame,
        sources: &ClippingSources<'_>,
        progress: &dyn Progress,
    ) -> Result<ClippingReading, Stopped> {
        let failed =
            |cause: IntegerError| Stopped::Failed(format!("Can't count the clipped bytes of {}: {cause}.", model.name));
        // Another frame may have been waited for.
        progress.check()?;
        let known = self.model.take();
        let known = known.filter(|known| known.sha256 == model.sha256 && known.arithmetic == model.arithmetic);
        let studied = match known {
            Some(known) => known,
            None => StudiedModel::new(model, sources, progress, failed)?,
        };
        let StudiedModel { runner, shares, .. } = self.model.insert(studied);
        progress.check()?;
        let counted = runner.count(frame).map_err(failed)?;
        let mut ends = Vec::new();
        for ((tensor, counted), calibrated) in runner.tensors.iter().zip(counted).zip(&shares.ends) {
            for (place, end) in RangeEnd::BOTH.into_iter().enumerate().filter(|(place, _)| tensor.clips[*place]) {
                let tensor = float_name(&tensor.tensor).to_owned();
                ends.push(EndReading { tensor, end, share: counted[place], calibrated: calibrated[place] });
            }
        }
        Ok(ClippingReading { ends, source: shares.source })
    }
}

impl StudiedModel {
    fn new(
        model: &ModelInfo,
        sources: &ClippingSources<'_>,
        progress: &dyn Progress,
        failed: impl Fn(IntegerError) -> Stopped,
    ) -> Result<Self, Stopped> {
        let file = unchanged(model)?;
        let network = Arc::new(Network::read(&file).map_err(&failed)?);
        progress.check()?;
        let plan = model.arithmetic.clone().unwrap_or_default().plan_on(1, &network, true).map_err(&failed)?;
        let letterboxer = Letterboxer::new(model.form.input);
        let mut runner = ClippingRunner { plan, tensors: network.cut_tensors(), letterboxer };
        progress.check()?;
        let sum = metadata(&file).and_then(|metadata| metadata.calibration_sha256);
        let home = model.path.parent().filter(|home| !home.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let table = table_of(&model.path, sum.as_deref(), &[home, sources.catalog.dir()]);
        let tensors = runner.tensors.clone();
        let shares = CalibratedShares::of(&tensors, table.as_ref(), || {
            if model.form.classes != Classes::coco() {
                return Ok(None);
            }
            let photos = (sources.photos)();
            let mut sums = vec![[0.0; 2]; tensors.len()];
            for photo in &photos {
                progress.check()?;
                for (sum, counted) in sums.iter_mut().zip(runner.count(photo).map_err(&failed)?) {
                    (sum[0], sum[1]) = (sum[0] + counted[0], sum[1] + counted[1]);
                }
            }
            let count = photos.len();
            let means = sums.into_iter().map(|sum| sum.map(|sum| sum / count.max(1) as f64)).collect();
            Ok::<_, Stopped>((count > 0).then_some((count, means)))
        })?;
        Ok(Self { sha256: model.sha256.clone(), arithmetic: model.arithmetic.clone(), runner, shares })
    }
}

impl ClippingRunner {
    /// The shares of each tensor's bytes at its ends.
    fn count(&mut self, frame: &Frame) -> Result<Vec<[f64; 2]>, IntegerError> {
        let Self { plan, tensors, letterboxer } = self;
        letterboxer.fill(frame);
        plan.run(letterboxer.tensor())?;
        let share = |tensor: &CutTensor| {
            let ends = plan.at_ends(&tensor.tensor).unwrap_or_default();
            ends.map(|count| count as f64 / tensor.values.max(1) as f64)
        };
        Ok(tensors.iter().map(share).collect())
    }
}
