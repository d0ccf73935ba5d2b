//! A recording again, as a video.

use std::error::Error;

use super::sides::ReplaySide;
use crate::annotate::{Look, MarkPanes, PanePainter, class_marks, paint_names};
use crate::cli::output::video_out::{FrameTime, VideoOut};
use crate::compare::{Comparer, ModelInput};
use crate::detect::{Letterbox, Postprocessor};
use crate::encode::EncodeError;
use crate::recording::RecordedFrame;

/// Paints and writes frame after frame.
pub struct ReplayVideo {
    out: VideoOut,
    look: Look,
    painter: PanePainter,
    comparer: Comparer,
    postprocessor: Postprocessor,
}

impl ReplayVideo {
    pub fn new(out: VideoOut, look: Look) -> Self {
        let (painter, comparer, postprocessor) = Default::default();
        Self { out, look, painter, comparer, postprocessor }
    }

    /// At the time at which it was recorded. Of two models of the same classes both boxes, by their verdicts; else those of
    /// the first.
    pub fn add(&mut self, recorded: &RecordedFrame, sides: &[ReplaySide<'_>]) -> Result<(), Box<dyn Error>> {
        let frame = &recorded.frame;
        let size = frame.size();
        let places: Vec<Letterbox> = sides.iter().map(|side| Letterbox::new(size, side.form.input)).collect();
        let input = |(side, letterbox)| {
            let &ReplaySide { form, heads, thresholds, .. } = side;
            ModelInput { form, heads, letterbox, thresholds }
        };
        let inputs: Vec<ModelInput<'_>> = sides.iter().zip(&places).map(input).collect();
        let mut names = [""; 2];
        let panes = match inputs.as_slice() {
            [a, b, ..] if a.form.classes == b.form.classes => {
                names = [sides[0].name, sides[1].name];
                self.look.panes(size, self.comparer.run(a, b), &a.form.classes)
            }
            [a, ..] => {
                let detections = self.postprocessor.run(a.form, a.heads, a.letterbox, a.thresholds);
                MarkPanes::One(class_marks(detections, &a.form.classes))
            }
            [] => MarkPanes::One(Vec::new()),
        };
        let painted = self.painter.paint(frame, &panes)?;
        paint_names(painted, &panes, names);
        Ok(self.out.add(painted, FrameTime { time: Some(recorded.time), rate: None })?)
    }

    /// Whether it is as large as it may be.
    pub fn is_full(&self) -> bool {
        self.out.is_full()
    }

    /// Puts the video into its place.
    pub fn finish(self) -> Result<(), EncodeError> {
        self.out.finish()
    }
}
