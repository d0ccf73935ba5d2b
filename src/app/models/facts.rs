//! What is known of a model: its file, and what it was made of. Shown at the pickers and in the panel on the left.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Context, Grid, Label, RichText, Ui};

use crate::app::job::Job;
use crate::model::ModelInfo;
use crate::workshop::rebuild::ModelFiles;
use crate::workshop::{CalibrationTable, Stopped, read_metadata};

/// How much of a sum is shown.
const OF_SUM: usize = 12;

/// What a model's file says, and those beside it. To read it takes some ten milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelFacts {
    bytes: u64,
    /// Nodes that its recipe leaves in float; `None` = its recipe is not beside it.
    float: Option<Vec<String>>,
    /// Of the darknet weights.
    weights_sha256: Option<String>,
    calibration: Option<String>,
}

impl ModelFacts {
    fn read(path: &Path) -> Result<Self, Stopped> {
        let (bytes, _, metadata) = read_metadata(path).map_err(Stopped::failed)?;
        let (weights_sha256, calibration_sha256) =
            metadata.map_or((None, None), |metadata| (metadata.weights_sha256, metadata.calibration_sha256));
        let table = CalibrationTable::read(&ModelFiles::table(path)).ok();
        let table = table.filter(|table| Some(table.sha256()) == calibration_sha256);
        let calibration = match (table, calibration_sha256) {
            (Some(table), _) => Some(format!("{} images, {}", table.pictures, table.method)),
            (None, Some(sum)) => Some(format!("table {}", short(&sum))),
            (None, None) => None,
        };
        let float = ModelFiles::recipe(path).map(|recipe| recipe.float);
        Ok(Self { bytes, float, weights_sha256, calibration })
    }
}

/// Facts by the sums of the models' files; they are read when they are asked for first.
#[derive(Default)]
pub struct FactsBook {
    /// `None` = the file could not be read.
    known: HashMap<String, Option<Arc<ModelFacts>>>,
    /// Asked for, and not known.
    wanted: RefCell<Option<(String, PathBuf)>>,
    search: Option<(String, Job<ModelFacts>)>,
}

impl FactsBook {
    /// Takes what was read, and reads what is wanted. To be called with every frame.
    pub fn poll(&mut self, ctx: &Context) {
        if let Some((sum, job)) = &self.search {
            let Some(result) = job.poll() else { return };
            self.known.insert(sum.clone(), result.ok().map(Arc::new));
            self.search = None;
        }
        let Some((sum, path)) = self.wanted.take().filter(|(sum, _)| !self.known.contains_key(sum)) else { return };
        match Job::start(ctx, "model facts", move |_| ModelFacts::read(&path)) {
            Ok(job) => self.search = Some((sum, job)),
            Err(cause) => log::warn!("cannot read a model's facts: no thread can be started ({cause})"),
        }
    }

    /// Shows the facts of a model, a line each. What its file says comes a moment later.
    pub fn ui(&self, ui: &mut Ui, id: &str, model: &ModelInfo) {
        let facts = self.known.get(&model.sha256);
        if facts.is_none() {
            *self.wanted.borrow_mut() = Some((model.sha256.clone(), model.path.clone()));
            ui.ctx().request_repaint();
        }
        Grid::new((id, "facts")).num_columns(2).spacing([10.0, 3.0]).show(ui, |ui| {
            for (name, value, whole) in rows(model, facts.and_then(Option::as_deref)) {
                ui.label(RichText::new(name).small().weak());
                let response = ui.add(Label::new(RichText::new(value).small()).truncate());
                if !whole.is_empty() {
                    response.on_hover_text(whole);
                }
                ui.end_row();
            }
        });
    }
}

/// Name, value, and what its tooltip adds.
fn rows(model: &ModelInfo, facts: Option<&ModelFacts>) -> Vec<(&'static str, String, String)> {
    let file = model.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let plain = |name, value: String| (name, value, String::new());
    let mut rows = vec![
        ("File", file, model.path.display().to_string()),
        (
            "Recipe",
            model.recipe.clone().unwrap_or_else(|| "not stated in the file".into()),
            "How the model was built".into(),
        ),
    ];
    if let Some(float) = facts.and_then(|facts| facts.float.as_deref()).filter(|float| !float.is_empty()) {
        rows.push(("In float", float.join(", "), float.join("\n")));
    }
    rows.extend(facts.and_then(|facts| facts.calibration.clone()).map(|words| plain("Calibration", words)));
    if let (Some(arithmetic), Some(text)) = (&model.arithmetic, model.computed_as()) {
        rows.push(("Arithmetic", text, arithmetic.explanation().into_owned()));
    }
    rows.extend(facts.map(|facts| plain("Size", size(facts.bytes))));
    rows.push(plain("Input", model.form.input.to_string()));
    rows.push(plain("Classes", model.form.classes.len().to_string()));
    if let Some(sum) = facts.and_then(|facts| facts.weights_sha256.clone()) {
        rows.push(("Source weights", short(&sum), sum));
    }
    rows.push(("SHA-256", short(&model.sha256), model.sha256.clone()));
    rows
}

fn short(sum: &str) -> String {
    sum.get(..OF_SUM).map_or_else(|| sum.to_owned(), |start| format!("{start}…"))
}

/// "6.2 MB"
fn size(bytes: u64) -> String {
    match bytes {
        0..100_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Arithmetic;

    #[test]
    fn each_fact_that_is_known_has_a_line() {
        let model = ModelInfo {
            path: "models/a.onnx".into(),
            recipe: Some("card_float-a-b".into()),
            arithmetic: Some(Arithmetic::Exact),
            ..ModelInfo::sample("INT8 + 2 float")
        };
        let names = |facts: Option<&ModelFacts>| rows(&model, facts).iter().map(|row| row.0).collect::<Vec<_>>();
        assert_eq!(names(None), ["File", "Recipe", "Arithmetic", "Input", "Classes", "SHA-256"]);
        let facts = ModelFacts {
            bytes: 6_240_000,
            float: Some(vec!["a".into(), "b".into()]),
            weights_sha256: Some("fedcba9876543210".into()),
            calibration: Some("64 images, minmax".into()),
        };
        let all = rows(&model, Some(&facts));
        for line in [("In float", "a, b"), ("Size", "6.2 MB"), ("Source weights", "fedcba987654…"), ("File", "a.onnx")]
        {
            assert!(all.iter().any(|(name, value, _)| (*name, value.as_str()) == line), "{line:?} in {all:?}");
        }
    }
}
