//! `twinsight cameras`: which cameras there are, and what they offer.

use std::error::Error;

use serde::Serialize;

use super::output::stdout::out;
use crate::detect::Size;
use crate::source::camera::mode;
use crate::source::{CameraInfo, FrameRate, cameras};

/// List cameras and their modes
#[derive(Clone, Debug, clap::Args)]
pub struct CamerasArgs {
    /// Print a JSON array, one object per camera
    #[arg(long)]
    pub json: bool,
}

/// Prints the list to standard output. No camera is no error.
pub fn run(args: &CamerasArgs) -> Result<(), Box<dyn Error>> {
    let cameras = cameras()?;
    let text = if args.json { json(&cameras) } else { text(&cameras) };
    Ok(out!("{}", text.trim_end())?)
}

/// The list for people.
pub fn text(cameras: &[CameraInfo]) -> String {
    if cameras.is_empty() {
        return "No camera found. Plug one in, or run the demo: twinsight view --demo\n".into();
    }
    let mut text = String::new();
    for camera in cameras {
        text += &format!("{}  {}  ({})\n", camera.index, camera.name, camera.id);
        if let Some(problem) = &camera.problem {
            text += &format!("   {problem}\n");
        }
        for (format, sizes) in mode::by_format(&camera.modes) {
            for (line, (size, rates)) in sizes.into_iter().enumerate() {
                let format = if line == 0 { format.name() } else { "" };
                text += &format!("   {format:<6} {:<10} {}\n", size.to_string(), mode::list(&rates));
            }
        }
    }
    text
}

/// The list for programs.
pub fn json(cameras: &[CameraInfo]) -> String {
    let cameras: Vec<CameraEntry> = cameras
        .iter()
        .map(|camera| CameraEntry {
            index: camera.index,
            name: &camera.name,
            identity: camera.id.to_string(),
            place: &camera.id.place,
            problem: camera.problem.as_deref(),
            formats: mode::by_format(&camera.modes)
                .into_iter()
                .map(|(format, sizes)| FormatEntry {
                    format: format.name(),
                    sizes: sizes
                        .into_iter()
                        .map(|(Size { width, height }, rates)| {
                            let rates = rates.into_iter().map(number).collect();
                            ResolutionEntry { width, height, rates }
                        })
                        .collect(),
                })
                .collect(),
        })
        .collect();
    serde_json::json!(cameras).to_string() + "\n"
}

#[derive(Serialize)]
struct CameraEntry<'a> {
    index: u32,
    name: &'a str,
    /// The value for `--camera`, which stays the same when the camera is reconnected.
    identity: String,
    /// Where it is plugged in.
    place: &'a str,
    /// Why nothing more is known of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a str>,
    formats: Vec<FormatEntry>,
}

#[derive(Serialize)]
struct FormatEntry {
    format: &'static str,
    sizes: Vec<ResolutionEntry>,
}

#[derive(Serialize)]
struct ResolutionEntry {
    width: u32,
    height: u32,
    /// Frames per second, from 30000/1001 as 29.97002997002997.
    rates: Vec<serde_json::Number>,
}

/// A whole rate as a whole number.
fn number(rate: FrameRate) -> serde_json::Number {
    let whole = rate.whole().map(serde_json::Number::from);
    // Rates are finite: their parts are whole and not 0.
    whole.or_else(|| serde_json::Number::from_f64(rate.per_second())).unwrap_or_else(|| rate.rounded().into())
}
