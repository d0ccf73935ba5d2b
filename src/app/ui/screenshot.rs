//! Saves a picture of the window after a while, then closes it.

use std::fmt::Display;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use egui::{ColorImage, Context, ScreenshotCallback, ViewportCommand};

use crate::annotate::png;
use crate::detect::{Frame, Size};
use crate::files::OutputFile;

/// How long it waits for boxes, past its time.
const PATIENCE: Duration = Duration::from_secs(60);

/// One screenshot that was asked for on the command line.
pub struct Screenshot {
    file: OutputFile,
    due: Instant,
    taken: Option<Receiver<Arc<ColorImage>>>,
}

impl Screenshot {
    pub fn after(delay: Duration, file: OutputFile) -> Self {
        Self { file, due: Instant::now() + delay, taken: None }
    }

    /// To be called with every frame: takes the picture when it is due, or later when boxes are `awaited`. `Some` once it
    /// is saved, or could not be.
    pub fn poll(&mut self, ctx: &Context, awaited: bool) -> Option<Result<(), String>> {
        let now = Instant::now();
        // A source that is tried again does not hold up a picture that is taken already.
        let due = if awaited && self.taken.is_none() { self.due + PATIENCE } else { self.due };
        if now < due {
            ctx.request_repaint_after(due - now);
            return None;
        }
        let Some(taken) = &self.taken else {
            let (send, receive) = bounded(1);
            let callback = move |image| drop(send.try_send(image));
            ctx.send_viewport_cmd(ViewportCommand::Screenshot(ScreenshotCallback::new(callback)));
            self.taken = Some(receive);
            ctx.request_repaint();
            return None;
        };
        let Ok(image) = taken.try_recv() else {
            ctx.request_repaint();
            return None;
        };
        Some(self.save(&image))
    }

    fn save(&self, image: &ColorImage) -> Result<(), String> {
        let [width, height] = image.size;
        let failed = |error: &dyn Display| format!("cannot save the screenshot: {error}");
        let mut frame = Frame::new(Size::new(width as u32, height as u32)).map_err(|error| failed(&error))?;
        for (pixel, p) in frame.rgb_mut().chunks_exact_mut(3).zip(&image.pixels) {
            pixel.copy_from_slice(&[p.r(), p.g(), p.b()]);
        }
        let png = png(&frame).map_err(|error| failed(&error))?;
        self.file.write(&png).map_err(|error| failed(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{FileFormat, Outputs};

    #[test]
    fn it_waits_for_boxes_that_are_to_come() {
        let dir = tempfile::tempdir().unwrap();
        let file = Outputs::default().file(&dir.path().join("window.png"), &FileFormat::NEW).unwrap();
        let mut screenshot = Screenshot::after(Duration::ZERO, file);
        let ctx = Context::default();
        let mut is_taken = |awaited: bool| {
            let mut output = ctx.run_ui(Default::default(), |ui| {
                assert!(screenshot.poll(ui.ctx(), awaited).is_none());
            });
            output.textures_delta.clear();
            let commands = output.viewport_output.into_values().flat_map(|viewport| viewport.commands);
            commands.into_iter().any(|command| matches!(command, ViewportCommand::Screenshot(_)))
        };
        assert!(!is_taken(true));
        assert!(is_taken(false));
    }
}
