//! Going through the pictures of a folder, and their thumbnails.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded};
use image::{Rgb, RgbImage};
use tempfile::TempDir;
use twinsight::detect::Size;
use twinsight::source::{
    Album, AlbumError, FolderWatch, Listing, SourceRequest, THUMBNAILS_KEPT, Thumbnail, Thumbnails,
};

const LONG: Duration = Duration::from_secs(60);

fn folder(names: &[&str]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    names.iter().for_each(|name| std::fs::write(dir.path().join(name), "").unwrap());
    dir
}

fn names(album: &Album) -> Vec<&str> {
    album.pictures().iter().map(|p| p.file_name().unwrap().to_str().unwrap()).collect()
}

#[test]
fn a_folder_is_leafed_through_in_natural_order() {
    let dir = folder(&["p10.jpg", "P9.png", "p1.webp", "notes.txt", ".hidden.jpg", "clip.mp4"]);
    let mut album = Album::open(&[dir.path().into()]).unwrap();
    assert_eq!(names(&album), ["p1.webp", "P9.png", "p10.jpg"]);
    assert_eq!(album.request(), Some(SourceRequest::Still(dir.path().join("p1.webp"))));
    assert!(!album.back(), "the first");
    assert!(album.forward() && album.forward() && !album.forward(), "the last");
    assert_eq!((album.index(), album.current()), (2, Some(dir.path().join("p10.jpg").as_path())));
    assert!(album.select(1) && !album.select(3));
    assert_eq!(album.index(), 1);
}

#[test]
fn what_cannot_be_read_is_passed_over_but_can_be_pointed_at() {
    let dir = folder(&["1.jpg", "2.jpg", "3.jpg", "4.jpg"]);
    let mut album = Album::open(&[dir.path().into()]).unwrap();
    for bad in ["2.jpg", "3.jpg"] {
        album.mark(&dir.path().join(bad), format!("{bad} is broken"));
    }
    assert!(album.forward());
    assert_eq!(album.index(), 3);
    assert!(album.back());
    assert_eq!(album.index(), 0);
    assert!(album.select(1));
    assert_eq!(album.problem(album.current().unwrap()), Some("2.jpg is broken"));
    album.clear(&dir.path().join("2.jpg"));
    assert_eq!(album.problem(&dir.path().join("2.jpg")), None);
}

#[test]
fn files_keep_their_order_and_folders_without_pictures_are_told() {
    let dir = folder(&["b.jpg", "a.jpg"]);
    let files = ["b.jpg", "a.jpg"].map(|n| dir.path().join(n));
    assert_eq!(names(&Album::open(&files).unwrap()), ["b.jpg", "a.jpg"]);
    let empty = folder(&["notes.txt"]);
    let error = Album::open(&[files[0].clone(), empty.path().into()]).unwrap_err();
    assert!(matches!(error, AlbumError::Empty { .. }));
    assert_eq!(error.to_string(), format!("no images (JPEG, PNG, WebP, BMP) in the folder {}", empty.path().display()));
}

#[test]
fn what_comes_and_goes_leaves_the_picture_in_sight() {
    let dir = folder(&["1.jpg", "3.jpg", "5.jpg"]);
    let named = [dir.path().to_path_buf()];
    let look = || Listing::look(&named).unwrap();
    let mut album = Album::open(&named).unwrap();
    assert!(!album.update(&look()), "nothing changed");
    album.select(1);
    album.mark(&dir.path().join("5.jpg"), "cut off".into());
    std::fs::write(dir.path().join("2.jpg"), "").unwrap();
    let before = look();
    assert!(album.update(&before));
    assert_eq!((names(&album), album.index()), (vec!["1.jpg", "2.jpg", "3.jpg", "5.jpg"], 2));
    assert!(album.problem(&dir.path().join("5.jpg")).is_some(), "its file is as it was");
    // If the current one is gone, it stays until another is shown.
    std::fs::remove_file(dir.path().join("3.jpg")).unwrap();
    assert!(!album.update(&look()));
    assert_eq!(album.current(), Some(&*dir.path().join("3.jpg")));
    album.back();
    assert!(album.update(&look()));
    assert_eq!((names(&album), album.index()), (vec!["1.jpg", "2.jpg", "5.jpg"], 1));
    // Rewritten files are reported.
    assert_eq!(look().changed_since(&before), [] as [PathBuf; 0]);
    std::fs::write(dir.path().join("5.jpg"), "more than before").unwrap();
    assert_eq!(look().changed_since(&before), [dir.path().join("5.jpg")]);
    for name in ["1.jpg", "2.jpg", "5.jpg"] {
        std::fs::remove_file(dir.path().join(name)).unwrap();
    }
    assert!(Listing::look(&named).is_err(), "there is no empty album");
}

#[test]
fn a_folder_is_watched_until_nobody_cares() {
    let dir = folder(&["1.jpg"]);
    let (tell, told) = bounded(16);
    let watch = FolderWatch::start(vec![dir.path().into()], move || tell.send(()).unwrap()).unwrap();
    let next = || told.recv_timeout(LONG).map(|()| watch.take().unwrap().pictures().len());
    assert_eq!(next(), Ok(1));
    assert_eq!(watch.take(), None, "taken once");
    std::fs::write(dir.path().join("2.jpg"), "").unwrap();
    assert_eq!(next(), Ok(2));
    std::fs::remove_file(dir.path().join("1.jpg")).unwrap();
    assert_eq!(next(), Ok(1));
    drop(watch);
    assert!(told.recv_timeout(LONG).is_err_and(|e| e.is_disconnected()), "its thread has ended");
}

fn thumbnails() -> (Thumbnails, Receiver<()>) {
    let (wake, woken) = bounded(1024);
    let waker = move || wake.try_send(()).unwrap_or_default();
    (Thumbnails::start(Arc::new(waker)).unwrap(), woken)
}

#[test]
fn thumbnails_are_small_and_say_what_cannot_be_read() {
    let dir = folder(&["broken.jpg"]);
    RgbImage::from_pixel(640, 320, Rgb([200, 100, 50])).save(dir.path().join("wide.png")).unwrap();
    RgbImage::from_pixel(3, 5, Rgb([1, 2, 3])).save(dir.path().join("tiny.png")).unwrap();
    let paths: Vec<PathBuf> = ["wide.png", "tiny.png", "broken.jpg"].iter().map(|n| dir.path().join(n)).collect();
    let (thumbnails, woken) = thumbnails();
    assert_eq!(thumbnails.get(&paths[0]), None);
    thumbnails.want(paths.iter().map(PathBuf::as_path));
    (0..3).for_each(|_| woken.recv_timeout(LONG).unwrap());
    let Some(Thumbnail::Ready(wide)) = thumbnails.get(&paths[0]) else { panic!("no thumbnail") };
    assert_eq!((wide.size(), wide.pixel(80, 40)), (Size::new(160, 80), Some([200, 100, 50])));
    let Some(Thumbnail::Ready(tiny)) = thumbnails.get(&paths[1]) else { panic!("no thumbnail") };
    assert_eq!((tiny.size(), tiny.pixel(2, 4)), (Size::new(3, 5), Some([1, 2, 3])));
    let Some(Thumbnail::Failed(why)) = thumbnails.get(&paths[2]) else { panic!("no message") };
    assert!(why.contains("broken.jpg"), "{why}");
    // Made once.
    thumbnails.want(paths.iter().map(PathBuf::as_path));
    assert!(woken.recv_timeout(Duration::from_millis(200)).is_err());
    thumbnails.forget(&paths[0]);
    assert!(thumbnails.get(&paths[0]).is_none() && thumbnails.get(&paths[1]).is_some());
}

#[test]
fn the_oldest_thumbnails_go() {
    let dir = folder(&[]);
    let paths: Vec<PathBuf> = (0..THUMBNAILS_KEPT + 10).map(|n| dir.path().join(format!("{n}.jpg"))).collect();
    let (thumbnails, woken) = thumbnails();
    let want = |from: usize, to: usize| thumbnails.want(paths[from..to].iter().map(PathBuf::as_path));
    want(0, THUMBNAILS_KEPT);
    (0..THUMBNAILS_KEPT).for_each(|_| woken.recv_timeout(LONG).unwrap());
    // The first ten are looked at again, so that the next ones go.
    want(0, 10);
    want(THUMBNAILS_KEPT, THUMBNAILS_KEPT + 10);
    (0..10).for_each(|_| woken.recv_timeout(LONG).unwrap());
    let kept = |n: usize| thumbnails.get(&paths[n]).is_some();
    assert!((0..10).all(kept) && !(10..20).any(kept) && (20..THUMBNAILS_KEPT + 10).all(kept));
}

#[test]
fn pictures_in_another_order_keep_it_and_the_picture_in_sight() {
    let dir = folder(&["1.jpg", "2.jpg", "3.jpg"]);
    let named = [dir.path().to_path_buf()];
    let path = |name: &str| dir.path().join(name);
    let mut album = Album::open(&named).unwrap();
    album.select(1);
    album.arrange(vec![path("3.jpg"), path("2.jpg")]);
    assert_eq!((names(&album), album.index()), (vec!["3.jpg", "2.jpg", "1.jpg"], 1));
    assert!(album.is_arranged() && album.listed()[0] == path("1.jpg"));
    // What comes is at the end, and steps follow the order.
    std::fs::write(path("0.jpg"), "").unwrap();
    assert!(album.update(&Listing::look(&named).unwrap()));
    assert_eq!((names(&album), album.index()), (vec!["3.jpg", "2.jpg", "0.jpg", "1.jpg"], 1));
    assert_eq!(album.find(1, |picture| picture.ends_with("1.jpg")), Some(3));
    album.mark(&path("0.jpg"), "it is empty".into());
    assert_eq!([album.neighbour(1), album.neighbour(-1)], [Some(3), Some(0)]);
    album.arrange(Vec::new());
    assert_eq!((names(&album), album.index()), (vec!["0.jpg", "1.jpg", "2.jpg", "3.jpg"], 2));
}
