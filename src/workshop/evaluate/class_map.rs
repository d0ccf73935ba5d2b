//! Which category a model's class is: by its name, never by its place.

use super::Truth;
use super::names::{list, plain};
use crate::detect::Classes;

/// For each class of a model the category that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassMap {
    categories: Vec<Option<usize>>,
}

/// The names of a model and of the annotations do not go together.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NamesError {
    #[error(
        "the model {model} and the annotations have no class in common (the model has {}, the annotations {}); use \
         annotations with the model's classes",
        list(classes),
        list(categories)
    )]
    NothingInCommon { model: String, classes: Vec<String>, categories: Vec<String> },
    #[error(
        "the annotations have boxes of {}, but the model {model} has {}; rename the categories, or select the classes \
         it was trained for with --classes",
        list(categories),
        list(classes)
    )]
    Unknown { model: String, categories: Vec<String>, classes: Vec<String> },
    #[error("the classes \"{first}\" and \"{second}\" of the model {model} both map to the category \"{category}\"")]
    Both { model: String, first: String, second: String, category: String },
}

impl ClassMap {
    /// Every category that has boxes must be a class of the model, or its figures would be low without a word. Classes
    /// without a category are left out. Capitals, spaces, `_` and `-` make no difference. `model` is for messages.
    pub fn new(model: &str, classes: &Classes, truth: &Truth) -> Result<Self, NamesError> {
        let categories = categories_of(classes, truth);
        let known = || classes.iter().map(str::to_owned).collect();
        let model = model.to_owned();
        if categories.iter().all(Option::is_none) {
            let categories = truth.categories.iter().map(|c| c.name.clone()).collect();
            return Err(NamesError::NothingInCommon { model, classes: known(), categories });
        }
        let has_boxes = truth.has_boxes();
        let unknown: Vec<String> = (0..truth.categories.len())
            .filter(|place| has_boxes[*place] && !categories.contains(&Some(*place)))
            .map(|place| truth.categories[place].name.clone())
            .collect();
        if !unknown.is_empty() {
            return Err(NamesError::Unknown { model, categories: unknown, classes: known() });
        }
        for (second, category) in categories.iter().enumerate() {
            let first = categories[..second].iter().position(|c| c.is_some() && c == category);
            if let (Some(first), Some(category)) = (first, category) {
                let [first, second] = [first, second].map(|class| classes.name(class).to_owned());
                let category = truth.categories[*category].name.clone();
                return Err(NamesError::Both { model, first, second, category });
            }
        }
        Ok(Self { categories })
    }

    /// As [`ClassMap::new`], but what only one of the two knows is left out. `None` = they have no class in common.
    pub fn of_common(classes: &Classes, truth: &Truth) -> Option<Self> {
        let categories = categories_of(classes, truth);
        categories.iter().any(Option::is_some).then_some(Self { categories })
    }

    /// Index into [`Truth::categories`]; `None` = the annotations do not know this class.
    pub fn category(&self, class_id: usize) -> Option<usize> {
        self.categories.get(class_id).copied().flatten()
    }

    /// The class that a category is.
    pub fn class(&self, category: usize) -> Option<usize> {
        self.categories.iter().position(|c| *c == Some(category))
    }

    /// How many classes have no category.
    pub fn left_out(&self) -> usize {
        self.categories.iter().filter(|c| c.is_none()).count()
    }
}

/// By name.
fn categories_of(classes: &Classes, truth: &Truth) -> Vec<Option<usize>> {
    let names: Vec<String> = truth.categories.iter().map(|c| plain(&c.name)).collect();
    let of_class = |class: &str| {
        let class = plain(class);
        names.iter().position(|name| *name == class)
    };
    classes.iter().map(of_class).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Category, TruthBox, TruthId, TruthImage};
    use super::*;

    fn truth(categories: &[&str], with_boxes: &[usize]) -> Truth {
        let boxes = with_boxes
            .iter()
            .map(|category| TruthBox { category: *category, xywh: [0.0, 0.0, 1.0, 1.0], area: 1.0, crowd: false })
            .collect();
        let categories = categories
            .iter()
            .zip(1..)
            .map(|(name, id)| Category { id: TruthId::from(id), name: (*name).to_owned() })
            .collect();
        let images = vec![TruthImage { id: TruthId::from(1), file: "a".into(), size: None, boxes }];
        Truth { categories, images, sha256: String::new(), remarks: Vec::new() }
    }

    #[test]
    fn a_class_finds_its_category_wherever_it_stands() {
        let truth = truth(&["things", "TV", "dining table", "couch", "Fire-Hydrant"], &[1, 2, 3, 4]);
        let classes = Classes::new(["fire hydrant", "person", "sofa", "tvmonitor", "diningtable"]);
        let map = ClassMap::new("m", &classes, &truth).unwrap();
        assert_eq!(
            (0..6).map(|c| map.category(c)).collect::<Vec<_>>(),
            [Some(4), None, Some(3), Some(1), Some(2), None]
        );
        assert_eq!((map.left_out(), map.class(4), map.class(0)), (1, Some(0), None));
        assert_eq!(ClassMap::of_common(&classes, &truth), Some(map));
        assert_eq!(ClassMap::of_common(&Classes::new(["gate"]), &truth), None);
        let fewer = ClassMap::of_common(&Classes::new(["gate", "TV"]), &truth).unwrap();
        assert_eq!((fewer.category(0), fewer.category(1), fewer.class(2)), (None, Some(1), None));
    }

    #[test]
    fn names_that_do_not_go_together_are_told() {
        let message = |classes: &[&str], categories: &[&str]| {
            let truth = truth(categories, &(0..categories.len()).collect::<Vec<_>>());
            ClassMap::new("INT8", &Classes::new(classes.iter().copied()), &truth).unwrap_err().to_string()
        };
        let none = message(&["gate"], &["dog", "cat"]);
        assert!(none.contains("INT8") && none.contains("has \"gate\", the annotations \"dog\", \"cat\""), "{none}");
        let some = message(&["gate"], &["gate", "drone"]);
        assert!(some.contains("boxes of \"drone\", but the model INT8 has \"gate\""), "{some}");
        let both = message(&["gate", "Gate"], &["gate"]);
        assert!(both.contains("\"gate\" and \"Gate\""), "{both}");
        let many: Vec<String> = (0..80).map(|i| format!("c{i}")).collect();
        assert!(list(&many).ends_with("\"c5\" and 74 more"), "{}", list(&many));
    }
}
