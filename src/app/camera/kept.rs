//! How each camera was set, kept from one run to the next by the camera's identity.

use serde::{Deserialize, Serialize};

use crate::detect::Size;
use crate::source::{CameraId, CameraInfo, CameraRequest, FrameRate, ModeRequest, Orientation, Turn};

/// How many cameras are remembered; those set longest ago go first.
const MOST: usize = 32;

/// One camera's settings, as plain values; what makes no sense any more counts as not set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptCamera {
    name: String,
    place: String,
    serial: Option<String>,
    /// Width and height.
    size: Option<[u32; 2]>,
    format: Option<String>,
    /// As "30000/1001".
    rate: Option<String>,
    mirror: bool,
    degrees: u32,
}

impl KeptCamera {
    pub fn orientation(&self) -> Orientation {
        Orientation { turn: Turn::from_degrees(self.degrees).unwrap_or_default(), mirror: self.mirror }
    }

    fn asked(&self) -> ModeRequest {
        ModeRequest {
            size: self.size.map(|[width, height]| Size::new(width, height)),
            format: self.format.as_deref().and_then(|name| name.parse().ok()),
            rate: self.rate.as_deref().and_then(|rate| rate.parse().ok()),
        }
    }
}

/// Those that were set, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeptCameras(Vec<KeptCamera>);

impl KeptCameras {
    /// By serial number where there is one, wherever it is plugged in; of several with the same one, the one in the
    /// same place. Else by name and place.
    pub fn find(&self, name: &str, id: &CameraId) -> Option<&KeptCamera> {
        let same = |k: &&KeptCamera| k.name == name && k.serial == id.serial;
        let here = self.0.iter().filter(same).find(|k| k.place == id.place);
        here.or_else(|| self.0.iter().filter(same).find(|_| id.serial.is_some()))
    }

    /// The camera as it was set last time; its mode, only where it still offers that.
    pub fn request(&self, camera: &CameraInfo) -> CameraRequest {
        let request = CameraRequest::of(camera);
        let Some(kept) = self.find(&camera.name, &camera.id) else { return request };
        let request = CameraRequest { orientation: kept.orientation(), ..request };
        let asked = kept.asked();
        if asked.best(&camera.modes).is_some() { asked.onto(request) } else { request }
    }

    pub fn keep_mode(&mut self, name: &str, id: &CameraId, asked: ModeRequest) {
        let exactly = |rate: FrameRate| format!("{}/{}", rate.frames(), rate.seconds());
        self.change(name, id, |kept| {
            kept.size = asked.size.map(|size| [size.width, size.height]);
            kept.format = asked.format.map(|format| format.name().into());
            kept.rate = asked.rate.map(exactly);
        });
    }

    pub fn keep_orientation(&mut self, name: &str, id: &CameraId, orientation: Orientation) {
        self.change(name, id, |kept| {
            (kept.mirror, kept.degrees) = (orientation.mirror, orientation.turn.degrees());
        });
    }

    fn change(&mut self, name: &str, id: &CameraId, change: impl FnOnce(&mut KeptCamera)) {
        let mut kept = self.find(name, id).cloned().unwrap_or_default();
        (kept.name, kept.place, kept.serial) = (name.into(), id.place.clone(), id.serial.clone());
        change(&mut kept);
        self.0.retain(|k| (&k.name, &k.place, &k.serial) != (&kept.name, &kept.place, &kept.serial));
        self.0.insert(0, kept);
        self.0.truncate(MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Mode, PixelFormat};

    fn id(place: &str, serial: Option<&str>) -> CameraId {
        CameraId { place: place.into(), serial: serial.map(str::to_owned) }
    }

    fn asked() -> ModeRequest {
        ModeRequest {
            size: Some(Size::new(640, 480)),
            format: Some(PixelFormat::Yuyv),
            rate: FrameRate::new(30_000, 1001),
        }
    }

    fn camera(id: CameraId, modes: Vec<Mode>) -> CameraInfo {
        CameraInfo { index: 0, name: "cam".into(), id, modes, problem: None }
    }

    const TURNED: Orientation = Orientation { turn: Turn::ThreeQuarters, mirror: true };

    #[test]
    fn settings_come_back_through_json_to_that_camera_only() {
        let mut kept = KeptCameras::default();
        kept.keep_mode("cam", &id("usb-1", None), asked());
        kept.keep_orientation("cam", &id("usb-1", None), TURNED);
        let kept: KeptCameras = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
        let ModeRequest { size, format, rate } = asked();
        let modes = vec![Mode { size: size.unwrap(), format: format.unwrap(), rate: rate.unwrap() }];
        let request = kept.request(&camera(id("usb-1", None), modes.clone()));
        assert_eq!((ModeRequest::of(&request), request.orientation), (asked(), TURNED));
        let other = kept.request(&camera(id("usb-2", None), modes));
        assert_eq!(other, CameraRequest::of(&camera(id("usb-2", None), Vec::new())));
    }

    #[test]
    fn a_mode_that_is_gone_is_not_asked_for() {
        let mut kept = KeptCameras::default();
        kept.keep_mode("cam", &id("usb-1", None), asked());
        kept.keep_orientation("cam", &id("usb-1", None), TURNED);
        let request = kept.request(&camera(id("usb-1", None), Vec::new()));
        assert_eq!((ModeRequest::of(&request), request.orientation), (ModeRequest::default(), TURNED));
    }

    #[test]
    fn a_serial_number_is_known_in_another_place_and_twins_by_theirs() {
        let mut kept = KeptCameras::default();
        kept.keep_orientation("cam", &id("usb-1", Some("S")), TURNED);
        assert!(kept.find("cam", &id("usb-2", Some("S"))).is_some());
        assert!(kept.find("cam", &id("usb-2", Some("T"))).is_none() && kept.find("cam", &id("usb-2", None)).is_none());
        kept.keep_orientation("cam", &id("usb-2", Some("S")), Orientation::default());
        let mirrored = |place| kept.find("cam", &id(place, Some("S"))).unwrap().mirror;
        assert_eq!((mirrored("usb-1"), mirrored("usb-2")), (true, false));
    }

    #[test]
    fn no_more_than_so_many_are_kept() {
        let mut kept = KeptCameras::default();
        for n in 0..2 * MOST {
            kept.keep_orientation("cam", &id(&format!("usb-{n}"), None), TURNED);
        }
        assert_eq!(kept.0.len(), MOST);
        assert!(kept.find("cam", &id(&format!("usb-{}", 2 * MOST - 1), None)).is_some());
    }

    #[test]
    fn nonsense_counts_as_not_set() {
        let text = r#"[{"name":"cam","place":"usb-1","size":[0,0],"format":"H264","rate":"0/0","degrees":45}]"#;
        let kept: KeptCameras = serde_json::from_str(text).unwrap();
        let one = kept.find("cam", &id("usb-1", None)).unwrap();
        assert!(one.orientation().is_upright());
        assert_eq!((one.asked().format, one.asked().rate), (None, None));
    }
}
