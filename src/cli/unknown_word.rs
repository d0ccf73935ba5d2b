//! Words of the command line that are none of those which can stand there, and which of these was meant.

use std::error::Error as _;

use clap::Command;
use clap::error::{ContextKind, ContextValue};

use crate::model::{Arithmetic, ModelName, ModelRequest};

/// How alike two words must be, by Jaro's measure: one slip in a word of four letters.
const ALIKE: f64 = 0.8;

/// The installed models, as flags name them.
const MODELS: [&str; 4] = ["fp32", "int8", "tuned", "safe"];

/// What a word is not.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum UnknownWord {
    #[error("there is no such file, and no such command; `twinsight help` lists the commands")]
    Command,
    #[error("there is no such file, and no such model; use fp32, int8, tuned, safe, or an ONNX file")]
    Model,
}

/// A model that a flag names: an installed one, or a file that is there, in its own arithmetic where the flag names one.
pub fn model_flag(text: &str) -> Result<String, UnknownWord> {
    // What is wrong with an arithmetic is told where it is read.
    match ModelRequest::from_flag(text, &Arithmetic::Exact).map(|request| request.name) {
        Ok(ModelName::File(path)) if matches!(path.try_exists(), Ok(false)) => Err(UnknownWord::Model),
        _ => Ok(text.to_owned()),
    }
}

/// The same error, with the word that was probably meant. `commands`: the whole command line.
pub fn with_suggestion(mut error: clap::Error, commands: &Command) -> clap::Error {
    let unknown = error.source().and_then(|cause| cause.downcast_ref::<UnknownWord>()).copied();
    let (Some(unknown), Some(ContextValue::String(word))) = (unknown, error.get(ContextKind::InvalidValue)) else {
        return error;
    };
    let (kind, meant) = match unknown {
        UnknownWord::Command => {
            let shown = commands.get_subcommands().filter(|command| !command.is_hide_set());
            (ContextKind::SuggestedSubcommand, nearest(word, shown.map(Command::get_name)))
        }
        UnknownWord::Model => {
            // Without its arithmetic.
            let name = word.split('@').next().unwrap_or_default();
            (ContextKind::SuggestedValue, nearest(name, MODELS))
        }
    };
    if let Some(meant) = meant.map(str::to_owned) {
        error.insert(kind, ContextValue::String(meant));
    }
    error
}

/// The most alike of these words, if it is much alike.
fn nearest<'a>(word: &str, of: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let alike = of.into_iter().map(|known| (strsim::jaro(&word, known), known)).filter(|(alike, _)| *alike >= ALIKE);
    alike.max_by(|(x, _), (y, _)| x.total_cmp(y)).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_installed_models_are_known_and_other_words_are_files_that_are_there() {
        assert_eq!(MODELS.map(ModelName::from_flag), ModelName::BUILT);
        for model in [&MODELS[..], &["INT8@m16", "src/lib.rs", "src"]].concat() {
            assert_eq!(model_flag(model).unwrap(), model);
        }
        for wrong in ["int9", "int9@m16", "gone.onnx", "gone.onnx@native", ""] {
            let why = model_flag(wrong).unwrap_err().to_string();
            assert!(MODELS.iter().all(|name| why.contains(name)), "{wrong:?}: {why}");
        }
    }

    #[test]
    fn a_slip_of_the_keyboard_is_near_and_another_word_is_not() {
        let meant = |word| nearest(word, MODELS);
        assert_eq!([meant("int9"), meant("fp23"), meant("INT")], [Some("int8"), Some("fp32"), Some("int8")]);
        assert_eq!([meant("photos"), meant("yolo.onnx"), meant("")], [None; 3]);
    }
}
