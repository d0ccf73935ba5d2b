//! A verdict in a few words, as it stands beside its box.

use super::{Comparison, Verdict, VerdictKind};
use crate::detect::{Classes, Detection};

/// How a label says "from A to B".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrow {
    /// With "→": in the window.
    Sign,
    /// In words, for typefaces without arrows: on saved pictures.
    Word,
}

impl Arrow {
    /// One model's label of a box, marked with what became of it: "− dog 0.62", or "lost: dog 0.62". A matched box
    /// has no mark.
    pub fn mark(self, kind: VerdictKind, label: String) -> String {
        match (kind, self) {
            (VerdictKind::Matched, _) => label,
            (_, Self::Sign) => format!("{} {label}", kind.sign()),
            (_, Self::Word) => format!("{}: {label}", kind.word()),
        }
    }
}

/// "person 0.91"
pub fn label_text(class: &str, score: f32) -> String {
    format!("{class} {score:.2}")
}

/// Both models' view of a box: "person 0.91 → 0.88", "dog 0.62 → cat 0.40", "dog 0.62 → lost", "gained: chair 0.31"; or
/// "person 0.91 to 0.88", "dog 0.62 to cat 0.40", "dog 0.62 lost", "chair 0.31 gained".
pub fn label(verdict: &Verdict, comparison: &Comparison, classes: &Classes, arrow: Arrow) -> String {
    let named = |d: &Detection| label_text(classes.name(d.class_id), d.score);
    let a = verdict.a().and_then(|a| comparison.a().get(a));
    let b = verdict.b().and_then(|b| comparison.b().get(b));
    let to = if arrow == Arrow::Sign { "→" } else { "to" };
    match (a, b) {
        (Some(a), Some(b)) if a.class_id == b.class_id => format!("{} {to} {:.2}", named(a), b.score),
        (Some(a), Some(b)) => format!("{} {to} {}", named(a), named(b)),
        (Some(a), None) if arrow == Arrow::Sign => format!("{} → lost", named(a)),
        (Some(a), None) => format!("{} lost", named(a)),
        (None, Some(b)) if arrow == Arrow::Sign => format!("gained: {}", named(b)),
        (None, Some(b)) => format!("{} gained", named(b)),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Comparer, ModelInput};
    use crate::detect::{Form, Letterbox, RawHeads, Thresholds};

    #[test]
    fn the_window_has_arrows_and_pictures_have_words() {
        let form = Form::yolov4_tiny_416();
        let letterbox = Letterbox::new(form.input, form.input);
        let heads = |class_id: Option<usize>| match class_id {
            Some(class_id) => RawHeads::of_one(&form, class_id),
            None => RawHeads::of_nothing(&form),
        };
        let labels = |a: Option<usize>, b: Option<usize>| {
            let (a, b) = (heads(a), heads(b));
            let input = |heads| ModelInput { form: &form, heads, letterbox: &letterbox, thresholds: Thresholds::LIVE };
            let mut comparer = Comparer::default();
            let comparison = comparer.run(&input(&a), &input(&b));
            let verdict = &comparison.verdicts()[0];
            [Arrow::Sign, Arrow::Word].map(|arrow| label(verdict, comparison, &form.classes, arrow))
        };
        assert_eq!(labels(Some(0), Some(0)), ["person 0.99 → 0.99", "person 0.99 to 0.99"]);
        assert_eq!(labels(Some(0), Some(16)), ["person 0.99 → dog 0.99", "person 0.99 to dog 0.99"]);
        assert_eq!(labels(Some(0), None), ["person 0.99 → lost", "person 0.99 lost"]);
        assert_eq!(labels(None, Some(0)), ["gained: person 0.99", "person 0.99 gained"]);
    }

    #[test]
    fn one_models_label_is_marked_with_what_became_of_the_box() {
        let marked = |kind| [Arrow::Sign, Arrow::Word].map(|arrow| arrow.mark(kind, "dog 0.62".into()));
        assert_eq!(marked(VerdictKind::Lost), ["− dog 0.62", "lost: dog 0.62"]);
        assert_eq!(marked(VerdictKind::Flip), ["≠ dog 0.62", "class changed: dog 0.62"]);
        assert_eq!(marked(VerdictKind::Matched), ["dog 0.62"; 2]);
    }
}
