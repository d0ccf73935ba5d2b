//! The picture as it is seen now, with its boxes painted into the pixels: to be copied or saved.

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use crate::annotate::MarkPanes as AnnotatedPanes;
use crate::annotate::{self, PanePainter};
use crate::app::frame::marks::BoxMark;
use crate::app::ui::file_dialog::not_saved;
use crate::detect::{Frame, FrameError};
use crate::files::{Outputs, WriteError, free_name};

/// A picture and what must be drawn on it; cheap to create, so that drawing happens on another thread.
#[derive(Clone)]
pub struct AnnotatedPicture {
    pub frame: Arc<Frame>,
    pub panes: AnnotatedPanes,
    /// Without an ending: "street".
    pub name: String,
}

/// Why a picture was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    #[error("Can't draw the picture: {0}")]
    Paint(#[from] FrameError),
    #[error("Can't encode the picture: {0}")]
    Encode(#[from] png::EncodingError),
    #[error("Can't save the picture as {}: {}", .0.path.display(), not_saved(.0))]
    Write(#[from] WriteError),
}

impl AnnotatedPicture {
    /// Paints it. Takes a while for large pictures.
    pub fn paint(&self) -> Result<Frame, FrameError> {
        let mut painter = PanePainter::default();
        painter.paint(&self.frame, &self.panes)?;
        Ok(painter.into_frame())
    }

    /// Saves it as PNG. Gives the file, which ends in `.png`; where that was added, so that nobody was asked whether it
    /// may be replaced, it is a new one. What was there stays until the picture is whole.
    pub fn save(&self, path: &Path) -> Result<PathBuf, SaveError> {
        let png = annotate::png(&self.paint()?)?;
        let is_png = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("png"));
        let path = if is_png { path.to_owned() } else { free_name(path, "png") };
        Outputs::default().file(&path, &annotate::PNG)?.write(&png)?;
        Ok(path)
    }
}

/// A source's name as part of a file's name, without an ending.
pub fn file_stem(name: &str) -> String {
    let stem = Path::new(name).file_stem().map_or_else(|| name.into(), |stem| stem.to_string_lossy());
    stem.chars().map(|c| if c.is_alphanumeric() || " -_.()".contains(c) { c } else { '-' }).collect()
}

/// A mark of the window as one of a picture's.
pub fn mark(mark: &BoxMark, labels: bool) -> annotate::Mark {
    let [r, g, b, _] = mark.colour.to_array();
    let label = if labels { mark.label.clone() } else { String::new() };
    annotate::Mark { bbox: mark.bbox, rgb: [r, g, b], kind: mark.kind, place: mark.place, label }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annotate::PlaceInPair;
    use crate::compare::VerdictKind;
    use crate::detect::{BBox, Size};

    const RED: [u8; 3] = [255, 0, 0];
    const BLUE: [u8; 3] = [0, 0, 255];

    fn annotated(panes: impl Fn([Vec<annotate::Mark>; 2]) -> AnnotatedPanes) -> AnnotatedPicture {
        let marks = [RED, BLUE].map(|rgb| {
            let bbox = BBox::new(20.0, 20.0, 180.0, 80.0);
            vec![annotate::Mark {
                bbox,
                rgb,
                kind: VerdictKind::Matched,
                place: PlaceInPair::Alone,
                label: String::new(),
            }]
        });
        let frame = Arc::new(Frame::new(Size::new(200, 100)).unwrap());
        AnnotatedPicture { frame, panes: panes(marks), name: "street".into() }
    }

    #[test]
    fn a_saved_picture_reads_back_and_ends_in_png() {
        let dir = tempfile::tempdir().unwrap();
        let picture = annotated(|[a, _]| AnnotatedPanes::One(a));
        let path = picture.save(&dir.path().join("street")).unwrap();
        assert_eq!(path, dir.path().join("street.png"));
        assert_eq!(crate::source::load(&path).unwrap().rgb(), picture.paint().unwrap().rgb());
        let again = picture.save(&dir.path().join("street")).unwrap();
        assert_eq!(again, dir.path().join("street-2.png"));
        let nowhere = picture.save(&dir.path().join("missing/street.png"));
        assert!(nowhere.is_err_and(|e| e.to_string().contains("Choose another folder")));
        let notes = dir.path().join("notes.png");
        std::fs::write(&notes, "years of notes").unwrap();
        let other = picture.save(&notes).unwrap_err().to_string();
        assert!(other.ends_with("it exists and is not a PNG picture. Choose another name."), "{other}");
        assert_eq!(std::fs::read(&notes).unwrap(), b"years of notes");
    }
}
