//! Frames of one size: a video keeps the size of its first frame.

use crate::detect::{Frame, FrameError, Size};

/// Puts `frame` into the middle of a frame of `size`, as large as it fits, with black around it. Nearest pixels: it is rare
/// that a source changes its size.
pub(super) fn fit(frame: &Frame, size: Size, fitted: &mut Frame) -> Result<(), FrameError> {
    fitted.resize(size)?;
    fitted.rgb_mut().fill(0);
    let scale =
        (f64::from(size.width) / f64::from(frame.width())).min(f64::from(size.height) / f64::from(frame.height()));
    let side = |of: u32, whole: u32| ((f64::from(of) * scale).round() as u32).clamp(1, whole);
    let (width, height) = (side(frame.width(), size.width), side(frame.height(), size.height));
    let (left, top) = ((size.width - width) / 2, (size.height - height) / 2);
    let stride = fitted.stride();
    for y in 0..height {
        let from_y = u64::from(y) * u64::from(frame.height()) / u64::from(height);
        for x in 0..width {
            let from_x = u64::from(x) * u64::from(frame.width()) / u64::from(width);
            let Some(pixel) = frame.pixel(from_x as u32, from_y as u32) else { continue };
            let at = (top + y) as usize * stride + (left + x) as usize * 3;
            fitted.rgb_mut()[at..at + 3].copy_from_slice(&pixel);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_size_fits_into_the_first_with_its_own_proportions() {
        let white = Frame::from_rgb(Size::new(10, 20), vec![255; 600]).unwrap();
        let mut fitted = Frame::default();
        fit(&white, Size::new(40, 40), &mut fitted).unwrap();
        let at = |x, y| fitted.pixel(x, y).map(|p| p[0]);
        assert_eq!(fitted.size(), Size::new(40, 40));
        assert_eq!([at(9, 20), at(10, 0), at(29, 39), at(30, 20)], [Some(0), Some(255), Some(255), Some(0)]);
    }
}
