//! Every layer tried alone, over some pictures.

use super::{BoxLoss, Descent, Layers};

/// What came of trying every layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trials {
    /// Of every node that rounds, in the order of the graph. Empty: there are no boxes.
    pub losses: Vec<BoxLoss>,
    /// Of the one box that is looked at.
    pub descent: Option<Descent>,
}

impl Layers {
    /// What came of all pictures on which the layers were tried ([`Layers::add_and_try`]).
    pub fn trials(&self) -> Trials {
        let [sees, follows] = self.sees;
        if !sees && !follows {
            return Trials::default();
        }
        let losses = self.rows.iter().zip(&self.sums).filter_map(|(row, sums)| sums.trial.loss(&row.tensor, sees));
        Trials { losses: losses.collect(), descent: self.descent.clone() }
    }
}
