//! Agreement summed over frames.

use super::{Agreement, Comparison};

/// Agreement over many frames.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    pub frames: usize,
    pub all: Agreement,
    /// By class id, as far as any was seen. A class flip is counted as a flip of A's class; on B's side its box is
    /// one more of B's class that matches nothing.
    pub classes: Vec<Agreement>,
}

impl Totals {
    /// Counts one more frame.
    pub fn add(&mut self, comparison: &Comparison) {
        self.frames += 1;
        self.all += *comparison.agreement();
        for verdict in comparison.verdicts() {
            let a = verdict.a().map(|a| comparison.a()[a].class_id);
            let b = verdict.b().map(|b| comparison.b()[b].class_id);
            match (a, b) {
                (Some(a), Some(b)) if a != b => {
                    let of_a = self.class(a);
                    of_a.a += 1;
                    of_a.flips += 1;
                    self.class(b).b += 1;
                }
                (Some(class), _) | (_, Some(class)) => self.class(class).count(verdict),
                (None, None) => {}
            }
        }
    }

    fn class(&mut self, class_id: usize) -> &mut Agreement {
        if self.classes.len() <= class_id {
            self.classes.resize(class_id + 1, Agreement::default());
        }
        &mut self.classes[class_id]
    }
}
