//! What a board's tensors do to the boxes.

use std::path::PathBuf;

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
    /// Of the pack.
    dir: PathBuf,
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
        Ok(Self { form, letterbox, names, heads, dir: pack.dir().to_owned() })
    }

    pub fn tensors(&self) -> impl Iterator<Item = &String> {
        self.names.iter()
    }

    /// The pack's own.
    pub fn own(self) -> RawHeads {
        self.heads
    }

    /// Those that an executor holds.
    pub fn computed(&self, executor: &Executor) -> Result<RawHeads, GoldenError> {
        let mut heads = RawHeads::zeros(&self.form);
        for (name, values) in self.names.iter().zip(&mut heads.heads) {
            match executor.values(name) {
                Some(Values::F32(floats)) if floats.len() == values.len() => *values = floats,
                _ => {
                    let why = "its heads are not those of its model".into();
                    return Err(GoldenError::Damaged { path: self.dir.clone(), why });
                }
            }
        }
        Ok(heads)
    }

    /// Boxes of the pack (A) and those of the executor's heads (B), at the usual thresholds.
    pub fn compare(self, executor: &Executor) -> Result<Comparison, GoldenError> {
        let heads = self.computed(executor)?;
        let [a, b] = [&self.heads, &heads].map(|heads| ModelInput {
            form: &self.form,
            heads,
            letterbox: &self.letterbox,
            thresholds: Thresholds::LIVE,
        });
        Ok(Comparer::default().run(&a, &b).clone())
    }
}
