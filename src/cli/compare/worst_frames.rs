//! The pixels of the worst frames of a video or a camera, for the page: these cannot be read again when all is done.

use std::cmp::Ordering;

use super::report::PictureReport;
use crate::cli::output::html;
use crate::detect::Frame;

/// How many of the worst pictures a page shows: with these it stays small enough to mail.
pub const SHOWN: usize = 24;

/// Keeps as many of the worst as a page shows, as they come, and no more.
pub struct WorstFrames {
    wanted: bool,
    /// The worst first: damage, F1, name, and the picture as a data URI.
    worst: Vec<(usize, f64, String, String)>,
}

impl WorstFrames {
    /// `wanted`: whether there will be a page at all.
    pub fn new(wanted: bool) -> Self {
        Self { wanted, worst: Vec::new() }
    }

    /// Looks at the next one. Equal ones keep their order, as on the page.
    pub fn keep(&mut self, picture: &PictureReport<'_>, frame: &Frame) {
        let (damage, f1) = (picture.agreement.damage(), picture.agreement.f1());
        if !self.wanted || damage == 0 {
            return;
        }
        let is_worse = |of: &(usize, f64, String, String)| of.0.cmp(&damage).reverse().then(of.1.total_cmp(&f1));
        let place = self.worst.partition_point(|other| is_worse(other) != Ordering::Greater);
        if place >= SHOWN {
            return;
        }
        let Some(uri) = html::data_uri(frame) else { return };
        self.worst.truncate(SHOWN - 1);
        self.worst.insert(place, (damage, f1, picture.name(), uri));
    }

    /// The picture of this name as a data URI.
    pub fn uri(&self, name: &str) -> Option<&str> {
        self.worst.iter().find(|(_, _, kept, _)| kept == name).map(|(.., uri)| uri.as_str())
    }
}
