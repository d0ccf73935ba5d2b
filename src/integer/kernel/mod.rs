//! Ways to multiply bytes on this processor.
//!
//! All `unsafe` code of the integer engine that is not about threads is here: vector instructions, and memory of which
//! several threads write a part each.

pub mod curve;
#[cfg(target_arch = "x86_64")]
mod lanes;
pub mod lines;
pub mod memory;
pub mod multiply;
#[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "only vector instructions need it"))]
mod tile;
pub mod to_bytes;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::fmt;

/// Instructions that sum products of uint8 activations and int8 weights. All of them give the same sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// Plain loops, for any processor.
    Portable,
    /// `vpmaddwd`: pairs of int16, 8 sums at once.
    Avx2,
    /// `vpdpbusd` in 256 bits: Intel from Alder Lake on.
    AvxVnni,
    /// `vpdpbusd` in 512 bits: Intel servers from Cascade Lake on, Ice Lake, AMD from Zen 4 on.
    Avx512Vnni,
}

impl Kernel {
    /// The fastest last.
    pub const ALL: [Self; 4] = [Self::Portable, Self::Avx2, Self::AvxVnni, Self::Avx512Vnni];

    /// The fastest that this processor has.
    pub fn best() -> Self {
        Self::ALL.into_iter().rev().find(|kernel| kernel.is_supported()).unwrap_or(Self::Portable)
    }

    /// Whether this processor has these instructions.
    #[cfg(target_arch = "x86_64")]
    pub fn is_supported(self) -> bool {
        match self {
            Self::Portable => true,
            Self::Avx2 => is_x86_feature_detected!("avx2"),
            Self::AvxVnni => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("avxvnni"),
            Self::Avx512Vnni => {
                is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512vnni")
            }
        }
    }

    /// Whether this processor has these instructions.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn is_supported(self) -> bool {
        self == Self::Portable
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Portable => "portable",
            Self::Avx2 => "AVX2",
            Self::AvxVnni => "AVX-VNNI",
            Self::Avx512Vnni => "AVX-512 VNNI",
        })
    }
}
