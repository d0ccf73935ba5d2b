//! The file with the preferences.

use std::path::{Path, PathBuf};

use super::Preferences;
use crate::files::{FileFormat, Outputs, WriteError, has_keys, read_limited};

const MAX_BYTES: u64 = 1 << 20;

const FORMAT: FileFormat =
    FileFormat { name: "preferences", reads: MAX_BYTES, is: |bytes| has_keys(bytes, &["models", "view"]) };

/// Where preferences are kept from one run to the next.
#[derive(Clone, Debug)]
pub struct PreferencesFile {
    path: PathBuf,
    /// Where versions before 0.2 kept them, among other things.
    older: PathBuf,
}

impl PreferencesFile {
    /// In the user's folder for settings; `None`: the system names no such place.
    pub fn of_user() -> Option<Self> {
        let dirs = directories::ProjectDirs::from("", "", "twinsight")?;
        Some(Self { path: dirs.config_dir().join("preferences.json"), older: dirs.data_dir().join("app.ron") })
    }

    #[cfg(test)]
    pub fn in_folder(dir: &Path) -> Self {
        Self { path: dir.join("settings/preferences.json"), older: dir.join("app.ron") }
    }

    /// What was kept; the defaults where nothing was, or nothing that can be read.
    pub fn read(&self) -> Preferences {
        match (self.path.exists(), read_text(&self.path)) {
            (_, Ok(text)) => Preferences::from_json(&text),
            (false, _) => read_text(&self.older).ok().and_then(|text| older(&text)).unwrap_or_default(),
            (true, Err(cause)) => {
                log::warn!("cannot read the preferences {}: {cause}", self.path.display());
                Preferences::default()
            }
        }
    }

    /// Keeps them, whole or not at all.
    pub fn write(&self, preferences: &Preferences) -> Result<(), WriteError> {
        if let Some(dir) = self.path.parent() {
            // What is wrong with the folder shows in a moment, with the file's name.
            let _ = std::fs::create_dir_all(dir);
        }
        Outputs::new(true).file(&self.path, &FORMAT)?.write(preferences.to_json().as_bytes())
    }
}

fn read_text(path: &Path) -> Result<String, String> {
    let bytes = read_limited(path, MAX_BYTES).map_err(|cause| cause.to_string())?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".into())
}

/// The preferences in the older file, a map of texts: one text with JSON in it.
fn older(text: &str) -> Option<Preferences> {
    let (_, rest) = text.split_once("\"preferences\":")?;
    let json: String = serde_json::Deserializer::from_str(rest).into_iter().next()?.ok()?;
    Some(Preferences::from_json(&json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let file = PreferencesFile::in_folder(dir.path());
        assert_eq!(file.read(), Preferences::default());
        for score in [0.4, 0.6] {
            let preferences = Preferences { score, ..Preferences::default() };
            file.write(&preferences).unwrap();
            assert_eq!(file.read(), preferences);
        }
    }

    #[test]
    fn preferences_of_older_versions_are_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        let file = PreferencesFile::in_folder(dir.path());
        let kept = Preferences { score: 0.4, labels: false, ..Preferences::default() };
        let quoted = serde_json::Value::from(kept.to_json()).to_string();
        let ron = format!("{{\n    \"egui\": \"(options:(zoom_factor:1e30))\",\n    \"preferences\": {quoted},\n}}");
        std::fs::write(&file.older, ron).unwrap();
        assert_eq!(file.read(), kept);
        file.write(&Preferences::default()).unwrap();
        assert_eq!(file.read(), Preferences::default());
    }

    #[test]
    fn whatever_is_in_the_file_there_are_preferences() {
        let dir = tempfile::tempdir().unwrap();
        let file = PreferencesFile::in_folder(dir.path());
        std::fs::create_dir_all(file.path.parent().unwrap()).unwrap();
        for bytes in [
            &b""[..],
            b"\xff\xfe",
            b"[1]",
            b"{\"zoom\": 1e30}",
            b"{\"zoom\": \"large\", \"labels\": false}",
            b"nonsense",
        ] {
            std::fs::write(&file.path, bytes).unwrap();
            assert_eq!(file.read().zoom, 1.0, "{}", String::from_utf8_lossy(bytes));
        }
        assert!(!{
            std::fs::write(&file.path, "{\"zoom\": \"large\", \"labels\": false}").unwrap();
            file.read().labels
        });
    }
}
