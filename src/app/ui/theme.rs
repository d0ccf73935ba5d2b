//! The window's look, in the dark and in the light.

use egui::{
    Context, CornerRadius, FontDefinitions, FontFamily, FontId, Margin, Stroke, Style, TextStyle, Theme, Ui, Visuals,
    vec2,
};

use crate::app::ui::palette::{DARK, LIGHT, Scheme};

/// Space between the edge of a panel and what is in it, in points.
pub const MARGIN: Margin = Margin::symmetric(12, 8);

/// Sets both looks; which of them is shown follows the person's choice, or the system's.
pub fn install(ctx: &Context) {
    ctx.set_fonts(fonts());
    for (theme, scheme) in [(Theme::Dark, &DARK), (Theme::Light, &LIGHT)] {
        ctx.style_mut_of(theme, |style| apply(style, theme, scheme));
    }
}

/// egui's own typefaces. Of those in text, none has arrows: they come from the one for digits.
fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let digits = fonts.families.get(&FontFamily::Monospace).and_then(|names| names.first()).cloned();
    fonts.families.entry(FontFamily::Proportional).or_default().extend(digits);
    fonts
}

/// The scheme that is shown now.
pub fn scheme(ui: &Ui) -> &'static Scheme {
    if ui.visuals().dark_mode { &DARK } else { &LIGHT }
}

/// Digits that do not jump about when they change.
pub fn digits() -> FontId {
    FontId::monospace(12.0)
}

fn apply(style: &mut Style, theme: Theme, scheme: &Scheme) {
    style.text_styles = [
        (TextStyle::Heading, FontId::new(18.0, FontFamily::Proportional)),
        (TextStyle::Body, FontId::new(13.5, FontFamily::Proportional)),
        (TextStyle::Button, FontId::new(13.5, FontFamily::Proportional)),
        (TextStyle::Small, FontId::new(11.5, FontFamily::Proportional)),
        (TextStyle::Monospace, digits()),
    ]
    .into();
    style.spacing.item_spacing = vec2(8.0, 6.0);
    style.spacing.button_padding = vec2(10.0, 5.0);
    style.spacing.interact_size.y = 26.0;
    style.spacing.slider_rail_height = 4.0;
    style.spacing.menu_margin = Margin::same(6);
    style.visuals = visuals(theme, scheme);
}

fn visuals(theme: Theme, scheme: &Scheme) -> Visuals {
    let mut v = theme.default_visuals();
    v.panel_fill = scheme.panel;
    v.window_fill = scheme.panel;
    v.window_stroke = Stroke::new(1.0, scheme.line);
    v.window_corner_radius = CornerRadius::same(10);
    v.menu_corner_radius = CornerRadius::same(8);
    v.extreme_bg_color = scheme.field;
    v.faint_bg_color = scheme.button;
    v.override_text_color = None;
    v.weak_text_color = Some(scheme.weak);
    v.hyperlink_color = scheme.accent;
    v.warn_fg_color = scheme.warning;
    v.error_fg_color = scheme.error;
    v.selection.bg_fill = scheme.accent;
    v.selection.stroke = Stroke::new(1.0, scheme.on_accent);
    v.slider_trailing_fill = true;
    let states = [
        (&mut v.widgets.noninteractive, scheme.panel, scheme.line, scheme.text),
        (&mut v.widgets.inactive, scheme.button, scheme.line, scheme.text),
        (&mut v.widgets.hovered, scheme.hovered, scheme.line, scheme.strong),
        (&mut v.widgets.active, scheme.pressed, scheme.accent, scheme.strong),
        (&mut v.widgets.open, scheme.hovered, scheme.line, scheme.strong),
    ];
    for (widget, fill, line, text) in states {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = Stroke::new(1.0, line);
        widget.fg_stroke = Stroke::new(1.0, text);
        widget.corner_radius = CornerRadius::same(6);
        widget.expansion = 0.0;
    }
    v.widgets.inactive.bg_stroke = Stroke::NONE;
    v
}
