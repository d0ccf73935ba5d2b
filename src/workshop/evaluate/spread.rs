//! Mean and spread of the figures over replicates of the same pictures.
//!
//! The spread says how far a figure moves by changes that make no difference to a person. How far another sample of
//! pictures would move it is another question, and the intervals answer that.

use serde::{Deserialize, Serialize};

use super::{Evaluation, Figures, Replicate};

/// The part of a report that is there when pictures were seen more than once.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Replicates {
    /// How often each picture was seen.
    pub count: usize,
    /// What was done to the pictures, one for each time. The first is "unchanged".
    pub names: Vec<String>,
    /// As the report has them, in the same order.
    pub models: Vec<Replicated>,
}

/// One model.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Replicated {
    pub name: String,
    pub figures: Spreads,
    /// From the first model, both on the same replicate; `null` for that itself.
    pub differences: Option<Spreads>,
}

/// `None` = there is nothing to find.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Spreads {
    #[serde(rename = "AP")]
    pub ap: Option<Spread>,
    #[serde(rename = "AP50")]
    pub ap50: Option<Spread>,
    #[serde(rename = "AP75")]
    pub ap75: Option<Spread>,
}

/// One figure.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Spread {
    /// Of each replicate, in their order.
    pub values: Vec<f64>,
    pub mean: f64,
    /// The least of the values.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// Standard deviation of the values, as a sample has it: over their number less one.
    pub sd: f64,
}

impl Replicates {
    /// `models`: their names. `evaluations`: one for each of [`Replicate::ALL`], in that order, over the same pictures.
    pub fn new(models: &[&str], evaluations: &[&Evaluation]) -> Self {
        let figures = |model: usize| {
            evaluations.iter().map(|replicate| first_three(&replicate.figures(model))).collect::<Vec<_>>()
        };
        let first = if models.is_empty() { Vec::new() } else { figures(0) };
        let of_model = |(model, name): (usize, &&str)| {
            let figures = figures(model);
            let differences = differences(&figures, &first);
            Replicated {
                name: (*name).to_owned(),
                figures: Spreads::of(&figures),
                differences: (model > 0).then(|| Spreads::of(&differences)),
            }
        };
        Self {
            count: evaluations.len(),
            names: Replicate::ALL.iter().take(evaluations.len()).map(|replicate| replicate.name.to_owned()).collect(),
            models: models.iter().enumerate().map(of_model).collect(),
        }
    }
}

/// AP, AP50, AP75 of one replicate.
type Three = [Option<f64>; 3];

fn first_three(figures: &Figures) -> Three {
    [figures.ap, figures.ap50, figures.ap75]
}

/// Both on the same replicate.
fn differences(of_model: &[Three], first: &[Three]) -> Vec<Three> {
    let less = |(of_model, first): (&Three, &Three)| std::array::from_fn(|i| Some(of_model[i]? - first[i]?));
    of_model.iter().zip(first).map(less).collect()
}

impl Spreads {
    fn of(replicates: &[Three]) -> Self {
        let [ap, ap50, ap75] = std::array::from_fn(|i| {
            let values: Option<Vec<f64>> = replicates.iter().map(|figures| figures[i]).collect();
            values.and_then(Spread::of)
        });
        Self { ap, ap50, ap75 }
    }

    /// In the order of [`Figures::NAMES`], whose first three these are.
    pub fn to_array(&self) -> [Option<&Spread>; 3] {
        [&self.ap, &self.ap50, &self.ap75].map(Option::as_ref)
    }
}

impl Spread {
    /// `None` = there are no values.
    fn of(values: Vec<f64>) -> Option<Self> {
        let count = values.len() as f64;
        let (min, max) = values.iter().fold(None, |ends, &v| match ends {
            None => Some((v, v)),
            Some((min, max)) => Some((v.min(min), v.max(max))),
        })?;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        let sd = (squares / (count - 1.0).max(1.0)).sqrt();
        Some(Self { values, mean, min, max, sd })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_that_of_its_values() {
        let spread = Spread::of(vec![0.3, 0.1, 0.2]).unwrap();
        assert_eq!((spread.min, spread.max), (0.1, 0.3));
        assert!((spread.mean - 0.2).abs() < 1e-12 && (spread.sd - 0.1).abs() < 1e-12, "{spread:?}");
        let one = Spread::of(vec![0.4]).unwrap();
        assert_eq!((one.mean, one.sd), (0.4, 0.0));
        assert_eq!(Spread::of(Vec::new()), None);
    }

    /// Both models move by 0.2 from replicate to replicate, and their difference by 0.01.
    #[test]
    fn differences_are_taken_on_the_same_replicate() {
        let replicates = |aps: [f64; 2]| aps.map(|ap| [Some(ap), Some(ap), None]);
        let differences = differences(&replicates([0.44, 0.25]), &replicates([0.5, 0.3]));
        let Spreads { ap: Some(ap), ap50: Some(_), ap75: None } = Spreads::of(&differences) else {
            panic!("{differences:?}")
        };
        assert!((ap.min + 0.06).abs() < 1e-12 && (ap.max + 0.05).abs() < 1e-12, "{ap:?}");
    }
}
