//! Raw heads in little memory, lossless.

use std::sync::Arc;

use crate::detect::RawHeads;

/// Raw heads as stored in a moment.
pub(super) enum Heads {
    /// Shared with other owners.
    Whole(Arc<RawHeads>),
    /// Each tensor has few distinct values, as in an INT8 model: a quarter of the memory.
    Packed(Vec<Packed>),
}

/// One tensor, as indices into a table of its values.
pub(super) struct Packed {
    /// At most 256.
    values: Box<[f32]>,
    places: Box<[u8]>,
}

impl Heads {
    pub fn new(heads: &Arc<RawHeads>, packer: &mut Packer) -> Self {
        let packed: Option<Vec<Packed>> = heads.heads.iter().map(|tensor| packer.run(tensor)).collect();
        packed.map_or_else(|| Self::Whole(Arc::clone(heads)), Self::Packed)
    }

    /// Size in memory, in bytes.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Whole(heads) => heads.bytes(),
            Self::Packed(tensors) => tensors.iter().map(|t| t.places.len() + size_of_val(&*t.values)).sum(),
        }
    }

    /// The values, written to `unpacked` if they are packed.
    pub fn get<'a>(&'a self, unpacked: &'a mut RawHeads) -> &'a RawHeads {
        match self {
            Self::Whole(heads) => heads,
            Self::Packed(tensors) => {
                unpack(tensors, unpacked);
                unpacked
            }
        }
    }

    /// The raw heads, unpacked.
    pub fn shared(&self) -> Arc<RawHeads> {
        match self {
            Self::Whole(heads) => Arc::clone(heads),
            Self::Packed(tensors) => {
                let mut heads = RawHeads::default();
                unpack(tensors, &mut heads);
                Arc::new(heads)
            }
        }
    }
}

fn unpack(tensors: &[Packed], heads: &mut RawHeads) {
    heads.heads.resize_with(tensors.len(), Vec::new);
    for (to, tensor) in heads.heads.iter_mut().zip(tensors) {
        // As long as an index can reach, so that no lookup is out of bounds.
        let mut values = [0.0; 256];
        values[..tensor.values.len()].copy_from_slice(&tensor.values);
        to.clear();
        to.extend(tensor.places.iter().map(|place| values[usize::from(*place)]));
    }
}

/// Slots of the hash table: four per value that fits, so that most lookups hit at once.
const SLOTS: usize = 1024;

/// Packs tensors one after another, reusing memory.
pub struct Packer {
    /// An index into `values` plus one; 0 = free.
    slots: Box<[u16; SLOTS]>,
    values: Vec<f32>,
    places: Vec<u8>,
}

impl Default for Packer {
    fn default() -> Self {
        Self { slots: Box::new([0; SLOTS]), values: Vec::with_capacity(256), places: Vec::new() }
    }
}

impl Packer {
    fn run(&mut self, tensor: &[f32]) -> Option<Packed> {
        let (values, places) = self.pack(tensor)?;
        Some(Packed { values: values.into(), places: places.into() })
    }

    /// The values that differ, by their bits, and for each value of the tensor its place among them. `None` if there are
    /// more than 256, which shows within the first few hundred.
    pub fn pack(&mut self, tensor: &[f32]) -> Option<(&[f32], &[u8])> {
        self.slots.fill(0);
        self.values.clear();
        self.places.clear();
        for value in tensor {
            let place = self.place(*value)?;
            self.places.push(place);
        }
        Some((self.values.as_slice(), self.places.as_slice()))
    }

    /// Compares bits, so that both zeros and every NaN come back unchanged.
    fn place(&mut self, value: f32) -> Option<u8> {
        let bits = value.to_bits();
        // Fibonacci hashing: the top bits of a product with 2³² / φ.
        let mut slot = (bits.wrapping_mul(0x9E37_79B9) >> 22) as usize;
        loop {
            let found = usize::from(self.slots[slot]);
            let Some(place) = found.checked_sub(1) else { break };
            if self.values[place].to_bits() == bits {
                return Some(place as u8);
            }
            slot = (slot + 1) % SLOTS;
        }
        let place = u8::try_from(self.values.len()).ok()?;
        self.values.push(value);
        self.slots[slot] = u16::from(place) + 1;
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bits(heads: &RawHeads) -> Vec<Vec<u32>> {
        heads.heads.iter().map(|t| t.iter().map(|v| v.to_bits()).collect()).collect()
    }

    fn round_trip(tensors: Vec<Vec<f32>>) -> (Heads, RawHeads) {
        let heads = RawHeads { heads: tensors };
        let kept = Heads::new(&Arc::new(heads.clone()), &mut Packer::default());
        let mut unpacked = RawHeads { heads: vec![vec![7.0; 3]; 9] };
        assert_eq!(bits(kept.get(&mut unpacked)), bits(&heads));
        assert_eq!(bits(&kept.shared()), bits(&heads));
        (kept, heads)
    }

    #[test]
    fn what_has_256_values_takes_a_quarter_and_what_has_more_is_left() {
        let of = |different: u32| (0..20_000u32).map(|i| (i % different) as f32 * 0.37 - 9.0).collect::<Vec<_>>();
        let (packed, heads) = round_trip(vec![of(256), of(3)]);
        assert_eq!(packed.bytes(), heads.bytes() / 4 + 259 * 4);
        let (whole, heads) = round_trip(vec![of(3), of(257)]);
        assert!(matches!(whole, Heads::Whole(_)) && whole.bytes() == heads.bytes());
    }

    #[test]
    fn zeros_and_nans_keep_their_bits() {
        let odd = [0.0, -0.0, f32::NAN, -f32::NAN, f32::from_bits(0x7fc0_0001), f32::INFINITY, f32::MIN_POSITIVE];
        assert!(matches!(round_trip(vec![odd.to_vec(), Vec::new()]).0, Heads::Packed(_)));
    }

    proptest! {
        #[test]
        fn any_bits_come_back(tensors in prop::collection::vec(prop::collection::vec(any::<u32>(), 0..600), 0..3)) {
            round_trip(tensors.into_iter().map(|t| t.into_iter().map(f32::from_bits).collect()).collect());
        }

        #[test]
        fn few_bits_come_back(tensor in prop::collection::vec(0u32..300, 0..4000), step in any::<u32>()) {
            round_trip(vec![tensor.into_iter().map(|i| f32::from_bits(i.wrapping_mul(step))).collect()]);
        }
    }
}
