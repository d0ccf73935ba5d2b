//! Which of a camera's modes is selected.

use twinsight::detect::Size;
use twinsight::source::camera::mode::summary;
use twinsight::source::{CameraRequest, FrameRate, Mode, ModeRequest, PixelFormat};

fn modes(list: &[&str]) -> Vec<Mode> {
    let parse = |text: &&str| {
        let parts: Vec<&str> = text.split(' ').collect();
        let (width, height) = parts[1].split_once('x').unwrap();
        let size = Size::new(width.parse().unwrap(), height.parse().unwrap());
        Mode { format: parts[0].parse().unwrap(), size, rate: parts[2].parse().unwrap() }
    };
    list.iter().map(parse).collect()
}

fn best(list: &[&str], request: &CameraRequest) -> Option<Mode> {
    ModeRequest::of(request).best(&modes(list))
}

#[test]
fn the_best_mode_of_cameras_as_they_are_sold() {
    let table: &[(&str, &[&str], &str)] = &[
        (
            "a webcam whose raw HD is slow: MJPEG at 30 wins",
            &["YUYV 640x480 30", "YUYV 1280x720 10", "MJPEG 640x480 30", "MJPEG 1280x720 30", "MJPEG 1920x1080 30"],
            "MJPEG 1280x720 30",
        ),
        ("a raw mode with rate and size costs least", &["MJPEG 1280x720 30", "YUYV 1280x720 30"], "YUYV 1280x720 30"),
        ("more than 30 is worth nothing", &["YUYV 320x240 120", "MJPEG 1280x720 30"], "MJPEG 1280x720 30"),
        ("and is not taken where 30 will do", &["YUYV 1280x720 60", "YUYV 1280x720 30"], "YUYV 1280x720 30"),
        ("60 rather than 25", &["YUYV 1280x720 25", "YUYV 1280x720 60"], "YUYV 1280x720 60"),
        ("below 30 the rate comes first", &["YUYV 1280x720 5", "YUYV 640x480 25"], "YUYV 640x480 25"),
        ("smaller rather than far too large", &["NV12 3840x2160 30", "NV12 640x480 30"], "NV12 640x480 30"),
        ("29.97 is as good as 30", &["YUYV 640x480 30", "YUYV 1280x720 30000/1001"], "YUYV 1280x720 30000/1001"),
        ("but 30 where both are there", &["YUYV 640x480 30000/1001", "YUYV 640x480 30"], "YUYV 640x480 30"),
        ("UYVY costs no more than YUYV", &["MJPEG 1280x720 30", "UYVY 1280x720 30"], "UYVY 1280x720 30"),
        ("gray only where there is no colour", &["GRAY 1280x720 60", "YUYV 320x240 15"], "YUYV 320x240 15"),
        ("gray where there is nothing else", &["GRAY 640x360 15", "GRAY 640x360 30"], "GRAY 640x360 30"),
    ];
    for (why, offered, expected) in table {
        assert_eq!(best(offered, &CameraRequest::default()), Some(modes(&[expected])[0]), "{why}");
        let backwards: Vec<&str> = offered.iter().rev().copied().collect();
        let again = best(&backwards, &CameraRequest::default());
        assert_eq!(again, Some(modes(&[expected])[0]), "{why}, in whichever order they are listed");
    }
}

#[test]
fn what_is_asked_for_is_binding() {
    let offered = ["YUYV 640x480 30", "MJPEG 640x480 30", "MJPEG 1280x720 30", "MJPEG 1280x720 60"];
    let request = |size: Option<(u32, u32)>, format: Option<&str>, rate: Option<&str>| CameraRequest {
        size: size.map(|(width, height)| Size::new(width, height)),
        format: format.map(|name| name.parse().unwrap()),
        rate: rate.map(|text| text.parse().unwrap()),
        ..CameraRequest::default()
    };
    let check = |request, expected: Option<&str>| {
        assert_eq!(best(&offered, &request), expected.map(|mode| modes(&[mode])[0]), "{request:?}");
    };
    check(request(Some((640, 480)), None, None), Some("YUYV 640x480 30"));
    check(request(Some((640, 480)), Some("mjpeg"), None), Some("MJPEG 640x480 30"));
    check(request(None, None, Some("60")), Some("MJPEG 1280x720 60"));
    check(request(None, Some("YUYV"), Some("60")), None);
    check(request(Some((800, 600)), None, None), None);
}

#[test]
fn a_rate_is_asked_for_as_it_is_shown() {
    let offered = ["YUYV 640x480 30", "YUYV 640x480 30000/1001", "YUYV 640x480 15/2"];
    for (asked, expected) in [
        ("30", "YUYV 640x480 30"),
        ("29.97", "YUYV 640x480 30000/1001"),
        ("30000/1001", "YUYV 640x480 30000/1001"),
        ("7.5", "YUYV 640x480 15/2"),
    ] {
        let request = CameraRequest { rate: Some(asked.parse().unwrap()), ..CameraRequest::default() };
        assert_eq!(best(&offered, &request), Some(modes(&[expected])[0]), "{asked}");
    }
    let shown: Vec<String> = modes(&offered).iter().map(|mode| mode.rate.to_string()).collect();
    assert_eq!(shown, ["30", "29.97", "7.5"]);
    for text in ["0", "0/1", "1/0", "-3", "x", "", "1.2345", "99999999999", "1/", "."] {
        assert!(text.parse::<FrameRate>().unwrap_err().contains("is not a frame rate"), "{text}");
    }
    assert_eq!("60/2".parse::<FrameRate>(), "30".parse());
}

#[test]
fn modes_that_cannot_be_are_left_out() {
    assert_eq!(best(&["YUYV 0x0 30"], &CameraRequest::default()), None);
    assert_eq!(best(&[], &CameraRequest::default()), None);
}

#[test]
fn the_offer_reads_well() {
    let offered = modes(&["MJPEG 640x480 15", "MJPEG 640x480 30", "MJPEG 1280x720 30", "YUYV 640x480 30"]);
    assert_eq!(summary(&offered), "MJPEG 640×480 (15, 30/s), 1280×720 (30/s); YUYV 640×480 (30/s)");
    assert_eq!(summary(&[]), "nothing");
    assert_eq!("yuyv".parse(), Ok(PixelFormat::Yuyv));
    assert!("H264".parse::<PixelFormat>().unwrap_err().contains("MJPEG, YUYV, UYVY"));
}
