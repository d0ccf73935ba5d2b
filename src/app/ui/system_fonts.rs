//! Fonts of the system, for names in scripts that the window's own typefaces lack: Chinese, Arabic, Thai …
//!
//! ```text
//! a text ── letter that no font has ──▶ Lacking ── poll ──▶ job: the system's fonts ──▶ egui's fallbacks
//! ```
//!
//! Nothing is looked for before a letter is missing, and none of it on the window's thread: to list a system's fonts can
//! take half a second.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use egui::epaint::text::{FallbackRequest, FontInsert, FontPriority, FontProvider, InsertFontFamily};
use egui::{Context, FontFamily};
use egui_system_font_provider::SystemFontProvider;

use crate::app::job::Job;

/// The families in which a name may stand.
const FAMILIES: [FontFamily; 2] = [FontFamily::Proportional, FontFamily::Monospace];

/// How many letters are looked for at once.
const AT_ONCE: usize = 64;

/// A system's fonts, by letter. Lists them when it is made.
type Finder = Arc<dyn FontProvider>;

/// Finds fonts for what the window's own lack.
pub struct SystemFonts {
    lacking: Arc<Lacking>,
    make_finder: fn() -> Finder,
    /// `None` = no letter was missing yet.
    finder: Option<Finder>,
    search: Option<Job<FontSearch>>,
    /// Letters that no font here has.
    absent: BTreeSet<char>,
}

/// What one search came to.
struct FontSearch {
    finder: Finder,
    found: Vec<FontInsert>,
    absent: Vec<char>,
}

/// egui asks it for a font whenever it meets a letter that none of its own has: it takes a note.
#[derive(Default)]
struct Lacking(Mutex<BTreeSet<char>>);

impl Lacking {
    fn letters(&self) -> MutexGuard<'_, BTreeSet<char>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FontProvider for Lacking {
    fn font_for(&self, request: &FallbackRequest<'_>) -> Option<FontInsert> {
        self.letters().extend(request.cluster.chars().next());
        None
    }
}

impl SystemFonts {
    /// Takes note of missing letters from now on.
    pub fn watch(ctx: &Context) -> Self {
        Self::watch_with(ctx, || Arc::new(SystemFontProvider::new()))
    }

    fn watch_with(ctx: &Context, make_finder: fn() -> Finder) -> Self {
        let lacking = Arc::<Lacking>::default();
        ctx.add_font_provider(lacking.clone());
        Self { lacking, make_finder, finder: None, search: None, absent: BTreeSet::new() }
    }

    /// Starts a search where letters are missing, and adds what one has found. To be called with every frame.
    pub fn poll(&mut self, ctx: &Context) {
        if let Some(search) = &self.search {
            let Some(result) = search.poll() else { return };
            self.search = None;
            if let Ok(search) = result {
                self.take(ctx, search);
            }
        }
        let mut letters = std::mem::take(&mut *self.lacking.letters());
        letters.retain(|letter| !self.absent.contains(letter));
        if letters.is_empty() {
            return;
        }
        let wanted: Vec<char> = letters.into_iter().take(AT_ONCE).collect();
        let (known, make) = (self.finder.clone(), self.make_finder);
        let job = Job::start(ctx, "system fonts", move |_| {
            let finder = known.unwrap_or_else(make);
            Ok(look_up(finder, &wanted))
        });
        match job {
            Ok(job) => self.search = Some(job),
            Err(cause) => log::warn!("cannot look for fonts: no thread can be started ({cause})"),
        }
    }

    fn take(&mut self, ctx: &Context, search: FontSearch) {
        let told = !self.absent.is_empty();
        self.finder = Some(search.finder);
        self.absent.extend(&search.absent);
        if let Some(letter) = search.absent.first().filter(|_| !told) {
            log::warn!(
                "no font of this system has \"{letter}\" (U+{:04X}): such letters are shown as boxes; install a font \
                 that has them, as Noto Sans",
                u32::from(*letter)
            );
        }
        search.found.into_iter().for_each(|font| ctx.add_font(font));
    }
}

/// A font for each letter, in both families; none twice.
fn look_up(finder: Finder, letters: &[char]) -> FontSearch {
    let (mut found, mut absent) = (Vec::<FontInsert>::new(), Vec::new());
    for letter in letters {
        let mut bytes = [0; 4];
        let cluster: &str = letter.encode_utf8(&mut bytes);
        match finder.font_for(&FallbackRequest { cluster, family: &FontFamily::Proportional }) {
            None => absent.push(*letter),
            Some(font) if found.iter().any(|known| known.name == font.name) => {}
            Some(font) => {
                let place = |family| InsertFontFamily { family, priority: FontPriority::Lowest };
                found.push(FontInsert { families: FAMILIES.map(place).into(), ..font });
            }
        }
    }
    FontSearch { finder, found, absent }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use egui::epaint::text::FontData;
    use egui::{FontDefinitions, FontId};
    use egui_kittest::Harness;

    use super::*;

    /// Latin capital letter schwa: Ubuntu has it, Hack has not.
    const SCHWA: char = 'Ə';

    /// Neither has it.
    const HANGUL: char = '한';

    fn ubuntu() -> Finder {
        Arc::new(|request: &FallbackRequest<'_>| {
            let data = FontData::from_static(epaint_default_fonts::UBUNTU_LIGHT);
            request.cluster.starts_with(SCHWA).then(|| FontInsert::new("of the system", data, Vec::new()))
        })
    }

    /// With Hack alone, as if it were all the window had.
    fn hack() -> FontDefinitions {
        let mut fonts = FontDefinitions::empty();
        let hack = Arc::new(FontData::from_static(epaint_default_fonts::HACK_REGULAR));
        fonts.font_data.insert("hack".into(), hack);
        for family in FAMILIES {
            fonts.families.insert(family, vec!["hack".into()]);
        }
        fonts
    }

    #[test]
    fn a_missing_letter_is_found_while_the_window_goes_on() {
        let mut fonts: Option<SystemFonts> = None;
        let mut harness = Harness::builder().allow_missing_glyphs().build_ui(move |ui| {
            let fonts = fonts.get_or_insert_with(|| {
                ui.set_fonts(hack());
                SystemFonts::watch_with(ui.ctx(), ubuntu)
            });
            fonts.poll(ui.ctx());
            ui.label(format!("plain {SCHWA} {HANGUL}"));
        });
        let deadline = Instant::now() + Duration::from_secs(20);
        let has = |harness: &Harness<'_>, letter| {
            harness.ctx.fonts_mut(|fonts| {
                FAMILIES.iter().all(|family| fonts.has_glyph(&FontId::new(14.0, family.clone()), letter))
            })
        };
        while !harness.ctx.fonts(|fonts| fonts.definitions().font_data.contains_key("of the system")) {
            assert!(Instant::now() < deadline, "it was never found");
            harness.step();
        }
        harness.run_steps(5);
        assert!(has(&harness, SCHWA));
        assert!(!has(&harness, HANGUL), "and what is nowhere breaks nothing");
    }
}
