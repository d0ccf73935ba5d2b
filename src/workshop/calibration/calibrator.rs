//! Runs the float model over pictures, and counts how often every tensor has which value.

use sha2::{Digest, Sha256};

use super::distinct_frames::DistinctFrames;
use super::end_shares::{CountedEnds, EndShares};
use super::frames::{CalibrationFrame, Frames, NextFrame};
use super::grid_kind::GridKind;
use super::histogram::{Histogram, TensorRange};
use super::method::Method;
use super::ranges;
use super::table::CalibrationTable;
use crate::detect::{Letterbox, Letterboxer, Size};
use crate::model::{Arithmetic, RawSession, Runtime, hex};
use crate::workshop::error::WorkshopError;
use crate::workshop::export::exposed_onnx;
use crate::workshop::float_model::FloatModel;
use crate::workshop::graph::{Graph, GraphOp, Node};
use crate::workshop::leaky_slope::LeakySlope;
use crate::workshop::progress::{Progress, Stopped};

/// Takes frames one by one, and makes calibration tables of them. It holds 64 kB for each tensor, however many frames
/// there are.
pub struct Calibrator {
    session: RawSession,
    letterboxer: Letterboxer,
    /// The name of the input.
    input: String,
    size: Size,
    tensors: Vec<Observed>,
    /// Of the pictures, in hexadecimal.
    sums: Vec<String>,
    weights_sha256: String,
    leaky_slope: Option<LeakySlope>,
}

struct Observed {
    name: String,
    histogram: Histogram,
    /// The largest slope of the leaky ReLUs that read it; `None` = something else reads it, or nothing.
    leaky: Option<f32>,
}

impl Calibrator {
    /// Opens the network with every tensor as an output.
    pub fn new(runtime: &Runtime, model: &FloatModel) -> Result<Self, WorkshopError> {
        let graph = model.graph();
        let session =
            RawSession::from_bytes(runtime, &exposed_onnx(graph), crate::model::threads(), &Arithmetic::Exact)
                .map_err(WorkshopError::Run)?;
        let tensors = std::iter::once(&graph.input)
            .chain(graph.activations())
            .map(|tensor| Observed {
                name: tensor.name.clone(),
                histogram: Histogram::new(),
                leaky: leaky_slope(graph, &tensor.name),
            })
            .collect();
        Ok(Self {
            session,
            letterboxer: Letterboxer::new(model.input()),
            input: graph.input.name.clone(),
            size: model.input(),
            tensors,
            sums: Vec::new(),
            weights_sha256: model.weights_sha256().into(),
            leaky_slope: model.leaky_slope(),
        })
    }

    /// Takes frames until it has `wanted` pictures, or no more come. With `distinct`, frames too like one taken before
    /// are left out. `taken` gets the network's input of every frame that was taken, `[1, 3, H, W]` in 0..=1, and where
    /// the frame lies in it.
    pub fn take_frames(
        &mut self,
        frames: &mut dyn Frames,
        wanted: usize,
        mut distinct: Option<&mut DistinctFrames>,
        progress: &dyn Progress,
        mut taken: impl FnMut(&[f32], Letterbox),
    ) -> Result<(), Stopped> {
        while self.pictures() < wanted {
            let what = match distinct.as_ref().map_or(0, |distinct| distinct.too_alike()) {
                0 => "Collecting frames".to_owned(),
                alike => format!("Collecting frames ({alike} near-duplicates skipped)"),
            };
            progress.step(&what, self.pictures(), wanted)?;
            match frames.next()? {
                NextFrame::Frame(frame) => {
                    if distinct.as_mut().is_none_or(|distinct| distinct.take(&frame.frame)) {
                        let letterbox = self.add(&frame).map_err(Stopped::failed)?;
                        taken(self.letterboxer.tensor(), letterbox);
                    }
                }
                NextFrame::NotYet => {}
                NextFrame::End => break,
            }
        }
        Ok(())
    }

    /// Measures one frame, and tells where it lies in the input. After an error the ranges are of no use: some tensors
    /// have counted the frame, and others not.
    pub fn add(&mut self, frame: &CalibrationFrame) -> Result<Letterbox, WorkshopError> {
        let Self { session, letterboxer, input, tensors, .. } = self;
        let letterbox = letterboxer.fill(&frame.frame);
        let mut strange = None;
        let mut count = |name: &str, values: &[f32]| {
            let observed = tensors.iter_mut().find(|tensor| tensor.name == name);
            if !observed.is_some_and(|observed| observed.histogram.add(values)) {
                strange = Some(name.to_owned());
            }
        };
        count(input, letterboxer.tensor());
        session.run(letterboxer.tensor(), |name, _, values| count(name, values)).map_err(WorkshopError::Run)?;
        if let Some(tensor) = strange {
            return Err(WorkshopError::NotFinite { picture: frame.name.clone(), tensor });
        }
        self.sums.push(frame.sha256());
        Ok(letterbox)
    }

    /// How many pictures it has taken.
    pub fn pictures(&self) -> usize {
        self.sums.len()
    }

    /// The table by one method, for grids of one kind; another can be asked for afterwards.
    pub fn table(&self, method: Method, grids: GridKind) -> CalibrationTable {
        let choice = |t: &Observed| if t.leaky.is_some() { method.before_leaky } else { method.all };
        let range =
            |t: &Observed| (t.name.clone(), ranges::choose(&t.histogram, choice(t), t.leaky.unwrap_or(1.0), grids));
        let ranges: Vec<(String, TensorRange)> = self.tensors.iter().map(range).collect();
        let ends = self.ends(&ranges, grids);
        CalibrationTable {
            method,
            grids: if method.sees_grids() { grids } else { GridKind::default() },
            leaky_slope: self.leaky_slope,
            tool: concat!("twinsight ", env!("CARGO_PKG_VERSION")).into(),
            pictures: self.sums.len(),
            pictures_sha256: digest_of(self.sums.clone()),
            weights_sha256: self.weights_sha256.clone(),
            input: self.size,
            ends,
            ranges,
        }
    }

    /// A table over the pictures of an older one, and these too. Nothing but the ranges is left of the older pictures: each
    /// range holds the older one, and the one that the table's method chooses over these pictures. Where nothing is cut
    /// off (minmax) that is the range over all of them. `grids`: on which the model's bytes will lie.
    pub fn added_to(&self, table: &CalibrationTable, grids: GridKind) -> CalibrationTable {
        let own = self.table(table.method, grids);
        let before = table.by_tensor();
        let joined = |(tensor, range): &(String, TensorRange)| {
            (tensor.clone(), before.get(tensor.as_str()).map_or(*range, |before| before.join(*range)))
        };
        let ranges: Vec<(String, TensorRange)> = own.ranges.iter().map(joined).collect();
        // Of the older pictures, no more reach the ends of ranges that became wider. What is told is the share of the set
        // with more: a few pictures must not vanish in the mean over hundreds.
        let counted = |(tensor, ends): (String, EndShares)| {
            let before = table.ends.shares.iter().find(|(other, _)| *other == tensor);
            let larger = before.map_or(ends, |(_, before)| ends.larger(*before));
            (tensor, larger)
        };
        let own_ends = self.ends(&ranges, grids);
        let ends = CountedEnds {
            pictures: table.ends.pictures + own_ends.pictures,
            shares: own_ends.shares.into_iter().map(counted).collect(),
        };
        let mut sums = self.sums.clone();
        sums.push(table.pictures_sha256.clone());
        CalibrationTable {
            pictures: table.pictures + own.pictures,
            pictures_sha256: digest_of(sums),
            ranges,
            ends,
            ..own
        }
    }

    /// What reached the ends of these ranges, which are in the order of the tensors.
    fn ends(&self, ranges: &[(String, TensorRange)], grids: GridKind) -> CountedEnds {
        let ends = |(observed, (tensor, range)): (&Observed, &(String, TensorRange))| {
            (tensor.clone(), EndShares::of(&observed.histogram, *range, grids))
        };
        CountedEnds { pictures: self.pictures(), shares: self.tensors.iter().zip(ranges).map(ends).collect() }
    }
}

/// The largest slope of the leaky ReLUs that read a tensor; `None`: something else reads it, or nothing.
fn leaky_slope(graph: &Graph, tensor: &str) -> Option<f32> {
    if graph.outputs.iter().any(|head| head.name == tensor) {
        return None;
    }
    let readers = graph.nodes.iter().filter(|node| node.inputs.iter().any(|input| input == tensor));
    let slope = |node: &Node| match node.op {
        GraphOp::LeakyRelu { slope } => Some(slope),
        _ => None,
    };
    let slopes: Vec<f32> = readers.map(slope).collect::<Option<_>>()?;
    slopes.into_iter().reduce(f32::max)
}

fn digest_of(mut sums: Vec<String>) -> String {
    sums.sort();
    let mut digest = Sha256::new();
    for sum in sums {
        digest.update(sum);
        digest.update("\n");
    }
    hex(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_does_not_ask_for_the_order() {
        let sums = || vec!["b".to_owned(), "a".to_owned()];
        // printf 'a\nb\n' | sha256sum
        assert_eq!(digest_of(sums()), "911169ddaaf146aff539f58c26c489af3b892dff0fe283c1c264c65ae5aa59a2");
        assert_eq!(digest_of(sums()), digest_of(sums().into_iter().rev().collect()));
    }
}
