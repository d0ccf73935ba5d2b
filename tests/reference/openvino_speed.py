#!/usr/bin/env python3
"""Time an INT8 model in OpenVINO and in ONNX Runtime, in turns with `twinsight bench`, on a machine that is quiet.

    python3 tests/reference/openvino_speed.py TWINSIGHT MODEL.onnx [--turns 5] [--rounds 20] [--threads 2]

OpenVINO does not read QOperator models: it gets the QDQ form of to_qdq.py --fuse. ONNX Runtime runs the model as it is, and
with session.x64quantprecision, which takes exact kernels at the price of those with VNNI. Its threads do not spin, as in
Twinsight. In each turn the three run one after another, round after round; then `twinsight bench` does the same with its
own ways to compute the model. Medians over all rounds and turns, in milliseconds, and in brackets those of each turn,
which tell how quiet the machine was. Needs the packages of requirements.txt.
"""

import argparse
import json
import subprocess
import sys
import time
from statistics import median

import numpy as np
import onnx
import onnxruntime
import openvino

import to_qdq


def in_openvino(model, threads):
    core = openvino.Core()
    settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    read = core.read_model(to_qdq.to_qdq(model, fuse=True).SerializeToString())
    request = core.compile_model(read, "CPU", settings).create_infer_request()
    return lambda image: request.infer({0: image})


def in_onnxruntime(model, threads, precise):
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.log_severity_level = 3
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    settings.add_session_config_entry("session.x64quantprecision", str(int(precise)))
    session = onnxruntime.InferenceSession(model.SerializeToString(), settings, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda image: session.run(None, {name: image})


def millis(run, image):
    start = time.perf_counter()
    run(image)
    return (time.perf_counter() - start) * 1e3


def bench(twinsight, model, rounds):
    """The median of each way that Twinsight computes the model, on as many threads as it has cores."""
    command = [twinsight, "bench", "--json", "--b", model, "--rounds", str(rounds), "--seconds", "0.1", "--age", "0.1"]
    stages = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["stages"]
    return {f"twinsight {s['name']}": s["median_ms"] for s in stages if s["name"].startswith("inference ")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("twinsight", metavar="TWINSIGHT")
    parser.add_argument("model", metavar="MODEL.onnx")
    for name, default in (("turns", 5), ("rounds", 20), ("threads", 2)):
        parser.add_argument(f"--{name}", metavar="N", type=int, default=default)
    args = parser.parse_args()

    model = onnx.load(args.model)
    peers = {
        "OpenVINO": in_openvino(model, args.threads),
        "ONNX Runtime": in_onnxruntime(model, args.threads, False),
        "ONNX Runtime, x64quantprecision": in_onnxruntime(model, args.threads, True),
    }
    sides = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
    image = np.random.default_rng(1).integers(0, 256, sides).astype(np.float32) / np.float32(255)
    times = {}
    for _ in range(args.turns):
        of_turn = {name: [] for name in peers}
        for number in range(3 + args.rounds):
            for name, run in peers.items():
                taken = millis(run, image)
                # The first ones are not counted.
                if number >= 3:
                    of_turn[name].append(taken)
        medians = {name: median(values) for name, values in of_turn.items()}
        for name, value in (medians | bench(args.twinsight, args.model, args.rounds)).items():
            times.setdefault(name, []).append(value)
    for name, values in times.items():
        print(f"{median(values):8.2f}  {name}  [{' '.join(f'{value:.1f}' for value in values)}]")
    return 0


if __name__ == "__main__":
    sys.exit(main())
