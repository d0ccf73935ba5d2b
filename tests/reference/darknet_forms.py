#!/usr/bin/env python3
"""Darknet cfgs in the forms that people write, and what darknet's own parser makes of each.

  darknet_forms.py DARKNET > tests/data/darknet_forms.json

DARKNET is a copy of github.com/AlexeyAB/darknet (written with commit of 2025-12-15). Its C files are compiled for the CPU, with
darknet_layers.c, which prints layers and anchors.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
# The cfg of tests/workshop/darknet.rs, and a key more.
SMALL = (HERE.parent / "data" / "small.cfg").read_text() + "scale_x_y=1.05\n"

# Name, text, text in its place.
FORMS = [
    ("as it is", "", ""),
    ("a comment behind classes", "classes=3", "classes=3 #Change to 3"),
    ("a semicolon behind classes", "classes=3", "classes=3 ; was 80"),
    ("slashes behind classes", "classes=3", "classes=3 // was 80"),
    ("a comment behind filters", "filters=16", "filters=16 # (3 + 5) * 2, as ever"),
    ("a comment behind width", "width=64", "width=64 # the net's"),
    ("a comment behind pad", "pad=1", "pad=1#half"),
    ("a comment behind layers", "layers=-1", "layers=-1 # the one before"),
    ("a comment behind mask", "mask=1,2", "mask=1,2 # of 0, 1, 2"),
    ("a comment behind anchors", "5,6", "5,6 # more, and more"),
    ("a comment behind scale_x_y", "scale_x_y=1.05", "scale_x_y=1.05 # as in v4"),
    ("a comment behind beta_nms", "num=3", "num=3\nnms_kind=greedynms\nbeta_nms=0.6 # as in v4"),
    ("a comment behind nms_kind", "num=3", "num=3\nnms_kind=greedynms # as in v4\niou_thresh=0.213 #x"),
    ("more anchors than num", "5,6", "5,6, 7,8, 9,10"),
    ("more numbers than pairs of anchors", "5,6", "5,6, 7"),
    ("num beyond the anchors", "num=3", "num=9"),
    ("no mask", "mask=1,2\nanchors=1,2, 3,4, 5,6\nclasses=3\nnum=3", "anchors=1,2, 3,4\nclasses=3\nnum=2"),
    ("a comma at the end of anchors", "5,6", "5,6,"),
    ("keys of training", "pad=1", "pad=1\nlearning_rate=0.5\nstopbackward=1\ndont_update=1\ntrain_only_bn=1\nclip=1\nonlyforward=1"),
    ("keys of training in a route", "group_id=1", "group_id=1\nlearning_rate=0.5 # slow\nburnin_update=2"),
    ("keys without effect", "pad=1", "pad=1\ngroups=1\ndilation=1\nantialiasing=0\nxnor=0\nbinary=0\nstream=1\nwait_stream=2"),
    ("keys without effect in a maxpool", "size=2", "size=2\nmaxpool_depth=0\nout_channels=9\nantialiasing=0"),
    ("a dilation of one pixel", "filters=16", "filters=16\ndilation=2"),
    ("strides of two directions", "size=3\nstride=2", "size=3\nstride_x=2\nstride_y=2"),
    ("strides of two directions in a maxpool", "size=2\nstride=2", "size=2\nstride_x=2\nstride_y=2"),
    ("cross-iteration batch norm", "batch_normalize=1", "cbn=1"),
    ("a key twice, alike", "pad=1", "pad=1\npad=1"),
    ("carriage returns", "\n", "\r\n"),
    ("tabs and spaces", "=", "\t = \t"),
    ("spaces before and behind", "\n", " \n\t"),
    ("empty sections", "[maxpool]", "[maxpool]\n\n[upsample]\nstride=1\n\n[maxpool]"),
    ("an unknown key of training in a head", "num=3", "num=3\nsomething=of another day"),
    ("a key in capitals where it may be left out", "num=3", "num=3\nNEW_COORDS=1\nScale_X_Y=2"),
    ("empty values of training", "num=3", "num=3\njitter="),
]


def main():
    darknet = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder, "layers")
        skipped = {"darknet.c", "yolo_console_dll.c", "getopt.c"}
        sources = sorted(f for f in (darknet / "src").glob("*.c") if f.name not in skipped)
        sources += [darknet / "src" / file for file in ("http_stream.cpp", "image_opencv.cpp")]
        includes = [f"-I{darknet / part}" for part in ("include", "src", "3rdparty/stb/include")]
        libraries = ["-lm", "-lpthread", "-lstdc++"]
        command = ["gcc", "-O0", "-w", *includes, HERE / "darknet_layers.c", *sources, "-o", program, *libraries]
        subprocess.run(command, check=True)
        cfg, out = pathlib.Path(folder, "net.cfg"), pathlib.Path(folder, "out.json")
        forms = []
        for name, old, new in FORMS:
            assert old in SMALL, name
            text = SMALL if not old else SMALL.replace(old, new) if old in "=\n" else SMALL.replace(old, new, 1)
            cfg.write_bytes(text.encode())
            done = subprocess.run([program, cfg, out], capture_output=True)
            if done.returncode:
                print(f"{name}: darknet refuses it: {done.stderr[-200:]}", file=sys.stderr)
                continue
            forms.append({"name": name, "cfg": text, **json.loads(out.read_text())})
    print("[" + ",\n".join(json.dumps(form, separators=(",", ":")) for form in forms) + "]")


if __name__ == "__main__":
    main()
