"""The programs that run ONNX models here: float32 [1, 3, height, width] -> raw heads, in the order of the file's outputs."""

ENGINES = ("onnxruntime", "openvino")


def load(path, engine="onnxruntime", threads=2):
    return {"onnxruntime": onnxruntime_session, "openvino": openvino_model}[engine](path, threads)


def onnxruntime_session(path, threads):
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    # Exact sums, whatever the processor.
    settings.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    [name] = [i.name for i in session.get_inputs()]
    return lambda tensor: session.run(None, {name: tensor})


def openvino_model(path, threads):
    import openvino

    # Without the hint, float operators take bfloat16 where the processor has it.
    settings = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
    model = openvino.Core().compile_model(path, "CPU", settings)
    return lambda tensor: [value.copy() for value in model([tensor]).values()]
