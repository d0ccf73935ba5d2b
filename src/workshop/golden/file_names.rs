//! Names of files for tensors and pictures, which may have names that no file can have.

use std::collections::HashSet;

/// The longest name without its end.
const MAX: usize = 120;

/// Gives each thing a name of its own.
#[derive(Default)]
pub struct FileNames {
    used: HashSet<String>,
}

impl FileNames {
    /// Letters, digits, `.`, `-` and `_` stay, all else becomes `_`; a number tells apart what would be the same, also
    /// where capitals make no difference.
    pub fn unique(&mut self, name: &str) -> String {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let plain: String = name.chars().take(MAX).map(|c| if is_plain(c) { c } else { '_' }).collect();
        // No hidden file, and no folder above.
        let plain = match plain.trim_start_matches('.') {
            "" => "tensor".to_owned(),
            rest => rest.to_owned(),
        };
        let mut file = plain.clone();
        let mut number = 2;
        while !self.used.insert(file.to_ascii_lowercase()) {
            file = format!("{plain}-{number}");
            number += 1;
        }
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_has_a_name_of_its_own() {
        let mut names = FileNames::default();
        let of = ["a/b", "a:b", "A_B", "..", "../x", "ü"].map(|name| names.unique(name));
        assert_eq!(of, ["a_b", "a_b-2", "A_B-3", "tensor", "_x", "_"]);
    }
}
