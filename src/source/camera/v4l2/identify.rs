//! Which V4L2 devices are cameras, and what stays with each when it is plugged in again.

use std::fs;
use std::io;
use std::panic::catch_unwind;
use std::path::Path;

use v4l::capability::Flags;

use crate::source::{CameraId, Device};

/// Where the kernel lists its video devices, a folder each.
pub const CLASS: &str = "/sys/class/video4linux";

/// All cameras by index; with each one that cannot be asked, why not.
pub fn devices() -> Vec<(Device, Option<String>)> {
    let mut devices: Vec<_> = indices().into_iter().filter_map(identify).collect();
    devices.sort_by_key(|(device, _)| device.index);
    devices
}

/// The numbers of /dev/video*.
pub fn indices() -> Vec<u32> {
    let entries = fs::read_dir("/dev").into_iter().flatten().flatten();
    let mut indices: Vec<u32> =
        entries.filter_map(|entry| entry.file_name().to_str()?.strip_prefix("video")?.parse().ok()).collect();
    indices.sort_unstable();
    indices
}

/// `None` where the device takes no pictures: the second node of a webcam carries its metadata, and others encode.
fn identify(index: u32) -> Option<(Device, Option<String>)> {
    let folder = Path::new(CLASS).join(format!("video{index}"));
    // The crate panics over a name that is no UTF-8.
    let asked = catch_unwind(|| v4l::Device::new(index as usize)?.query_caps())
        .unwrap_or_else(|_| Err(io::Error::other("its name cannot be read")));
    let (name, place, problem) = match asked {
        Ok(known) if !known.capabilities.contains(Flags::VIDEO_CAPTURE) => return None,
        // It carries pictures from memory to memory: a codec, no camera.
        Ok(known) if known.capabilities.intersects(Flags::VIDEO_M2M | Flags::VIDEO_OUTPUT) => return None,
        Ok(known) => (known.card, known.bus, None),
        Err(error) => {
            let name = attribute(&folder, "name").unwrap_or_else(|| format!("/dev/video{index}"));
            (name, format!("/dev/video{index}"), Some(error.to_string()))
        }
    };
    let part = part(&folder);
    let serial = serial(&folder).map(|serial| serial + &part);
    Some((Device { index, name, id: CameraId { place: place + &part, serial } }, problem))
}

/// Which camera of a device with several: its USB interface and node, as "/1.2.0"; nothing for the usual first.
fn part(folder: &Path) -> String {
    let node = attribute(folder, "index").unwrap_or_default();
    let device = fs::canonicalize(folder.join("device")).unwrap_or_default();
    let interface = device.file_name().and_then(|name| name.to_str()?.split_once(':')).map_or("1.0", |(_, i)| i);
    let node = if node.is_empty() { "0" } else { &node };
    if interface == "1.0" && node == "0" { String::new() } else { format!("/{interface}.{node}") }
}

/// The USB device above has these attributes; nothing else has them all.
fn serial(folder: &Path) -> Option<String> {
    let device = fs::canonicalize(folder.join("device")).ok()?;
    let device = device.parent()?;
    let serial = attribute(device, "serial").filter(|serial| !serial.is_empty())?;
    Some(format!("{}:{}:{serial}", attribute(device, "idVendor")?, attribute(device, "idProduct")?))
}

fn attribute(folder: &Path, name: &str) -> Option<String> {
    fs::read_to_string(folder.join(name)).ok().map(|text| text.trim().to_owned())
}
