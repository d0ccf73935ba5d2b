//! What is said about cameras: their list, and what went wrong with one. Real ones are in `camera_real.rs`.

use twinsight::cli::cameras::{json, text};
use twinsight::detect::Size;
use twinsight::source::camera_error::{Stage, explain};
use twinsight::source::{CameraInfo, Mode, PixelFormat, SourceError};

fn webcam() -> CameraInfo {
    let mode = |format, width, height, rate| Mode { format, size: Size::new(width, height), rate };
    CameraInfo {
        index: 2,
        name: "Web \"HD\" cam".into(),
        modes: vec![
            mode(PixelFormat::Mjpeg, 640, 480, 15),
            mode(PixelFormat::Mjpeg, 640, 480, 30),
            mode(PixelFormat::Mjpeg, 1280, 720, 30),
            mode(PixelFormat::Yuyv, 640, 480, 30),
        ],
        problem: None,
    }
}

#[test]
fn the_list_is_compact() {
    let expected =
        "2  Web \"HD\" cam\n   MJPEG  640×480    15, 30/s\n          1280×720   30/s\n   YUYV   640×480    30/s\n";
    assert_eq!(text(&[webcam()]), expected);
    let broken = CameraInfo { modes: Vec::new(), problem: Some("used by another".into()), ..webcam() };
    assert_eq!(text(std::slice::from_ref(&broken)), "2  Web \"HD\" cam\n   used by another\n");
    let object: serde_json::Value = serde_json::from_str(&json(&[broken])).unwrap();
    assert_eq!(object[0]["problem"], "used by another");
}

#[test]
fn no_camera_is_said_plainly() {
    assert!(text(&[]).starts_with("No camera was found."));
    assert_eq!(json(&[]), "[]\n");
}

#[test]
fn the_json_is_an_array_of_objects() {
    let list: serde_json::Value = serde_json::from_str(&json(&[webcam()])).unwrap();
    assert_eq!((&list[0]["index"], &list[0]["name"]), (&2.into(), &"Web \"HD\" cam".into()));
    let size = &list[0]["formats"][0]["sizes"][0];
    assert_eq!(size.to_string(), r#"{"width":640,"height":480,"rates":[15,30]}"#);
    assert!(list[0].get("problem").is_none());
}

#[test]
fn errors_are_told_apart_by_their_cause() {
    let error = |stage, number: i32| {
        let cause = format!("Could not: V4L2 Error: {}", std::io::Error::from_raw_os_error(number));
        explain(3, "camera 3 (Webcam)", stage, cause)
    };
    let opening = |number| error(Stage::Opening, number);
    assert!(matches!(opening(2), SourceError::NoSuchCamera { index: 3 }));
    assert!(matches!(opening(13), SourceError::NoPermission { .. }));
    assert!(matches!(opening(16), SourceError::Busy { .. }));
    assert!(matches!(opening(19), SourceError::NoSuchCamera { .. }));
    assert!(matches!(opening(5), SourceError::Camera { .. }));
    assert!(matches!(error(Stage::Reading, 19), SourceError::Disconnected { .. }));
    let unknown = explain(3, "camera 3 (Webcam)", Stage::Reading, "it hums".into());
    assert_eq!(unknown.to_string(), "camera 3 (Webcam) failed: it hums");
    // A person who has no right, or whose camera is taken, must be told, not kept waiting for another camera.
    assert!(!opening(13).is_transient() && opening(16).is_transient() && opening(2).is_transient());
}
