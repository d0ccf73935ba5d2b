//! The strip of an album's thumbnails under the picture.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{
    Align, Align2, Button, Color32, ColorImage, FontId, Rect, Response, RichText, Role, ScrollArea, Sense, Stroke,
    StrokeKind, TextureHandle, TextureOptions, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, SourceAction};
use crate::app::ui::{palette, theme};
use crate::compare::Agreement;
use crate::detect::Frame;
use crate::source::{Album, FileKind, Thumbnail, Thumbnails, file_kind};

/// A thumbnail with what is around it, in points.
const CELL: Vec2 = vec2(96.0, 72.0);

/// The strip's height with its margins.
pub const HEIGHT: f32 = CELL.y + 22.0;

/// This many beyond either end of the strip are made too, so that they are ready when it scrolls.
const AHEAD: usize = 12;

/// Height of the bar of agreement under a thumbnail.
const BAR: f32 = 5.0;

/// How far A and B agree on a picture, where they were compared on it.
pub type AgreementOf<'a> = &'a dyn Fn(&Path) -> Option<Agreement>;

/// What the strip keeps from one painting to the next.
#[derive(Default)]
pub struct ThumbnailStrip {
    /// `None` = not started yet.
    thumbnails: Option<Thumbnails>,
    /// The visible ones, and some around them.
    cells: HashMap<PathBuf, Cell>,
    wanted: Range<usize>,
    /// The picture that was last scrolled to.
    followed: Option<usize>,
    /// It must be scrolled to its start.
    to_start: bool,
}

/// What is known of one file.
enum Cell {
    /// Its thumbnail is being made.
    Waiting,
    Picture(TextureHandle),
    Video,
}

impl ThumbnailStrip {
    /// Paints it; marks what turns out to be unreadable.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        album: &mut Album,
        place: &str,
        agreement: AgreementOf<'_>,
        actions: &mut Vec<Action>,
    ) {
        ui.horizontal_top(|ui| {
            ui.vertical(|ui| {
                ui.set_width(84.0);
                ui.add_space(8.0);
                ui.vertical_centered(|ui| ui.label(RichText::new(place).strong()));
                ui.horizontal(|ui| {
                    for (sign, what, by) in [("◀", "Previous image", -1), ("▶", "Next image", 1)] {
                        let response = ui.add(Button::new(sign).min_size(vec2(38.0, 0.0)));
                        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, what));
                        if response
                            .on_hover_text(hint(ui.ctx(), what, &Action::Source(SourceAction::StepPicture(by))))
                            .clicked()
                        {
                            actions.push(Action::Source(SourceAction::StepPicture(by)));
                        }
                    }
                });
            });
            ui.style_mut().always_scroll_the_only_direction = true;
            ui.style_mut().spacing.scroll = egui::style::ScrollStyle::thin();
            ScrollArea::horizontal().id_salt("album").auto_shrink([false, false]).show_viewport(ui, |ui, seen| {
                self.cells(ui, album, seen, agreement, actions);
            });
        });
    }

    /// The album has changed, and these pictures' files have.
    pub fn renew(&mut self, changed: &[PathBuf]) {
        self.wanted = Range::default();
        for path in changed {
            self.cells.remove(path);
            if let Some(thumbnails) = &self.thumbnails {
                thumbnails.forget(path);
            }
        }
    }

    /// Scrolls to the first pictures, wherever the current one stands.
    pub fn show_start(&mut self) {
        self.to_start = true;
    }

    /// The thumbnail, once it is made.
    pub fn thumbnail(&self, picture: &Path) -> Option<Arc<Frame>> {
        match self.thumbnails.as_ref()?.get(picture)? {
            Thumbnail::Ready(frame) => Some(frame),
            Thumbnail::Failed(_) => None,
        }
    }

    fn cells(
        &mut self,
        ui: &mut Ui,
        album: &mut Album,
        seen: Rect,
        agreement: AgreementOf<'_>,
        actions: &mut Vec<Action>,
    ) {
        let count = album.pictures().len();
        let origin = ui.min_rect().min;
        ui.set_min_size(vec2(CELL.x * count as f32, CELL.y));
        let cell = |index: usize| Rect::from_min_size(pos2(origin.x + CELL.x * index as f32, origin.y), CELL);
        let current = album.index();
        let has_moved = self.followed.replace(current) != Some(current);
        if std::mem::take(&mut self.to_start) {
            ui.scroll_to_rect(cell(0), Some(Align::Min));
        } else if has_moved {
            ui.scroll_to_rect(cell(current), Some(Align::Center));
        }
        let first = ((seen.min.x / CELL.x).floor().max(0.0) as usize).min(count);
        let last = ((seen.max.x / CELL.x).ceil().max(0.0) as usize).min(count);
        self.want(ui, album, first..last);
        for index in first..last {
            let path = album.pictures()[index].clone();
            self.look(ui, album, &path);
            let (problem, current) = (album.problem(&path), index == current);
            if self.cell(ui, cell(index), &path, problem, agreement(&path), current).clicked() {
                actions.push(Action::Source(SourceAction::GoToPicture(index)));
            }
        }
    }

    /// Requests the visible thumbnails, then those around them.
    fn want(&mut self, ui: &Ui, album: &Album, seen: Range<usize>) {
        if self.wanted == seen && self.thumbnails.is_some() {
            return;
        }
        if self.thumbnails.is_none() {
            let ctx = ui.ctx().clone();
            match Thumbnails::start(Arc::new(move || ctx.request_repaint())) {
                Ok(thumbnails) => self.thumbnails = Some(thumbnails),
                Err(error) => return log::error!("no thumbnails: their thread cannot be started ({error})"),
            }
        }
        self.wanted = seen.clone();
        let pictures = album.pictures();
        let around = seen.start.saturating_sub(AHEAD)..(seen.end + AHEAD).min(pictures.len());
        let near = &pictures[around.clone()];
        self.cells.retain(|path, _| near.contains(path));
        let is_video = |path: &&PathBuf| matches!(file_kind(path), FileKind::Video);
        for path in &pictures[seen.clone()] {
            let new = || if is_video(&path) { Cell::Video } else { Cell::Waiting };
            self.cells.entry(path.clone()).or_insert_with(new);
        }
        let ahead = pictures[seen.end..around.end].iter().chain(&pictures[around.start..seen.start]);
        let wanted =
            pictures[seen].iter().chain(ahead).filter(|path| !matches!(self.cells.get(*path), Some(Cell::Video)));
        if let Some(thumbnails) = &self.thumbnails {
            thumbnails.want(wanted.map(PathBuf::as_path));
        }
    }

    /// Takes the thumbnail, once it is made.
    fn look(&mut self, ui: &Ui, album: &mut Album, path: &Path) {
        let Some(cell @ Cell::Waiting) = self.cells.get_mut(path) else { return };
        match self.thumbnails.as_ref().and_then(|thumbnails| thumbnails.get(path)) {
            Some(Thumbnail::Ready(frame)) => {
                let options = TextureOptions::LINEAR;
                *cell = Cell::Picture(ui.ctx().load_texture("thumbnail", image(&frame), options));
            }
            Some(Thumbnail::Failed(why)) if album.problem(path).is_none() => album.mark(path, why.to_string()),
            Some(Thumbnail::Failed(_)) | None => {}
        }
    }

    fn cell(
        &self,
        ui: &Ui,
        rect: Rect,
        path: &Path,
        problem: Option<&str>,
        agreement: Option<Agreement>,
        current: bool,
    ) -> Response {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let response = ui.interact(rect, ui.scope_id().with(path), Sense::click());
        let spoken = if problem.is_some() { format!("{name}, unreadable") } else { name.clone() };
        let figures = agreement.map(figures);
        response.widget_info(|| WidgetInfo {
            current_text_value: figures.clone(),
            ..WidgetInfo::selected(Role::Button, true, current, &spoken)
        });
        let scheme = theme::scheme(ui);
        let ground = rect.shrink2(vec2(3.0, 2.0));
        let painter = ui.painter();
        let fill = if response.hovered() { scheme.hovered } else { scheme.button };
        painter.rect_filled(ground, 4.0, fill);
        let sign = |text: &str, colour: Color32| {
            painter.text(ground.center(), Align2::CENTER_CENTER, text, FontId::proportional(22.0), colour);
        };
        match (problem, self.cells.get(path)) {
            (Some(_), _) => sign("⚠", scheme.warning),
            (None, Some(Cell::Picture(texture))) => {
                let scale = ((ground.size() - vec2(4.0, 4.0)) / texture.size_vec2()).min_elem();
                let place = Align2::CENTER_CENTER.anchor_size(ground.center(), texture.size_vec2() * scale);
                let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
                painter.image(texture.id(), place, uv, Color32::WHITE);
            }
            (None, Some(Cell::Video)) => sign("🎞", scheme.text),
            (None, Some(Cell::Waiting) | None) => sign("…", scheme.weak),
        }
        if let Some(agreement) = agreement {
            agreement_bar(ui, ground, &agreement);
        }
        if current {
            painter.rect_stroke(ground, 4.0, Stroke::new(2.0, scheme.accent), StrokeKind::Outside);
        }
        let lines = [Some(name.as_str()), figures.as_deref(), problem];
        response.on_hover_text(lines.into_iter().flatten().collect::<Vec<_>>().join("\n"))
    }
}

/// "agreement 0.80 · 1 lost, 2 gained"
pub fn figures(agreement: Agreement) -> String {
    let Some(f1) = agreement.known_f1() else { return "no detections".into() };
    let counts = [(agreement.lost, "lost"), (agreement.gained, "gained"), (agreement.flips, "class changed")];
    let counts: Vec<String> =
        counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let rest = if counts.is_empty() { "all matched".into() } else { counts.join(", ") };
    format!("agreement {f1:.2} · {rest}")
}

/// As long as the agreement is high, at the thumbnail's foot; what is missing shows in the colour of a warning, so that a
/// picture on which the two differ stands out by more than a length.
fn agreement_bar(ui: &Ui, ground: Rect, agreement: &Agreement) {
    let (scheme, plots) = (theme::scheme(ui), palette::plots(ui.visuals().dark_mode));
    let rail = ground.with_min_y(ground.max.y - BAR).shrink2(vec2(2.0, 0.5));
    let differs = agreement.damage() > 0;
    ui.painter().rect_filled(rail, 1.5, if differs { scheme.warning } else { scheme.line });
    let width = agreement.known_f1().map_or(0.0, |f1| rail.width() * f1 as f32);
    ui.painter().rect_filled(rail.with_max_x(rail.min.x + width), 1.5, plots.agreement);
}

fn image(frame: &Frame) -> ColorImage {
    ColorImage::from_rgb([frame.width() as usize, frame.height() as usize], frame.rgb())
}
