//! Computes nodes that read nothing but constants: what exporters write to reckon with shapes.

use super::dims::{TOO_LARGE, around, broadcast, place_of, repeated, reshaped};
use super::small_tensor::{Numbers, SmallTensor, count};
use crate::onnx::{Attributes, INT32, INT64, NodeProto};

/// `TensorProto.DataType` of the types between which Cast is known.
const FLOATS: [i64; 3] = [1, 10, 11];
const BOOL: i64 = 9;

const MISSING: &str = "an input is missing, or has the wrong type";

/// Shape and Size of a tensor of these dimensions.
pub fn of_shape(node: &NodeProto, dims: &[i64]) -> Result<Vec<SmallTensor>, String> {
    if node.op_type == "Size" {
        return Ok(vec![SmallTensor::scalar(count(dims).ok_or(TOO_LARGE)? as i64)]);
    }
    let attributes = Attributes(&node.attribute);
    let rank = dims.len() as i64;
    let place = |index: i64| (if index < 0 { index.saturating_add(rank) } else { index }).clamp(0, rank) as usize;
    let (start, end) = (place(attributes.int("start", 0)?), place(attributes.int("end", rank)?));
    Ok(vec![SmallTensor::list(dims.get(start..end).unwrap_or_default().to_vec())])
}

/// What a node computes of constants; `None` for an operation that is not known here.
pub fn evaluate(node: &NodeProto, inputs: &[Option<SmallTensor>]) -> Result<Option<Vec<SmallTensor>>, String> {
    let folder = Folder { attributes: Attributes(&node.attribute), inputs };
    let value = match node.op_type.as_str() {
        "Identity" | "Dropout" => folder.input(0)?.clone(),
        "Cast" => folder.cast()?,
        "Add" => folder.both(|a, b| a + b, i64::wrapping_add)?,
        "Sub" => folder.both(|a, b| a - b, i64::wrapping_sub)?,
        "Mul" => folder.both(|a, b| a * b, i64::wrapping_mul)?,
        "Div" => folder.divide()?,
        "Min" => folder.both(f32::min, i64::min)?,
        "Max" => folder.both(f32::max, i64::max)?,
        "Equal" => folder.compare(|order| order.is_eq())?,
        "Greater" => folder.compare(std::cmp::Ordering::is_gt)?,
        "Less" => folder.compare(std::cmp::Ordering::is_lt)?,
        "Floor" => folder.each(f32::floor)?,
        "Ceil" => folder.each(f32::ceil)?,
        "Round" => folder.each(f32::round_ties_even)?,
        "Sqrt" => folder.each(f32::sqrt)?,
        "Reciprocal" => folder.each(|value| 1.0 / value)?,
        "Neg" => match &folder.input(0)?.numbers {
            Numbers::Floats(_) => folder.each(|value| -value)?,
            Numbers::Ints(values) => {
                let numbers = Numbers::Ints(values.iter().map(|value| value.wrapping_neg()).collect());
                SmallTensor { numbers, ..folder.input(0)?.clone() }
            }
        },
        "Where" => folder.choose()?,
        "Gather" => folder.gather()?,
        "Slice" => folder.slice()?,
        "Concat" => folder.concat()?,
        "Squeeze" => folder.squeeze()?,
        "Unsqueeze" => folder.unsqueeze()?,
        "Reshape" => {
            let dims = reshaped(folder.input(1)?.ints().ok_or(MISSING)?, &folder.input(0)?.dims)?;
            SmallTensor::new(dims, folder.input(0)?.numbers.clone())
                .ok_or("its new shape holds another number of values")?
        }
        "Transpose" => folder.transpose()?,
        "Expand" => folder.expand()?,
        "ConstantOfShape" => folder.filled(node)?,
        "Range" => folder.range()?,
        "ReduceProd" => folder.product()?,
        _ => return Ok(None),
    };
    Ok(Some(vec![value]))
}

struct Folder<'a> {
    attributes: Attributes<'a>,
    inputs: &'a [Option<SmallTensor>],
}

impl Folder<'_> {
    fn input(&self, place: usize) -> Result<&SmallTensor, String> {
        self.given(place).ok_or_else(|| MISSING.into())
    }

    fn given(&self, place: usize) -> Option<&SmallTensor> {
        self.inputs.get(place)?.as_ref()
    }

    /// An input since some opset, an attribute before.
    fn list(&self, place: usize, name: &str) -> Vec<i64> {
        match self.given(place).and_then(SmallTensor::ints) {
            Some(values) => values.to_vec(),
            None => self.attributes.ints(name),
        }
    }

    fn cast(&self) -> Result<SmallTensor, String> {
        let SmallTensor { dims, numbers } = self.input(0)?.clone();
        let to = self.attributes.int("to", 0)?;
        let numbers = match numbers {
            Numbers::Ints(values) if FLOATS.contains(&to) => {
                Numbers::Floats(values.into_iter().map(|value| value as f32).collect())
            }
            Numbers::Floats(values) if FLOATS.contains(&to) => Numbers::Floats(values),
            Numbers::Floats(values) if to == BOOL => {
                Numbers::Ints(values.into_iter().map(|value| i64::from(value != 0.0)).collect())
            }
            Numbers::Ints(values) if to == BOOL => {
                Numbers::Ints(values.into_iter().map(|value| i64::from(value != 0)).collect())
            }
            // Towards 0.
            Numbers::Floats(values) if to == i64::from(INT64) || to == i64::from(INT32) => {
                Numbers::Ints(values.into_iter().map(|value| value as i64).collect())
            }
            Numbers::Ints(values) if to == i64::from(INT64) || to == i64::from(INT32) => Numbers::Ints(values),
            _ => return Err(format!("it casts a constant to type {to}, which is not supported")),
        };
        Ok(SmallTensor { dims, numbers })
    }

    fn each(&self, compute: impl Fn(f32) -> f32) -> Result<SmallTensor, String> {
        let input = self.input(0)?;
        let values = input.floats().ok_or(MISSING)?.iter().map(|value| compute(*value)).collect();
        Ok(SmallTensor { dims: input.dims.clone(), numbers: Numbers::Floats(values) })
    }

    /// Both inputs in the shape that they have together.
    fn pair(&self) -> Result<[SmallTensor; 2], String> {
        let (a, b) = (self.input(0)?, self.input(1)?);
        let dims = broadcast(&a.dims, &b.dims)?;
        Ok([a.picked(dims.clone(), &repeated(&a.dims, &dims)?), b.picked(dims.clone(), &repeated(&b.dims, &dims)?)])
    }

    fn both(&self, of_floats: fn(f32, f32) -> f32, of_ints: fn(i64, i64) -> i64) -> Result<SmallTensor, String> {
        let [a, b] = self.pair()?;
        let numbers = match (a.numbers, b.numbers) {
            (Numbers::Floats(a), Numbers::Floats(b)) => {
                Numbers::Floats(a.into_iter().zip(b).map(|(a, b)| of_floats(a, b)).collect())
            }
            (Numbers::Ints(a), Numbers::Ints(b)) => {
                Numbers::Ints(a.into_iter().zip(b).map(|(a, b)| of_ints(a, b)).collect())
            }
            _ => return Err(MISSING.into()),
        };
        Ok(SmallTensor { dims: a.dims, numbers })
    }

    fn divide(&self) -> Result<SmallTensor, String> {
        if self.input(1)?.ints().is_some_and(|values| values.contains(&0)) {
            return Err("it divides by 0".into());
        }
        self.both(|a, b| a / b, |a, b| a.checked_div(b).unwrap_or_default())
    }

    fn compare(&self, holds: fn(std::cmp::Ordering) -> bool) -> Result<SmallTensor, String> {
        let [a, b] = self.pair()?;
        let flags: Vec<i64> = match (a.numbers, b.numbers) {
            (Numbers::Floats(a), Numbers::Floats(b)) => {
                a.iter().zip(&b).map(|(a, b)| i64::from(a.partial_cmp(b).is_some_and(holds))).collect()
            }
            (Numbers::Ints(a), Numbers::Ints(b)) => a.iter().zip(&b).map(|(a, b)| i64::from(holds(a.cmp(b)))).collect(),
            _ => return Err(MISSING.into()),
        };
        Ok(SmallTensor { dims: a.dims, numbers: Numbers::Ints(flags) })
    }

    fn choose(&self) -> Result<SmallTensor, String> {
        let (flags, a, b) = (self.input(0)?, self.input(1)?, self.input(2)?);
        let dims = broadcast(&broadcast(&a.dims, &b.dims)?, &flags.dims)?;
        let of = |tensor: &SmallTensor| Ok::<_, String>(tensor.picked(dims.clone(), &repeated(&tensor.dims, &dims)?));
        let flags = of(flags)?;
        let flags = flags.ints().ok_or(MISSING)?.iter().map(|flag| *flag != 0);
        let numbers = match (of(a)?.numbers, of(b)?.numbers) {
            (Numbers::Floats(a), Numbers::Floats(b)) => Numbers::Floats(
                flags.zip(a.into_iter().zip(b)).map(|(flag, (a, b))| if flag { a } else { b }).collect(),
            ),
            (Numbers::Ints(a), Numbers::Ints(b)) => {
                Numbers::Ints(flags.zip(a.into_iter().zip(b)).map(|(flag, (a, b))| if flag { a } else { b }).collect())
            }
            _ => return Err(MISSING.into()),
        };
        Ok(SmallTensor { dims, numbers })
    }

    fn axis(&self, rank: usize, default: i64) -> Result<usize, String> {
        let axis = self.attributes.int("axis", default)?;
        place_of(axis, rank)
    }

    fn gather(&self) -> Result<SmallTensor, String> {
        let (from, which) = (self.input(0)?, self.input(1)?);
        let axis = self.axis(from.dims.len(), 0)?;
        let side = from.dims[axis];
        let index = |value: &i64| {
            let index = if *value < 0 { value.saturating_add(side) } else { *value };
            if (0..side).contains(&index) {
                Ok(index as usize)
            } else {
                Err(format!("it gathers place {value} of {side}"))
            }
        };
        let wanted: Vec<usize> = which.ints().ok_or(MISSING)?.iter().map(index).collect::<Result<_, _>>()?;
        let (outer, inner) = around(&from.dims, axis);
        let dims: Vec<i64> = [&from.dims[..axis], &which.dims, &from.dims[axis + 1..]].concat();
        let mut places = Vec::with_capacity(count(&dims).ok_or(TOO_LARGE)?);
        for before in 0..outer {
            for index in &wanted {
                let start = (before * side as usize + index) * inner;
                places.extend(start..start + inner);
            }
        }
        Ok(from.picked(dims, &places))
    }

    fn slice(&self) -> Result<SmallTensor, String> {
        let mut value = self.input(0)?.clone();
        let (starts, ends) = (self.list(1, "starts"), self.list(2, "ends"));
        let axes = match self.list(3, "axes") {
            axes if axes.is_empty() => (0..starts.len() as i64).collect(),
            axes => axes,
        };
        let steps = match self.list(4, "") {
            steps if steps.is_empty() => vec![1; starts.len()],
            steps => steps,
        };
        for (((start, end), axis), step) in starts.into_iter().zip(ends).zip(axes).zip(steps) {
            let axis = place_of(axis, value.dims.len())?;
            let side = value.dims[axis];
            let of_end = |index: i64| if index < 0 { index.saturating_add(side) } else { index };
            let picked: Vec<usize> = match step {
                1.. => {
                    let (start, end) = (of_end(start).clamp(0, side), of_end(end).clamp(0, side));
                    (start..end).step_by(step as usize).map(|at| at as usize).collect()
                }
                ..=-1 => {
                    let (start, end) = (of_end(start).clamp(-1, side - 1), of_end(end).clamp(-1, side - 1));
                    (end + 1..=start).rev().step_by(step.unsigned_abs() as usize).map(|at| at as usize).collect()
                }
                0 => return Err("it slices in steps of 0".into()),
            };
            let (outer, inner) = around(&value.dims, axis);
            let of_outer = |before: usize| {
                picked.iter().flat_map(move |at| {
                    let start = (before * side as usize + at) * inner;
                    start..start + inner
                })
            };
            let places: Vec<usize> = (0..outer).flat_map(of_outer).collect();
            let mut dims = value.dims.clone();
            dims[axis] = picked.len() as i64;
            value = value.picked(dims, &places);
        }
        Ok(value)
    }

    fn concat(&self) -> Result<SmallTensor, String> {
        let parts: Vec<&SmallTensor> =
            (0..self.inputs.len()).map(|place| self.input(place)).collect::<Result<_, _>>()?;
        let first = *parts.first().ok_or(MISSING)?;
        // ONNX had 1 as its default once.
        let axis = self.axis(first.dims.len(), 1)?;
        let fits = |part: &&SmallTensor| {
            part.dims.len() == first.dims.len()
                && part.dims.iter().zip(&first.dims).enumerate().all(|(at, (a, b))| at == axis || a == b)
        };
        if !parts.iter().all(fits) {
            return Err("it concatenates constants of different shapes".into());
        }
        let mut dims = first.dims.clone();
        dims[axis] = parts.iter().map(|part| part.dims[axis]).sum();
        let (outer, inner) = around(&first.dims, axis);
        count(&dims).ok_or(TOO_LARGE)?;
        let numbers = match &first.numbers {
            Numbers::Floats(_) => Numbers::Floats(joined(&parts, (outer, inner), axis, SmallTensor::floats)?),
            Numbers::Ints(_) => Numbers::Ints(joined(&parts, (outer, inner), axis, SmallTensor::ints)?),
        };
        Ok(SmallTensor { dims, numbers })
    }

    fn squeeze(&self) -> Result<SmallTensor, String> {
        let input = self.input(0)?;
        let rank = input.dims.len();
        let axes: Vec<usize> = match self.list(1, "axes") {
            axes if axes.is_empty() => (0..rank).filter(|axis| input.dims[*axis] == 1).collect(),
            axes => axes.into_iter().map(|axis| place_of(axis, rank)).collect::<Result<_, _>>()?,
        };
        if axes.iter().any(|axis| input.dims[*axis] != 1) {
            return Err("it removes a dimension that is not 1".into());
        }
        let dims = (0..rank).filter(|axis| !axes.contains(axis)).map(|axis| input.dims[axis]).collect();
        Ok(SmallTensor { dims, numbers: input.numbers.clone() })
    }

    fn unsqueeze(&self) -> Result<SmallTensor, String> {
        let input = self.input(0)?;
        let axes = self.list(1, "axes");
        let rank = input.dims.len() + axes.len();
        let axes: Vec<usize> = axes.into_iter().map(|axis| place_of(axis, rank)).collect::<Result<_, _>>()?;
        let mut rest = input.dims.iter().copied();
        let dims = (0..rank).map(|axis| if axes.contains(&axis) { 1 } else { rest.next().unwrap_or(1) }).collect();
        SmallTensor::new(dims, input.numbers.clone()).ok_or_else(|| MISSING.into())
    }

    fn transpose(&self) -> Result<SmallTensor, String> {
        let input = self.input(0)?;
        let rank = input.dims.len();
        let order: Vec<usize> = match self.attributes.ints("perm") {
            perm if perm.is_empty() => (0..rank).rev().collect(),
            perm => perm.into_iter().map(|axis| place_of(axis, rank)).collect::<Result<_, _>>()?,
        };
        let mut seen = order.clone();
        seen.sort_unstable();
        if !seen.into_iter().eq(0..rank) {
            return Err("its perm does not name each axis once".into());
        }
        let steps: Vec<usize> = (0..rank).map(|axis| around(&input.dims, axis).1).collect();
        let dims: Vec<i64> = order.iter().map(|axis| input.dims[*axis]).collect();
        let place = |at: usize| {
            let (mut rest, mut place) = (at, 0);
            for (axis, dim) in order.iter().zip(&dims).rev() {
                place += rest % *dim as usize * steps[*axis];
                rest /= *dim as usize;
            }
            place
        };
        let places: Vec<usize> = (0..input.len()).map(place).collect();
        Ok(input.picked(dims, &places))
    }

    fn expand(&self) -> Result<SmallTensor, String> {
        let input = self.input(0)?;
        let dims = broadcast(&input.dims, self.input(1)?.ints().ok_or(MISSING)?)?;
        Ok(input.picked(dims.clone(), &repeated(&input.dims, &dims)?))
    }

    fn filled(&self, node: &NodeProto) -> Result<SmallTensor, String> {
        let dims = self.input(0)?.ints().ok_or(MISSING)?.to_vec();
        let length = count(&dims).ok_or(TOO_LARGE)?;
        let value = node.attribute.iter().find(|attribute| attribute.name == "value").and_then(|a| a.t.as_ref());
        let numbers = match value.map(|value| SmallTensor::of(value).ok_or(MISSING)).transpose()? {
            None => Numbers::Floats(vec![0.0; length]),
            Some(SmallTensor { numbers: Numbers::Floats(values), .. }) if values.len() == 1 => {
                Numbers::Floats(vec![values[0]; length])
            }
            Some(SmallTensor { numbers: Numbers::Ints(values), .. }) if values.len() == 1 => {
                Numbers::Ints(vec![values[0]; length])
            }
            Some(_) => return Err("its value is not a single number".into()),
        };
        Ok(SmallTensor { dims, numbers })
    }

    fn range(&self) -> Result<SmallTensor, String> {
        let int = |place| self.input(place)?.one_int().ok_or_else(|| MISSING.to_owned());
        let (start, limit, step) = (int(0)?, int(1)?, int(2)?);
        if step == 0 {
            return Err("it counts in steps of 0".into());
        }
        let length = (i128::from(limit) - i128::from(start)) / i128::from(step);
        let length = i64::try_from(length.max(0)).ok().and_then(|length| count(&[length])).ok_or(TOO_LARGE)? + 1;
        let before_limit = |value: &i64| if step > 0 { *value < limit } else { *value > limit };
        let values = (0..length as i64).map_while(|at| start.checked_add(at.checked_mul(step)?)).filter(before_limit);
        Ok(SmallTensor::list(values.collect()))
    }

    fn product(&self) -> Result<SmallTensor, String> {
        let input = self.input(0)?;
        let is_over_all = self.list(1, "axes").len() == input.dims.len() || self.list(1, "axes").is_empty();
        let values = input.ints().filter(|_| is_over_all).ok_or("it is not over all of a list of integers")?;
        let product = values.iter().fold(1i64, |all, value| all.wrapping_mul(*value));
        let keeps = self.attributes.int("keepdims", 1)? != 0;
        let dims = if keeps { vec![1; input.dims.len()] } else { Vec::new() };
        SmallTensor::new(dims, Numbers::Ints(vec![product])).ok_or_else(|| MISSING.into())
    }
}

fn joined<T: Copy>(
    parts: &[&SmallTensor],
    (outer, inner): (usize, usize),
    axis: usize,
    values: fn(&SmallTensor) -> Option<&[T]>,
) -> Result<Vec<T>, String> {
    let mut all = Vec::new();
    for before in 0..outer {
        for part in parts {
            let length = part.dims[axis] as usize * inner;
            all.extend_from_slice(&values(part).ok_or(MISSING)?[before * length..][..length]);
        }
    }
    Ok(all)
}
