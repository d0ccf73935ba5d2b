//! The ends of a tensor's bytes: what lies beyond the range that its grid covers is clipped to them.

use super::conv::Epilogue;
use super::grid::Grid;
use super::network::{Network, Op, Step};

/// A tensor that is rounded to bytes, and where that clips.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutTensor {
    pub tensor: String,
    /// How many values it has.
    pub values: usize,
    /// Whether values can lie below what the lowest byte stands for, and above what the highest byte stands for. Nothing
    /// lies beyond an end that is natural: 0 where the grid begins or ends there (after a ReLU), and 0 and 1 of the
    /// model's input.
    pub clips: [bool; 2],
    /// Nothing but leaky ReLUs read it.
    pub before_leaky: bool,
}

impl Network {
    /// The tensors that are rounded, in graph order. Those whose bytes are only moved (pooled, split, put together with
    /// one scale) repeat what is clipped before them, and are left out.
    pub fn cut_tensors(&self) -> Vec<CutTensor> {
        let mut found: Vec<CutTensor> = Vec::new();
        for step in &self.steps {
            let clips = match &step.op {
                Op::Quantize(grid) if step.input == self.input => of_input(*grid),
                Op::Quantize(grid) => beyond(grid.zero_point),
                Op::Conv(conv) => match &conv.epilogue {
                    Epilogue::Bytes { zero_point, .. } => beyond(*zero_point),
                    Epilogue::Floats { .. } => continue,
                },
                Op::Map(map) | Op::Channels { map: Some(map), .. } => beyond(map.to.zero_point),
                _ => continue,
            };
            let output = &self.tensors[step.output];
            // Several inputs of one concatenation.
            if found.iter().any(|known| known.tensor == output.name) {
                continue;
            }
            found.push(CutTensor {
                tensor: output.name.clone(),
                values: output.shape.values(),
                clips,
                before_leaky: self.is_before_leaky(step),
            });
        }
        found
    }

    fn is_before_leaky(&self, step: &Step) -> bool {
        let buffer = self.tensors[step.output].buffer;
        let is_it = |tensor: usize| self.tensors[tensor].buffer == buffer;
        if self.outputs.iter().any(|output| is_it(*output)) {
            return false;
        }
        let mut readers = self.steps.iter().filter(|reader| is_it(reader.input)).peekable();
        readers.peek().is_some() && readers.all(|reader| matches!(&reader.op, Op::Map(map) if map.slope.is_some()))
    }
}

fn beyond(zero_point: u8) -> [bool; 2] {
    [zero_point > u8::MIN, zero_point < u8::MAX]
}

/// A picture's values are 0 to 1: what is within half a step of that loses nothing.
fn of_input(grid: Grid) -> [bool; 2] {
    let half = grid.scale / 2.0;
    [grid.dequantize(u8::MIN) > half, grid.dequantize(u8::MAX) < 1.0 - half]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn natural_ends_clip_nothing() {
        assert_eq!((beyond(0), beyond(77), beyond(255)), ([false, true], [true, true], [true, false]));
        let picture = |max: f32| of_input(Grid { scale: max / 255.0, zero_point: 0 });
        assert_eq!((picture(1.0), picture(0.999)), ([false; 2], [false; 2]));
        assert_eq!(picture(0.5), [false, true], "calibrated in the dark");
    }
}
