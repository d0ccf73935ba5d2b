//! Where frames come from: opening, the album, the video and the camera in use, and what was opened before.

pub mod album_browser;
pub mod camera;
pub mod camera_list;
pub mod change;
pub mod found;
pub mod picker;
pub mod problem;
pub mod reading;
pub mod recent;
mod seek_bar;
pub mod stream_dialog;
pub mod thumbnail_strip;
pub mod video_bar;
pub mod video_playback;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui::Context;

use super::action::{CameraAction, SourceAction, VideoAction};
use super::engine_control::EngineControl;
use super::job::Jobs;
use super::preferences::cameras::CameraPresets;
use super::preferences::recent::{RecentSource, RecentSources};
use super::ui::clipboard::SharedClipboard;
use album_browser::AlbumBrowser;
use camera::CameraController;
use camera::in_use::CameraInUse;
use camera_list::CameraList;
use change::SourceChange;
use found::Found;
use problem::SourceProblem;
use reading::PictureReading;
use recent::RecentMenu;
use video_playback::VideoPlayback;

use crate::engine::{SourceState, Status};
use crate::model::GoldenHeads;
use crate::source::{CameraWatch, Description, Playback, SourceError, SourceRequest, VideoLocation, VideoRequest};
use crate::workshop::Stopped;

/// An opening that takes longer than this is shown; one that does not would only flicker.
const PATIENCE: Duration = Duration::from_millis(400);

/// What became of a source that could not be opened.
pub enum Failure {
    /// The album's next picture is opened in its place.
    Skipped(SourceChange),
    /// The message is to be shown; what was open before is opened again, where there was something.
    Told(Option<SourceChange>),
}

/// What came of searches since they were looked at last.
#[derive(Default)]
pub struct FoundNews {
    pub change: Option<SourceChange>,
    /// Files that the clipboard named, which are to be opened.
    pub named: Vec<PathBuf>,
    /// Of a golden pack, or of what a board dumped of one: to be shown beside a model.
    pub heads: Option<GoldenHeads>,
    /// Why searches failed.
    pub failures: Vec<String>,
}

/// The engine, and how things stand.
pub struct SourceContext<'a> {
    pub control: &'a mut EngineControl,
    pub status: &'a Status,
    /// Whether a picture is shown.
    pub has_picture: bool,
}

/// Owns everything about the source.
pub struct SourceController {
    pub album: AlbumBrowser,
    pub video: VideoPlayback,
    pub camera: CameraController,
    pub cameras: CameraList,
    pub recent: RecentMenu,
    pub pictures: PictureReading,
    /// The folder that was opened last, where it has no pictures and nothing else is shown.
    empty_folder: Option<PathBuf>,
    /// The demo was tried, and has no photos.
    lacks_demo: bool,
    /// What was open before a file was asked for, until that file is open.
    previous: Option<SourceRequest>,
    /// Since when a source is being opened.
    opening: Option<Instant>,
    /// Look up what shows the files that were asked for; the newest one counts.
    searches: Jobs<Found>,
}

impl SourceController {
    /// `cameras`: `None` where their thread could not be started; `recent`: what earlier runs opened.
    pub fn new(cameras: Option<CameraWatch>, recent: &RecentSources) -> Self {
        Self {
            album: AlbumBrowser::default(),
            video: VideoPlayback::default(),
            camera: CameraController::recalling(),
            cameras: CameraList::new(cameras),
            recent: RecentMenu::new(recent),
            pictures: PictureReading::default(),
            empty_folder: None,
            lacks_demo: false,
            previous: None,
            opening: None,
            searches: Jobs::default(),
        }
    }

    /// Carries out what concerns the source alone. The dialogs and the clipboard are the shell's.
    pub fn apply(&mut self, action: SourceAction, context: &mut SourceContext<'_>) -> Option<SourceChange> {
        match action {
            SourceAction::Open(request) => Some(self.open(request, context)),
            SourceAction::Reopen => {
                self.reopen(context);
                None
            }
            SourceAction::StepPicture(by) => self.album.step(by).then(|| self.show_picture(context)),
            SourceAction::GoToPicture(index) => self.album.go_to(index).then(|| self.show_picture(context)),
            SourceAction::GoToEnd(end) => self.album.go_to_end(end).then(|| self.show_picture(context)),
            SourceAction::OpenRecent(_) | SourceAction::LookAtRecent => None,
            SourceAction::ChooseFiles
            | SourceAction::ChooseFolder
            | SourceAction::ChooseStream
            | SourceAction::Paste => None,
        }
    }

    /// `held`: where the frame of the history stands that is in sight.
    pub fn apply_to_video(
        &mut self,
        action: VideoAction,
        held: Option<&Playback>,
        context: &mut SourceContext<'_>,
    ) -> Option<SourceChange> {
        self.video.apply(action, held, context.control, context.status)
    }

    pub fn apply_to_camera(
        &mut self,
        action: CameraAction,
        context: &mut SourceContext<'_>,
        presets: &mut CameraPresets,
    ) -> Option<SourceChange> {
        let request = self.camera.apply(action, context.control, context.status, presets)?;
        let change = self.start(request, context);
        self.camera.keep_mode();
        Some(change)
    }

    /// Opens what is in no album.
    fn open(&mut self, request: SourceRequest, context: &mut SourceContext<'_>) -> SourceChange {
        self.album.close();
        self.start(request, context)
    }

    fn start(&mut self, request: SourceRequest, context: &mut SourceContext<'_>) -> SourceChange {
        self.empty_folder = None;
        self.video = VideoPlayback::default();
        self.camera = CameraController::default();
        let is_file = matches!(request, SourceRequest::Still(_) | SourceRequest::Video(_));
        self.previous = (is_file && context.has_picture).then(|| context.control.source().clone());
        context.control.open(request);
        SourceChange { keeps_zoom: false, keeps_selection: true }
    }

    /// The same source again, a camera turned as it is.
    fn reopen(&mut self, context: &mut SourceContext<'_>) {
        self.camera = CameraController::recalling();
        let paused = context.control.is_paused();
        context.control.reopen(paused, |source| {
            if let SourceRequest::Camera(camera) = source {
                camera.orientation = context.status.orientation;
            }
        });
    }

    /// Opens the album's current picture.
    fn show_picture(&mut self, context: &mut SourceContext<'_>) -> SourceChange {
        let change = SourceChange { keeps_zoom: true, keeps_selection: false };
        if let Some(request) = self.album.request() {
            let _ = self.start(request, context);
        }
        change
    }

    /// Opens files and folders, once it is known what shows them. `pack`: the golden pack in use. Fails where no thread
    /// can be started.
    pub fn open_files(&mut self, ctx: &Context, files: Vec<PathBuf>, pack: Option<GoldenHeads>) -> std::io::Result<()> {
        if !files.is_empty() {
            self.searches.start(ctx, "opening", move || found::find(&files, pack.as_ref()))?;
        }
        Ok(())
    }

    /// Opens the clipboard's contents. Fails where no thread can be started.
    pub fn paste(&mut self, ctx: &Context, clipboard: SharedClipboard) -> std::io::Result<()> {
        self.searches.start(ctx, "opening", move || found::find_pasted(&clipboard))
    }

    /// Takes what the searches found, and what changed in the album's folders.
    pub fn poll(&mut self, ctx: &Context, context: &mut SourceContext<'_>) -> FoundNews {
        self.album.refresh();
        self.recent.poll();
        let FoundNews { mut change, mut named, mut heads, mut failures } = FoundNews::default();
        for (is_newest, result) in self.searches.poll() {
            match result {
                // With a picture in sight, nothing stands in its place.
                Ok(Found::NoPictures(folder)) if is_newest && context.has_picture => {
                    let problem = SourceProblem::empty_folder(&folder).text;
                    failures.push(format!("{problem} Open another folder, or drop images on the window."));
                }
                Ok(Found::Named(files)) if is_newest => named = files,
                Ok(Found::Pack(request, found)) if is_newest => {
                    (change, heads) = (Some(self.open(request, context)), Some(found));
                }
                Ok(Found::Dump(found)) if is_newest => heads = Some(found),
                Ok(found) if is_newest => change = self.show_found(ctx, found, context),
                Err(Stopped::Failed(message)) => failures.push(message),
                Ok(_) | Err(Stopped::Cancelled) => {}
            }
        }
        FoundNews { change, named, heads, failures }
    }

    fn show_found(&mut self, ctx: &Context, found: Found, context: &mut SourceContext<'_>) -> Option<SourceChange> {
        let album = match found {
            Found::Source(request) => return Some(self.open(request, context)),
            Found::NoPictures(folder) => {
                self.empty_folder = Some(folder);
                return None;
            }
            // These are opened like those that are dropped, and those are taken before.
            Found::Named(_) | Found::Pack(..) | Found::Dump(_) => return None,
            Found::Album(album) => album,
        };
        let first = album.request();
        let open = first.as_ref() == Some(context.control.source());
        // It was not asked for by itself.
        if let Some(first) = first.as_ref().and_then(RecentSource::of) {
            self.recent.remove(&first);
        }
        if let [named] = album.named()
            && !album.pictures().contains(named)
        {
            self.recent.add(RecentSource::folder(named));
        }
        self.album.open(ctx, album);
        match first.filter(|_| !open) {
            Some(first) => Some(self.start(first, context)),
            // On the command line's first picture the engine works already; it may even have failed.
            None => self.skip_unreadable(context),
        }
    }

    /// The source could not be opened, or broke off.
    pub fn failed(&mut self, error: &SourceError, context: &mut SourceContext<'_>) -> Failure {
        self.lacks_demo |= matches!(error, SourceError::NoDemo { .. });
        // Where another source is on its way already, the failure is late, and undoes nothing.
        if error.is_transient() || !matches!(context.status.source, SourceState::Failed { .. }) {
            return Failure::Told(None);
        }
        if let Some(change) = self.skip_unreadable(context) {
            return Failure::Skipped(change);
        }
        // A file that is no picture takes nothing away.
        let previous = self.previous.take();
        let place = previous.as_ref().and_then(file_of).and_then(|path| self.album.place_of(path));
        let change = match (place, previous) {
            // Back to the album's picture that was shown.
            (Some(place), _) => self.album.go_to(place).then(|| self.show_picture(context)),
            (None, Some(previous)) => Some(self.open(previous, context)),
            (None, None) => None,
        };
        // What failed is nothing to go back to: two that fail would take turns for ever.
        self.previous = None;
        Failure::Told(change)
    }

    /// Marks the album's current picture where it failed, and opens the next one.
    fn skip_unreadable(&mut self, context: &mut SourceContext<'_>) -> Option<SourceChange> {
        let SourceState::Failed { message, .. } = &context.status.source else { return None };
        let shown = file_of(context.control.source()).cloned();
        if !self.album.skip_unreadable(shown.as_deref(), message.clone()) {
            return None;
        }
        let previous = self.previous.take();
        let change = self.show_picture(context);
        self.previous = previous;
        Some(change)
    }

    /// A source was opened.
    pub fn opened(&mut self, description: &Description, control: &EngineControl, presets: &mut CameraPresets) {
        (self.previous, self.empty_folder) = (None, None);
        // Its photos may have been downloaded meanwhile.
        self.lacks_demo &= !matches!(control.source(), SourceRequest::Demo | SourceRequest::Auto);
        self.remember(control.source());
        self.album.opened();
        self.video.opened(description);
        self.camera.opened(description, presets);
    }

    fn remember(&mut self, source: &SourceRequest) {
        // An album's pictures would push all others out.
        if let Some(source) = RecentSource::of(source).filter(|_| self.album.album().is_none()) {
            self.recent.add(source);
        }
    }

    /// Takes note of cameras that come and go. Gives the names of those that came.
    pub fn refresh_cameras(
        &mut self,
        context: &mut SourceContext<'_>,
        presets: &CameraPresets,
    ) -> (Vec<String>, Option<SourceChange>) {
        let mut arrived = self.cameras.refresh();
        let recalled = self.camera.recall(context.control, context.status, &self.cameras, presets);
        let change = recalled.map(|request| self.start(request, context));
        if let Some(in_use) = CameraInUse::of(context.control.source(), context.status) {
            arrived.retain(|name| *name != in_use.name);
        }
        (arrived, change)
    }

    /// Takes note of how long a source is being opened.
    pub fn note_opening(&mut self, status: &Status) {
        self.opening = (status.source == SourceState::Opening).then(|| self.opening.unwrap_or_else(Instant::now));
    }

    /// The source is being opened, and that takes so long that what is shown must not look live.
    pub fn opens_slowly(&self, status: &Status) -> bool {
        status.source == SourceState::Opening && self.opening.is_some_and(|since| since.elapsed() >= PATIENCE)
    }

    /// The folder without pictures that stands in the picture's place.
    pub fn empty_folder(&self) -> Option<&Path> {
        self.empty_folder.as_deref()
    }

    /// What is wrong with the source.
    pub fn problem(&self, control: &EngineControl, status: &Status) -> Option<SourceProblem> {
        let problem = self.problem_itself(control, status)?;
        Some(if self.lacks_demo { problem.without_demo() } else { problem })
    }

    fn problem_itself(&self, control: &EngineControl, status: &Status) -> Option<SourceProblem> {
        if let Some(folder) = &self.empty_folder {
            return Some(SourceProblem::empty_folder(folder));
        }
        let camera = CameraInUse::of(control.source(), status);
        let id = camera.as_ref().and_then(|camera| Some((&camera.name, camera.id.as_ref()?)));
        let absent = id.is_some_and(|(name, id)| self.cameras.is_known() && self.cameras.find(name, id).is_none());
        let named = status.description.as_ref().map(|d| d.name.clone());
        let name = named.or_else(|| camera.as_ref().map(|c| c.name.clone())).unwrap_or_else(|| "the source".into());
        SourceProblem::of(&status.source, &name, camera.is_some(), absent)
    }

    /// Whether the arrow keys go from picture to picture.
    pub fn is_in_album(&self, control: &EngineControl) -> bool {
        self.album.album().is_some() && matches!(control.source(), SourceRequest::Still(_))
    }

    /// The source's own remark, unless it is out of date.
    pub fn note(&self, control: &EngineControl, description: &Description) -> Option<String> {
        let note = description.note.clone()?;
        let camera = self.cameras.list().first().filter(|_| *control.source() == SourceRequest::Auto);
        Some(camera.map_or(note, |camera| format!("demo: {} is now available; select it as the source", camera.name)))
    }
}

/// The file that is shown.
fn file_of(request: &SourceRequest) -> Option<&PathBuf> {
    match request {
        SourceRequest::Still(path) => Some(path),
        SourceRequest::Video(VideoRequest { location: VideoLocation::File(path), .. }) => Some(path),
        _ => None,
    }
}
