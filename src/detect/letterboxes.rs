//! One letterboxed input for each input size among the models.

use super::frame::Frame;
use super::geometry::{Letterbox, Size};
use super::letterbox::Letterboxer;

/// Letterboxes a frame once for each size, however many models share it.
#[derive(Default)]
pub struct Letterboxes {
    inputs: Vec<SizedInput>,
}

struct SizedInput {
    size: Size,
    letterboxer: Letterboxer,
    /// `None` = not filled with the present frame.
    filled: Option<Letterbox>,
}

impl Letterboxes {
    /// Starts on another frame.
    pub fn begin(&mut self) {
        self.inputs.iter_mut().for_each(|input| input.filled = None);
    }

    /// Where the frame sits, and the input tensor: `[3, height, width]` in 0..=1, RGB. Only the first call for a size
    /// after [`Letterboxes::begin`] looks at the frame.
    pub fn fill(&mut self, size: Size, frame: &Frame) -> (Letterbox, &[f32]) {
        let at = self.inputs.iter().position(|input| input.size == size).unwrap_or_else(|| {
            self.inputs.push(SizedInput { size, letterboxer: Letterboxer::new(size), filled: None });
            self.inputs.len() - 1
        });
        let input = &mut self.inputs[at];
        let letterbox = *input.filled.get_or_insert_with(|| input.letterboxer.fill(frame));
        (letterbox, input.letterboxer.tensor())
    }

    /// Frees the memory of other sizes.
    pub fn keep(&mut self, sizes: &[Size]) {
        self.inputs.retain(|input| sizes.contains(&input.size));
    }
}
