//! What the engine is asked for.

use crate::model::ModelRequest;
use crate::source::SourceRequest;

/// One whole value: the engine never sees half a change.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub source: SourceRequest,
    /// Another number opens the same source again.
    pub reopen: u64,
    /// A, and B when comparing; more are run too. Empty: frames without outputs.
    pub models: Vec<ModelRequest>,
    pub paused: bool,
}

/// Settings, and the number of the source they ask for.
#[derive(Clone, Debug)]
pub(super) struct WantedSettings {
    pub settings: Settings,
    /// One more with each change of the source, from 0.
    pub generation: u64,
}

impl WantedSettings {
    /// The settings that come after these.
    pub fn next(&self, settings: Settings) -> Self {
        let same = self.settings.source == settings.source && self.settings.reopen == settings.reopen;
        Self { settings, generation: self.generation + u64::from(!same) }
    }
}

/// Whether the two may be one device, which only one can have open.
pub(super) fn may_share_device(a: &SourceRequest, b: &SourceRequest) -> bool {
    use SourceRequest::{Auto, Camera};
    match (a, b) {
        (Camera(a), Camera(b)) => a.which.may_be(&b.which),
        (Auto, Auto | Camera(_)) | (Camera(_), Auto) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelName;
    use crate::source::CameraRequest;

    #[test]
    fn only_the_source_makes_a_new_generation() {
        let settings =
            Settings { source: SourceRequest::Demo, reopen: 0, models: vec![ModelName::Fp32.into()], paused: false };
        let wanted = WantedSettings { settings: settings.clone(), generation: 4 };
        let same = Settings { paused: true, models: vec![ModelName::Int8.into()], ..settings.clone() };
        assert_eq!(wanted.next(same).generation, 4);
        assert_eq!(wanted.next(Settings { reopen: 1, ..settings.clone() }).generation, 5);
        assert_eq!(wanted.next(Settings { source: SourceRequest::Auto, ..settings }).generation, 5);
    }

    #[test]
    fn a_camera_shares_its_device_with_itself_and_with_auto() {
        let camera = |index| SourceRequest::Camera(CameraRequest::index(index));
        assert!(may_share_device(&camera(1), &camera(1)));
        assert!(!may_share_device(&camera(1), &camera(0)));
        assert!(may_share_device(&SourceRequest::Auto, &camera(3)));
        assert!(may_share_device(&camera(3), &SourceRequest::Auto));
        assert!(!may_share_device(&SourceRequest::Demo, &SourceRequest::Demo));
        assert!(!may_share_device(&camera(0), &SourceRequest::Still("a.png".into())));
    }
}
