//! What quantizers call tensors.

/// The name that a tensor has in the float model, from that of its bytes: `t_quantized` here and in ONNX Runtime's
/// QOperator form, `t_QuantizeLinear_Output` in its QDQ form.
pub fn float_name(bytes: &str) -> &str {
    let ends = ["_quantized", "_QuantizeLinear_Output"];
    ends.iter().find_map(|end| bytes.strip_suffix(end)).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::float_name;

    #[test]
    fn names_of_bytes_end_as_quantizers_write_them() {
        for bytes in ["head_quantized", "head_QuantizeLinear_Output", "head"] {
            assert_eq!(float_name(bytes), "head");
        }
    }
}
