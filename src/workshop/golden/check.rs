//! A board's tensors against a pack, each layer judged by its own inputs.
//!
//! ```text
//! the board's tensors ──▶ inputs of a node ──▶ integer engine ──▶ what the node must give ──▶ against the board's output
//! ```
//!
//! After the first wrong layer all later bytes differ from the pack's. So each tensor is compared with what its node makes
//! of the board's own inputs: only a layer that is wrong itself is called wrong. Inputs that were not dumped are computed
//! from those before.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::array::{GoldenArray, ValueType, words};
use super::board::BoardFiles;
use super::checked::{ByteDifference, CheckReport, CheckedTensor, Outcome};
use super::diagnose::{Finding, Subject, diagnose};
use super::dump::{Dump, read_dump};
use super::error::GoldenError;
use super::fault::Fault;
use super::heads::PackHeads;
use super::manifest::{PackArithmetic, PackedPicture, PackedTensor};
use super::pack::GoldenPack;
use super::variants::same_as;
use crate::detect::RawHeads;
use crate::integer::{Executor, Network, Sums, Tensor, Values};

/// What is checked.
pub struct CheckRequest<'a> {
    /// A folder with files of the board, or one file.
    pub against: &'a Path,
    /// The pack's picture; `None`: its only one.
    pub picture: Option<&'a str>,
    /// Files of tensors that have other names.
    pub map: &'a [(String, PathBuf)],
}

/// Compares all tensors that the board has dumped.
pub fn check(pack: &GoldenPack, request: &CheckRequest<'_>) -> Result<CheckReport, GoldenError> {
    let picture = pack.picture(request.picture)?;
    let all: Vec<&PackedTensor> = pack.manifest.constants.iter().chain(&picture.tensors).collect();
    let files = BoardFiles::find(request.against, &picture.name, &all, request.map)?;
    let mut run = CheckRun::new(pack, &all, &files)?;
    let heads = PackHeads::new(pack, picture)?;
    let mut tensors = Vec::with_capacity(all.len());
    for constant in &pack.manifest.constants {
        let golden = pack.array(constant)?;
        let (mut checked, dump) = run.read(constant, &golden);
        if let Some(dump) = dump {
            run.judge(constant, &golden, &golden, &dump, &mut checked);
        }
        tensors.push(checked);
    }
    run.pictures_tensors(picture, &mut tensors)?;
    let heads_dumped = heads.tensors().all(|head| files.get(head).is_some());
    let boxes = heads.compare(&run.executor)?;
    Ok(CheckReport {
        tensors,
        unknown: files.unknown.iter().map(|path| path.display().to_string()).collect(),
        boxes,
        heads_dumped,
    })
}

/// A picture's raw heads as a board has them, as [`check`] takes them: from any format, and put right where their values
/// only lie in other places. Each head must be in the board's files, as it is or as what it is dequantized from.
pub fn board_heads(pack: &GoldenPack, picture: &PackedPicture, against: &Path) -> Result<RawHeads, GoldenError> {
    let all: Vec<&PackedTensor> = pack.manifest.constants.iter().chain(&picture.tensors).collect();
    let files = BoardFiles::find(against, &picture.name, &all, &[])?;
    let heads = PackHeads::new(pack, picture)?;
    let sources: Vec<Option<&str>> = heads.tensors().map(|head| source_of(pack, picture, head, &files)).collect();
    let missing = heads.tensors().zip(&sources).filter(|(_, source)| source.is_none());
    let missing: Vec<&str> = missing.map(|(head, _)| head.as_str()).collect();
    if !missing.is_empty() {
        return Err(GoldenError::NoHeads { path: against.to_owned(), tensors: missing.join(", ") });
    }
    let mut run = CheckRun::new(pack, &all, &files)?;
    // Only a report names them.
    run.variants_tried = true;
    run.pictures_tensors(picture, &mut Vec::new())?;
    for tensor in sources.into_iter().flatten() {
        if let Some(why) = run.lost.remove(tensor) {
            return Err(GoldenError::BadHead { path: against.to_owned(), tensor: tensor.to_owned(), why });
        }
    }
    heads.computed(&run.executor)
}

/// Nodes that change nothing of what a board has computed.
const MOVES: [&str; 5] = ["DequantizeLinear", "Identity", "Reshape", "Transpose", "Cast"];

/// The most of them in a row.
const MOST_MOVES: usize = 16;

/// The dumped tensor that a head is, or is made of by [`MOVES`] alone.
fn source_of<'a>(
    pack: &'a GoldenPack,
    picture: &'a PackedPicture,
    head: &'a str,
    files: &BoardFiles,
) -> Option<&'a str> {
    let mut tensor = head;
    // A damaged manifest may lead round and round.
    for _ in 0..=MOST_MOVES {
        if files.get(tensor).is_some() {
            return Some(tensor);
        }
        let producer = picture.tensors.iter().find(|of| of.name == tensor)?.producer.as_ref()?;
        let node = pack.manifest.nodes.iter().find(|node| node.name == *producer)?;
        tensor = node.inputs.first().filter(|_| MOVES.contains(&node.operator.as_str()))?.as_str();
    }
    None
}

struct CheckRun<'a> {
    pack: &'a GoldenPack,
    /// The model in exact arithmetic, for other arithmetics.
    exact: Network,
    files: &'a BoardFiles,
    /// Tensors by their CRC-32.
    names: HashMap<u32, &'a str>,
    /// Holds the board's values up to the tensor in hand.
    executor: Executor,
    /// Of wrong tensors, by name, what else the board may have computed: the file may be wrong where the values are right,
    /// and the values wrong where the file only looks so. What comes after tells.
    others: HashMap<String, Values>,
    /// Other arithmetics are tried for the first wrong layer alone.
    variants_tried: bool,
    /// Of dumped tensors whose files do not tell what the board has computed, by name: why not.
    lost: HashMap<String, String>,
}

impl<'a> CheckRun<'a> {
    fn new(pack: &'a GoldenPack, all: &[&'a PackedTensor], files: &'a BoardFiles) -> Result<Self, GoldenError> {
        let [network, exact] = pack.networks()?;
        let mut names: HashMap<u32, &str> = HashMap::new();
        for tensor in all {
            if let Ok(crc) = u32::from_str_radix(&tensor.crc32, 16) {
                names.entry(crc).or_insert(&tensor.name);
            }
        }
        let executor = Executor::new(Arc::new(network));
        let (others, lost) = (HashMap::new(), HashMap::new());
        Ok(Self { pack, exact, files, names, executor, others, variants_tried: false, lost })
    }

    fn pictures_tensors(
        &mut self,
        picture: &PackedPicture,
        tensors: &mut Vec<CheckedTensor>,
    ) -> Result<(), GoldenError> {
        let network = Arc::clone(self.executor.network());
        let input = &network.input().name;
        for tensor in network.tensors() {
            let missing = || self.pack.damaged(format!("it has no tensor {}", tensor.name));
            let packed = picture.tensors.iter().find(|packed| packed.name == tensor.name).ok_or_else(missing)?;
            let golden = self.pack.array(packed)?;
            let misfit = || self.pack.damaged(format!("{} is not of its model", packed.file));
            if tensor.name == *input {
                let values = self.pack.manifest.encoding.restored(tensor, &golden).ok_or_else(misfit)?;
                if !self.executor.set(input, &values) {
                    return Err(misfit());
                }
            }
            let expected = self.executor.compute(&tensor.name, Sums::Exact).ok_or_else(misfit)?;
            let expected = self.pack.manifest.encoding.stored(tensor, &expected);
            if expected.dims != golden.dims || expected.value_type != golden.value_type {
                return Err(misfit());
            }
            let (mut checked, dump) = self.read(packed, &golden);
            let mut tells = false;
            if let Some(dump) = dump {
                let expected = self.by_other_inputs(tensor, &dump.bytes, &golden, expected);
                let found = self.judge(packed, &golden, &expected, &dump, &mut checked);
                tells = found.is_some();
                self.keep(tensor, &expected, found, dump, &mut checked);
            }
            if let (false, Outcome::Wrong { fault, .. }) = (tells, &checked.outcome) {
                self.lost.insert(tensor.name.clone(), fault.to_string());
            }
            tensors.push(checked);
        }
        Ok(())
    }

    /// What a node makes of its inputs; where the board's output is not that, what it makes of what the inputs may be as
    /// well, if that is the board's output.
    fn by_other_inputs(
        &mut self,
        tensor: &Tensor,
        dump: &[u8],
        golden: &GoldenArray,
        expected: GoldenArray,
    ) -> GoldenArray {
        if dump == golden.bytes || dump == expected.bytes {
            return expected;
        }
        let network = Arc::clone(self.executor.network());
        let inputs = network.inputs_of(&tensor.name).map(|input| input.name.as_str());
        let others: Vec<&str> = inputs.filter(|input| self.others.contains_key(*input)).collect();
        if others.is_empty() {
            return expected;
        }
        let encoding = self.pack.manifest.encoding;
        let dumped = GoldenArray { value_type: expected.value_type, dims: expected.dims.clone(), bytes: dump.to_vec() };
        // A file of another size is none of them.
        let Some(values) = encoding.restored(tensor, &dumped) else { return expected };
        for input in others {
            let (Some(other), Some(before)) = (self.others.get(input), self.executor.values(input)) else { continue };
            self.executor.set(input, other);
            if self.executor.gives(&tensor.name, Sums::Exact, &values) {
                // So it is what the board has.
                self.others.remove(input);
                return dumped;
            }
            self.executor.set(input, &before);
        }
        // What was tried has left its traces.
        if let Some(values) = encoding.restored(tensor, &expected) {
            self.executor.set(&tensor.name, &values);
        }
        expected
    }

    /// Keeps what the board has most likely computed, for the nodes after it; and what it may have computed instead.
    fn keep(
        &mut self,
        tensor: &Tensor,
        expected: &GoldenArray,
        found: Option<GoldenArray>,
        dump: Dump,
        checked: &mut CheckedTensor,
    ) {
        let encoding = self.pack.manifest.encoding;
        if let Outcome::Wrong { same_as, .. } = &mut checked.outcome {
            // Not where only the file is wrong.
            if let Some(found) = found.as_ref().filter(|found| found.bytes != expected.bytes)
                && !std::mem::replace(&mut self.variants_tried, true)
            {
                *same_as = self.same_as(tensor, found);
            }
            let is_dump = found.as_ref().is_some_and(|found| found.bytes == dump.bytes);
            let other = if is_dump { expected.clone() } else { GoldenArray { bytes: dump.bytes, ..expected.clone() } };
            if let Some(values) = encoding.restored(tensor, &other) {
                self.others.insert(tensor.name.clone(), values);
            }
        }
        if let Some(values) = found.and_then(|found| encoding.restored(tensor, &found)) {
            self.executor.set(&tensor.name, &values);
        }
    }

    /// A tensor's file, where there is one that can be read.
    fn read(&self, packed: &PackedTensor, golden: &GoldenArray) -> (CheckedTensor, Option<Dump>) {
        let node = packed.producer.as_ref();
        let operator = node.and_then(|name| self.pack.manifest.nodes.iter().find(|node| node.name == *name));
        let mut checked = CheckedTensor {
            tensor: packed.name.clone(),
            node: node.cloned(),
            operator: operator.map(|node| node.operator.clone()),
            golden_crc32: packed.crc32.clone(),
            difference: None,
            outcome: Outcome::NotDumped,
            note: None,
        };
        let Some(path) = self.files.get(&packed.name) else { return (checked, None) };
        match read_dump(path, packed.value_type, golden.count()) {
            Ok(dump) => {
                checked.note = dump.note.clone();
                checked.difference = difference(golden, &dump.bytes);
                (checked, Some(dump))
            }
            Err(why) => {
                checked.outcome = Outcome::wrong(Finding::unknown(Fault::Unreadable { why }), None);
                (checked, None)
            }
        }
    }

    /// What a dump is, and what the board has most likely computed. `expected`: what its node makes of the board's inputs,
    /// which may be other than in the pack.
    fn judge(
        &self,
        packed: &PackedTensor,
        golden: &GoldenArray,
        expected: &GoldenArray,
        dump: &Dump,
        checked: &mut CheckedTensor,
    ) -> Option<GoldenArray> {
        let Dump { bytes, other_type, .. } = dump;
        let array = |bytes: Vec<u8>| GoldenArray { bytes, ..golden.clone() };
        if let (Some(found), true) = (other_type, *bytes == golden.bytes || *bytes == expected.bytes) {
            checked.outcome = Outcome::wrong(Finding::unknown(Fault::OtherType { found: found.clone() }), None);
            return Some(array(bytes.clone()));
        }
        if *bytes == golden.bytes {
            checked.outcome = Outcome::Exact;
            return Some(array(bytes.clone()));
        }
        if *bytes == expected.bytes {
            checked.outcome = Outcome::Follows;
            return Some(array(bytes.clone()));
        }
        let subject = Subject::new(expected, packed.layout, packed.zero_point, bytes);
        let other = |crc: u32| self.names.get(&crc).filter(|name| **name != packed.name).map(|name| (*name).to_owned());
        let finding = diagnose(&subject, other);
        let repaired = finding.repaired.clone().map(array);
        checked.outcome = Outcome::wrong(finding, None);
        repaired
    }

    /// The arithmetic in which the node gives the board's bytes.
    fn same_as(&self, tensor: &Tensor, found: &GoldenArray) -> Option<String> {
        let found = self.pack.manifest.encoding.restored(tensor, found)?;
        let network = self.executor.network();
        let inputs: Vec<(String, Values)> = network
            .inputs_of(&tensor.name)
            .filter_map(|input| Some((input.name.clone(), self.executor.values(&input.name)?)))
            .collect();
        let own = match &self.pack.manifest.arithmetic {
            PackArithmetic::Exact => None,
            PackArithmetic::Profile(profile) => Some(profile),
        };
        same_as(&self.exact, own, &tensor.name, &inputs, &found)
    }
}

fn difference(golden: &GoldenArray, dump: &[u8]) -> Option<ByteDifference> {
    if dump.len() != golden.bytes.len() {
        return None;
    }
    let is_float = golden.value_type == ValueType::F32;
    let number = |word: i32| if is_float { f64::from(f32::from_bits(word.cast_unsigned())) } else { f64::from(word) };
    let right = golden.words();
    let most = if is_float {
        1e-5 * right.iter().map(|word| number(*word).abs()).filter(|value| value.is_finite()).fold(0.0, f64::max)
    } else {
        1.0
    };
    let (mut differ, mut more, mut largest) = (0usize, 0usize, 0f64);
    for (right, found) in right.iter().zip(words(golden.value_type, dump)).filter(|(right, found)| **right != *found) {
        let distance = (number(found) - number(*right)).abs();
        differ += 1;
        // NaN counts as far away.
        more += usize::from(distance.is_nan() || distance > most);
        largest = largest.max(distance);
    }
    let share = |count: usize| count as f64 / right.len() as f64;
    let crc32 = format!("{:08x}", crc32fast::hash(dump));
    Some(ByteDifference { crc32, differ: share(differ), differ_by_more: share(more), largest })
}
