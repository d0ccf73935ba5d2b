//! Which camera is opened: the requested one, and after it returns the very same one, never another.

use twinsight::source::camera::identity::choose;
use twinsight::source::{CameraId, CameraInfo, CameraRequest, CameraSelector, Device, SourceError, SourceRequest};

fn camera(index: u32, name: &str, place: &str, serial: Option<&str>) -> Device {
    Device { index, name: name.into(), id: CameraId { place: place.into(), serial: serial.map(str::to_owned) } }
}

fn this(device: &Device) -> CameraSelector {
    CameraSelector::This { name: device.name.clone(), id: device.id.clone() }
}

fn chosen(devices: &[Device], which: &CameraSelector) -> Option<u32> {
    choose(devices, which).ok().map(|device| device.index)
}

#[test]
fn a_flag_names_a_camera_by_number_identity_or_name() {
    let devices = [
        camera(2, "HD Webcam C270", "usb-0000:00:14.0-1", Some("046d:0825:5A3C")),
        camera(0, "Integrated Camera", "usb-0000:00:14.0-6", None),
        camera(4, "Integrated Camera IR", "usb-0000:00:14.0-6/1.2.0", None),
    ];
    for (flag, expected) in [
        ("0", Some(0)),
        ("2", Some(2)),
        ("1", None),
        ("046d:0825:5a3c", Some(2)),
        ("usb-0000:00:14.0-1", Some(2)),
        ("usb-0000:00:14.0-6", Some(0)),
        ("usb-0000:00:14.0-6/1.2.0", Some(4)),
        ("c270", Some(2)),
        // A whole name counts for more than a part of another.
        ("integrated camera", Some(0)),
        ("camera IR", Some(4)),
        ("", None),
        ("no such", None),
    ] {
        assert_eq!(chosen(&devices, &CameraSelector::from_flag(flag)), expected, "{flag:?}");
    }
    assert_eq!(chosen(&devices, &CameraSelector::First), Some(0));
}

#[test]
fn what_is_not_there_or_not_clear_is_said_with_the_cameras_that_are() {
    let devices = [camera(0, "Left Cam", "usb-1", None), camera(2, "Right Cam", "usb-2", Some("1:2:3"))];
    let error = |flag: &str| choose(&devices, &CameraSelector::from_flag(flag)).unwrap_err().to_string();
    let list = "0 (Left Cam, usb-1), 2 (Right Cam, 1:2:3)";
    assert_eq!(error("7"), format!("there is no camera 7; available: {list}"));
    assert_eq!(error("top"), format!("there is no camera \"top\"; available: {list}"));
    assert_eq!(error("cam"), format!("camera \"cam\" matches {list}; select one by its number or identity"));
    assert!(choose(&[], &CameraSelector::Index(0)).unwrap_err().to_string().ends_with("available: none"));
    assert!(matches!(choose(&[], &CameraSelector::First), Err(SourceError::NoCamera)));
}

#[test]
fn the_same_camera_is_found_again_under_another_index_and_never_another() {
    let serial = camera(0, "Cam", "usb-1", Some("1:2:A"));
    let plain = camera(1, "Cheap", "usb-2", None);
    // Another index, and with a serial number another socket.
    assert_eq!(chosen(&[camera(5, "Cam", "usb-9", Some("1:2:A"))], &this(&serial)), Some(5));
    assert_eq!(chosen(&[camera(6, "Cheap", "usb-2", None)], &this(&plain)), Some(6));
    for (other, wanted) in [
        (camera(0, "Cam", "usb-1", Some("1:2:B")), &serial),
        (camera(0, "Cam", "usb-1", None), &serial),
        (camera(1, "Cheap", "usb-3", None), &plain),
        (camera(1, "Other", "usb-2", None), &plain),
        (camera(1, "Cheap", "usb-2", Some("1:2:A")), &plain),
    ] {
        let error = choose(std::slice::from_ref(&other), &this(wanted)).unwrap_err();
        assert!(matches!(error, SourceError::Absent { .. }), "{other:?} taken for {wanted:?}: {error}");
    }
    // Cheap cameras share a serial number: then the place tells, and without it none is taken.
    let twins = [camera(3, "Cam", "usb-1", Some("1:2:A")), camera(0, "Cam", "usb-4", Some("1:2:A"))];
    assert_eq!(chosen(&twins, &this(&serial)), Some(3));
    let moved = [camera(3, "Cam", "usb-5", Some("1:2:A")), camera(0, "Cam", "usb-4", Some("1:2:A"))];
    assert_eq!(chosen(&moved, &this(&serial)), None);
}

#[test]
fn once_open_a_request_means_that_very_camera_in_the_same_mode() {
    let device = camera(0, "Cam", "usb-1", None);
    let pinned = |request: SourceRequest| request.pinned(&device.name, &device.id);
    let SourceRequest::Camera(auto) = pinned(SourceRequest::Auto) else { panic!("auto goes to the demo") };
    assert_eq!(auto, CameraRequest { which: this(&device), ..CameraRequest::default() });
    let asked = CameraRequest { rate: Some("15".parse().unwrap()), ..CameraRequest::index(0) };
    let SourceRequest::Camera(again) = pinned(SourceRequest::Camera(asked.clone())) else { panic!() };
    assert_eq!(again, CameraRequest { which: this(&device), ..asked });
    assert_eq!(pinned(SourceRequest::Demo), SourceRequest::Demo);
    // The list's own request is the same one.
    let Device { index, name, id } = device.clone();
    let info = CameraInfo { index, name, id, modes: Vec::new(), problem: None };
    assert_eq!(CameraRequest::of(&info), auto);
}
