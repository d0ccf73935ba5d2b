//! What can be done about a node that is not supported.

/// The end of a sentence about a node, by its operation.
pub fn advice(operation: &str) -> &'static str {
    match operation {
        "Sigmoid" | "Softmax" | "Exp" | "Reshape" | "Transpose" | "Flatten" | "Squeeze" | "Unsqueeze" | "Gather"
        | "NonMaxSuppression" | "TopK" | "ArgMax" | "Range" | "Expand" | "Tile" | "Shape" => {
            "it is not supported; if it belongs to the decoding of boxes, export the model without its detection layer, so \
             that its last convolutions are its outputs; if it belongs to an activation, train with Relu or LeakyRelu"
        }
        "Mish" | "Softplus" | "Tanh" | "HardSwish" | "HardSigmoid" | "Elu" | "Selu" | "Gelu" | "PRelu" | "Clip"
        | "Max" | "Min" | "Where" | "Swish" => {
            "of activations only Relu and LeakyRelu are supported, also as PRelu with one slope, Max or Where; train with \
             one of them"
        }
        "Slice" => "only a slice of consecutive channels, between constants, is supported",
        "Mul" | "Add" | "Sub" | "Div" => {
            "only a constant per channel is supported, which becomes part of a convolution; two computed tensors are not"
        }
        "BatchNormalization" => {
            "only constant scales, means and variances, up to 2048 of them, are supported; export the model in inference \
             mode (in PyTorch, call model.eval() first)"
        }
        "Dropout" => "it is in training mode; export the model in inference mode (in PyTorch, call model.eval() first)",
        "Identity" => "it outputs an input or another output; remove that output",
        "Cast" => "only float32 is supported; export the model in float32 (in PyTorch, call model.float() first)",
        "AveragePool" | "GlobalAveragePool" | "ReduceMean" | "LpPool" => "of pools only MaxPool is supported",
        "ConvTranspose" => "only upsampling that repeats pixels (Resize, mode nearest) is supported",
        "If" | "Loop" | "Scan" => {
            "control flow is not supported; export the model for a fixed input size, or simplify it (python -m onnxsim)"
        }
        other if other.starts_with("com.microsoft.") => {
            "it comes from ONNX Runtime's optimizer; pass the model from before that"
        }
        _ => {
            "it is not supported; supported are Conv, BatchNormalization, LeakyRelu, Relu, MaxPool, Concat, Split, Slice of \
             channels, Pad, Resize and Upsample (nearest)"
        }
    }
}
