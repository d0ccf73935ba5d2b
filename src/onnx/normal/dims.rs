//! Dimensions of constants, and where values lie in them.

use super::small_tensor::count;

pub const TOO_LARGE: &str = "it computes a constant that is too large";

/// The shape that Reshape gives: 0 keeps a dimension, −1 takes what is left.
pub fn reshaped(wanted: &[i64], before: &[i64]) -> Result<Vec<i64>, String> {
    let kept = |(place, dim): (usize, &i64)| if *dim == 0 { before.get(place).copied().unwrap_or(0) } else { *dim };
    let mut dims: Vec<i64> = wanted.iter().enumerate().map(kept).collect();
    if let Some(open) = dims.iter().position(|dim| *dim == -1) {
        dims[open] = 1;
        let (all, rest) = (count(before).ok_or(TOO_LARGE)?, count(&dims).ok_or(TOO_LARGE)?);
        if rest == 0 || !all.is_multiple_of(rest) {
            return Err(format!("{before:?} cannot be reshaped to {wanted:?}"));
        }
        dims[open] = (all / rest) as i64;
    }
    Ok(dims)
}

/// The shape of two tensors of which each is repeated along dimensions where it has 1.
pub fn broadcast(a: &[i64], b: &[i64]) -> Result<Vec<i64>, String> {
    let rank = a.len().max(b.len());
    let side = |dims: &[i64], place: usize| (place + dims.len()).checked_sub(rank).map_or(1, |place| dims[place]);
    (0..rank)
        .map(|place| match (side(a, place), side(b, place)) {
            (x, y) if x == y || y == 1 => Ok(x),
            (1, y) => Ok(y),
            _ => Err(format!("{a:?} and {b:?} do not fit together")),
        })
        .collect()
}

/// Of each value of a tensor of `dims`: its place in one of `from` that is repeated to it.
pub fn repeated(from: &[i64], dims: &[i64]) -> Result<Vec<usize>, String> {
    let length = count(dims).ok_or(TOO_LARGE)?;
    let missing = dims.len() - from.len();
    let mut places = vec![0; length];
    for (at, place) in places.iter_mut().enumerate() {
        let (mut rest, mut step) = (at, 1);
        for axis in (0..dims.len()).rev() {
            let index = rest % dims[axis] as usize;
            rest /= dims[axis] as usize;
            if let Some(side) = axis.checked_sub(missing).map(|axis| from[axis] as usize) {
                *place += if side == 1 { 0 } else { index * step };
                step *= side;
            }
        }
    }
    Ok(places)
}

/// The axis as a place; counted from the end where it is negative.
pub fn place_of(axis: i64, rank: usize) -> Result<usize, String> {
    let place = if axis < 0 { axis.saturating_add(rank as i64) } else { axis };
    usize::try_from(place).ok().filter(|place| *place < rank).ok_or_else(|| format!("it has no axis {axis} of {rank}"))
}

/// How many values lie before an axis and after it.
pub fn around(dims: &[i64], axis: usize) -> (usize, usize) {
    let all = |dims: &[i64]| dims.iter().map(|dim| *dim as usize).product();
    (all(&dims[..axis]), all(&dims[axis + 1..]))
}
