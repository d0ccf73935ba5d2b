//! Keys, and what they say where they can do nothing now.

use egui::Context;

use super::Viewer;
use crate::app::action::{
    Action, CameraAction, ModelsAction, PairsAction, PictureAction, SourceAction, ThresholdsAction, VideoAction,
    WindowAction, shortcuts,
};
use crate::app::models::computed_as::applies;
use crate::app::source::camera::in_use::CameraInUse;
use crate::app::source::video_playback;
use crate::app::view::Side;
use crate::engine::Status;

impl Viewer {
    /// The actions of the keys that went down now. A key that can do nothing says why: one that is silent seems broken.
    pub(super) fn pressed(&mut self, ctx: &Context, status: &Status) -> Vec<Action> {
        let mut actions = shortcuts::pressed(ctx);
        actions.retain(|action| match self.idle(action, status) {
            Some(why) => {
                self.notifications.remind(why);
                false
            }
            None => true,
        });
        actions
    }

    /// Why an action can do nothing now.
    fn idle(&self, action: &Action, status: &Status) -> Option<&'static str> {
        let compares = self.preferences.view.compares();
        match action {
            Action::Camera(CameraAction::TogglePanel | CameraAction::ToggleMirror) => {
                CameraInUse::of(self.control.source(), status).is_none().then_some("No camera is open.")
            }
            Action::Video(VideoAction::Step(_)) => {
                (!video_playback::is_video(self.control.source())).then_some("No video is open.")
            }
            Action::Source(SourceAction::StepPicture(_) | SourceAction::GoToEnd(_)) | Action::Album(_) => {
                (!self.source.is_in_album(&self.control)).then_some("No folder is open.")
            }
            Action::Models(ModelsAction::ToggleComputedAs(which)) => {
                let which = if compares { *which } else { Side::A };
                let open = self.computed_as.side(compares).is_some();
                (!open && !applies(&self.models, &status.models, which))
                    .then_some("Only INT8 models are computed in more than one way.")
            }
            Action::Thresholds(ThresholdsAction::ToggleLink) => {
                (!compares).then_some("One model has one set of thresholds. Press 2, 3 or 4 to compare two.")
            }
            Action::Pairs(PairsAction::SelectNext(_) | PairsAction::BringBack | PairsAction::FindLayers)
                if !compares =>
            {
                Some("One model has no pairs. Press 2, 3 or 4 to compare two.")
            }
            Action::Pairs(PairsAction::SelectNext(_)) => {
                self.detections.lists_no_pairs().then_some("No pairs are listed.")
            }
            Action::Picture(PictureAction::ToggleTruth) => {
                self.truth.all().is_none().then_some("No annotations of these pictures are known.")
            }
            Action::Window(WindowAction::TogglePause) => {
                let can = self.control.can_pause(status)
                    || self.is_paused(status)
                    || video_playback::has_ended(&self.control, status)
                    || video_playback::is_steerable(&self.control, status);
                (!can).then_some("Nothing to pause: no frames are coming.")
            }
            _ => None,
        }
    }
}
