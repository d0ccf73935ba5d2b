//! A network as a chip computes it.

use super::IntegerError;
use super::conv::{Conv, Epilogue, FixedPoint};
use super::network::{Network, Op};
use super::profile::Profile;

impl Network {
    /// The same model in a chip's arithmetic: tensors, names and shapes stay, bytes differ. What the chip leaves to its
    /// host stays as ONNX defines it, in float32: the quantized input, dequantized outputs, and the step from the sums
    /// of a head to floats (`MatMulIntegerToFloat`).
    ///
    /// Fails if a node's scales give a multiplier below 0 or none at all.
    pub fn on_chip(&self, profile: &Profile) -> Result<Self, IntegerError> {
        let mut network = self.clone();
        for step in &mut network.steps {
            let done = match &mut step.op {
                Op::Conv(conv) => conv.put_on_chip(profile),
                Op::Map(map) | Op::Channels { map: Some(map), .. } => {
                    map.on_chip(profile).map(|on_chip| **map = on_chip)
                }
                _ => Ok(()),
            };
            done.map_err(|why| IntegerError::Chip { node: step.node.clone(), profile: profile.name.clone(), why })?;
        }
        Ok(network)
    }
}

impl Conv {
    fn put_on_chip(&mut self, profile: &Profile) -> Result<(), String> {
        self.accumulator = Some(profile.accumulator);
        if let Epilogue::Bytes { multipliers, fixed, .. } = &mut self.epilogue {
            let multipliers = multipliers.iter().map(|value| profile.multiplier(*value)).collect::<Result<_, _>>()?;
            *fixed = Some(FixedPoint { multipliers, rounding: profile.rounding });
        }
        Ok(())
    }
}
