//! Raw heads that were computed elsewhere, as a person chooses them.

use std::path::{Path, PathBuf};

/// The raw heads of a golden pack's pictures: the pack's own, or those that a board dumped. A model that looks at these
/// pictures alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GoldenHeads {
    /// The pack's folder.
    pub pack: PathBuf,
    /// What the pack calls its model, as "INT8".
    pub model: String,
    /// A folder of the board's dumps, or one dump; `None`: the pack's own heads.
    pub dump: Option<PathBuf>,
}

impl GoldenHeads {
    /// "golden INT8 (pack)", "board (dumps)"; of a pack in a folder `golden`, "golden INT8"
    pub fn label(&self) -> String {
        match &self.dump {
            Some(dump) => format!("board ({})", name(dump)),
            None => match name(&self.pack).as_str() {
                "golden" => format!("golden {}", self.model),
                folder => format!("golden {} ({folder})", self.model),
            },
        }
    }

    /// The command that judges each of a board's layers.
    pub fn check_command(&self) -> String {
        let dump = self.dump.as_deref().map_or_else(|| "DIR".to_owned(), argument);
        format!("twinsight golden check {} --against {dump}", argument(&self.pack))
    }

    /// The same pack with what a board dumped of it.
    pub fn against(&self, dump: &Path) -> Self {
        let dump = std::path::absolute(dump).unwrap_or_else(|_| dump.to_owned());
        Self { dump: Some(dump), ..self.clone() }
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// A path as a shell takes it for one.
fn argument(path: &Path) -> String {
    let text = path.display().to_string();
    if text.contains(char::is_whitespace) { format!("\"{text}\"") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_spaces_stay_whole_in_the_command() {
        let pack = GoldenHeads { pack: "/a/my pack".into(), model: "INT8".into(), dump: None };
        assert_eq!(pack.check_command(), "twinsight golden check \"/a/my pack\" --against DIR");
        let board = GoldenHeads { dump: Some("/b/dumps".into()), ..pack };
        assert_eq!(board.check_command(), "twinsight golden check \"/a/my pack\" --against /b/dumps");
    }

    #[test]
    fn the_label_says_whose_heads_they_are() {
        let pack = GoldenHeads { pack: "/a/golden".into(), model: "INT8".into(), dump: None };
        assert_eq!(pack.label(), "golden INT8");
        let other = GoldenHeads { pack: "/a/night".into(), ..pack.clone() };
        assert_eq!(other.label(), "golden INT8 (night)");
        assert_eq!(pack.against(Path::new("/b/dumps/")).label(), "board (dumps)");
        assert!(pack.against(Path::new("dumps")).dump.is_some_and(|dump| dump.is_absolute()));
    }
}
