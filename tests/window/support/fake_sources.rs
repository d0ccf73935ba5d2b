//! Sources that give grey pictures, or fail as a test wants it.

use std::sync::{Arc, Mutex};

use twinsight::detect::{Frame, Size};
use twinsight::engine::Open;
use twinsight::source::{Description, Next, Source, SourceError, SourceRequest, VideoSource};

/// Gives pictures for whatever is asked for; videos are real.
pub struct FakeSources {
    pub failure: Option<fn() -> SourceError>,
    pub endless: bool,
    pub opened: Arc<Mutex<Vec<SourceRequest>>>,
}

impl Open for FakeSources {
    fn open(&self, request: &SourceRequest) -> Result<Box<dyn Source>, SourceError> {
        self.opened.lock().unwrap().push(request.clone());
        match request {
            // These are real, and so are the player and its ffmpeg.
            SourceRequest::Video(video) => return Ok(Box::new(VideoSource::open(video)?)),
            SourceRequest::Still(path) if path.to_string_lossy().contains("broken") => {
                return Err(SourceError::Decode { path: path.clone(), cause: "it is broken".into() });
            }
            // The disk with this picture is gone.
            SourceRequest::Still(path) if path.with_file_name("unplugged").exists() => {
                return Err(SourceError::Read { path: path.clone(), cause: std::io::ErrorKind::NotFound.into() });
            }
            _ => {}
        }
        match self.failure {
            Some(failure) if *request != SourceRequest::Demo => Err(failure()),
            _ => Ok(Box::new(Pictures { left: if self.endless { usize::MAX } else { 1 }, given: 0 })),
        }
    }
}

/// Grey pictures, each a little lighter.
struct Pictures {
    left: usize,
    given: usize,
}

impl Source for Pictures {
    fn description(&self) -> Description {
        Description { name: "fake".into(), size: Some(Size::new(416, 416)), ..Description::default() }
    }

    fn next(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        if self.left == 0 {
            return Ok(Next::End);
        }
        self.left -= 1;
        self.given += 1;
        frame.resize(Size::new(416, 416))?;
        frame.rgb_mut().fill(self.given as u8);
        Ok(Next::Frame)
    }

    fn is_live(&self) -> bool {
        false
    }
}
