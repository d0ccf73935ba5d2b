//! Which camera is meant: by its place or serial number, not by an index that changes with every plug.

use std::fmt;

use crate::source::SourceError;

/// What stays with a camera when it is plugged in again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CameraId {
    /// Where it is plugged in, as the system says: "usb-0000:00:14.0-1", "platform:vivid-000".
    pub place: String,
    /// Vendor, product and serial number: "046d:0825:5A3C1D20"; `None` = it has no serial number.
    pub serial: Option<String>,
}

/// By the serial number where there is one, else by the place.
impl fmt::Display for CameraId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.serial.as_ref().unwrap_or(&self.place))
    }
}

/// A camera that is there, before it is asked what it offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The number that the system gave it this time; gaps are usual.
    pub index: u32,
    pub name: String,
    pub id: CameraId,
}

/// "camera 0 (Webcam)"
impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "camera {} ({})", self.index, self.name)
    }
}

/// Which of the cameras is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CameraSelector {
    /// The one with the lowest index.
    #[default]
    First,
    /// The one with this index, now.
    Index(u32),
    /// The one with this identity or name, or with this in its name.
    Like(String),
    /// This very one, wherever it is plugged in, and never another.
    This { name: String, id: CameraId },
}

impl CameraSelector {
    /// As a flag says it: a number is an index.
    pub fn from_flag(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Like(text.to_owned()), Self::Index)
    }

    /// For a list of choices: its name where it is known, else "Camera 2".
    pub fn label(&self) -> String {
        match self {
            Self::First => "First camera".into(),
            Self::Index(index) => format!("Camera {index}"),
            Self::Like(text) => text.clone(),
            Self::This { name, .. } => name.clone(),
        }
    }

    /// Whether both may be one camera, as far as can be told without asking the system.
    pub fn may_be(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Index(a), Self::Index(b)) => a == b,
            (Self::This { name: a, id: x }, Self::This { name: b, id: y }) => a == b && x == y,
            _ => true,
        }
    }
}

impl fmt::Display for CameraSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First => f.write_str("the first camera"),
            Self::Index(index) => write!(f, "camera {index}"),
            Self::Like(text) => write!(f, "camera \"{text}\""),
            Self::This { name, id } => write!(f, "{name} ({id})"),
        }
    }
}

/// The camera that is meant, of those that are there.
///
/// `This` is recognised by its serial number; of several with the same one (cheap cameras share theirs), only the one
/// in the same place will do. Without a serial number the place and the name must be the same: a camera of another
/// name in the same socket is another one, and so is one of the same name in another socket, for all we can know.
pub fn choose<'a>(devices: &'a [Device], which: &CameraSelector) -> Result<&'a Device, SourceError> {
    let missing = || match which {
        CameraSelector::First => SourceError::NoCamera,
        CameraSelector::This { name, .. } => SourceError::Absent { camera: name.clone() },
        _ => SourceError::NoSuchCamera { wanted: which.to_string(), there: list(devices.iter()) },
    };
    let found: Vec<&Device> = match which {
        CameraSelector::First => devices.iter().min_by_key(|device| device.index).into_iter().collect(),
        CameraSelector::Index(index) => devices.iter().filter(|device| device.index == *index).collect(),
        CameraSelector::Like(text) => like(devices, text),
        CameraSelector::This { name, id } => this(devices, name, id),
    };
    match found[..] {
        [] => Err(missing()),
        [device] => Ok(device),
        _ => Err(SourceError::Ambiguous { wanted: which.to_string(), found: list(found.into_iter()) }),
    }
}

/// An identity or a whole name counts for more than a part of a name.
fn like<'a>(devices: &'a [Device], text: &str) -> Vec<&'a Device> {
    let wanted = text.to_lowercase();
    let identified = |d: &Device| d.id.place.to_lowercase() == wanted || d.id.to_string().to_lowercase() == wanted;
    let named = |d: &Device| d.name.to_lowercase() == wanted;
    let part = |d: &Device| !wanted.is_empty() && d.name.to_lowercase().contains(&wanted);
    let steps: [&dyn Fn(&Device) -> bool; 3] = [&identified, &named, &part];
    let found = steps.iter().map(|fits| devices.iter().filter(|d| fits(d)).collect::<Vec<_>>());
    found.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

fn this<'a>(devices: &'a [Device], name: &str, id: &CameraId) -> Vec<&'a Device> {
    let same_place = |d: &&Device| d.id.place == id.place;
    match &id.serial {
        Some(_) => {
            let same: Vec<&Device> = devices.iter().filter(|d| d.id.serial == id.serial && d.name == name).collect();
            if same.len() < 2 { same } else { same.into_iter().filter(same_place).collect() }
        }
        None => devices.iter().filter(same_place).filter(|d| d.id.serial.is_none() && d.name == name).collect(),
    }
}

fn list<'a>(devices: impl Iterator<Item = &'a Device>) -> String {
    let list: Vec<String> = devices.map(|d| format!("{} ({}, {})", d.index, d.name, d.id)).collect();
    if list.is_empty() { "none".into() } else { list.join(", ") }
}
