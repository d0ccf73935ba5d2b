//! Colours: of classes, and of the window in the dark and in the light. No other file names a colour.

use egui::Color32;

use crate::annotate;

/// A class's own colour.
pub fn class_colour(class_id: usize) -> Color32 {
    let [r, g, b] = annotate::class_rgb(class_id);
    Color32::from_rgb(r, g, b)
}

const fn rgb([r, g, b]: [u8; 3]) -> Color32 {
    Color32::from_rgb(r, g, b)
}

/// Verdicts, the same on every ground: a halo, or the sign in the colour of [`ON_CLASS`], gives the contrast.
pub const MATCHED: Color32 = rgb(annotate::MATCHED);
pub const FLIP: Color32 = rgb(annotate::FLIP);
pub const LOST: Color32 = rgb(annotate::LOST);
pub const GAINED: Color32 = rgb(annotate::GAINED);

/// What is known to be in a picture: Okabe and Ito's vermillion, which stands out from the window's grounds by itself.
pub const TRUTH: Color32 = Color32::from_rgb(213, 94, 0);

/// The colour of text on a class's colour, and on a verdict's.
pub const ON_CLASS: Color32 = Color32::from_rgb(annotate::INK[0], annotate::INK[1], annotate::INK[2]);

/// Goes round every outline, so that it is seen on any picture.
pub const HALO: Color32 = Color32::from_black_alpha(150);

/// Text and ground of remarks that lie on the picture.
pub const ON_PICTURE: Color32 = Color32::from_rgb(240, 242, 246);
pub const BEHIND_REMARK: Color32 = Color32::from_black_alpha(190);

/// Laid over a picture that is not live any more.
pub const STALE: Color32 = Color32::from_black_alpha(120);

/// Laid over the window while a file is held above it.
pub const DROP_VEIL: Color32 = Color32::from_black_alpha(170);

/// The window's own colours.
pub struct Scheme {
    pub panel: Color32,
    pub picture: Color32,
    pub field: Color32,
    /// Between things, as a help for the eye: nothing is lost on those who do not see it.
    pub line: Color32,
    /// Around what can be used: boxes, buttons, fields. Stands out from every ground that they are on.
    pub edge: Color32,
    pub text: Color32,
    pub strong: Color32,
    pub weak: Color32,
    pub button: Color32,
    pub hovered: Color32,
    pub pressed: Color32,
    pub accent: Color32,
    pub on_accent: Color32,
    pub warning: Color32,
    pub error: Color32,
}

pub const DARK: Scheme = Scheme {
    panel: Color32::from_rgb(24, 26, 31),
    picture: Color32::from_rgb(13, 14, 17),
    field: Color32::from_rgb(16, 18, 22),
    line: Color32::from_rgb(44, 48, 56),
    edge: Color32::from_rgb(110, 117, 130),
    text: Color32::from_rgb(205, 210, 218),
    strong: Color32::from_rgb(243, 245, 248),
    weak: Color32::from_rgb(141, 148, 160),
    button: Color32::from_rgb(40, 44, 52),
    hovered: Color32::from_rgb(53, 58, 68),
    pressed: Color32::from_rgb(64, 70, 82),
    accent: Color32::from_rgb(96, 165, 250),
    on_accent: Color32::from_rgb(9, 20, 36),
    warning: Color32::from_rgb(251, 191, 36),
    error: Color32::from_rgb(248, 113, 113),
};

pub const LIGHT: Scheme = Scheme {
    panel: Color32::from_rgb(248, 249, 251),
    picture: Color32::from_rgb(226, 229, 234),
    field: Color32::from_rgb(255, 255, 255),
    line: Color32::from_rgb(216, 220, 227),
    edge: Color32::from_rgb(120, 127, 140),
    text: Color32::from_rgb(52, 58, 68),
    strong: Color32::from_rgb(17, 22, 30),
    weak: Color32::from_rgb(103, 111, 124),
    button: Color32::from_rgb(232, 235, 240),
    hovered: Color32::from_rgb(221, 225, 232),
    pressed: Color32::from_rgb(208, 213, 222),
    accent: Color32::from_rgb(30, 94, 205),
    on_accent: Color32::from_rgb(255, 255, 255),
    warning: Color32::from_rgb(161, 98, 7),
    error: Color32::from_rgb(185, 28, 28),
};

/// Colours of the plots over time: verdicts have theirs, darker where the ground is light; the models' are none of
/// these. They differ to the colour-blind too, and so do the lines.
pub struct PlotScheme {
    pub a: Color32,
    pub b: Color32,
    pub letterbox: Color32,
    pub agreement: Color32,
    pub lost: Color32,
    pub gained: Color32,
    pub flips: Color32,
    pub grid: Color32,
    /// Lies over times whose pictures are kept.
    pub kept: Color32,
    pub in_sight: Color32,
    pub pointed: Color32,
}

const PLOTS_DARK: PlotScheme = PlotScheme {
    a: Color32::from_rgb(176, 156, 245),
    b: Color32::from_rgb(240, 228, 66),
    letterbox: Color32::from_rgb(141, 148, 160),
    agreement: Color32::from_rgb(26, 188, 146),
    lost: LOST,
    gained: GAINED,
    flips: FLIP,
    grid: Color32::from_rgb(35, 39, 46),
    kept: Color32::from_rgba_unmultiplied_const(96, 165, 250, 26),
    in_sight: Color32::from_rgb(243, 245, 248),
    pointed: Color32::from_rgb(110, 117, 130),
};

const PLOTS_LIGHT: PlotScheme = PlotScheme {
    a: Color32::from_rgb(98, 70, 190),
    b: Color32::from_rgb(140, 112, 0),
    letterbox: Color32::from_rgb(103, 111, 124),
    agreement: Color32::from_rgb(0, 125, 92),
    lost: Color32::from_rgb(178, 108, 0),
    gained: Color32::from_rgb(0, 103, 165),
    flips: Color32::from_rgb(140, 60, 120),
    grid: Color32::from_rgb(229, 232, 237),
    kept: Color32::from_rgba_unmultiplied_const(30, 94, 205, 20),
    in_sight: Color32::from_rgb(17, 22, 30),
    pointed: Color32::from_rgb(150, 157, 168),
};

/// Those of the plots, in the dark or in the light.
pub fn plots(dark: bool) -> &'static PlotScheme {
    if dark { &PLOTS_DARK } else { &PLOTS_LIGHT }
}
