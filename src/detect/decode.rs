//! From raw heads to candidates.

use std::ops::Range;

use super::{BBox, CandidateId, Detection, Form, Head, Letterbox, RawHeads};

/// Finds the candidates above a score threshold. Reuses its memory between frames.
///
/// Follows darknet's `yolo_layer.c`: with σ the logistic function, `s` = `scale_x_y` and a cell at (column, row), the
/// centre is `(σ(tx)·s − (s − 1)/2 + column) · stride`, the size is `anchor · exp(tw)`, and the score of a class is
/// `σ(objectness) · σ(class)`. One anchor may produce several classes. Non-finite boxes are dropped.
#[derive(Debug, Default)]
pub struct Decoder {
    candidates: Vec<Detection>,
}

impl Decoder {
    /// Candidates with a score above `score_threshold`, with boxes in image pixels, in the order of the raw heads. As in
    /// darknet, boxes are not clipped: NMS compares them whole. Those that lie outside the image are left out, so that
    /// no box is suppressed by one that nobody sees.
    pub fn run(&mut self, form: &Form, heads: &RawHeads, letterbox: &Letterbox, score_threshold: f32) -> &[Detection] {
        let classes = 0..form.classes.len();
        self.scan(heads, &Scan { form, letterbox, threshold: score_threshold, classes })
    }

    /// The candidates of one class that [`Decoder::run`] would return, in a fraction of its time.
    pub fn class(
        &mut self,
        form: &Form,
        heads: &RawHeads,
        letterbox: &Letterbox,
        score_threshold: f32,
        class_id: usize,
    ) -> &[Detection] {
        self.scan(heads, &Scan { form, letterbox, threshold: score_threshold, classes: class_id..class_id + 1 })
    }

    fn scan(&mut self, heads: &RawHeads, scan: &Scan<'_>) -> &[Detection] {
        self.candidates.clear();
        for (index, (head, values)) in scan.form.heads.iter().zip(&heads.heads).enumerate() {
            scan.head(index, head, values, &mut self.candidates);
        }
        &self.candidates
    }
}

/// Which candidates to look for.
struct Scan<'a> {
    form: &'a Form,
    letterbox: &'a Letterbox,
    threshold: f32,
    classes: Range<usize>,
}

impl Scan<'_> {
    fn head(&self, index: usize, head: &Head, values: &[f32], found: &mut Vec<Detection>) {
        let Self { form, letterbox, threshold, .. } = *self;
        let cells = form.grid(head).area() as usize;
        // A score is at most its objectness, so one plane is enough to skip most cells.
        let floor = logit(threshold) - MARGIN;
        let anchors = values.chunks_exact(cells * form.planes()).zip(&head.anchors).enumerate();
        for (anchor_index, (planes, anchor)) in anchors {
            let (geometry, rest) = planes.split_at(cells * 4);
            let (objectness, classes) = rest.split_at(cells);
            for (cell, &logit_objectness) in objectness.iter().enumerate() {
                // Written so that NaN fails, too.
                if !(logit_objectness >= floor && logit_objectness.is_finite()) {
                    continue;
                }
                let object = sigmoid(logit_objectness);
                if object <= threshold {
                    continue;
                }
                let class_floor = logit(threshold / object) - MARGIN;
                let id = CandidateId { head: index as u8, anchor: anchor_index as u8, cell: cell as u32 };
                let mut bbox = None;
                let wanted = classes.chunks_exact(cells).enumerate().skip(self.classes.start).take(self.classes.len());
                for (class_id, plane) in wanted {
                    let value = plane[cell];
                    if !(value >= class_floor && value.is_finite()) {
                        continue;
                    }
                    let score = object * sigmoid(value);
                    if score <= threshold {
                        continue;
                    }
                    let place = || {
                        let raw = [0, 1, 2, 3].map(|i| geometry[i * cells + cell]);
                        let b = input_box(form, head, *anchor, cell, raw);
                        let whole = letterbox.image_from_input(b);
                        whole.clipped_to(letterbox.image).map(|_| whole)
                    };
                    let Some(bbox) = *bbox.get_or_insert_with(place) else { break };
                    found.push(Detection { class_id, score, bbox, id });
                }
            }
        }
    }
}

/// Margin for comparing logits before the exact comparison of scores, to allow for rounding.
const MARGIN: f32 = 1e-3;

fn input_box(
    form: &Form,
    head: &Head,
    [anchor_w, anchor_h]: [f32; 2],
    cell: usize,
    [tx, ty, tw, th]: [f32; 4],
) -> BBox {
    let columns = form.grid(head).width as usize;
    let (column, row) = ((cell % columns) as f32, (cell / columns) as f32);
    let (scale, stride) = (head.scale_x_y, head.stride as f32);
    let centre = |t: f32, place: f32| (sigmoid(t) * scale - (scale - 1.0) / 2.0 + place) * stride;
    BBox::from_center(centre(tx, column), centre(ty, row), anchor_w * tw.exp(), anchor_h * th.exp())
}

/// The logistic function, 1 / (1 + e⁻ˣ).
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// The inverse of [`sigmoid`]; infinite at 0 and below, and at 1 and above.
fn logit(p: f32) -> f32 {
    if p <= 0.0 {
        f32::NEG_INFINITY
    } else if p >= 1.0 {
        f32::INFINITY
    } else {
        (p / (1.0 - p)).ln()
    }
}
