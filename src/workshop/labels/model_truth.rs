//! Known truth, as a model's classes name it.

use std::path::Path;
use std::sync::Arc;

use super::known_truth::{KnownSet, KnownTruth};
use crate::compare::truth::{PictureTruth, TruthBox};
use crate::detect::Classes;
use crate::workshop::evaluate::{ClassMap, NamesError};

/// Known truth in the classes of a model.
#[derive(Debug)]
pub struct ModelTruth {
    pub(super) known: Arc<KnownTruth>,
    classes: Classes,
    /// By set; `None` = it has no class in common with the model.
    maps: Vec<Option<CommonClasses>>,
}

#[derive(Debug)]
struct CommonClasses {
    /// For each category the class that it is.
    of_category: Vec<Option<usize>>,
    /// See [`PictureTruth::known`].
    known: Arc<[Option<usize>]>,
}

impl CommonClasses {
    /// `None` = there are none.
    fn new(set: &KnownSet, classes: &Classes) -> Option<Self> {
        let map = ClassMap::of_common(classes, &set.truth)?;
        let categories = 0..set.truth.categories.len();
        let of_category: Vec<Option<usize>> = categories.map(|category| map.class(category)).collect();
        let stands_for = |class_id| match map.category(class_id) {
            Some(category) => of_category[category],
            None => (!set.lists_classes).then_some(class_id),
        };
        let known = (0..classes.len()).map(stands_for).collect();
        Some(Self { of_category, known })
    }
}

impl ModelTruth {
    /// Objects of classes that the model does not know are left out.
    pub fn new(known: Arc<KnownTruth>, classes: &Classes) -> Self {
        let maps = known.sets.iter().map(|set| CommonClasses::new(set, classes)).collect();
        Self { known, classes: classes.clone(), maps }
    }

    /// The same, where the model must know all of them; `model` is for the message.
    pub fn of_all(known: Arc<KnownTruth>, model: &str, classes: &Classes) -> Result<Self, NamesError> {
        for set in &known.sets {
            ClassMap::new(model, classes, &set.truth)?;
        }
        Ok(Self::new(known, classes))
    }

    /// The model's.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// What is in a picture, by its path as it was given when the truth was looked for. `None` = that is not known.
    pub fn picture(&self, picture: &Path) -> Option<PictureTruth> {
        let [set, image] = *self.known.places.get(picture)?;
        let CommonClasses { of_category, known } = self.maps[set].as_ref()?;
        let boxes = self.known.sets[set].truth.images[image].boxes.iter();
        let objects = boxes.filter_map(|b| Some(TruthBox { category: of_category[b.category]?, ..*b })).collect();
        Some(PictureTruth { objects, known: Arc::clone(known) })
    }
}
