//! Figures and names as they are shown.

/// Three digits, or a dash.
pub fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".into(), |v| format!("{v:.3}"))
}

/// With its sign, which for less is a minus and no hyphen.
pub fn signed(value: f64) -> String {
    format!("{value:+.3}").replace('-', "−")
}

/// With a digit more, for differences between replicates, which are small.
pub fn signed_finely(value: f64) -> String {
    format!("{value:+.4}").replace('-', "−")
}

/// No longer than this.
pub fn short(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    name.chars().take(most - 1).chain(['…']).collect()
}
