//! Operations that move values or take the largest of several; nothing is rounded.
//!
//! Values are stored with channels innermost.

use super::tensor::Shape;
use super::window::Window;

/// Copies channels of the input, from `start` on, to channels of the output, from `to` on.
pub fn channels<T: Copy>(
    (input, from): (&[T], Shape),
    start: usize,
    (output, into): (&mut [T], Shape),
    to: usize,
    map: impl Fn(T) -> T,
) {
    let count = (from.channels - start).min(into.channels - to);
    let places = input.chunks_exact(from.channels).zip(output.chunks_exact_mut(into.channels));
    for (input, output) in places {
        for (output, input) in output[to..][..count].iter_mut().zip(&input[start..][..count]) {
            *output = map(*input);
        }
    }
}

/// Places the input `corner` rows below the top of the output and `corner` columns to the right of its left end.
pub fn pad<T: Copy>((input, from): (&[T], Shape), corner: [usize; 2], value: T, (output, into): (&mut [T], Shape)) {
    output.fill(value);
    let row = from.width * from.channels;
    for (y, input) in input.chunks_exact(row).enumerate() {
        let at = ((corner[0] + y) * into.width + corner[1]) * into.channels;
        output[at..at + row].copy_from_slice(input);
    }
}

/// Repeats each position `factor` times, along the height and along the width.
pub fn upsample<T: Copy>((input, from): (&[T], Shape), factor: [usize; 2], (output, into): (&mut [T], Shape)) {
    let channels = from.channels;
    for (position, place) in output.chunks_exact_mut(channels).enumerate() {
        let (y, x) = (position / into.width / factor[0], position % into.width / factor[1]);
        place.copy_from_slice(&input[(y * from.width + x) * channels..][..channels]);
    }
}

/// The largest byte in the window, per channel; padding is ignored.
pub fn max_pool((input, from): (&[u8], Shape), window: &Window, (output, into): (&mut [u8], Shape)) {
    let channels = from.channels;
    for (position, largest) in output.chunks_exact_mut(channels).enumerate() {
        largest.fill(0);
        for place in window.places(from, [position / into.width, position % into.width]).flatten() {
            for (largest, byte) in largest.iter_mut().zip(&input[place * channels..][..channels]) {
                *largest = (*largest).max(*byte);
            }
        }
    }
}

/// From ONNX's order, channels first, to channels last.
pub fn channels_last<T: Copy>(input: &[T], shape: Shape, output: &mut [T]) {
    for (channel, plane) in input.chunks_exact(shape.positions()).enumerate() {
        for (value, place) in plane.iter().zip(output.chunks_exact_mut(shape.channels)) {
            place[channel] = *value;
        }
    }
}
