//! What `detect` and `compare` look at: the flags that name it.

pub mod camera_feed;
pub mod camera_flags;
pub mod frame_reader;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;

use self::camera_flags::CameraFlags;
use crate::live;
use crate::model::{Catalog, ModelName, ModelRequest};
use crate::source::pictures::folder;
use crate::source::{CameraRequest, FileKind, VideoLocation, file_kind};
use crate::workshop::golden::{GoldenError, GoldenPack, PackPlace};

#[derive(Args, Clone, Debug)]
pub struct InputArgs {
    /// Images (JPEG, PNG, WebP, BMP), videos, folders of images, or golden packs
    #[arg(value_name = "FILE|DIR", required_unless_present_any = ["camera", "video"], conflicts_with_all = ["CameraFlags", "video"])]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub camera: CameraFlags,
    /// Use the frames of this video file or stream (rtsp, http); needs ffmpeg
    #[arg(long, value_name = "FILE|URL", group = "from", conflicts_with = "CameraFlags")]
    pub video: Option<OsString>,
    /// Stop after N frames [default: 1 from a camera, all of a video]
    #[arg(long, value_name = "N", requires = "from", value_parser = clap::value_parser!(u64).range(1..))]
    pub frames: Option<u64>,
    /// Use only every Nth frame of a video
    #[arg(long, value_name = "N", requires = "video", conflicts_with_all = ["paths", "camera"], value_parser = clap::value_parser!(u64).range(1..))]
    pub every: Option<u64>,
}

/// One thing to look at.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    Picture(PathBuf),
    /// A golden pack's picture.
    Packed(PackPlace),
    Video(VideoLocation),
    Camera {
        /// As the person named it.
        written: String,
        request: CameraRequest,
    },
    /// Nothing, and why.
    Nothing(String),
}

impl InputArgs {
    /// Everything that was named, in its order; folders by their pictures in natural order, golden packs by theirs.
    pub fn inputs(&self) -> Vec<Input> {
        if let (Some(written), Some(request)) = (self.camera.name(), self.camera.request()) {
            return vec![Input::Camera { written: written.to_owned(), request }];
        }
        if let Some(video) = &self.video {
            return vec![Input::Video(VideoLocation::parse(video))];
        }
        let mut found = Vec::new();
        for path in &self.paths {
            if let Some(place) = PackPlace::of(path) {
                match packed(place) {
                    Ok(places) => found.extend(places.into_iter().map(Input::Packed)),
                    Err(error) => found.push(Input::Nothing(error.to_string())),
                }
                continue;
            }
            match file_kind(path) {
                FileKind::Picture => found.push(Input::Picture(path.clone())),
                FileKind::Video => found.push(Input::Video(VideoLocation::File(path.clone()))),
                FileKind::Folder => match pictures_in(path) {
                    Ok(inside) => found.extend(inside.into_iter().map(Input::Picture)),
                    Err(why) => found.push(Input::Nothing(why)),
                },
            }
        }
        found
    }

    /// The golden pack, where one is all that was named.
    pub fn pack(&self) -> Option<PackPlace> {
        match &self.paths[..] {
            [path] => PackPlace::of(path),
            _ => None,
        }
    }

    /// How many frames of a camera or a video are wanted; `None` = all.
    pub fn limit(&self) -> Option<u64> {
        self.frames.or(self.camera.name().map(|_| 1))
    }
}

/// Pictures alone: files as they are named, folders by theirs; and a message for each folder that gives none.
pub fn pictures(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<String>) {
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for path in paths {
        match file_kind(path) {
            FileKind::Picture | FileKind::Video => found.push(path.clone()),
            FileKind::Folder => match pictures_in(path) {
                Ok(inside) => found.extend(inside),
                Err(why) => failures.push(why),
            },
        }
    }
    (found, failures)
}

/// At least one picture, or why there is none.
fn pictures_in(dir: &Path) -> Result<Vec<PathBuf>, String> {
    match folder::pictures_in(dir) {
        Ok(inside) if inside.is_empty() => Err(format!("no images in the folder {}", dir.display())),
        Ok(inside) => Ok(inside),
        Err(cause) => Err(format!("cannot read the folder {}: {cause}", dir.display())),
    }
}

/// The pictures of a golden pack, or the one that was named.
fn packed(place: PackPlace) -> Result<Vec<PackPlace>, GoldenError> {
    if place.picture.is_some() {
        return Ok(vec![place]);
    }
    let pack = GoldenPack::open(&place.dir)?;
    let picture = |name: &String| PackPlace { dir: place.dir.clone(), picture: Some(name.clone()) };
    Ok(pack.manifest.pictures.iter().map(|of| picture(&of.name)).collect())
}

/// The files that models are read from: of a golden pack, all that are in it and in what was dumped of it.
pub fn model_files(catalog: &Catalog, requests: &[ModelRequest]) -> Vec<PathBuf> {
    let files = |request: &ModelRequest| match &request.name {
        ModelName::Golden(heads) => {
            let dump = heads.dump.as_slice();
            [files_below([&heads.pack].into_iter().chain(dump)), dump.to_vec()].concat()
        }
        name => catalog.files(name),
    };
    requests.iter().flat_map(files).collect()
}

/// The files among them, which nothing that is written may replace.
pub fn files(inputs: &[Input]) -> Vec<PathBuf> {
    let files = |input: &Input| match input {
        Input::Picture(path) | Input::Video(VideoLocation::File(path)) => vec![path.clone()],
        Input::Packed(place) => [files_below([&place.dir]), live::packed_file(place).into_iter().collect()].concat(),
        Input::Video(VideoLocation::Url(_)) | Input::Camera { .. } | Input::Nothing(_) => Vec::new(),
    };
    inputs.iter().flat_map(files).collect()
}

/// What is read without being named, as a golden pack's files: the entries of folders, and of the folders in these.
pub fn files_below<'a>(dirs: impl IntoIterator<Item = &'a PathBuf>) -> Vec<PathBuf> {
    let entries = |dir: &PathBuf| -> Vec<PathBuf> {
        let found = std::fs::read_dir(dir).into_iter().flatten();
        found.filter_map(|entry| Some(entry.ok()?.path())).collect()
    };
    let mut found = Vec::new();
    for path in dirs.into_iter().flat_map(entries) {
        found.extend(entries(&path));
        found.push(path);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_pictures_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["f10.jpg", "f9.PNG", "notes.txt", ".hidden.jpg", "f1.webp", "clip.mp4"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        std::fs::create_dir(dir.path().join("more.jpg")).unwrap();
        let named = PathBuf::from("of another kind.txt");
        let paths = vec![named.clone(), dir.path().into(), dir.path().join("more.jpg"), "a.mkv".into()];
        let args = InputArgs { paths, camera: CameraFlags::default(), video: None, frames: None, every: None };
        let inside = ["f1.webp", "f9.PNG", "f10.jpg"].map(|name| Input::Picture(dir.path().join(name)));
        let empty = format!("no images in the folder {}", dir.path().join("more.jpg").display());
        let last = [Input::Nothing(empty), Input::Video(VideoLocation::File("a.mkv".into()))];
        assert_eq!(args.inputs(), [&[Input::Picture(named)], inside.as_slice(), &last].concat());
    }
}
