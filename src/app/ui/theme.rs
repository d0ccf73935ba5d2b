//! The window's look, in the dark and in the light.

use egui::{
    Context, CornerRadius, FontDefinitions, FontFamily, FontId, Margin, Stroke, Style, TextStyle, Theme, Ui, Visuals,
    vec2,
};

use crate::app::ui::palette::{DARK, LIGHT, Scheme};

/// Space between the edge of a panel and what is in it, in points.
pub const MARGIN: Margin = Margin::symmetric(12, 8);

/// How much of a control is seen that cannot be used: enough to read what it would do.
const DISABLED: f32 = 0.6;

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

/// Keeps what stands in the scroll areas of `ui` clear of their bars, which are painted over it otherwise.
pub fn reserve_scroll_bar(ui: &mut Ui) {
    ui.spacing_mut().scroll.floating_allocated_width = 10.0;
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
        (&mut v.widgets.inactive, scheme.button, scheme.edge, scheme.text),
        (&mut v.widgets.hovered, scheme.hovered, scheme.weak, scheme.strong),
        (&mut v.widgets.active, scheme.pressed, scheme.accent, scheme.strong),
        (&mut v.widgets.open, scheme.hovered, scheme.weak, scheme.strong),
    ];
    for (widget, fill, line, text) in states {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = Stroke::new(1.0, line);
        widget.fg_stroke = Stroke::new(1.0, text);
        widget.corner_radius = CornerRadius::same(6);
        widget.expansion = 0.0;
    }
    // These have no edge: the rails of sliders, their handles, and scroll bars.
    v.widgets.inactive.bg_fill = scheme.edge;
    v.widgets.hovered.bg_fill = scheme.weak;
    v.widgets.active.bg_fill = scheme.accent;
    v.disabled_alpha = DISABLED;
    v
}

#[cfg(test)]
mod tests {
    use egui::Color32;

    use super::*;
    use crate::app::ui::contrast::{OF_EDGES, OF_TEXT, contrast, over};

    /// Each look with its colours, and the grounds that controls stand on.
    fn looks() -> impl Iterator<Item = (Visuals, &'static Scheme, [Color32; 3])> {
        [(Theme::Dark, &DARK), (Theme::Light, &LIGHT)]
            .map(|(theme, scheme)| (visuals(theme, scheme), scheme, [scheme.panel, scheme.field, scheme.picture]))
            .into_iter()
    }

    #[test]
    fn what_can_be_used_has_an_edge_that_is_seen() {
        for (look, _, grounds) in looks() {
            let widgets = &look.widgets;
            for (name, state) in [
                ("at rest", &widgets.inactive),
                ("hovered", &widgets.hovered),
                ("pressed", &widgets.active),
                ("open", &widgets.open),
            ] {
                assert!(state.bg_stroke.width >= 1.0);
                for ground in grounds {
                    let edge = contrast(state.bg_stroke.color, ground);
                    assert!(edge >= OF_EDGES, "{name} on {ground:?}, dark: {}: {edge}", look.dark_mode);
                }
            }
        }
    }

    #[test]
    fn rails_and_handles_of_sliders_are_seen() {
        for (look, scheme, _) in looks() {
            let states = [&look.widgets.inactive, &look.widgets.hovered, &look.widgets.active];
            for (fill, handle) in states.map(|state| (state.bg_fill, state.fg_stroke.color)) {
                assert!(contrast(fill, scheme.panel) >= OF_EDGES, "dark: {}: {fill:?}", look.dark_mode);
                assert!(contrast(handle, scheme.panel) >= OF_EDGES, "dark: {}: {handle:?}", look.dark_mode);
            }
        }
    }

    #[test]
    fn text_can_be_read_and_so_can_what_is_disabled() {
        for (look, scheme, grounds) in looks() {
            for ground in grounds {
                let disabled = over(scheme.text, ground, look.disabled_alpha);
                assert!(contrast(disabled, ground) >= OF_EDGES, "disabled on {ground:?}");
                assert!(contrast(scheme.text, ground) >= OF_TEXT && contrast(scheme.strong, ground) >= OF_TEXT);
            }
            let button = over(scheme.button, scheme.panel, look.disabled_alpha);
            let disabled = over(scheme.text, button, look.disabled_alpha);
            assert!(contrast(disabled, button) >= OF_EDGES, "on a disabled button, dark: {}", look.dark_mode);
            for (text, ground) in [
                (scheme.weak, scheme.panel),
                (scheme.text, scheme.button),
                (scheme.strong, scheme.hovered),
                (scheme.strong, scheme.pressed),
                (scheme.on_accent, scheme.accent),
                (scheme.warning, scheme.panel),
                (scheme.error, scheme.panel),
            ] {
                assert!(contrast(text, ground) >= OF_TEXT, "{text:?} on {ground:?}: {}", contrast(text, ground));
            }
        }
    }
}
