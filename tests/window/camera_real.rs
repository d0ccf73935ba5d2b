//! The camera panel over a real V4L2 camera. `tests/camera/run` runs this test in a virtual machine with the kernel's
//! own test driver; elsewhere it is ignored, because it needs that camera.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use twinsight::app::Preferences;
use twinsight::detect::Size;
use twinsight::engine::Open;
use twinsight::source::{CameraRequest, CameraWatch, Opener, Source, SourceError, SourceRequest};

use crate::support::{Desk, Plan};

struct Real;

impl Open for Real {
    fn open(&self, request: &SourceRequest) -> Result<Box<dyn Source>, SourceError> {
        println!("opening {request:?}");
        Opener::default().open(request)
    }
}

/// Pulls the camera out, or plugs it in.
fn plug(plugged_in: bool) {
    let act = if plugged_in { "bind" } else { "unbind" };
    std::fs::write(format!("/sys/bus/platform/drivers/vivid/{act}"), "vivid.0").unwrap();
}

fn value(desk: &Desk, slider: &str) -> Option<f64> {
    desk.harness.query_by_role_and_label(Role::Slider, slider)?.accesskit_node().numeric_value()
}

#[test]
#[ignore = "needs the kernel's vivid camera: tests/camera/run"]
fn the_panel_of_a_real_camera_sets_it_and_follows_its_plug() {
    let small = CameraRequest { size: Some(Size::new(320, 180)), ..CameraRequest::default() };
    let plan = Plan {
        source: SourceRequest::Camera(small),
        watch: Some(CameraWatch::start(|| {}).unwrap()),
        opener: Some(Arc::new(Real)),
        preferences: Preferences { camera: true, ..Preferences::default() },
        ..Plan::default()
    };
    let mut desk = Desk::new(plan);
    desk.harness.set_size(vec2(1280.0, 4000.0));
    desk.until("its picture and controls", |d| d.has("person 0.90") && d.has_slider("Brightness"));
    println!("{}", desk.names("×"));
    desk.until("what it gives", |d| d.names("320×180").matches("320×180").count() == 2);

    let before = value(&desk, "Brightness").unwrap();
    desk.set_slider("Brightness", before + 50.0);
    desk.until("another brightness", |d| value(d, "Brightness") == Some(before + 50.0));
    desk.harness.run_steps(100);
    assert_eq!(value(&desk, "Brightness"), Some(before + 50.0), "as the driver has it");
    desk.click("Reset Brightness");
    desk.until("the default", |d| value(d, "Brightness") == Some(before));

    desk.click("Camera size");
    println!("{}", desk.names("×"));
    desk.click("640×360");
    desk.until("the other size", |d| d.names("640×360").matches("640×360").count() >= 2);
    desk.press(Key::M);

    plug(false);
    desk.until("that it is gone", |d| d.has("⚠  Unplugged") && d.has_words("Last picture"));
    println!("{}", desk.names("unplugged"));
    plug(true);
    desk.until("the picture again", |d| !d.has_words("Last picture") && d.has_words("640×360"));
    println!("{}", desk.names("did not accept"));
}
