//! What the annotations say of a pair, or of a box without one.

use super::{BoxTruth, JudgedBoxes};
use crate::compare::{Verdict, VerdictKind};

/// What the annotations say of A's box of a verdict, and of B's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PairTruth {
    pub boxes: [Option<BoxTruth>; 2],
}

impl PairTruth {
    /// `judged` are A's and B's detections, of which the verdict speaks.
    pub fn new(verdict: &Verdict, judged: &[JudgedBoxes; 2]) -> Self {
        let [a, b] = judged;
        let of = |judged: &JudgedBoxes, place: Option<usize>| judged.boxes.get(place?).copied();
        Self { boxes: [of(a, verdict.a()), of(b, verdict.b())] }
    }

    /// Whether one of the boxes is right.
    pub fn has_right(self) -> bool {
        self.boxes.into_iter().flatten().any(BoxTruth::is_right)
    }

    /// Whether one of the boxes is wrong.
    pub fn has_wrong(self) -> bool {
        self.boxes.into_iter().flatten().any(BoxTruth::is_wrong)
    }

    /// Whether it is shown where pairs with a right box are, and those with a wrong one, or not; what is neither always is.
    pub fn is_among(self, right: bool, wrong: bool) -> bool {
        match (self.has_right(), self.has_wrong()) {
            (false, false) => true,
            (has_right, has_wrong) => (has_right && right) || (has_wrong && wrong),
        }
    }

    /// "true", or "true → badly placed"; empty = nothing is known.
    pub fn word(self) -> String {
        self.told(BoxTruth::word, " → ")
    }

    /// The same where there is little room: "✔", or "✔→place".
    pub fn short(self) -> String {
        self.told(BoxTruth::short, "→")
    }

    fn told(self, of: fn(BoxTruth) -> &'static str, arrow: &str) -> String {
        match self.boxes {
            [Some(a), Some(b)] if a != b => format!("{}{arrow}{}", of(a), of(b)),
            [Some(one), _] | [None, Some(one)] => of(one).to_owned(),
            [None, None] => String::new(),
        }
    }

    /// A sentence without its full stop: "INT8 lost a true person". `models` and `classes` are those of A and B, and of
    /// their boxes.
    pub fn sentence(self, kind: VerdictKind, models: [&str; 2], classes: [&str; 2]) -> Option<String> {
        let ([a, b], [class_a, class_b]) = (models, classes);
        Some(match (self.boxes, kind) {
            ([Some(lost), None], _) => format!("{b} lost {}", lost.of(class_a)),
            ([None, Some(gained)], _) => format!("{b} gained {}", gained.of(class_b)),
            ([Some(of_a), Some(of_b)], VerdictKind::Matched) if of_a == of_b => {
                format!("Both found {}", of_a.of(class_a))
            }
            ([Some(of_a), Some(of_b)], _) => format!("{a} found {}, {b} {}", of_a.of(class_a), of_b.of(class_b)),
            ([None, None], _) => return None,
        })
    }

    /// What is worth a look first comes first: a right box that became wrong or went, a wrong one that came; then what became
    /// better; then what stayed as it was.
    pub fn rank(self) -> u8 {
        let is = |place: usize, test: fn(BoxTruth) -> bool| self.boxes[place].is_some_and(test);
        let (right, wrong) = ([0, 1].map(|at| is(at, BoxTruth::is_right)), [0, 1].map(|at| is(at, BoxTruth::is_wrong)));
        match (right, wrong) {
            ([true, false], _) => 0,
            ([false, false], [false, true]) => 1,
            ([false, true], _) => 2,
            (_, [true, false]) => 3,
            (_, [true, true]) => 4,
            ([true, true], _) => 5,
            _ => 6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_whether_the_box_was_right() {
        use BoxTruth::*;
        let told = |boxes, kind, classes| PairTruth { boxes }.sentence(kind, ["FP32", "INT8"], classes);
        for (boxes, kind, classes, expected) in [
            ([Some(True), None], VerdictKind::Lost, ["person", ""], "INT8 lost a true person"),
            ([None, Some(False)], VerdictKind::Gained, ["", "chair"], "INT8 gained a false chair"),
            ([None, Some(Duplicate)], VerdictKind::Gained, ["", "dog"], "INT8 gained a duplicate dog"),
            ([Some(WrongClass), None], VerdictKind::Lost, ["cat", ""], "INT8 lost a false cat (wrong class)"),
            ([Some(NotAnnotated), None], VerdictKind::Lost, ["kite", ""], "INT8 lost an unannotated kite"),
            ([Some(True), Some(True)], VerdictKind::Matched, ["dog", "dog"], "Both found a true dog"),
            (
                [Some(True), Some(BadlyPlaced)],
                VerdictKind::Matched,
                ["dog", "dog"],
                "FP32 found a true dog, INT8 a badly placed dog",
            ),
            (
                [Some(True), Some(WrongClass)],
                VerdictKind::Flip,
                ["dog", "cat"],
                "FP32 found a true dog, INT8 a false cat (wrong class)",
            ),
        ] {
            assert_eq!(told(boxes, kind, classes).as_deref(), Some(expected));
        }
        assert_eq!(told([None, None], VerdictKind::Lost, ["", ""]), None);
        assert_eq!(PairTruth { boxes: [Some(True), Some(False)] }.word(), "true → false");
        assert_eq!(PairTruth { boxes: [Some(False); 2] }.word(), "false");
        assert_eq!(PairTruth { boxes: [Some(True), Some(BadlyPlaced)] }.short(), "✔→place");
        assert_eq!(PairTruth { boxes: [Some(WrongClass), None] }.short(), "class");
    }

    #[test]
    fn damage_comes_first() {
        use BoxTruth::*;
        let order = [
            [Some(True), None],
            [None, Some(False)],
            [None, Some(True)],
            [Some(Duplicate), None],
            [Some(False), Some(False)],
            [Some(True), Some(True)],
            [Some(Ignored), None],
        ];
        let ranks = order.map(|boxes| PairTruth { boxes }.rank());
        assert_eq!(ranks, [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(PairTruth { boxes: [Some(True), Some(WrongClass)] }.rank(), 0);
        assert_eq!(PairTruth { boxes: [Some(BadlyPlaced), Some(True)] }.rank(), 2);
    }
}
