//! The history of an album: not over time but by picture, because that is what one goes back to.

use std::path::Path;

use egui::{Align2, Button, FontId, Label, Pos2, Rect, RichText, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::CompareAll;
use crate::app::action::{Action, AlbumAction, SourceAction};
use crate::app::panels::bottom::BottomTab;
use crate::app::source::thumbnail_strip::figures;
use crate::app::ui::{palette, theme};
use crate::source::Album;

/// Room for the numbers beside the plot and below it, in points.
const LEFT: f32 = 34.0;
const BELOW: f32 = 18.0;

/// Paints the row of controls, and a bar for each picture.
pub fn show(ui: &mut Ui, compare_all: &CompareAll, album: &Album, actions: &mut Vec<Action>) {
    let summary = compare_all.summary();
    let compared = format!("{} of {} images compared", summary.compared, summary.pictures);
    let compared = |ui: &mut Ui| _ = ui.add(Label::new(RichText::new(compared).small().weak()).truncate());
    BottomTab::History.row(ui, actions, compared, |ui, actions| {
        let worst = compare_all.worst(album);
        let can = worst.is_some_and(|worst| worst != album.index());
        let response = ui.add_enabled(can, Button::new("Worst"));
        response.widget_info(|| WidgetInfo::labeled(Role::Button, can, "Worst image"));
        if response.on_hover_text("Image with the lowest agreement").clicked() {
            actions.push(Action::Album(AlbumAction::Worst));
        }
    });
    if summary.compared == 0 {
        ui.add_space(8.0);
        let why =
            "No image has been compared yet. Look at images in a view that compares A and B, or compare all of them.";
        ui.label(RichText::new(why).weak());
        return;
    }
    bars(ui, compare_all, album, actions);
}

fn bars(ui: &mut Ui, compare_all: &CompareAll, album: &Album, actions: &mut Vec<Action>) {
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click());
    let count = album.pictures().len();
    let plot = Rect::from_min_max(rect.min + vec2(LEFT, 4.0), rect.max - vec2(4.0, BELOW));
    if !plot.is_positive() || count == 0 {
        return;
    }
    let name = format!("Agreement by image: image 1 to {count}");
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    let (scheme, colours) = (theme::scheme(ui), palette::plots(ui.visuals().dark_mode));
    let (painter, font) = (ui.painter().with_clip_rect(rect), FontId::monospace(10.0));
    for value in [0.0, 0.5, 1.0] {
        let y = plot.max.y - plot.height() * value;
        painter.hline(plot.x_range(), y, Stroke::new(1.0, colours.grid));
        painter.text(pos2(plot.min.x - 6.0, y), Align2::RIGHT_CENTER, format!("{value:.1}"), font.clone(), scheme.weak);
    }
    let step = plot.width() / count as f32;
    let slot = |index: usize| {
        let left = plot.min.x + step * index as f32;
        Rect::from_min_max(pos2(left, plot.min.y), pos2(left + step.max(1.0), plot.max.y))
    };
    let gap = if step > 4.0 { 1.0 } else { 0.0 };
    for (index, picture) in album.pictures().iter().enumerate() {
        let Some(agreement) = compare_all.agreement(picture) else { continue };
        let place = slot(index).shrink2(vec2(gap, 0.0));
        // A picture without boxes is none on which they agree, and none on which they do not.
        let Some(f1) = agreement.known_f1() else { continue };
        let top = plot.max.y - (plot.height() * f1 as f32).max(1.5);
        let colour = if agreement.damage() > 0 { colours.lost } else { colours.agreement };
        painter.rect_filled(place.with_min_y(top), 0.0, colour);
    }
    let current = slot(album.index());
    painter.vline(current.center().x, plot.y_range(), Stroke::new(1.5, colours.in_sight));
    let below = |x: f32, align: Align2, text: String| {
        painter.text(pos2(x, rect.max.y - 2.0), align, text, font.clone(), scheme.weak);
    };
    below(plot.min.x, Align2::LEFT_BOTTOM, "image 1".into());
    below(plot.center().x, Align2::CENTER_BOTTOM, format!("agreement (F1) by image, {}", order(album)));
    below(plot.max.x, Align2::RIGHT_BOTTOM, count.to_string());

    let Some(pointed) = response.hover_pos().and_then(|pos| index_at(pos, plot, count)) else { return };
    let clicked = response.clicked();
    let picture = &album.pictures()[pointed];
    response.on_hover_text_at_pointer(tooltip(picture, pointed, count, compare_all));
    if clicked {
        actions.push(Action::Source(SourceAction::GoToPicture(pointed)));
    }
}

fn order(album: &Album) -> &'static str {
    if album.is_arranged() { "worst first" } else { "by name" }
}

/// The picture under a place of the plot.
fn index_at(pos: Pos2, plot: Rect, count: usize) -> Option<usize> {
    let part = (pos.x - plot.min.x) / plot.width();
    (0.0..1.0).contains(&part).then(|| ((part * count as f32) as usize).min(count - 1))
}

fn tooltip(picture: &Path, index: usize, count: usize, compare_all: &CompareAll) -> String {
    let name = picture.file_name().unwrap_or(picture.as_os_str()).to_string_lossy();
    let figures = compare_all.agreement(picture).map_or_else(|| "not compared yet".to_owned(), figures);
    format!("{name}\nimage {} of {count}\n{figures}\nClick to show this image", index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_picture_has_its_part_of_the_plot() {
        let plot = Rect::from_min_max(pos2(100.0, 0.0), pos2(300.0, 50.0));
        let at = |x: f32| index_at(pos2(x, 20.0), plot, 4);
        assert_eq!([at(100.0), at(149.0), at(151.0), at(299.9)], [Some(0), Some(0), Some(1), Some(3)]);
        assert_eq!([at(99.0), at(300.5)], [None, None]);
    }
}
