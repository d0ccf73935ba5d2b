//! Asks for the address of a stream.

use egui::{Button, Context, Id, Key, Modal, RichText, TextEdit, Ui, WidgetInfo};

use super::recent::RecentMenu;
use crate::app::action::{Action, SourceAction};
use crate::app::preferences::recent::RecentSource;
use crate::app::ui::{elide, theme};
use crate::source::{SourceRequest, VideoLocation, VideoRequest};

/// In points.
const WIDTH: f32 = 480.0;

/// How an address looks.
const EXAMPLE: &str = "rtsp://192.168.1.10:554/stream1";

/// The question, and what was answered so far.
#[derive(Default)]
pub struct StreamDialog {
    is_open: bool,
    /// The field has not had the focus yet.
    is_new: bool,
    text: String,
    /// The last try was refused.
    refused: bool,
}

impl StreamDialog {
    /// Asks. What was typed last stays.
    pub fn open(&mut self) {
        (self.is_open, self.is_new, self.refused) = (true, true, false);
    }

    /// Shows the question while it is open. The addresses among `recent` are offered.
    pub fn ui(&mut self, ctx: &Context, recent: &RecentMenu, actions: &mut Vec<Action>) {
        if !self.is_open {
            return;
        }
        let modal = Modal::new(Id::unique("stream address")).show(ctx, |ui| {
            ui.set_width(WIDTH.min(ctx.content_rect().width() - 40.0));
            self.contents(ui, recent)
        });
        let is_over = modal.should_close();
        match modal.inner {
            Some(Some(action)) => {
                actions.push(Action::Source(action));
                self.is_open = false;
            }
            Some(None) => self.is_open = false,
            None => self.is_open &= !is_over,
        }
    }

    /// `Some(None)`: it was cancelled.
    fn contents(&mut self, ui: &mut Ui, recent: &RecentMenu) -> Option<Option<SourceAction>> {
        ui.heading("Open stream");
        ui.add_space(4.0);
        ui.label(RichText::new("Address of a camera, a stream or a video on the network; needs ffmpeg").weak());
        let field = TextEdit::singleline(&mut self.text).hint_text(EXAMPLE).desired_width(f32::INFINITY);
        let field = ui.add(field);
        field.widget_info(|| WidgetInfo {
            label: Some("Address".into()),
            ..WidgetInfo::text_edit(true, &self.text, &self.text, EXAMPLE)
        });
        if std::mem::take(&mut self.is_new) {
            field.request_focus();
        }
        self.refused &= !field.changed();
        if self.refused
            && let Some(why) = refusal(&self.text)
        {
            ui.label(RichText::new(why).color(theme::scheme(ui).error));
        }
        let mut chosen = None;
        let addresses = recent.shown().filter(|entry| matches!(entry, RecentSource::Address(_)));
        for (at, address) in addresses.enumerate() {
            if at == 0 {
                ui.add_space(6.0);
                ui.label(RichText::new("Recent").strong());
            }
            // Without the password that it may have.
            let name = address.name();
            let shown = elide::middle(ui, &name, ui.available_width() - 24.0);
            if ui.selectable_label(false, shown).on_hover_text(name).clicked() {
                chosen = Some(SourceAction::OpenRecent(address.clone()));
            }
        }
        ui.add_space(8.0);
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        let mut answer = chosen.map(Some);
        ui.horizontal(|ui| {
            let open = ui.add(Button::new("Open")).on_hover_text("Open this address (Enter)").clicked();
            if open || entered {
                match VideoLocation::address(&self.text) {
                    Some(address) => {
                        let request = SourceRequest::Video(VideoRequest::new(address));
                        answer = Some(Some(SourceAction::Open(request)));
                    }
                    None => {
                        self.refused = true;
                        field.request_focus();
                    }
                }
            }
            if ui.button("Cancel").clicked() {
                answer = Some(None);
            }
        });
        answer
    }
}

/// Why a text is no address that is opened, and what one looks like.
fn refusal(text: &str) -> Option<String> {
    let text = text.trim();
    if VideoLocation::address(text).is_some() {
        return None;
    }
    let known = "rtsp://, rtsps://, http:// or https://";
    Some(match text.split_once("://") {
        _ if text.is_empty() => format!("Enter an address, e.g. {EXAMPLE}."),
        _ if text.contains(char::is_whitespace) => "An address contains no spaces.".into(),
        None => format!("An address starts with {known}, e.g. {EXAMPLE}."),
        Some((_, "")) => format!("The address names no host, e.g. {EXAMPLE}."),
        Some((scheme, _)) => format!("Can't open {scheme}:// addresses; use {known}."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_is_missing() {
        for (text, why) in [
            ("", "Enter an address"),
            ("192.168.1.10/live", "starts with rtsp://"),
            ("rtsp://", "names no host"),
            ("rtsp://a camera/live", "no spaces"),
            ("gopher://host/a", "Can't open gopher://"),
        ] {
            let refusal = refusal(text).unwrap();
            assert!(refusal.contains(why), "{text}: {refusal}");
        }
        assert_eq!(refusal(" https://host/a.mp4\n"), None);
    }
}
