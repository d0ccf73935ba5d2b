//! What of an annotations file does not count, and how it is told.

/// Annotations that do not count, or count for nothing.
#[derive(Default)]
pub(super) struct Uncounted {
    /// For images that are not listed.
    pub image: Tally,
    /// Of categories that are not listed.
    pub category: Tally,
    pub boxless: Tally,
    pub negative: Tally,
    /// With an area below 0, which belongs to no size.
    pub area: Tally,
}

/// How many, and where the first is.
#[derive(Default)]
pub(super) struct Tally {
    count: usize,
    first: String,
}

impl Tally {
    pub fn add(&mut self, place: impl FnOnce() -> String) {
        if self.count == 0 {
            self.first = place();
        }
        self.count += 1;
    }

    /// Nothing where there is none.
    fn remark(&self, one: &str, many: &str) -> Option<String> {
        let Self { count, first } = self;
        match count {
            0 => None,
            1 => Some(format!("1 annotation {one} ({first})")),
            _ => Some(format!("{count} annotations {many} (the first {first})")),
        }
    }
}

impl Uncounted {
    /// A sentence about each kind that there is.
    pub fn remarks(&self) -> Vec<String> {
        let remarks = [
            self.image.remark(
                "is for an image that is not listed, and does not count",
                "are for images that are not listed, and do not count",
            ),
            self.category.remark(
                "is of a category that is not listed, and does not count",
                "are of categories that are not listed, and do not count",
            ),
            self.boxless.remark("has no bbox, and does not count", "have no bbox, and do not count"),
            self.negative.remark(
                "has a box with a negative width or height, which no detection can match",
                "have boxes with a negative width or height, which no detection can match",
            ),
            self.area.remark(
                "has a negative area, so that a detection of it is neither right nor wrong",
                "have a negative area, so that a detection of them is neither right nor wrong",
            ),
        ];
        remarks.into_iter().flatten().collect()
    }
}
