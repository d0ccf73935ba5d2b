//! One observation, compacted.

use std::sync::Arc;
use std::time::Instant;

use super::heads::{Heads, Packer};
use super::picture::{RestoreError, StoredPicture};
use crate::compare::{CompareSettings, ModelInput};
use crate::detect::{Frame, RawHeads, Size};
use crate::engine::{Observation, Output};

/// One observation with its picture as JPEG and its exact raw heads.
pub struct Moment {
    /// Everything except the picture and the raw heads, which are replaced by a black frame and empty heads.
    rest: Observation,
    picture: StoredPicture,
    /// One per output of `rest`.
    heads: Vec<Heads>,
    bytes: usize,
}

/// Creates moments, reusing memory.
#[derive(Default)]
pub struct Compactor {
    packer: Packer,
    jpeg: Vec<u8>,
    black: Arc<Frame>,
    empty: Arc<RawHeads>,
}

impl Compactor {
    /// Takes milliseconds, most of it for JPEG.
    pub fn run(&mut self, observation: &Observation) -> Moment {
        let heads: Vec<Heads> = observation.outputs.iter().map(|o| Heads::new(&o.heads, &mut self.packer)).collect();
        let picture = StoredPicture::new(&observation.frame, &mut self.jpeg);
        let hollow = |output: &Output| Output { heads: Arc::clone(&self.empty), ..output.clone() };
        let outputs = observation.outputs.iter().map(hollow).collect();
        let mut rest = Observation { frame: Arc::clone(&self.black), outputs, ..observation.clone() };
        // A recording gives raw heads with each frame: they would stay in memory, and `bytes` would not have them.
        rest.description.recorded = Arc::default();
        let fixed = size_of::<Moment>() + size_of_val(&*rest.outputs);
        let bytes = fixed + picture.bytes() + heads.iter().map(Heads::bytes).sum::<usize>();
        Moment { rest, picture, heads, bytes }
    }
}

impl Moment {
    /// The observation's; see [`Observation::sequence`].
    pub fn sequence(&self) -> u64 {
        self.rest.sequence
    }

    /// The frame's; see [`Observation::frame_id`].
    pub fn frame_id(&self) -> u64 {
        self.rest.frame_id
    }

    /// The source's; see [`Observation::source_generation`].
    pub fn source_generation(&self) -> u64 {
        self.rest.source_generation
    }

    /// When the frame was captured.
    pub fn captured(&self) -> Instant {
        self.rest.times.captured
    }

    /// Size of the picture, in pixels.
    pub fn size(&self) -> Size {
        self.picture.size()
    }

    /// Size in memory, in bytes, without the shared descriptions of the models.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Restores the observation: the picture decoded, raw heads exact, everything else unchanged but for what a recording
    /// said of the frame. Takes milliseconds.
    pub fn restore(&self) -> Result<Observation, RestoreError> {
        let frame = self.picture.frame()?;
        let whole = |(output, heads): (&Output, &Heads)| Output { heads: heads.shared(), ..output.clone() };
        let outputs = self.rest.outputs.iter().zip(&self.heads).map(whole).collect();
        Ok(Observation { frame, outputs, ..self.rest.clone() })
    }

    /// Whether two comparable models processed it.
    pub fn is_pair(&self) -> bool {
        self.pair(false).is_some()
    }

    /// A's and B's side of it. `None` where only one model ran, or where the two know different classes. `unpacked`
    /// is memory for raw heads that do not lie open.
    pub fn sides<'a>(
        &'a self,
        setting: &CompareSettings,
        unpacked: &'a mut [RawHeads; 2],
    ) -> Option<[ModelInput<'a>; 2]> {
        let [a, b] = self.pair(setting.swapped)?;
        let [of_a, of_b] = unpacked;
        let side = |at: usize, unpacked: &'a mut RawHeads, thresholds| {
            let output = &self.rest.outputs[at];
            let heads = self.heads[at].get(unpacked);
            ModelInput { form: &output.model.form, heads, letterbox: &output.letterbox, thresholds }
        };
        Some([side(a, of_a, setting.thresholds[0]), side(b, of_b, setting.thresholds[1])])
    }

    /// Indices of A and B among the outputs.
    fn pair(&self, swapped: bool) -> Option<[usize; 2]> {
        let outputs = &self.rest.outputs;
        let of = |slot| outputs.iter().position(|o| o.slot == slot);
        let [a, b] = [of(0)?, of(1)?];
        let comparable = outputs[a].model.form.classes == outputs[b].model.form.classes;
        comparable.then_some(if swapped { [b, a] } else { [a, b] })
    }
}

impl std::fmt::Debug for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Moment({}, {} bytes)", self.rest.sequence, self.bytes)
    }
}
