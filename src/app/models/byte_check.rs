//! How many bytes of a model differ from those of exact arithmetic, on the picture in sight, and what that does to its
//! boxes: found on a thread of its own.
//!
//! A picture that stands still is looked at whenever it, or the arithmetic, is another one; of a live one, one frame is
//! looked at for each arithmetic, and another when it is asked for. One job runs at a time: one that nobody wants any more
//! is cancelled, and what is wanted then comes next.

use std::sync::{Arc, Mutex, PoisonError};

use egui::{Button, CollapsingHeader, Context, Grid, Label, RichText, Ui};

use super::exact_boxes::{self, ExactBoxes};
use crate::app::frame::current::CurrentFrame;
use crate::app::job::Job;
use crate::app::ui::theme;
use crate::app::view::Side;
use crate::compare::VerdictKind;
use crate::detect::{Frame, RawHeads, Thresholds};
use crate::model::{Arithmetic, ModelInfo};
use crate::workshop::{ByteStudy, DifferingBytes, Stopped};

/// What there is to compare.
#[derive(Clone, Copy)]
pub struct ByteSight<'a> {
    model: &'a Arc<ModelInfo>,
    /// That it looked at.
    frame: &'a Arc<Frame>,
    /// Of the side.
    thresholds: Thresholds,
    live: bool,
}

/// What was compared, or is.
struct ByteSubject {
    model: Arc<ModelInfo>,
    frame: Arc<Frame>,
}

/// What a job finds: the raw heads in exact arithmetic, and in the other.
struct ByteFindings {
    bytes: DifferingBytes,
    heads: Option<[RawHeads; 2]>,
}

/// What is shown. `None`: the model's outputs are no boxes.
struct ShownBytes {
    bytes: DifferingBytes,
    boxes: Option<ExactBoxes>,
}

#[derive(Default)]
pub struct ByteCheck {
    /// One job has it at a time.
    study: Arc<Mutex<ByteStudy>>,
    job: Option<(ByteSubject, Job<ByteFindings>)>,
    /// Or why it is not known.
    found: Option<(ByteSubject, Result<ShownBytes, String>)>,
    /// The next frame is compared whatever is known.
    again: bool,
}

impl ByteCheck {
    /// Takes what was found, and starts what is wanted. To be called with every frame; `None`: nothing is to be compared.
    pub fn poll(&mut self, ctx: &Context, sight: Option<ByteSight<'_>>) {
        let sight = sight.filter(|sight| sight.is_compared());
        if let Some((subject, job)) = self.job.take() {
            let wanted = sight.is_some_and(|sight| subject.stands_for(sight));
            match job.poll() {
                None => {
                    if !wanted {
                        job.cancel();
                    }
                    return self.job = Some((subject, job));
                }
                Some(Ok(found)) => {
                    let shown = subject.shown(found);
                    self.found = Some((subject, Ok(shown)));
                }
                Some(Err(Stopped::Failed(why))) => self.found = Some((subject, Err(why))),
                Some(Err(Stopped::Cancelled)) => {}
            }
        }
        let Some(sight) = sight else { return };
        let known = self.found.as_ref().is_some_and(|(subject, _)| subject.stands_for(sight));
        let again = std::mem::take(&mut self.again);
        if !known || again {
            self.start(ctx, sight);
        }
    }

    fn start(&mut self, ctx: &Context, sight: ByteSight<'_>) {
        let study = Arc::clone(&self.study);
        let (model, frame) = (Arc::clone(sight.model), Arc::clone(sight.frame));
        let job = Job::start(ctx, "bytes that differ", move |handle| {
            let mut study = study.lock().unwrap_or_else(PoisonError::into_inner);
            let bytes = study.compare(&model, &frame, handle)?;
            Ok(ByteFindings { bytes, heads: study.take_heads() })
        });
        match job {
            Ok(job) => self.job = Some((sight.subject(), job)),
            Err(cause) => {
                let why = format!("Can't start a thread for this: {cause}. Try again.");
                self.found = Some((sight.subject(), Err(why)));
            }
        }
    }

    /// Forgets everything: the model and a picture's tensors take some ten megabytes.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Shows what is known of the model in sight; `None`: none has looked yet.
    pub fn ui(&mut self, ui: &mut Ui, sight: Option<ByteSight<'_>>) {
        let Some(sight) = sight else { return };
        match sight.model.arithmetic {
            None => return,
            Some(Arithmetic::Exact) => return remark(ui, "Other arithmetics are compared with the bytes of this one."),
            Some(Arithmetic::Native) => {
                let text = "The bytes of ONNX Runtime's kernels are not compared; \"saturating\" is what they compute \
                            without VNNI.";
                return remark(ui, text);
            }
            Some(Arithmetic::Saturating | Arithmetic::Chip(_)) => {}
        }
        let found = self.found.as_mut().filter(|(subject, _)| subject.stands_for(sight));
        let is_found = found.is_some();
        match found {
            None => remark(ui, "Comparing boxes and bytes…"),
            Some((_, Err(why))) => {
                _ = ui.add(Label::new(RichText::new(why.as_str()).color(theme::scheme(ui).error)).wrap())
            }
            Some((_, Ok(found))) => shown(ui, found, sight.thresholds),
        }
        if sight.live && is_found {
            let compare = ui.add_enabled(self.job.is_none(), Button::new("Compare this frame").small());
            if compare.on_hover_text("Compare boxes and bytes on the current frame").clicked() {
                self.again = true;
                ui.ctx().request_repaint();
            }
        }
    }
}

impl<'a> ByteSight<'a> {
    /// Of a side; `None`: no model of it has looked at the frame in sight. `live`: another frame comes soon.
    pub fn of(current: &'a CurrentFrame, which: Side, live: bool) -> Option<Self> {
        let thresholds = current.thresholds().map_or_else(Thresholds::default, |both| both[which.index()]);
        let (model, frame) = (&current.output(which)?.model, &current.observation()?.frame);
        Some(Self { model, frame, thresholds, live })
    }

    /// Whether the arithmetic is another one than exact, and the integer engine's.
    fn is_compared(&self) -> bool {
        matches!(self.model.arithmetic, Some(Arithmetic::Saturating | Arithmetic::Chip(_)))
    }

    fn subject(&self) -> ByteSubject {
        ByteSubject { model: Arc::clone(self.model), frame: Arc::clone(self.frame) }
    }
}

impl ByteSubject {
    /// One live frame stands for the others.
    fn stands_for(&self, sight: ByteSight<'_>) -> bool {
        self.model.sha256 == sight.model.sha256
            && self.model.arithmetic == sight.model.arithmetic
            && (sight.live || Arc::ptr_eq(&self.frame, sight.frame))
    }

    fn shown(&self, ByteFindings { bytes, heads }: ByteFindings) -> ShownBytes {
        let boxes = heads.map(|heads| ExactBoxes::new(Arc::clone(&self.model), &self.frame, heads));
        ShownBytes { bytes, boxes }
    }
}

fn remark(ui: &mut Ui, text: &str) {
    ui.add(Label::new(RichText::new(text).weak()).wrap());
}

fn shown(ui: &mut Ui, found: &mut ShownBytes, thresholds: Thresholds) {
    let ShownBytes { bytes, boxes } = found;
    let line =
        |ui: &mut Ui, text: String| ui.add(Label::new(RichText::new(text).color(theme::scheme(ui).strong)).wrap());
    if let Some(boxes) = boxes {
        let agreement = boxes.agreement(thresholds);
        let same = VerdictKind::Matched.what(["exact arithmetic", "this one"]);
        line(ui, exact_boxes::words(agreement))
            .on_hover_text(format!("{same}.\nOn the frame that was compared, at the present thresholds"));
    }
    line(ui, words(bytes)).on_hover_text("On the frame that was compared, against exact arithmetic");
    let layers = CollapsingHeader::new("By layer").id_salt("bytes that differ").default_open(false);
    layers.show_unindented(ui, |ui| {
        Grid::new("bytes that differ by layer").num_columns(2).spacing([12.0, 2.0]).show(ui, |ui| {
            for layer in &bytes.layers {
                ui.label(RichText::new(&layer.tensor).small());
                ui.label(RichText::new(percent(layer.share())).font(theme::digits()));
                ui.end_row();
            }
        });
    });
}

/// "Bytes that differ: 1.3 % in all, worst layer_15_conv 8.0 %"
fn words(bytes: &DifferingBytes) -> String {
    let share = percent(bytes.share());
    match bytes.worst() {
        None => "Bytes that differ: none".to_owned(),
        Some(worst) => {
            format!("Bytes that differ: {share} in all, worst {} {}", worst.tensor, percent(worst.share()))
        }
    }
}

/// "0 %", "<0.1 %", "1.3 %"
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        0.0 => "0 %".into(),
        0.0..0.1 => "<0.1 %".into(),
        percent => format!("{percent:.1} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workshop::LayerBytes;

    #[test]
    fn the_words_say_how_many_and_where_most() {
        let layer = |tensor: &str, bytes, differing| LayerBytes { tensor: tensor.into(), bytes, differing };
        let mut bytes = DifferingBytes { layers: vec![layer("layer_00_conv", 900, 5), layer("layer_15_conv", 100, 8)] };
        assert_eq!(words(&bytes), "Bytes that differ: 1.3 % in all, worst layer_15_conv 8.0 %");
        bytes.layers.iter_mut().for_each(|layer| layer.differing = 0);
        assert_eq!(words(&bytes), "Bytes that differ: none");
        assert_eq!([0.0, 1e-6, 1.0].map(percent), ["0 %", "<0.1 %", "100.0 %"]);
    }
}
