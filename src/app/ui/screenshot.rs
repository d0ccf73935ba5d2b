//! Saves a picture of the window after a while, then closes it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use egui::{ColorImage, Context, ScreenshotCallback, ViewportCommand};

/// One screenshot that was asked for on the command line.
pub struct Screenshot {
    file: PathBuf,
    due: Instant,
    taken: Option<Receiver<Arc<ColorImage>>>,
}

impl Screenshot {
    pub fn after(delay: Duration, file: PathBuf) -> Self {
        Self { file, due: Instant::now() + delay, taken: None }
    }

    /// To be called with every frame: takes the picture when it is due. `Some` once it is saved, or could not be.
    pub fn poll(&mut self, ctx: &Context) -> Option<Result<(), String>> {
        let now = Instant::now();
        if now < self.due {
            ctx.request_repaint_after(self.due - now);
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
        let rgb: Vec<u8> = image.pixels.iter().flat_map(|p| [p.r(), p.g(), p.b()]).collect();
        image::save_buffer(&self.file, &rgb, width as u32, height as u32, image::ExtendedColorType::Rgb8)
            .map_err(|e| format!("cannot save the screenshot {}: {e}", self.file.display()))
    }
}
