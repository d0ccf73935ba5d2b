//! From the pictures that were done to the report.

use std::path::Path;

use super::evaluator::Evaluator;
use crate::cli::output::escape::path_name;
use crate::detect::Thresholds;
use crate::workshop::evaluate::{
    Annotations, Difference, ErrorReport, EvalReport, Figures, Intervals, MAX_PER_IMAGE, OfClass, OfModel, Pictures,
    Protocol, Resampling, Sampling, Things,
};

/// What the evaluator does not know.
pub struct EvaluationRun<'a> {
    pub command: String,
    pub annotations: &'a Path,
    /// Of ONNX Runtime.
    pub runtime: &'a str,
    /// How many pictures were asked for.
    pub of: usize,
    pub interrupted: bool,
    /// The categories that were chosen; empty = all.
    pub only: Vec<String>,
    pub resampling: Resampling,
}

/// Every figure of an evaluation.
pub fn report(evaluator: &Evaluator<'_>, run: &EvaluationRun<'_>) -> EvalReport {
    let evaluation = &evaluator.evaluation;
    let intervals = evaluation.intervals(&run.resampling);
    let first = evaluation.figures(0);
    let models = evaluator.models().zip(&intervals).enumerate().map(|(model, ((name, info), intervals))| {
        let figures = evaluation.figures(model);
        OfModel {
            name: name.to_owned(),
            file: path_name(info.path.file_name().unwrap_or_default().as_ref()),
            sha256: info.sha256.clone(),
            precision: info.precision,
            recipe: info.recipe.clone(),
            arithmetic: info.arithmetic.clone(),
            engine: info.arithmetic.as_ref().map(|_| info.engine.engine),
            detections: evaluation.found(model),
            inference_ms: evaluator.inference_ms(model),
            figures,
            intervals: intervals.figures.into(),
            differences: (model > 0).then(|| differences(&figures, &first, intervals).into()),
            classes: classes(evaluator, model),
            curves: evaluation.curves(model),
            errors: Some(ErrorReport::new(evaluation, model, intervals, evaluator.truth)),
        }
    });
    let [all, small, medium, large] = evaluation.things();
    let mut by_damage: Vec<_> = (1..intervals.len()).flat_map(|model| evaluator.damage(model)).collect();
    by_damage.sort_by(|a, b| b.damage.total_cmp(&a.damage));
    EvalReport {
        format: EvalReport::FORMAT,
        twinsight: env!("CARGO_PKG_VERSION").into(),
        onnx_runtime: run.runtime.to_owned(),
        command: run.command.clone(),
        annotations: Annotations {
            file: path_name(run.annotations.file_name().unwrap_or_default().as_ref()),
            sha256: evaluator.truth.sha256.clone(),
            remarks: evaluator.truth.remarks.clone(),
        },
        protocol: Protocol {
            score: Thresholds::EVALUATION.score,
            nms_iou: Thresholds::EVALUATION.nms_iou,
            detections: MAX_PER_IMAGE,
        },
        pictures: Pictures {
            annotated: evaluator.truth.images.len(),
            of: run.of,
            evaluated: evaluation.pictures(),
            interrupted: run.interrupted,
            skipped: evaluator.skipped.clone(),
            things: Things { all, small, medium, large },
            only: run.only.clone(),
        },
        resampling: Sampling {
            resamples: run.resampling.resamples,
            seed: run.resampling.seed,
            level: Resampling::LEVEL,
            method: Resampling::METHOD.to_owned(),
            coverage: Resampling::COVERAGE,
        },
        models: models.collect(),
        replicates: evaluator.replicates(),
        by_damage,
    }
}

fn differences(figures: &Figures, first: &Figures, intervals: &Intervals) -> [Option<Difference>; 6] {
    let (figures, first) = (figures.to_array(), first.to_array());
    std::array::from_fn(|i| {
        let (value, interval) = (figures[i]? - first[i]?, intervals.differences[i]?);
        Some(Difference { value, low: interval.low, high: interval.high })
    })
}

fn classes(evaluator: &Evaluator<'_>, model: usize) -> Vec<OfClass> {
    let figures = evaluator.evaluation.classes(model);
    evaluator
        .truth
        .categories
        .iter()
        .zip(figures)
        .filter(|(_, figures)| figures.things > 0)
        .map(|(category, f)| OfClass {
            class: category.name.clone(),
            things: f.things,
            ap: f.ap,
            ap50: f.ap50,
            ap75: f.ap75,
        })
        .collect()
}
