//! A picture that was asked for, and that no model has looked at yet.

use std::sync::Arc;

use crate::detect::{Frame, Size};
use crate::source::SourceRequest;

/// The picture, as far as it is there.
pub struct Preview {
    pub name: String,
    pub request: SourceRequest,
    pub picture: Option<Arc<Frame>>,
    /// Otherwise the picture is its thumbnail.
    pub is_whole: bool,
}

impl Preview {
    /// `None`: what will be seen is not known before it comes, as with a camera.
    pub fn of(request: &SourceRequest) -> Option<Self> {
        let name = match request {
            SourceRequest::Still(path) => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            SourceRequest::Pasted(pasted) => pasted.name.clone(),
            SourceRequest::Video(video) => video.location.name(),
            SourceRequest::Auto | SourceRequest::Camera(_) | SourceRequest::Demo => return None,
        };
        Some(Self { name, request: request.clone(), picture: None, is_whole: false })
    }

    /// `None` while not all of it is there.
    pub fn whole_size(&self) -> Option<Size> {
        self.picture.as_ref().filter(|_| self.is_whole).map(|picture| picture.size())
    }
}
