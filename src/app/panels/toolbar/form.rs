//! What of the toolbar fits: in steps from the widest form to the narrowest, by measured widths.

use crate::app::models::picker::PickerForm;

/// What may move into the menu "More".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    OpenFiles,
    Theme,
    Help,
    Camera,
    Record,
    Panels,
    Swap,
    Views,
    Models,
}

/// How the toolbar looks at one width of the window.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolbarForm {
    /// The word before the list of sources.
    pub source_word: bool,
    /// Widths of lists that are closed, in points.
    pub source: f32,
    pub model: f32,
    /// One model has a button for each, and not a list.
    pub model_buttons: bool,
    /// An INT8 model has a button that says how it is computed; its menu has the same.
    pub computed_as: bool,
    /// Words, and not signs alone.
    pub pause_word: bool,
    pub view_words: bool,
    pub panel_words: bool,
    /// What is in the menu "More"; empty = there is none.
    pub in_more: Vec<Tool>,
}

/// One step from a wider form to a narrower one.
#[derive(Clone, Copy, Debug)]
enum Narrowing {
    SourceWord,
    Source(f32),
    Model(f32),
    ModelButtons,
    ComputedAs,
    PauseWord,
    ViewWords,
    PanelWords,
    More(Tool),
}

/// In this order. Words go before lists become narrow; nothing goes into the menu before that; signs alone for the panels
/// come late: nobody knows them.
const STEPS: [Narrowing; 25] = [
    Narrowing::SourceWord,
    Narrowing::Source(200.0),
    Narrowing::PauseWord,
    Narrowing::Model(132.0),
    Narrowing::Source(164.0),
    Narrowing::ViewWords,
    Narrowing::Source(140.0),
    Narrowing::More(Tool::OpenFiles),
    Narrowing::More(Tool::Theme),
    Narrowing::More(Tool::Help),
    Narrowing::More(Tool::Record),
    Narrowing::ModelButtons,
    Narrowing::Model(112.0),
    Narrowing::Source(120.0),
    Narrowing::Model(96.0),
    Narrowing::ComputedAs,
    Narrowing::PanelWords,
    Narrowing::Model(84.0),
    Narrowing::Source(100.0),
    Narrowing::More(Tool::Camera),
    Narrowing::Model(76.0),
    Narrowing::More(Tool::Panels),
    Narrowing::More(Tool::Swap),
    Narrowing::More(Tool::Views),
    Narrowing::More(Tool::Models),
];

impl ToolbarForm {
    /// With everything in words.
    pub fn widest() -> Self {
        Self {
            source_word: true,
            source: 240.0,
            model: 156.0,
            model_buttons: true,
            computed_as: true,
            pause_word: true,
            view_words: true,
            panel_words: true,
            in_more: Vec::new(),
        }
    }

    /// The widest form that is no wider than `available`, or else the narrowest one. `width`: of a form, in points.
    pub fn fitting(available: f32, width: impl Fn(&Self) -> f32) -> Self {
        let mut form = Self::widest();
        for step in STEPS {
            if width(&form) <= available {
                break;
            }
            form.narrow(step);
        }
        form
    }

    fn narrow(&mut self, step: Narrowing) {
        match step {
            Narrowing::SourceWord => self.source_word = false,
            Narrowing::Source(width) => self.source = width,
            Narrowing::Model(width) => self.model = width,
            Narrowing::ModelButtons => self.model_buttons = false,
            Narrowing::ComputedAs => self.computed_as = false,
            Narrowing::PauseWord => self.pause_word = false,
            Narrowing::ViewWords => self.view_words = false,
            Narrowing::PanelWords => self.panel_words = false,
            Narrowing::More(tool) => self.in_more.push(tool),
        }
    }

    /// Whether a tool stands in the row itself.
    pub fn shows(&self, tool: Tool) -> bool {
        !self.in_more.contains(&tool)
    }

    pub fn picker(&self) -> PickerForm {
        PickerForm {
            width: self.model,
            buttons: self.model_buttons,
            swap: self.shows(Tool::Swap),
            computed_as: self.computed_as,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As if the lists were all there is, and each tool 30 points wide.
    fn width(form: &ToolbarForm) -> f32 {
        form.source + 2.0 * form.model + 30.0 * (9 - form.in_more.len()) as f32
    }

    #[test]
    fn each_step_is_narrower_and_the_widest_that_fits_is_taken() {
        let mut form = ToolbarForm::widest();
        for step in STEPS {
            let before = form.clone();
            form.narrow(step);
            assert!(form != before && width(&form) <= width(&before), "{step:?}");
        }
        assert_eq!(form.in_more.len(), 9, "the narrowest has everything in the menu: {form:?}");
        assert_eq!(ToolbarForm::fitting(f32::INFINITY, width), ToolbarForm::widest());
        assert_eq!(ToolbarForm::fitting(0.0, width), form);
        for available in 300..800 {
            let form = ToolbarForm::fitting(available as f32, width);
            assert!(width(&form) <= available as f32, "{available}: {form:?}");
        }
    }
}
