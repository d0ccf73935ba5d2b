//! Which cameras there are, and what they offer.

use super::driver::Driver;
use super::explain::{Operation, explain};
use super::identity::{self, CameraSelector, Device};
#[cfg(not(target_os = "linux"))]
use super::library;
use super::library::LibraryDriver;
use super::mode::{CameraInfo, Mode};
#[cfg(target_os = "linux")]
use super::v4l2::{self, V4l2Driver};
use crate::source::SourceError;

/// Set to "nokhwa", the camera library is used on Linux too: for a driver with which V4L2 itself does not work out,
/// and to test what the other systems use.
const VARIABLE: &str = "TWINSIGHT_CAMERA_LIBRARY";

/// The modes that Twinsight reads, and the names of the formats that it does not.
type ReadableModes = (Vec<Mode>, Vec<String>);

/// Through what cameras are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CameraLister {
    #[cfg(target_os = "linux")]
    V4l2,
    Library,
}

impl CameraLister {
    /// What this system uses.
    pub fn choose() -> Self {
        #[cfg(target_os = "linux")]
        if std::env::var_os(VARIABLE).is_none_or(|value| value != "nokhwa") {
            return Self::V4l2;
        }
        Self::Library
    }

    /// All cameras by index.
    pub fn devices(self) -> Result<Vec<Device>, SourceError> {
        Ok(self.ask()?.into_iter().map(|(device, _)| device).collect())
    }

    /// All cameras by index; with each one that cannot be asked, why not.
    fn ask(self) -> Result<Vec<(Device, Option<String>)>, SourceError> {
        // Its list on Linux has no identities, and nodes that are no cameras.
        #[cfg(target_os = "linux")]
        return Ok(v4l2::devices());
        #[cfg(not(target_os = "linux"))]
        {
            let failed = |cause| SourceError::Camera { camera: "the list of cameras".into(), cause };
            Ok(library::devices().map_err(failed)?.into_iter().map(|device| (device, None)).collect())
        }
    }

    /// The camera that is meant.
    pub fn find(self, which: &CameraSelector) -> Result<Device, SourceError> {
        let asked = self.ask()?;
        let devices: Vec<Device> = asked.iter().map(|(device, _)| device.clone()).collect();
        match identity::choose(&devices, which) {
            Ok(device) => Ok(device.clone()),
            // It may be that very camera which may not be asked who it is.
            Err(SourceError::Absent { camera }) => {
                let locked = asked.iter().find_map(|(device, problem)| Some((device, problem.clone()?)));
                match locked.filter(|(device, _)| device.name == camera) {
                    Some((device, problem)) => Err(explain(device, Operation::Opening, problem)),
                    None => Err(SourceError::Absent { camera }),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// `None` where the device is no camera.
    fn modes(self, index: u32) -> Result<Option<ReadableModes>, String> {
        #[cfg(target_os = "linux")]
        {
            let offer = v4l2::offer(index).map_err(|e| e.to_string())?;
            let unreadable = |mode: &Mode| self == Self::Library && mode.rate.whole().is_none();
            Ok(offer.map(|mut offer| {
                offer.modes.retain(|mode| !unreadable(mode));
                (offer.modes, offer.unread)
            }))
        }
        #[cfg(not(target_os = "linux"))]
        library::modes(index).map(|modes| Some((modes, Vec::new())))
    }

    /// Opens a camera in one mode and starts it.
    pub fn open(self, index: u32, mode: Mode) -> Result<Box<dyn Driver>, String> {
        Ok(match self {
            #[cfg(target_os = "linux")]
            Self::V4l2 => Box::new(V4l2Driver::open(index, mode).map_err(|e| e.to_string())?),
            Self::Library => Box::new(LibraryDriver::open(index, mode)?),
        })
    }
}

/// Whether there is any camera, whether or not it can be opened.
pub fn is_any() -> Result<bool, SourceError> {
    Ok(!CameraLister::choose().devices()?.is_empty())
}

/// All cameras, by index. One that cannot be asked is listed with its problem.
pub fn cameras() -> Result<Vec<CameraInfo>, SourceError> {
    let system = CameraLister::choose();
    Ok(system.ask()?.into_iter().filter_map(|(device, _)| inspect(system, device)).collect())
}

/// What a device offers, or `None` where it is no camera at all.
fn inspect(system: CameraLister, device: Device) -> Option<CameraInfo> {
    match offer(system, &device) {
        Ok(offer) => offer.map(|(info, _)| info),
        Err(cause) => {
            let problem = Some(explain(&device, Operation::Opening, cause).to_string());
            let Device { index, name, id } = device;
            Some(CameraInfo { index, name, id, modes: Vec::new(), problem })
        }
    }
}

/// A camera with all modes that Twinsight reads, and the names of the formats that it does not; `None` where the
/// device is no camera.
pub(super) fn offer(system: CameraLister, device: &Device) -> Result<Option<(CameraInfo, Vec<String>)>, String> {
    let Some((mut modes, unread)) = system.modes(device.index)? else { return Ok(None) };
    modes.sort_by_key(|mode| (mode.format, mode.size.area(), mode.size.width, mode.rate));
    modes.dedup();
    let problem =
        modes.is_empty().then(|| format!("it offers only {}, which Twinsight does not support", unread.join(", ")));
    let Device { index, name, id } = device.clone();
    Ok(Some((CameraInfo { index, name, id, modes, problem }, unread)))
}
