//! A YOLO label file: a line for each object, `class x y width height`, the middle and the sides as parts of the picture.

use super::LabelFileError;
use crate::compare::truth::TruthBox;
use crate::detect::Size;

/// How far over the edge a coordinate may be, as rounding leaves it.
const SLACK: f64 = 0.01;

/// The boxes of a picture of this size; of an outline, what surrounds it. `names`: how many classes there are.
pub(super) fn boxes(text: &str, size: Size, names: usize) -> Result<Vec<TruthBox>, LabelFileError> {
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let mut boxes = Vec::new();
    for (values, line) in text.lines().zip(1..) {
        let values: Vec<&str> = values.split_whitespace().collect();
        let Some((class, numbers)) = values.split_first() else { continue };
        let is_outline = numbers.len() >= 6 && numbers.len().is_multiple_of(2);
        if numbers.len() != 4 && !is_outline {
            return Err(LabelFileError::Values { line, found: values.len() });
        }
        let category = class_of(class).ok_or_else(|| LabelFileError::Class { line, value: (*class).to_owned() })?;
        if category >= names {
            return Err(LabelFileError::UnknownClass { line, class: category, names });
        }
        let numbers = numbers.iter().map(|value| number(value, line)).collect::<Result<Vec<f64>, _>>()?;
        let [left, top, right, bottom] = match numbers.as_slice() {
            [x, y, w, h] => [x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0],
            outline => outline.chunks_exact(2).fold([1.0_f64, 1.0, 0.0, 0.0], |[l, t, r, b], point| {
                [l.min(point[0]), t.min(point[1]), r.max(point[0]), b.max(point[1])]
            }),
        };
        let xywh = [left * width, top * height, (right - left) * width, (bottom - top) * height];
        boxes.push(TruthBox { category, xywh, area: xywh[2] * xywh[3], crowd: false });
    }
    Ok(boxes)
}

/// Some programs write "3.0".
fn class_of(value: &str) -> Option<usize> {
    let value = value.strip_suffix(".0").unwrap_or(value);
    value.parse().ok()
}

fn number(value: &str, line: usize) -> Result<f64, LabelFileError> {
    let number: f64 = value.parse().map_err(|_| LabelFileError::Number { line, value: value.to_owned() })?;
    if (-SLACK..=1.0 + SLACK).contains(&number) {
        Ok(number)
    } else {
        Err(LabelFileError::Outside { line, value: value.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 200, height: 100 };

    #[test]
    fn boxes_come_to_pixels_and_outlines_to_what_surrounds_them() {
        let read = boxes("1 0.5 0.5 0.2 0.4\r\n\n0.0 0.1 0.2 0.3 0.2 0.2 0.6\n", SIZE, 2).unwrap();
        let close = |at: usize, expected: [f64; 4]| {
            assert!(read[at].xywh.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{:?}", read[at]);
        };
        close(0, [80.0, 30.0, 40.0, 40.0]);
        close(1, [20.0, 20.0, 40.0, 40.0]);
        assert_eq!((read[0].category, read[1].category), (1, 0));
        assert!((read[0].area - 1600.0).abs() < 1e-9);
        assert_eq!(boxes("", SIZE, 2), Ok(Vec::new()));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, expected) in [
            ("0 0.5 0.5 0.2", "line 1 has 4 values"),
            ("0 0.5 0.5 0.2 0.2\n0 0.5 0.5 0.2 0.2 0.9", "line 2 has 6 values"),
            ("0 0.5 x 0.2 0.2", "line 1: \"x\" is not a number"),
            ("dog 0.5 0.5 0.2 0.2", "the class is \"dog\""),
            ("-1 0.5 0.5 0.2 0.2", "the class is \"-1\""),
            ("2 0.5 0.5 0.2 0.2", "class 2, but there are only 2 names"),
            ("0 120 80 20 20", "120 is not between 0 and 1"),
            ("0 NaN 0.5 0.2 0.2", "NaN is not between 0 and 1"),
        ] {
            let error = boxes(text, SIZE, 2).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
