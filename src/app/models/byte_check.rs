//! How many bytes of a model differ from those of exact arithmetic, on the picture in sight: found on a thread of its own.
//!
//! A picture that stands still is looked at whenever it, or the arithmetic, is another one; of a live one, one frame is
//! looked at for each arithmetic, and another when it is asked for. One job runs at a time: one that nobody wants any more
//! is cancelled, and what is wanted then comes next.

use std::sync::{Arc, Mutex, PoisonError};

use egui::{Button, CollapsingHeader, Context, Grid, Label, RichText, Ui};

use crate::app::frame::current::CurrentFrame;
use crate::app::job::Job;
use crate::app::ui::theme;
use crate::app::view::Side;
use crate::detect::Frame;
use crate::model::{Arithmetic, ModelInfo};
use crate::workshop::{ByteStudy, DifferingBytes, Stopped};

/// What there is to compare.
#[derive(Clone, Copy)]
pub struct ByteSight<'a> {
    model: &'a Arc<ModelInfo>,
    /// That it looked at.
    frame: &'a Arc<Frame>,
    live: bool,
}

/// What was compared, or is.
struct ByteSubject {
    sha256: String,
    arithmetic: Option<Arithmetic>,
    frame: Arc<Frame>,
}

#[derive(Default)]
pub struct ByteCheck {
    /// One job has it at a time.
    study: Arc<Mutex<ByteStudy>>,
    job: Option<(ByteSubject, Job<DifferingBytes>)>,
    /// Or why it is not known.
    found: Option<(ByteSubject, Result<DifferingBytes, String>)>,
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
                Some(Ok(bytes)) => self.found = Some((subject, Ok(bytes))),
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
            study.lock().unwrap_or_else(PoisonError::into_inner).compare(&model, &frame, handle)
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
        let found = self.found.as_ref().filter(|(subject, _)| subject.stands_for(sight));
        match found {
            None => remark(ui, "Comparing bytes…"),
            Some((_, Err(why))) => _ = ui.add(Label::new(RichText::new(why).color(theme::scheme(ui).error)).wrap()),
            Some((_, Ok(bytes))) => shown(ui, bytes),
        }
        if sight.live && found.is_some() {
            let compare = ui.add_enabled(self.job.is_none(), Button::new("Compare this frame").small());
            if compare.on_hover_text("Compare the bytes on the current frame").clicked() {
                self.again = true;
                ui.ctx().request_repaint();
            }
        }
    }
}

impl<'a> ByteSight<'a> {
    /// Of a side; `None`: no model of it has looked at the frame in sight. `live`: another frame comes soon.
    pub fn of(current: &'a CurrentFrame, which: Side, live: bool) -> Option<Self> {
        Some(Self { model: &current.output(which)?.model, frame: &current.observation()?.frame, live })
    }

    /// Whether the arithmetic is another one than exact, and the integer engine's.
    fn is_compared(&self) -> bool {
        matches!(self.model.arithmetic, Some(Arithmetic::Saturating | Arithmetic::Chip(_)))
    }

    fn subject(&self) -> ByteSubject {
        ByteSubject {
            sha256: self.model.sha256.clone(),
            arithmetic: self.model.arithmetic.clone(),
            frame: Arc::clone(self.frame),
        }
    }
}

impl ByteSubject {
    /// One live frame stands for the others.
    fn stands_for(&self, sight: ByteSight<'_>) -> bool {
        self.sha256 == sight.model.sha256
            && self.arithmetic == sight.model.arithmetic
            && (sight.live || Arc::ptr_eq(&self.frame, sight.frame))
    }
}

fn remark(ui: &mut Ui, text: &str) {
    ui.add(Label::new(RichText::new(text).weak()).wrap());
}

fn shown(ui: &mut Ui, bytes: &DifferingBytes) {
    ui.add(Label::new(RichText::new(words(bytes)).color(theme::scheme(ui).strong)).wrap())
        .on_hover_text("On the frame that was compared, against exact arithmetic");
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
