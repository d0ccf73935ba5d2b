//! A list as one Tab stop: one of its rows takes the focus, and keys move on from there.

use egui::{Context, EventFilter, Id, Key, Modifiers, Rect, Response, Sense, Ui, vec2};

/// How many rows Page up and Page down pass over.
const PAGE: usize = 10;

/// The focus of a list that is painted now. Its id stays while the row that takes it changes, so that the focus goes along.
pub struct ListFocus {
    id: Id,
    /// The row that takes the focus.
    place: usize,
    rows: usize,
}

impl ListFocus {
    /// `name` is that of the list within `ui`; `place` is the row that takes the focus, the last one if there are fewer.
    pub fn new(ui: &Ui, name: &str, place: usize, rows: usize) -> Self {
        Self { id: ui.scope_id().with(name), place: place.min(rows.saturating_sub(1)), rows }
    }

    pub fn place(&self) -> usize {
        self.place
    }

    /// What a row senses, and under which id.
    pub fn row(&self, place: usize) -> (Id, Sense) {
        if place == self.place { (self.id, Sense::click()) } else { (self.id.with(place), Sense::CLICK) }
    }

    pub fn is_here(&self, ui: &Ui) -> bool {
        ui.memory(|m| m.has_focus(self.id))
    }

    /// Gives the list the focus.
    pub fn take(&self, ui: &Ui) {
        ui.memory_mut(|m| m.request_focus(self.id));
    }

    /// The row that keys ask for while the list has the focus. `from`: where they move on from; `None` = nothing is
    /// chosen yet, and the first arrow stays on the row with the focus. `escape`: whether Escape is the list's too.
    pub fn moved(&self, ui: &Ui, from: Option<usize>, escape: bool) -> Option<usize> {
        if !self.is_here(ui) {
            return None;
        }
        let filter = EventFilter { vertical_arrows: true, escape, ..EventFilter::default() };
        ui.memory_mut(|m| m.set_focus_lock_filter(self.id, filter));
        ui.data_mut(|d| d.insert_temp(noted(), self.id));
        let last = self.rows.checked_sub(1)?;
        let down = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
        let by = |rows: isize| from.map_or(self.place, |place| place.saturating_add_signed(rows));
        let to = if down(Key::Home) {
            0
        } else if down(Key::End) {
            last
        } else if down(Key::ArrowDown) {
            by(1)
        } else if down(Key::ArrowUp) {
            by(-1)
        } else if down(Key::PageDown) {
            by(PAGE as isize)
        } else if down(Key::PageUp) {
            by(-(PAGE as isize))
        } else {
            return None;
        };
        Some(to.min(last))
    }

    /// To be called with where the rows are: one that takes over the focus has another id than before, as it should be.
    pub fn moves_within(&self, ui: &Ui, rows: Rect) {
        ui.ctx().allow_widget_id_changes_in(rows.expand(1.0));
    }

    /// Stands for the row that takes the focus while it is scrolled out of view: scrolling must neither end the focus nor
    /// take the list's Tab stop away.
    pub fn hold(&self, ui: &Ui) -> Response {
        let nowhere = Rect::from_min_size(ui.max_rect().left_bottom() + vec2(0.0, 1e4), vec2(1.0, 1.0));
        ui.interact(nowhere, self.id, Sense::click())
    }
}

/// Whether Home, End and the page keys are those of a list that has the focus.
pub fn has_page_keys(ctx: &Context) -> bool {
    let list = ctx.data(|d| d.get_temp::<Id>(noted()));
    list.is_some() && list == ctx.memory(|m| m.focused())
}

/// Where the list that had the focus last is noted.
fn noted() -> Id {
    Id::unique("list that had the focus last")
}
