//! What a detector's input and outputs look like, and the outputs themselves.

use super::{Classes, Size};

/// The form of a model: everything that decoding needs besides the values.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// Width and height of the input, each a multiple of every stride.
    pub input: Size,
    pub classes: Classes,
    /// Finest grid (smallest stride) first.
    pub heads: Vec<Head>,
}

/// One raw output tensor, `[1, anchors · (5 + classes), rows, columns]`, anchor-major: for each anchor the planes tx,
/// ty, tw, th, objectness, then one per class.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Input pixels per cell.
    pub stride: u32,
    /// Width and height of each anchor in input pixels.
    pub anchors: Vec<[f32; 2]>,
    /// Darknet's `scale_x_y`: how far a centre may leave its cell (1 = not at all).
    pub scale_x_y: f32,
}

/// Why a form is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormError(pub String);

impl std::fmt::Display for FormError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FormError {}

impl Form {
    /// YOLOv4-tiny-416 with COCO's classes, according to its model card: anchor 0 (10, 14) is unused.
    pub fn yolov4_tiny_416() -> Self {
        Self {
            input: Size::new(416, 416),
            classes: Classes::coco(),
            heads: vec![
                Head { stride: 16, anchors: vec![[23.0, 27.0], [37.0, 58.0], [81.0, 82.0]], scale_x_y: 1.05 },
                Head { stride: 32, anchors: vec![[81.0, 82.0], [135.0, 169.0], [344.0, 319.0]], scale_x_y: 1.05 },
            ],
        }
    }

    /// Checks everything that decoding relies on.
    pub fn check(&self) -> Result<(), FormError> {
        let fail = |why: String| Err(FormError(why));
        if self.classes.is_empty() {
            return fail("the model has no classes".into());
        }
        if self.heads.is_empty() {
            return fail("the model has no heads".into());
        }
        if self.input.area() == 0 || self.input.width > 8192 || self.input.height > 8192 {
            return fail(format!("an input of {} is not between 1×1 and 8192×8192", self.input));
        }
        for (i, head) in self.heads.iter().enumerate() {
            let s = head.stride;
            // Outputs are told apart by their shape.
            if self.heads[..i].iter().any(|h| h.stride == s) {
                return fail(format!("two heads have stride {s}"));
            }
            if s == 0 || !self.input.width.is_multiple_of(s) || !self.input.height.is_multiple_of(s) {
                return fail(format!("stride {s} does not divide the input's {}", self.input));
            }
            if head.anchors.is_empty() {
                return fail(format!("the head of stride {s} has no anchors"));
            }
            if !head.anchors.iter().flatten().all(|v| v.is_finite() && *v > 0.0) {
                return fail(format!("the head of stride {s} has an anchor that is not positive: {:?}", head.anchors));
            }
            if !(head.scale_x_y.is_finite() && head.scale_x_y > 0.0) {
                return fail(format!("scale_x_y {} of the head of stride {s} is not positive", head.scale_x_y));
            }
        }
        Ok(())
    }

    /// Planes per anchor: 4 for the box, 1 for objectness, one per class.
    pub fn planes(&self) -> usize {
        5 + self.classes.len()
    }

    /// Columns and rows of a head.
    pub fn grid(&self, head: &Head) -> Size {
        Size::new(self.input.width / head.stride, self.input.height / head.stride)
    }

    /// The head's tensor shape, `[1, channels, rows, columns]`.
    pub fn shape(&self, head: &Head) -> [usize; 4] {
        let grid = self.grid(head);
        [1, head.anchors.len() * self.planes(), grid.height as usize, grid.width as usize]
    }

    /// Number of floats of the input tensor `[1, 3, height, width]`.
    pub fn input_len(&self) -> usize {
        self.input.area() as usize * 3
    }
}

/// The raw heads of one frame: one tensor per head, in the order of [`Form::heads`], each row-major.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RawHeads {
    pub heads: Vec<Vec<f32>>,
}

impl RawHeads {
    /// All zeros, with the lengths that the form requires.
    pub fn zeros(form: &Form) -> Self {
        let mut heads = Self::default();
        heads.fit(form);
        heads
    }

    /// Resizes to the lengths that `form` requires, reusing memory where it suffices.
    pub fn fit(&mut self, form: &Form) {
        self.heads.resize_with(form.heads.len(), Vec::new);
        for (values, head) in self.heads.iter_mut().zip(&form.heads) {
            values.resize(form.shape(head).iter().product(), 0.0);
        }
    }

    /// Size in memory, in bytes.
    pub fn bytes(&self) -> usize {
        self.heads.iter().map(|h| h.len() * size_of::<f32>()).sum()
    }
}

/// For tests. Those of the other package see nothing that is only there for this one's.
#[doc(hidden)]
impl RawHeads {
    /// What a model gives that sees nothing.
    pub fn of_nothing(form: &Form) -> Self {
        let mut heads = Self::zeros(form);
        heads.heads.iter_mut().for_each(|values| values.fill(-20.0));
        heads
    }

    /// What a model gives that sees one object of this class, in the middle, with the score σ(5)² = 0.987: in the last head, with
    /// the size of its first anchor.
    pub fn of_one(form: &Form, class_id: usize) -> Self {
        let mut heads = Self::of_nothing(form);
        let last = form.heads.len() - 1;
        let grid = form.grid(&form.heads[last]);
        let middle = (grid.height / 2 * grid.width + grid.width / 2) as usize;
        for (plane, value) in [(0, 0.0), (1, 0.0), (2, 0.0), (3, 0.0), (4, 5.0), (5 + class_id, 5.0)] {
            heads.heads[last][plane * grid.area() as usize + middle] = value;
        }
        heads
    }
}
