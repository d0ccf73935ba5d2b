//! The float model's tensors for a picture. Concatenations, splits of channels and leaky ReLUs are not stored, unless they
//! are heads: they are computed whenever they are read, because together they take as much memory as all others.

use std::ops::Range;

use super::float_pool::{FloatPool, PooledFloats};
use super::plain_operation::{PlainOperation, count, leaky_relu};

pub struct ChainTensor {
    /// As the float model's nodes read it.
    pub name: String,
    pub shape: Vec<i64>,
    /// Empty where it is computed whenever it is read.
    pub values: Vec<f32>,
    /// What computes it, from which tensors; `None`: its values are stored.
    pub plain: Option<(PlainOperation, Vec<usize>)>,
    pub is_head: bool,
    /// The last of the links that read it.
    pub last_reader: usize,
}

impl ChainTensor {
    /// How many values it has.
    pub fn count(&self) -> usize {
        count(&self.shape).unwrap_or_default()
    }
}

/// All tensors, some of which have other values.
#[derive(Clone, Copy)]
pub struct ChainTensors<'t, 'p> {
    pub tensors: &'t [ChainTensor],
    /// By tensor; empty: none has.
    pub changed: &'t [Option<PooledFloats<'p>>],
}

impl<'t, 'p> ChainTensors<'t, 'p> {
    /// All values of a tensor; `None`: they are not stored.
    pub fn stored(self, tensor: usize) -> Option<&'t [f32]> {
        let changed = self.changed.get(tensor).and_then(Option::as_ref).map(|values| values.as_slice());
        let ChainTensor { values, plain, .. } = &self.tensors[tensor];
        changed.or_else(|| plain.is_none().then_some(values.as_slice()))
    }

    /// All values of a tensor that are not stored; `None`: they are.
    pub fn computed(self, tensor: usize, pool: &FloatPool) -> Option<PooledFloats<'_>> {
        if self.stored(tensor).is_some() {
            return None;
        }
        let count = self.tensors[tensor].count();
        let mut values = pool.take(count);
        self.append(tensor, 0..count, &mut values);
        Some(values)
    }

    /// Appends some values of a tensor.
    pub fn append(self, tensor: usize, range: Range<usize>, to: &mut Vec<f32>) {
        match (self.stored(tensor), &self.tensors[tensor].plain) {
            (Some(values), _) => to.extend_from_slice(&values[range]),
            (None, Some((plain, reads))) => self.append_plain(plain, reads, range, to),
            (None, None) => {}
        }
    }

    /// Appends some of the values that an operation makes of tensors.
    pub fn append_plain(self, plain: &PlainOperation, reads: &[usize], range: Range<usize>, to: &mut Vec<f32>) {
        match plain {
            PlainOperation::LeakyRelu(slope) => {
                let start = to.len();
                self.append(reads[0], range, to);
                to[start..].iter_mut().for_each(|value| *value = leaky_relu(*value, *slope));
            }
            PlainOperation::Channels(some) => {
                self.append(reads[0], some.start + range.start..some.start + range.end, to);
            }
            PlainOperation::Concat(places) => {
                let mut start = 0;
                for read in places.iter().map(|place| reads[*place]) {
                    let end = start + self.tensors[read].count();
                    let part = range.start.max(start)..range.end.min(end);
                    if !part.is_empty() {
                        self.append(read, part.start - start..part.end - start, to);
                    }
                    start = end;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::{AttributeProto, GraphProto, ModelProto, NodeProto};
    use crate::workshop::layers::segment::Cutter;

    fn plain(op: &str, outputs: usize, attribute: Vec<AttributeProto>) -> Option<(PlainOperation, Vec<i64>)> {
        let input = if op == "Concat" { vec!["x".into(), "z".into(), "x".into()] } else { vec!["x".into()] };
        let output = (0..outputs).map(|number| format!("y{number}")).collect();
        let node = NodeProto { input, output, op_type: op.into(), attribute, ..NodeProto::default() };
        let model = ModelProto {
            graph: Some(GraphProto { node: vec![node], ..GraphProto::default() }),
            ..ModelProto::default()
        };
        let cutter = Cutter::new(&model).unwrap();
        let last = format!("y{}", outputs - 1);
        let segment = cutter.segment(&last, |name| matches!(name, "x" | "z")).unwrap();
        PlainOperation::new(&segment, |name| if name == "x" { &[1, 6, 2, 3] } else { &[1, 1, 2, 3] })
    }

    #[test]
    fn what_rounds_nothing_needs_no_session() {
        let axis = || vec![AttributeProto::int("axis", 1)];
        let values: Vec<f32> = (0..36).map(|value| value as f32 - 18.0).collect();
        let z = [0.5; 6];
        let tensor = |values: &[f32]| ChainTensor {
            name: String::new(),
            shape: vec![1, values.len() as i64, 1, 1],
            values: values.to_vec(),
            plain: None,
            is_head: false,
            last_reader: 0,
        };
        let tensors = [tensor(&values), tensor(&z)];
        let tensors = ChainTensors { tensors: &tensors, changed: &[] };
        // In parts, however they fall.
        let run = |plain: &PlainOperation| {
            let count = match plain {
                PlainOperation::LeakyRelu(_) => 36,
                PlainOperation::Channels(some) => some.len(),
                PlainOperation::Concat(_) => 78,
            };
            let mut output = Vec::new();
            for start in (0..count).step_by(7) {
                tensors.append_plain(plain, &[0, 1], start..count.min(start + 7), &mut output);
            }
            output
        };
        let (last, shape) = plain("Split", 3, axis()).unwrap();
        assert_eq!((run(&last), shape), (values[24..].to_vec(), vec![1, 2, 2, 3]));
        let sizes = || axis().into_iter().chain([AttributeProto::ints("split", &[5, 1])]).collect();
        let (last, shape) = plain("Split", 2, sizes()).unwrap();
        assert_eq!((run(&last), shape), (values[30..].to_vec(), vec![1, 1, 2, 3]));
        let (all, shape) = plain("Concat", 1, axis()).unwrap();
        assert_eq!((run(&all), shape), ([&values[..], &z, &values].concat(), vec![1, 13, 2, 3]));
        let (leaky, shape) = plain("LeakyRelu", 1, vec![AttributeProto::float("alpha", 0.5)]).unwrap();
        assert_eq!(
            (run(&leaky)[..3].to_vec(), run(&leaky)[35], shape),
            (vec![-9.0, -8.5, -8.0], 17.0, vec![1, 6, 2, 3])
        );
        // Parts that do not add up, or only where sums wrap around; another axis, another operation: a session says what it
        // makes of them.
        let wraps = AttributeProto { ints: vec![i64::MAX, i64::MAX, 8], ..AttributeProto::ints("split", &[]) };
        let wrapped = axis().into_iter().chain([wraps]).collect();
        assert_eq!(
            [plain("Split", 4, axis()), plain("Split", 3, sizes()), plain("Split", 3, wrapped)],
            [const { None }; 3]
        );
        assert_eq!([plain("Split", 3, Vec::new()), plain("Conv", 1, Vec::new())], [None, None]);
    }
}
