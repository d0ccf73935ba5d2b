#!/usr/bin/env python3
"""Reads every message of a recording with PyPI's `mcap`, which shares no code with Twinsight.

  read_mcap.py RECORDING.mcap [--replay REPLAY.jsonl]

Messages are decoded by the schemas in the file alone. Checked are the container's sums, the sums of raw heads and of pixels (where
pictures are PNG), the size of each picture, and that each frame has a picture, both models' boxes and its heads. `--replay` compares
the boxes with those of `twinsight replay --json RECORDING.mcap`. A recording without its end is read as far as its chunks go.
"""

import argparse
import collections
import io
import json
import zlib

import numpy
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from mcap.exceptions import McapError
from mcap.reader import make_reader
from mcap.records import Channel, Message, Schema
from mcap.stream_reader import StreamReader
from PIL import Image


class Decoder:
    """Message classes by the ids of their schemas."""

    def __init__(self):
        self.classes = {}

    def __call__(self, schema, data):
        if schema.id not in self.classes:
            assert schema.encoding == "protobuf", schema.encoding
            pool = descriptor_pool.DescriptorPool()
            for file in descriptor_pb2.FileDescriptorSet.FromString(schema.data).file:
                pool.Add(file)
            self.classes[schema.id] = message_factory.GetMessageClass(pool.FindMessageTypeByName(schema.name))
        return self.classes[schema.id].FromString(data)


def messages(path):
    """Whether the file has an end; and its messages in the order of the file, as far as its chunks are whole."""
    with open(path, "rb") as file:
        try:
            reader = make_reader(file, validate_crcs=True)
            if reader.get_summary() is not None:
                return True, list(reader.iter_messages(log_time_order=False))
        except McapError:
            pass
    schemas, channels, found = {}, {}, []
    with open(path, "rb") as file:
        try:
            for record in StreamReader(file, validate_crcs=True).records:
                if isinstance(record, Schema):
                    schemas[record.id] = record
                elif isinstance(record, Channel):
                    channels[record.id] = record
                elif isinstance(record, Message):
                    channel = channels[record.channel_id]
                    found.append((schemas[channel.schema_id], channel, record))
        except McapError:
            pass
    return False, found


def values(tensor):
    """The raw head's values, whose sum is right."""
    assert zlib.crc32(tensor.places, zlib.crc32(tensor.table, zlib.crc32(tensor.floats))) == tensor.crc32
    if tensor.places:
        table = numpy.frombuffer(tensor.table, "<f4")
        found = table[numpy.frombuffer(tensor.places, numpy.uint8)]
    else:
        found = numpy.frombuffer(tensor.floats, "<f4")
    assert len(found) == tensor.length
    return found


def boxes(annotations):
    """Left, top, right, bottom of each box, with its label."""
    for points, text in zip(annotations.points, annotations.texts, strict=True):
        assert points.type == 2 and len(points.points) == 4
        xs, ys = [p.x for p in points.points], [p.y for p in points.points]
        yield text.text, [min(xs), min(ys), max(xs), max(ys)]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("recording")
    arguments.add_argument("--replay")
    arguments = arguments.parse_args()
    whole, found = messages(arguments.recording)
    decode, counts, frames = Decoder(), collections.Counter(), collections.defaultdict(dict)
    for schema, channel, message in found:
        counts[channel.topic] += 1
        frames[message.sequence][channel.topic] = decode(schema, message.data)
    # The last frame of a file that is cut may be in part.
    complete = {number: frame for number, frame in frames.items() if "/heads" in frame}
    assert whole is False or len(complete) == len(frames)
    for number, frame in sorted(complete.items()):
        heads, image = frame["/heads"], frame["/image"]
        assert heads.version == 1 and heads.frame == number
        picture = Image.open(io.BytesIO(image.data))
        assert picture.format.lower() == image.format and picture.size == (heads.width, heads.height)
        if image.format == "png":
            assert zlib.crc32(picture.convert("RGB").tobytes()) == heads.pixels_crc32
        else:
            picture.load()
        for output in heads.outputs:
            assert all(len(values(tensor)) for tensor in output.tensors)
            assert f"/{'ab'[output.slot]}/boxes" in frame
    if arguments.replay:
        with open(arguments.replay, encoding="utf-8") as lines:
            replayed = [line for line in map(json.loads, lines) if "frame" in line]
        assert len(replayed) == len(complete), (len(replayed), len(complete))
        for line in replayed:
            for slot, model in enumerate(line["models"]):
                drawn = list(boxes(complete[line["frame"]][f"/{'ab'[slot]}/boxes"]))
                assert len(drawn) == len(model["detections"]), line["frame"]
                for (_, box), detection in zip(drawn, model["detections"]):
                    assert numpy.allclose(box, detection["box"], atol=1e-4), line["frame"]
    state = "whole" if whole else "without its end"
    print(f"{arguments.recording}: {state}, {len(complete)} frames; " + ", ".join(f"{t} {n}" for t, n in sorted(counts.items())))


if __name__ == "__main__":
    main()
