//! What a board's tensors do to the boxes.

use super::error::GoldenError;
use super::manifest::{PackedLetterbox, PackedPicture};
use super::pack::GoldenPack;
use crate::compare::{Comparer, Comparison, ModelInput};
use crate::detect::{Form, Letterbox, RawHeads, Size, Thresholds};
use crate::integer::{Executor, Values};

/// The raw heads of a pack's picture.
pub struct PackHeads {
    pub form: Form,
    letterbox: Letterbox,
    names: Vec<String>,
    heads: RawHeads,
    damaged: GoldenError,
}

impl PackHeads {
    pub fn new(pack: &GoldenPack, picture: &PackedPicture) -> Result<Self, GoldenError> {
        let detector = &pack.manifest.detector;
        let form = detector.form().map_err(|why| pack.damaged(why))?;
        let letterbox = Letterbox::new(Size::new(picture.width, picture.height), form.input);
        if PackedLetterbox::from(&letterbox) != picture.letterbox {
            return Err(pack.damaged(format!("the letterbox of {} is not that of its size", picture.name)));
        }
        let mut heads = RawHeads::zeros(&form);
        let names: Vec<String> = detector.heads.iter().map(|head| head.tensor.clone()).collect();
        for (name, values) in names.iter().zip(&mut heads.heads) {
            let missing = || pack.damaged(format!("it has no head {name}"));
            let packed = picture.tensors.iter().find(|packed| packed.name == *name).ok_or_else(missing)?;
            let array = pack.array(packed)?;
            let array = if array.dims.len() == 4 { array.permuted(packed.layout.axes_in_onnx()) } else { array };
            match array.to_values() {
                Some(Values::F32(floats)) if floats.len() == values.len() => *values = floats,
                _ => return Err(pack.damaged(format!("{name} is not the head that it says"))),
            }
        }
        let damaged = pack.damaged("its heads are not those of its model".into());
        Ok(Self { form, letterbox, names, heads, damaged })
    }

    pub fn tensors(&self) -> impl Iterator<Item = &String> {
        self.names.iter()
    }

    /// Boxes of the pack (A) and those of the executor's heads (B), at the usual thresholds.
    pub fn compare(self, executor: &Executor) -> Result<Comparison, GoldenError> {
        let mut heads = RawHeads::zeros(&self.form);
        for (name, values) in self.names.iter().zip(&mut heads.heads) {
            match executor.values(name) {
                Some(Values::F32(floats)) if floats.len() == values.len() => *values = floats,
                _ => return Err(self.damaged),
            }
        }
        let [a, b] = [&self.heads, &heads].map(|heads| ModelInput {
            form: &self.form,
            heads,
            letterbox: &self.letterbox,
            thresholds: Thresholds::LIVE,
        });
        Ok(Comparer::default().run(&a, &b).clone())
    }
}
