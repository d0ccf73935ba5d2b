//! From a request to a source.

use std::path::PathBuf;

use super::camera::{self, CameraRequest, CameraSource};
use super::demo::DemoSource;
use super::error::SourceError;
use super::frame_source::Source;
use super::pictures::StillSource;
use super::request::SourceRequest;
use super::video::VideoSource;
use crate::detect::Frame;

/// Opens sources; knows what the demo shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opener {
    /// The photos of the demo, shown in turn.
    pub photos: Vec<PathBuf>,
}

impl Opener {
    /// Opens what is asked for. May block for as long as a driver does.
    ///
    /// `Auto` takes the demo only where there is no camera; a camera that is there and cannot be opened is an error,
    /// because a user who has one wants to know why it does not show.
    pub fn open(&self, request: &SourceRequest) -> Result<Box<dyn Source>, SourceError> {
        Ok(match request {
            SourceRequest::Camera(camera) => Box::new(CameraSource::open(camera)?),
            SourceRequest::Still(path) => Box::new(StillSource::open(path)?),
            SourceRequest::Pasted(pasted) => Box::new(StillSource::of(&pasted.name, Frame::clone(&pasted.frame))),
            SourceRequest::Video(video) => Box::new(VideoSource::open(video)?),
            SourceRequest::Demo => Box::new(DemoSource::open(&self.photos, "demo")?),
            SourceRequest::Auto => match camera::is_any()? {
                true => Box::new(CameraSource::open(&CameraRequest::default())?),
                false => Box::new(DemoSource::open(&self.photos, "demo: no camera found")?),
            },
        })
    }
}
