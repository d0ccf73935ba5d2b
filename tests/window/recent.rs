//! What was opened is offered again in the next run, as long as it is there.

use std::path::Path;

use twinsight::app::Preferences;
use twinsight::source::SourceRequest;

use crate::support::{Desk, Plan};

/// A later run, with its source menu open.
fn next_run(kept: &str) -> Desk {
    let preferences = Preferences::from_json(kept);
    let mut desk = Desk::with_picture(Plan { preferences, ..Plan::default() });
    desk.click("Source");
    desk
}

fn opened(desk: &mut Desk, path: &Path) {
    let wanted = SourceRequest::Still(path.into());
    desk.until("the file", |d| d.opened.lock().unwrap().contains(&wanted));
}

#[test]
fn a_file_is_offered_by_the_next_run_and_one_that_is_gone_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("street.png");
    image::save_buffer(&path, &[128; 12], 2, 2, image::ExtendedColorType::Rgb8).unwrap();
    let mut desk = Desk::with_picture(Plan::default());
    desk.drop_files([path.as_path()]);
    opened(&mut desk, &path);
    desk.until("it to be kept", |d| d.preferences().to_json().contains("street.png"));
    let kept = desk.preferences().to_json();
    let mut next = next_run(&kept);
    next.until("the entry", |d| d.has_words("street.png"));
    next.click("🖼  street.png");
    opened(&mut next, &path);
    std::fs::remove_file(&path).unwrap();
    let mut last = next_run(&kept);
    last.until("the menu without it", |d| d.has_words("Open files…") && !d.has_words("street.png"));
    assert!(last.preferences().to_json().contains("street.png"), "its disk may come back");
}

#[test]
fn a_folder_is_offered_and_its_pictures_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("holidays");
    std::fs::create_dir(&folder).unwrap();
    for name in ["1.png", "2.png"] {
        image::save_buffer(folder.join(name), &[128; 12], 2, 2, image::ExtendedColorType::Rgb8).unwrap();
    }
    let mut desk = Desk::with_picture(Plan::default());
    desk.drop_files([folder.as_path()]);
    desk.until("the album", |d| d.has("1 of 2"));
    desk.until("it to be kept", |d| d.preferences().to_json().contains("holidays"));
    let kept = desk.preferences().to_json();
    assert!(!kept.contains("1.png"), "{kept}");
    let mut next = next_run(&kept);
    next.until("the entry", |d| d.has_words("holidays"));
    next.click("🗁  holidays");
    next.until("the album", |d| d.has("1 of 2"));
}
