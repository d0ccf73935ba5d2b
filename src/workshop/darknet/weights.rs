//! Darknet's weights file: a header, then for each convolution its arrays of little-endian floats.

use super::{ConvLayer, DarknetNetwork, LayerKind, WeightsCause, WeightsError};

/// The numbers of one convolution.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvWeights {
    /// One a filter.
    pub biases: Vec<f32>,
    pub batch_norm: Option<BatchNorm>,
    /// `[filters, input channels, size, size]`, row-major.
    pub weights: Vec<f32>,
}

/// One of each a filter.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchNorm {
    pub scales: Vec<f32>,
    pub means: Vec<f32>,
    pub variances: Vec<f32>,
}

/// Reads the numbers of every convolution of `network`, in the order of its layers.
pub fn read_weights(bytes: &[u8], network: &DarknetNetwork) -> Result<Vec<ConvWeights>, WeightsError> {
    let mut reader = WeightReader { bytes, offset: header(bytes)? };
    let mut all = Vec::new();
    let mut last = None;
    for (number, layer) in network.layers.iter().enumerate() {
        if let LayerKind::Conv(conv) = &layer.kind {
            all.push(reader.conv(number, conv)?);
            last = Some(number);
        }
    }
    let left = (bytes.len() - reader.offset) as u64;
    if left > 0 {
        let cause = WeightsCause::Trailing { bytes: left };
        return Err(WeightsError { offset: reader.offset as u64, layer: last, cause });
    }
    Ok(all)
}

/// Checks the header and gives its length: version as three numbers, then how many pictures training saw, in
/// 8 bytes from version 0.2 on and in 4 before.
fn header(bytes: &[u8]) -> Result<usize, WeightsError> {
    let error = |offset: usize, cause| Err(WeightsError { offset: offset as u64, layer: None, cause });
    let Some((version, _)) = bytes.split_first_chunk::<12>() else {
        return error(bytes.len(), WeightsCause::HeaderCut);
    };
    let number = |i: usize| i32::from_le_bytes([version[i], version[i + 1], version[i + 2], version[i + 3]]);
    let (major, minor, revision) = (number(0), number(4), number(8));
    if !(0..10).contains(&major) || !(0..100).contains(&minor) || revision < 0 {
        return error(0, WeightsCause::WrongHeader { major, minor, revision });
    }
    let length = if major * 10 + minor >= 2 { 20 } else { 16 };
    if bytes.len() < length {
        return error(bytes.len(), WeightsCause::HeaderCut);
    }
    Ok(length)
}

struct WeightReader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl WeightReader<'_> {
    fn conv(&mut self, layer: usize, conv: &ConvLayer) -> Result<ConvWeights, WeightsError> {
        let filters = u64::from(conv.filters);
        let biases = self.floats(layer, "biases", filters)?;
        let batch_norm = if conv.batch_normalize {
            let scales = self.floats(layer, "scales", filters)?;
            let means = self.floats(layer, "means", filters)?;
            let start = self.offset;
            let variances = self.floats(layer, "variances", filters)?;
            check(layer, "variances", start, &variances, |v| v >= 0.0)?;
            Some(BatchNorm { scales, means, variances })
        } else {
            None
        };
        let weights = self.floats(layer, "weights", conv.weights())?;
        Ok(ConvWeights { biases, batch_norm, weights })
    }

    /// The length is known to be there before memory is taken for it.
    fn floats(&mut self, layer: usize, array: &'static str, count: u64) -> Result<Vec<f32>, WeightsError> {
        let rest = &self.bytes[self.offset..];
        let (needed, left) = (count * 4, rest.len() as u64);
        if needed > left {
            let cause = WeightsCause::Truncated { array, needed, left };
            return Err(WeightsError { offset: self.bytes.len() as u64, layer: Some(layer), cause });
        }
        let taken = &rest[..needed as usize];
        let values: Vec<f32> = taken.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        check(layer, array, self.offset, &values, f32::is_finite)?;
        self.offset += taken.len();
        Ok(values)
    }
}

fn check(
    layer: usize,
    array: &'static str,
    start: usize,
    values: &[f32],
    good: impl Fn(f32) -> bool,
) -> Result<(), WeightsError> {
    match values.iter().position(|v| !good(*v)) {
        None => Ok(()),
        Some(index) => {
            let cause = WeightsCause::BadValue { array, index, value: values[index] };
            Err(WeightsError { offset: (start + index * 4) as u64, layer: Some(layer), cause })
        }
    }
}
