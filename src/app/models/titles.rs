//! What the window calls models: short, made from recipe and calibration, and different for each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::detect::RawHeads;
use crate::engine::Load;
use crate::model::{Arithmetic, Detector, ModelError, ModelInfo, ModelName, ModelRequest};
use crate::workshop::Recipe;
use crate::workshop::rebuild::ModelFiles;

/// The network of the models that set-up builds: a name of theirs need not say it.
const NETWORK: &str = "yolov4-tiny-416";

/// The titles that were given so far. The window and the thread that loads models share them.
#[derive(Clone, Debug, Default)]
pub struct ModelTitles(Arc<Mutex<HashMap<ModelName, Arc<str>>>>);

impl ModelTitles {
    /// "FP32", "INT8 + 2 float", "INT8 · 64 frames of val"; for a file of another origin, its name. The recipe beside a
    /// file is read when it is asked for first.
    pub fn of(&self, model: &ModelName) -> Arc<str> {
        let mut titles = self.lock();
        if let Some(title) = titles.get(model) {
            return Arc::clone(title);
        }
        let title = title_of(model);
        let is_taken = |title: &str| titles.values().any(|other| **other == *title);
        let numbered = (2..).map(|number| format!("{title} ({number})"));
        // Two models of one title could not be told apart.
        let free = std::iter::once(title.clone()).chain(numbered).find(|title| !is_taken(title));
        let title: Arc<str> = free.unwrap_or_default().into();
        titles.insert(model.clone(), Arc::clone(&title));
        title
    }

    /// With the arithmetic, where that is not the model's own: "INT8 (native)".
    pub fn of_request(&self, request: &ModelRequest) -> String {
        let title = self.of(&request.name);
        match &request.arithmetic {
            Arithmetic::Exact => title.to_string(),
            other => format!("{title} ({other})"),
        }
    }

    /// The model is gone, or has another name.
    pub fn forget(&self, model: &ModelName) {
        self.lock().remove(model);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ModelName, Arc<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn title_of(model: &ModelName) -> String {
    match model {
        ModelName::File(path) => {
            let stem = model.label();
            let made = ModelFiles::recipe(path).and_then(|recipe| made_title(&stem, &recipe));
            made.unwrap_or(stem)
        }
        built => built.label(),
    }
}

/// The title of a model that was made here, from its file's name without the end, as
/// "yolov4-tiny-416_int8_qop_64-frames-of-val-1a2b3c", and its recipe. `None`: the file is named in another way.
fn made_title(stem: &str, recipe: &Recipe) -> Option<String> {
    let (network, rest) = stem.split_once("_int8_")?;
    let end = rest.strip_prefix(recipe.file_suffix())?;
    let network = if network == NETWORK { String::new() } else { format!("{network} ") };
    let base = recipe.name.split("_float-").next().unwrap_or(&recipe.name).trim_end_matches("-custom");
    let of_recipe = if base == Recipe::card().name { String::new() } else { format!(" {base}") };
    let float = match added(base, recipe) {
        [] => String::new(),
        [one] => format!(" + {one}"),
        many => format!(" + {} float", many.len()),
    };
    let (frames, number) = endings(end)?;
    Some(format!("{network}INT8{of_recipe}{float}{frames}{number}"))
}

/// The nodes that a recipe leaves in float beyond those of the one that it comes from.
fn added<'a>(base: &str, recipe: &'a Recipe) -> &'a [String] {
    let known = if Recipe::names().any(|name| name == base) { Recipe::find(base).ok() } else { None };
    let before = known.map_or(0, |known| known.float.len());
    let is_made = recipe.name.contains("_float-") || recipe.name.ends_with("-custom");
    if is_made { recipe.float.get(before..).unwrap_or_default() } else { &[] }
}

/// " · 64 frames of val" and " (2)" of "_64-frames-of-val-1a2b3c-2"; both may be empty.
fn endings(end: &str) -> Option<(String, String)> {
    let mut parts: Vec<&str> = end.split('-').collect();
    let is_number = |part: &str| part.len() <= 3 && part.parse::<u16>().is_ok();
    let is_sum = |part: &str| part.len() == 6 && part.chars().all(|c| c.is_ascii_hexdigit());
    let number = match parts.as_slice() {
        ["", number] if is_number(number) => Some(*number),
        [.., sum, number] if is_sum(sum) && is_number(number) => Some(*number),
        _ => None,
    };
    if number.is_some() {
        parts.pop();
    }
    let number = number.map_or_else(String::new, |number| format!(" ({number})"));
    let frames = match parts.as_slice() {
        [""] => String::new(),
        [count, "frames", sum] if is_sum(sum) => format!(" · {} frames", count.strip_prefix('_')?),
        [count, "frames", "of", place @ .., sum] if is_sum(sum) => {
            format!(" · {} frames of {}", count.strip_prefix('_')?, place.join("-"))
        }
        _ => return None,
    };
    Some((frames, number))
}

/// Loads models under their titles, so that boxes, pairs, figures and messages all say the same name.
pub struct TitledLoader {
    pub inner: Arc<dyn Load>,
    pub titles: ModelTitles,
}

impl Load for TitledLoader {
    fn load(&self, request: &ModelRequest) -> Result<Box<dyn Detector>, ModelError> {
        let detector = self.inner.load(request)?;
        let known = detector.info();
        let title = if known.name == request.label() {
            self.titles.of_request(request)
        } else if known.name == request.name.label() {
            self.titles.of(&request.name).to_string()
        } else {
            // It is known by its contents, as a published file is.
            return Ok(detector);
        };
        if title == known.name {
            return Ok(detector);
        }
        let info = Arc::new(ModelInfo { name: title, ..ModelInfo::clone(known) });
        Ok(Box::new(TitledDetector { info, detector }))
    }

    fn stamp(&self, name: &ModelName) -> u64 {
        self.inner.stamp(name)
    }
}

struct TitledDetector {
    info: Arc<ModelInfo>,
    detector: Box<dyn Detector>,
}

impl Detector for TitledDetector {
    fn info(&self) -> &Arc<ModelInfo> {
        &self.info
    }

    fn run(&mut self, input: &[f32], heads: &mut RawHeads) -> Result<(), ModelError> {
        self.detector.run(input, heads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(name: &str, base: Recipe, float: &[&str]) -> Recipe {
        let mut recipe = Recipe { name: name.into(), ..base };
        recipe.float.extend(float.iter().map(|node| (*node).to_owned()));
        recipe
    }

    #[test]
    fn a_title_says_recipe_layers_and_calibration() {
        let two = ["layer_00_conv", "layer_02_conv"];
        let cases = [
            (
                "yolov4-tiny-416_int8_card_float-layer_00_conv-layer_02_conv",
                recipe("card_float-layer_00_conv-layer_02_conv", Recipe::card(), &two),
                "INT8 + 2 float",
            ),
            (
                "yolov4-tiny-416_int8_tuned_float-layer_00_conv-2",
                recipe("tuned_float-layer_00_conv", Recipe::tuned(), &two[..1]),
                "INT8 tuned + layer_00_conv (2)",
            ),
            ("yolov4-tiny-416_int8_qop_64-frames-1a2b3c", Recipe::card(), "INT8 · 64 frames"),
            ("yolov4-tiny-416_int8_qop_64-frames-of-my-val-1a2b3c-2", Recipe::card(), "INT8 · 64 frames of my-val (2)"),
            ("yolov4-tiny-416_int8_safe_8-frames-of-demo-123456", Recipe::safe(), "INT8 safe · 8 frames of demo"),
            ("small-64_int8_qop_12-frames-1a2b3c", Recipe::card(), "small-64 INT8 · 12 frames"),
        ];
        for (stem, recipe, title) in cases {
            assert_eq!(made_title(stem, &recipe).as_deref(), Some(title), "{stem}");
        }
    }

    #[test]
    fn a_name_of_ones_own_stays() {
        for stem in ["my best", "yolov4-tiny-416_int8_mine", "yolov4-tiny-416_int8_qop_old", "_int8_"] {
            assert_eq!(made_title(stem, &Recipe::card()), None, "{stem}");
        }
        let titles = ModelTitles::default();
        assert_eq!(&*titles.of(&ModelName::File("a/own.onnx".into())), "own");
        assert_eq!(&*titles.of(&ModelName::Tuned), "INT8 tuned");
    }

    #[test]
    fn no_two_models_have_one_title() {
        let titles = ModelTitles::default();
        let [a, b, c] = ["a/own.onnx", "b/own.onnx", "c/own.onnx"].map(|path| ModelName::File(path.into()));
        assert_eq!([&*titles.of(&a), &*titles.of(&b), &*titles.of(&a)], ["own", "own (2)", "own"]);
        assert_eq!(titles.of_request(&ModelRequest::new(b.clone(), Arithmetic::Native)), "own (2) (native)");
        titles.forget(&a);
        assert_eq!([&*titles.of(&c), &*titles.of(&b)], ["own", "own (2)"]);
    }
}
