//! Which classes are shown.

/// A selection of classes by id. `Default` selects all of them, including those of a model with more classes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassSet {
    /// Class ids, sorted.
    hidden: Vec<usize>,
}

impl ClassSet {
    /// Selects none of a model's `len` classes.
    pub fn none(len: usize) -> Self {
        Self { hidden: (0..len).collect() }
    }

    /// Selects one of a model's `len` classes.
    pub fn only(class_id: usize, len: usize) -> Self {
        Self { hidden: (0..len).filter(|id| *id != class_id).collect() }
    }

    /// Whether a class is chosen.
    pub fn contains(&self, class_id: usize) -> bool {
        self.hidden.binary_search(&class_id).is_err()
    }

    /// Number of a model's `len` classes that are selected.
    pub fn count(&self, len: usize) -> usize {
        (0..len).filter(|id| self.contains(*id)).count()
    }

    /// Chooses a class, or takes it out.
    pub fn set(&mut self, class_id: usize, chosen: bool) {
        match self.hidden.binary_search(&class_id) {
            Ok(place) if chosen => _ = self.hidden.remove(place),
            Err(place) if !chosen => self.hidden.insert(place, class_id),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_goes_and_comes_back() {
        let mut set = ClassSet::default();
        set.set(16, false);
        set.set(3, false);
        set.set(3, false);
        assert!(!set.contains(16) && !set.contains(3) && set.contains(4) && set != ClassSet::default());
        assert_eq!(set.count(80), 78);
        set.set(3, true);
        set.set(16, true);
        assert_eq!(set, ClassSet::default());
    }

    #[test]
    fn one_class_or_none_is_chosen() {
        let chosen = |set: ClassSet| (0..5).filter(|id| set.contains(*id)).collect::<Vec<_>>();
        assert_eq!(chosen(ClassSet::only(2, 5)), [2]);
        assert!(chosen(ClassSet::none(5)).is_empty());
    }
}
