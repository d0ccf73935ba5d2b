//! Messages about cameras: their list, and what went wrong with one. Real cameras are in `tests/camera/main.rs`.

use twinsight::cli::cameras::{json, text};
use twinsight::detect::Size;
use twinsight::source::camera::explain::{Operation, explain};
use twinsight::source::{CameraId, CameraInfo, Device, FrameRate, Mode, PixelFormat, SourceError};

fn webcam() -> CameraInfo {
    let mode = |format, width, height, rate| {
        let rate = FrameRate::new(rate, if rate > 1000 { 1001 } else { 1 }).unwrap();
        Mode { format, size: Size::new(width, height), rate }
    };
    CameraInfo {
        index: 2,
        name: "Web \"HD\" cam".into(),
        id: CameraId { place: "usb-0000:00:14.0-1".into(), serial: Some("046d:0825:5A3C".into()) },
        modes: vec![
            mode(PixelFormat::Mjpeg, 640, 480, 15),
            mode(PixelFormat::Mjpeg, 640, 480, 30_000),
            mode(PixelFormat::Mjpeg, 1280, 720, 30),
            mode(PixelFormat::Yuyv, 640, 480, 30),
        ],
        problem: None,
    }
}

#[test]
fn the_list_is_compact() {
    let expected = "2  Web \"HD\" cam  (046d:0825:5A3C)\n   MJPEG  640×480    15, 29.97/s\n          1280×720   30/s\n   YUYV   640×480    30/s\n";
    assert_eq!(text(&[webcam()]), expected);
    let broken = CameraInfo { modes: Vec::new(), problem: Some("in use by another".into()), ..webcam() };
    assert_eq!(text(std::slice::from_ref(&broken)), "2  Web \"HD\" cam  (046d:0825:5A3C)\n   in use by another\n");
    let object: serde_json::Value = serde_json::from_str(&json(&[broken])).unwrap();
    assert_eq!(object[0]["problem"], "in use by another");
}

#[test]
fn no_camera_is_said_plainly() {
    assert!(text(&[]).starts_with("No camera found."));
    assert_eq!(json(&[]), "[]\n");
}

#[test]
fn the_json_is_an_array_of_objects() {
    let list: serde_json::Value = serde_json::from_str(&json(&[webcam()])).unwrap();
    assert_eq!((&list[0]["index"], &list[0]["name"]), (&2.into(), &"Web \"HD\" cam".into()));
    assert_eq!((&list[0]["identity"], &list[0]["place"]), (&"046d:0825:5A3C".into(), &"usb-0000:00:14.0-1".into()));
    let size = &list[0]["formats"][0]["sizes"][0];
    assert_eq!(size.to_string(), r#"{"width":640,"height":480,"rates":[15,29.97002997002997]}"#);
    assert!(list[0].get("problem").is_none());
}

#[test]
fn errors_are_told_apart_by_their_cause() {
    let id = CameraId { place: "usb-1".into(), serial: None };
    let device = Device { index: 3, name: "Webcam".into(), id };
    let error = |stage, number: i32| {
        let cause = format!("Could not: V4L2 Error: {}", std::io::Error::from_raw_os_error(number));
        explain(&device, stage, cause)
    };
    let opening = |number| error(Operation::Opening, number);
    assert!(matches!(opening(2), SourceError::Disconnected { .. }));
    assert!(matches!(opening(13), SourceError::NoPermission { .. }));
    assert!(matches!(opening(16), SourceError::Busy { .. }));
    assert!(matches!(opening(19), SourceError::Disconnected { .. }));
    assert!(matches!(opening(5), SourceError::Camera { .. }));
    assert!(matches!(error(Operation::Reading, 19), SourceError::Disconnected { .. }));
    assert!(matches!(error(Operation::Reading, 5), SourceError::Disconnected { .. }));
    let unknown = explain(&device, Operation::Reading, "it hums".into());
    assert_eq!(unknown.to_string(), "camera 3 (Webcam) failed: it hums");
}

#[test]
fn whatever_is_wrong_with_a_camera_is_tried_again() {
    let camera = || "camera 3 (Webcam)".to_owned();
    let cause = || "(os error 13)".to_owned();
    for error in [
        SourceError::NoCamera,
        SourceError::NoSuchCamera { wanted: camera(), there: "none".into() },
        SourceError::Absent { camera: camera() },
        SourceError::NoPermission { camera: camera(), cause: cause() },
        SourceError::Busy { camera: camera(), cause: cause() },
        SourceError::NoFormat { camera: camera(), offered: "H264".into() },
        SourceError::NoMode { camera: camera(), wanted: "1×1".into(), offered: "nothing".into() },
        SourceError::Disconnected { camera: camera(), cause: cause() },
        SourceError::Silent { camera: camera(), seconds: 2 },
        SourceError::Camera { camera: camera(), cause: cause() },
    ] {
        assert!(error.is_transient(), "{error}");
    }
    assert!(!SourceError::Read { path: "x".into(), cause: std::io::Error::other("y") }.is_transient());
}
