//! The processor of this machine, and what it has for INT8.

use crate::workshop::card::BenchProcessor;

/// As far as the system tells.
pub fn processor() -> BenchProcessor {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find(|l| l.starts_with("model name")).and_then(|l| l.split_once(": "));
    let name = model.map_or("unknown model", |(_, name)| name.trim()).to_owned();
    BenchProcessor { name, dot_product: dot_product().map(str::to_owned) }
}

/// The instruction set that makes INT8 worth while; `None` = it has none that we know.
fn dot_product() -> Option<&'static str> {
    #[cfg(target_arch = "x86_64")]
    return if std::arch::is_x86_feature_detected!("avx512vnni") {
        Some("AVX-512 VNNI")
    } else if std::arch::is_x86_feature_detected!("avxvnni") {
        Some("AVX-VNNI")
    } else {
        None
    };
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("dotprod").then_some("Arm dotprod");
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    return None;
}
