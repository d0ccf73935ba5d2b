//! How well colours stand out from each other, for tests of the window's look.

use egui::Color32;

/// What edges, marks and disabled text must have (WCAG 2.2, 1.4.11).
pub const OF_EDGES: f32 = 3.0;

/// What text must have (WCAG 2.2, 1.4.3).
pub const OF_TEXT: f32 = 4.5;

/// Red, green and blue in proportion to light, 0 to 1.
pub fn linear(colour: Color32) -> [f32; 3] {
    [colour.r(), colour.g(), colour.b()].map(|v| {
        let v = f32::from(v) / 255.0;
        if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    })
}

/// WCAG's ratio, 1 to 21.
pub fn contrast(a: Color32, b: Color32) -> f32 {
    let luminance = |c| linear(c).iter().zip([0.2126, 0.7152, 0.0722]).map(|(v, w)| v * w).sum::<f32>() + 0.05;
    let (a, b) = (luminance(a), luminance(b));
    a.max(b) / a.min(b)
}

/// What is seen of `colour` laid over `ground` with this opacity.
pub fn over(colour: Color32, ground: Color32, opacity: f32) -> Color32 {
    let mix = |c: u8, g: u8| (f32::from(c) * opacity + f32::from(g) * (1.0 - opacity)).round() as u8;
    Color32::from_rgb(mix(colour.r(), ground.r()), mix(colour.g(), ground.g()), mix(colour.b(), ground.b()))
}
