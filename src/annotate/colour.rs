//! A colour for each class and each verdict.

use crate::compare::VerdictKind;

/// The colour of text on a class colour, sRGB.
pub const INK: [u8; 3] = [12, 14, 18];

/// Colours of verdicts, sRGB, from Okabe and Ito's palette, which is safe for colour-blind people.
pub const MATCHED: [u8; 3] = [0, 158, 115];
pub const FLIP: [u8; 3] = [204, 121, 167];
pub const LOST: [u8; 3] = [230, 159, 0];
pub const GAINED: [u8; 3] = [86, 180, 233];

/// The colour of a verdict, sRGB.
pub(super) fn verdict_rgb(kind: VerdictKind) -> [u8; 3] {
    match kind {
        VerdictKind::Matched => MATCHED,
        VerdictKind::Flip => FLIP,
        VerdictKind::Lost => LOST,
        VerdictKind::Gained => GAINED,
    }
}

/// A class's own colour, sRGB: six hues that shift from one round of the list to the next, in three lightnesses of
/// OKLCH. COCO classes that share a street or a room get clearly different colours.
pub fn class_rgb(class_id: usize) -> [u8; 3] {
    let hue = (class_id as f32 * 60.7 + 250.0).to_radians();
    let lightness = [0.80, 0.72, 0.86][class_id / 6 % 3];
    oklch(lightness, 0.15, hue)
}

/// Converts OKLCH (lightness 0..=1, chroma, hue in radians) to sRGB, following Björn Ottosson's definition of OKLab;
/// colours outside sRGB are clipped.
fn oklch(lightness: f32, chroma: f32, hue: f32) -> [u8; 3] {
    let (a, b) = (chroma * hue.cos(), chroma * hue.sin());
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    let linear = [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
        -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ];
    linear.map(|v| (encode(v.clamp(0.0, 1.0)) * 255.0).round() as u8)
}

/// sRGB's transfer function.
fn encode(linear: f32) -> f32 {
    if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG's relative luminance.
    fn luminance(rgb: [u8; 3]) -> f32 {
        let [r, g, b] = rgb.map(|v| {
            let v = f32::from(v) / 255.0;
            if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    #[test]
    fn text_is_readable_on_every_class_colour() {
        for class_id in 0..200 {
            let ratio = (luminance(class_rgb(class_id)) + 0.05) / (luminance(INK) + 0.05);
            assert!(ratio >= 7.0, "class {class_id}: {ratio}");
        }
    }

    #[test]
    fn neighbours_differ() {
        for class_id in 0..100 {
            let (a, b) = (class_rgb(class_id), class_rgb(class_id + 1));
            let distance: u32 = a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(b))).sum();
            assert!(distance > 60, "classes {class_id} and {}: {a:?} {b:?}", class_id + 1);
        }
    }
}
