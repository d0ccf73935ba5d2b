"""Makes tests/data/photos: photos in tiles as phones write them, and libheif's pixels of them.

Run: python tests/reference/heic_tiles.py    (needs numpy, pillow and pillow-heif)

libheif codes the tiles; the boxes around them (ISO/IEC 23008-12) are laid here, and libheif must read the result.
"""

import io
import struct
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()
here = Path(__file__).parent.parent / "data" / "photos"
SIDE, WIDTH, HEIGHT = 64, 100, 64


def boxes(data, at, end):
    while at < end:
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        yield kind, at + 8, at + length
        at += length


def coded(tile):
    """The decoder's configuration and the coded picture."""
    file = io.BytesIO()
    tile.save(file, "HEIF", quality=90)
    data = file.getvalue()
    top = {kind: place for kind, *place in boxes(data, 0, len(data))}
    meta = {kind: place for kind, *place in boxes(data, top[b"meta"][0] + 4, top[b"meta"][1])}
    ipco = next(place for kind, *place in boxes(data, *meta[b"iprp"]) if kind == b"ipco")
    configuration = next(data[at:end] for kind, at, end in boxes(data, *ipco) if kind == b"hvcC")
    at, end = top[b"mdat"]
    return configuration, data[at:end]


def box(kind, *parts):
    content = b"".join(parts)
    return struct.pack(">I4s", len(content) + 8, kind) + content


def full(kind, version, *parts):
    return box(kind, bytes([version, 0, 0, 0]), *parts)


def photo(tiles, turned):
    count, grid_id = len(tiles), len(tiles) + 1
    head = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    grid = bytes([0, 0, 0, count - 1]) + struct.pack(">HH", WIDTH, HEIGHT)

    def entry(item, kind):
        return full(b"infe", 2, struct.pack(">HH4s", item, 0, kind), b"\0")

    def meta(base):
        places, at = b"", base
        for item, (_, data) in enumerate(tiles, 1):
            places += struct.pack(">HHHHII", item, 0, 0, 1, at, len(data))
            at += len(data)
        places += struct.pack(">HHHHII", grid_id, 1, 0, 1, 0, len(grid))
        links = b"".join(struct.pack(">HBBB", item, 2, 0x81, 2) for item in range(1, count + 1))
        links += struct.pack(">HB", grid_id, 1 + turned) + (b"\x03\x84" if turned else b"\x03")
        size = lambda width, height: full(b"ispe", 0, struct.pack(">II", width, height))
        properties = box(b"hvcC", tiles[0][0]) + size(SIDE, SIDE) + size(WIDTH, HEIGHT) + box(b"irot", b"\x01")
        return full(
            b"meta",
            0,
            full(b"hdlr", 0, struct.pack(">I4s12x", 0, b"pict"), b"\0"),
            full(b"pitm", 0, struct.pack(">H", grid_id)),
            full(b"iinf", 0, struct.pack(">H", count + 1), *(entry(i + 1, b"hvc1") for i in range(count)), entry(grid_id, b"grid")),
            full(b"iref", 0, box(b"dimg", struct.pack(f">HH{count}H", grid_id, count, *range(1, count + 1)))),
            box(b"iprp", box(b"ipco", properties), full(b"ipma", 0, struct.pack(">I", count + 1), links)),
            box(b"idat", grid),
            full(b"iloc", 1, b"\x44\x00", struct.pack(">H", count + 1), places),
        )

    offset = len(head) + len(meta(0)) + 8
    return head + meta(offset) + box(b"mdat", *(data for _, data in tiles))


y, x = np.mgrid[0:SIDE, 0 : 2 * SIDE]
picture = np.stack([128 + 100 * np.sin(x / 19 + p) * np.cos(y / 23 - p) for p in (0, 1, 2)], axis=-1)
picture = Image.fromarray(picture.round().astype(np.uint8))
tiles = [coded(picture.crop((left, 0, left + SIDE, SIDE))) for left in (0, SIDE)]
here.mkdir(exist_ok=True)
for name, turned in (("tiles", 0), ("turned", 1)):
    (here / f"{name}.heic").write_bytes(photo(tiles, turned))
    pixels = np.asarray(Image.open(here / f"{name}.heic").convert("RGB"))
    assert pixels.shape == ((WIDTH, HEIGHT, 3) if turned else (HEIGHT, WIDTH, 3)), pixels.shape
    pixels.tofile(here / f"{name}.rgb")
