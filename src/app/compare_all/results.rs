//! What two models see in the pictures of an album, kept so that figures can be computed again at any thresholds.
//!
//! Of each picture the candidates over a low floor are kept, some 20 KB, and not the raw heads, which are 1.7 MB for two
//! models: 250 pictures of those would take 430 MB.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::compare::truth::{TruthFigures, TruthTotals};
use crate::compare::{Agreement, CompareSettings, Comparer, FLOOR};
use crate::detect::{Decoder, RankedCandidates, Thresholds};
use crate::engine::Output;
use crate::model::{ModelInfo, ModelRequest};
use crate::workshop::labels::ModelTruth;

/// Of one model's candidates in one picture, the most that are kept, as long as there is room; never fewer than the least.
const MOST: usize = 5000;
const LEAST: usize = 64;

/// The room for one pair of models, in bytes: less than raw heads of 40 pictures.
const ROOM: usize = 64 << 20;

/// Candidates of two models in one picture.
pub type PictureCandidates = [RankedCandidates; 2];

/// What both models' candidates in a picture are, from their outputs.
pub fn candidates(decoder: &mut Decoder, outputs: [&Output; 2]) -> PictureCandidates {
    outputs
        .map(|output| RankedCandidates::new(decoder, &output.model.form, &output.heads, &output.letterbox, FLOOR, MOST))
}

/// The pictures that two models have looked at.
pub struct PairResults {
    /// Either may be A.
    models: [ModelRequest; 2],
    infos: [Arc<ModelInfo>; 2],
    seen: Vec<SeenPicture>,
    /// Places in `seen`.
    places: HashMap<PathBuf, usize>,
    bytes: usize,
    /// How many candidates are kept of each picture and model.
    most: usize,
    /// The highest of all candidates' floors.
    floor: f32,
    settings: CompareSettings,
    /// What is known to be in the pictures.
    truth: Option<Arc<ModelTruth>>,
    /// Those before this place have figures at the settings.
    judged: usize,
    /// One more with each change of any figure.
    revision: u64,
    comparer: Comparer,
}

struct SeenPicture {
    path: PathBuf,
    candidates: PictureCandidates,
    agreement: Agreement,
    /// Of all its classes together; `None` = its truth is not known.
    truth: Option<TruthFigures>,
}

impl PairResults {
    pub fn new(models: [ModelRequest; 2], infos: [Arc<ModelInfo>; 2]) -> Self {
        Self {
            models,
            infos,
            seen: Vec::new(),
            places: HashMap::new(),
            bytes: 0,
            most: MOST,
            floor: FLOOR,
            settings: CompareSettings::default(),
            truth: None,
            judged: 0,
            revision: 0,
            comparer: Comparer::default(),
        }
    }

    /// Whether these two models looked: `Some(true)` where they are named the other way round.
    pub fn is_of(&self, [a, b]: [&ModelRequest; 2]) -> Option<bool> {
        let [first, second] = &self.models;
        match (a == first && b == second, a == second && b == first) {
            (true, _) => Some(false),
            (false, true) => Some(true),
            (false, false) => None,
        }
    }

    /// Whether the models' files are still those that looked; `reversed` as [`PairResults::is_of`] gives it.
    pub fn is_by(&self, infos: [&Arc<ModelInfo>; 2], reversed: bool) -> bool {
        let [a, b] = infos.map(|info| &info.sha256);
        let [first, second] = self.infos.each_ref().map(|info| &info.sha256);
        if reversed { [b, a] == [first, second] } else { [a, b] == [first, second] }
    }

    /// Adds a picture, or replaces it; `candidates` are A's and B's, `reversed` as [`PairResults::is_of`] gives it.
    pub fn insert(&mut self, path: PathBuf, mut candidates: PictureCandidates, reversed: bool) {
        if reversed {
            candidates.reverse();
        }
        candidates.iter_mut().for_each(|of_one| of_one.truncate(self.most));
        self.revision += 1;
        self.bytes += bytes(&candidates);
        self.floor = candidates.iter().map(RankedCandidates::floor).fold(self.floor, f32::max);
        let seen = SeenPicture { path: path.clone(), candidates, agreement: Agreement::default(), truth: None };
        match self.places.get(&path) {
            Some(place) => {
                let before = std::mem::replace(&mut self.seen[*place], seen);
                self.bytes -= bytes(&before.candidates);
                if *place < self.judged {
                    self.judge(*place);
                }
            }
            None => {
                self.places.insert(path, self.seen.len());
                self.seen.push(seen);
                if self.judged + 1 == self.seen.len() {
                    self.judge(self.judged);
                    self.judged += 1;
                }
            }
        }
        self.fit();
    }

    /// Leaves weak candidates out until all have room.
    fn fit(&mut self) {
        while self.bytes > ROOM && self.most > LEAST {
            self.most = (self.most / 2).max(LEAST);
            let all = self.seen.iter_mut().flat_map(|seen| &mut seen.candidates);
            all.for_each(|of_one| of_one.truncate(self.most));
            self.bytes = self.seen.iter().map(|seen| bytes(&seen.candidates)).sum();
            let floors = self.seen.iter().flat_map(|seen| &seen.candidates).map(RankedCandidates::floor);
            self.floor = floors.fold(FLOOR, f32::max);
        }
    }

    /// Forgets pictures.
    pub fn retain(&mut self, is_kept: impl Fn(&Path) -> bool) {
        let before = self.seen.len();
        self.seen.retain(|seen| is_kept(&seen.path));
        if self.seen.len() == before {
            return;
        }
        self.places = self.seen.iter().enumerate().map(|(place, seen)| (seen.path.clone(), place)).collect();
        self.bytes = self.seen.iter().map(|seen| bytes(&seen.candidates)).sum();
        self.judged = 0;
        self.revision += 1;
    }

    /// Computes figures at these settings from now on; `swapped` there says that A is the second model here.
    pub fn set(&mut self, settings: &CompareSettings) {
        if self.settings != *settings {
            self.settings = settings.clone();
            self.judged = 0;
            self.revision += 1;
        }
    }

    /// Judges by this truth from now on, where its classes are those of the models.
    pub fn set_truth(&mut self, truth: Option<&Arc<ModelTruth>>) {
        let truth = truth.filter(|truth| *truth.classes() == self.infos[0].form.classes);
        let same = match (&self.truth, truth) {
            (Some(now), Some(new)) => Arc::ptr_eq(now, new),
            (now, new) => now.is_none() && new.is_none(),
        };
        if !same {
            self.truth = truth.cloned();
            self.judged = 0;
            self.revision += 1;
        }
    }

    /// Computes figures for about as long as `budget`. True: all are at the settings now.
    pub fn tend(&mut self, budget: Duration) -> bool {
        let begun = Instant::now();
        while self.judged < self.seen.len() && begun.elapsed() < budget {
            self.judge(self.judged);
            self.judged += 1;
            self.revision += 1;
        }
        self.judged == self.seen.len()
    }

    /// Whether figures are missing at the settings.
    pub fn is_behind(&self) -> bool {
        self.judged < self.seen.len()
    }

    fn judge(&mut self, place: usize) {
        let Self { seen, settings, comparer, truth, .. } = self;
        let seen = &mut seen[place];
        let comparison = comparer.run_ranked(sides(&seen.candidates, settings));
        seen.agreement = comparison.agreement_of(&settings.classes);
        seen.truth = truth.as_ref().and_then(|truth| truth.picture(&seen.path)).map(|known| {
            let judged = [known.judge(comparison.a()), known.judge(comparison.b())];
            let mut totals = TruthTotals::default();
            totals.add(&known, comparison, &judged, &settings.classes);
            totals.all
        });
    }

    /// How far the two agree on a picture; `None` = they have not looked at it.
    pub fn agreement(&self, picture: &Path) -> Option<Agreement> {
        self.places.get(picture).map(|place| self.seen[*place].agreement)
    }

    /// A's and B's candidates in a picture, with their thresholds.
    pub fn sides(&self, picture: &Path) -> Option<[(&RankedCandidates, Thresholds); 2]> {
        self.places.get(picture).map(|place| sides(&self.seen[*place].candidates, &self.settings))
    }

    /// At this score threshold or a lower one, boxes may be missing from the figures.
    pub fn floor(&self) -> f32 {
        self.floor
    }

    /// Whether a score threshold is so low that boxes may be missing.
    pub fn is_below_floor(&self) -> bool {
        self.settings.thresholds.iter().any(|thresholds| thresholds.score < self.floor)
    }

    /// Another number for other figures.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Sums the figures of these pictures in their order, as `compare` does, so that not even the last digit differs. Gives
    /// how many there are, too.
    pub fn total<'a>(&self, pictures: impl Iterator<Item = &'a PathBuf>) -> (usize, Agreement) {
        let mut all = (0, Agreement::default());
        for agreement in pictures.filter_map(|picture| self.agreement(picture)) {
            all.0 += 1;
            all.1 += agreement;
        }
        all
    }

    /// The same of what is known to be in them, without that of each class.
    pub fn truth<'a>(&self, pictures: impl Iterator<Item = &'a PathBuf>) -> TruthTotals {
        let mut all = TruthTotals::default();
        for place in pictures.filter_map(|picture| self.places.get(picture)) {
            if let Some(figures) = self.seen[*place].truth {
                all.pictures += 1;
                all.all += figures;
            }
        }
        all
    }

    /// Forgets all that is not in this list.
    pub fn keep_only(&mut self, pictures: &[PathBuf]) {
        let kept: HashSet<&Path> = pictures.iter().map(PathBuf::as_path).collect();
        self.retain(|picture| kept.contains(picture));
    }
}

fn bytes(candidates: &PictureCandidates) -> usize {
    candidates.iter().map(RankedCandidates::bytes).sum()
}

/// A's and B's.
fn sides<'a>(candidates: &'a PictureCandidates, settings: &CompareSettings) -> [(&'a RankedCandidates, Thresholds); 2] {
    let [first, second] = candidates;
    let [of_a, of_b] = settings.thresholds;
    if settings.swapped { [(second, of_a), (first, of_b)] } else { [(first, of_a), (second, of_b)] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::ModelInput;
    use crate::detect::{ClassSet, Form, Letterbox, RawHeads, Size};
    use crate::model::ModelName;

    /// Heads of a model that sees something everywhere, other things for each seed.
    fn heads(form: &Form, seed: u32) -> RawHeads {
        let (mut heads, mut random) = (RawHeads::zeros(form), seed);
        for values in heads.heads.iter_mut().flatten() {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *values = (random >> 8) as f32 / (1 << 24) as f32 * 8.0 - 7.5;
        }
        heads
    }

    fn output(slot: usize, info: &Arc<ModelInfo>, heads: RawHeads, image: Size) -> Output {
        let letterbox = Letterbox::new(image, info.form.input);
        Output { slot, model: Arc::clone(info), heads: heads.into(), letterbox, inference: Duration::ZERO }
    }

    #[test]
    fn figures_are_those_of_the_raw_heads_at_any_thresholds_and_either_way_round() {
        let form = Form::yolov4_tiny_416();
        let info = Arc::new(ModelInfo::sample("x"));
        let models = [ModelName::Fp32, ModelName::Int8].map(ModelRequest::from);
        let mut results = PairResults::new(models.clone(), [Arc::clone(&info), Arc::clone(&info)]);
        let paths: Vec<PathBuf> = (0..3).map(|n| format!("{n}.png").into()).collect();
        let image = Size::new(640, 427);
        let outputs: Vec<[Output; 2]> =
            (0..3).map(|n| [0, 1].map(|slot| output(slot, &info, heads(&form, 7 * n + slot as u32), image))).collect();
        let mut decoder = Decoder::default();
        for (path, [a, b]) in paths.iter().zip(&outputs) {
            results.insert(path.clone(), candidates(&mut decoder, [a, b]), false);
        }
        assert_eq!(results.is_of([&models[1], &models[0]]), Some(true));
        let mut comparer = Comparer::default();
        for (score, score_b, nms_iou, swapped) in [(0.26, 0.26, 0.45, false), (0.3, 0.2, 0.6, true)] {
            let thresholds = [score, score_b].map(|score| Thresholds { score, nms_iou });
            let classes = if swapped { ClassSet::only(3, 80) } else { ClassSet::default() };
            let settings = CompareSettings { thresholds, swapped, classes };
            results.set(&settings);
            assert!(results.is_behind() && !results.tend(Duration::ZERO) && !results.is_below_floor());
            while !results.tend(Duration::from_millis(1)) {}
            let mut expected = Agreement::default();
            for (path, [first, second]) in paths.iter().zip(&outputs) {
                let [a, b] = if swapped { [second, first] } else { [first, second] };
                let [of_a, of_b] = thresholds;
                let a = ModelInput { form: &form, heads: &a.heads, letterbox: &a.letterbox, thresholds: of_a };
                let b = ModelInput { form: &form, heads: &b.heads, letterbox: &b.letterbox, thresholds: of_b };
                let agreement = comparer.run(&a, &b).agreement_of(&settings.classes);
                assert_eq!(results.agreement(path), Some(agreement), "{settings:?}");
                expected += agreement;
            }
            assert_eq!(results.total(paths.iter()), (3, expected));
            assert!(expected.a + expected.b > 0, "nothing was compared");
        }
        results.keep_only(&paths[1..]);
        assert!(results.agreement(&paths[0]).is_none() && results.is_behind());
    }
}
