//! What became of each detection and of each object.

/// Why a detection is wrong, or an object is without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// In the right place, but of another class.
    Classification,
    /// Of the right class, but badly placed: IoU from 0.1 to 0.5.
    Localization,
    /// Badly placed, and of another class.
    Both,
    /// A better detection has the object already.
    Duplicate,
    /// Nothing is there.
    Background,
    /// An object that no detection means.
    Missed,
}

impl ErrorKind {
    /// In TIDE's order.
    pub const ALL: [Self; 6] =
        [Self::Classification, Self::Localization, Self::Both, Self::Duplicate, Self::Background, Self::Missed];

    /// As TIDE calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classification => "classification",
            Self::Localization => "localization",
            Self::Both => "both",
            Self::Duplicate => "duplicate",
            Self::Background => "background",
            Self::Missed => "missed",
        }
    }
}

/// Whether a detection is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TruthOutcome {
    True,
    False,
    /// In a crowd of its class: neither right nor wrong.
    Ignored,
}

/// One detection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoxJudgement {
    pub outcome: TruthOutcome,
    /// `None` = it is right. Of an ignored one: what it would be without the crowd.
    pub error: Option<ErrorKind>,
    /// The object that it finds, or is meant to find; index into the objects given. `None` = background, or both.
    pub object: Option<usize>,
    /// With that object; without one, the highest with any object.
    pub iou: f64,
}

/// One object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectJudgement {
    /// By this detection; index into the detections given.
    Found(usize),
    /// Not found, but this detection means it, the strongest of those with another class or a bad place.
    Mistaken(usize),
    Missed,
    /// Stands for many objects, which need not be found.
    Crowd,
}

/// One picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// As the detections were given.
    pub boxes: Vec<BoxJudgement>,
    /// As the objects were given.
    pub objects: Vec<ObjectJudgement>,
}
