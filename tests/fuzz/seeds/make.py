"""Makes the seeds: small pictures of each kind, and ones that once were of interest.

Run: python tests/fuzz/seeds/make.py    (needs numpy and opencv-python)
"""

from pathlib import Path

import cv2
import numpy as np

here = Path(__file__).parent
noise = np.random.default_rng(416)
picture = cv2.resize(noise.integers(0, 256, (4, 5, 3), dtype=np.uint8), (33, 21))

for name, options in {
    "444": [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444],
    "422": [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422],
    "420": [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420],
    "progressive": [cv2.IMWRITE_JPEG_PROGRESSIVE, 1],
    "restart": [cv2.IMWRITE_JPEG_RST_INTERVAL, 2],
}.items():
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 60, *options])[1].tobytes()
    (here / "mjpeg" / f"{name}.jpg").write_bytes(data)
    (here / "mjpeg" / f"{name}-trailing.jpg").write_bytes(data + b"\0" * 40 + data[200:260])
    (here / "mjpeg" / f"{name}-cut.jpg").write_bytes(data[: len(data) * 2 // 3])
    if name in ("422", "420"):
        at, plain = 2, data[:2]
        while data[at + 1] != 0xDA:  # All segments but the Huffman tables, as MJPEG cameras send them.
            end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            plain += b"" if data[at + 1] == 0xC4 else data[at:end]
            at = end
        (here / "mjpeg" / f"{name}-no-tables.jpg").write_bytes(plain + data[at:])

# Format, width, height, row length / 4, colours; then the pixels.
bytes_of = {1: 2, 2: 2, 3: 1.5, 4: 3, 5: 3, 6: 1}
for format, each in bytes_of.items():
    pixels = noise.integers(0, 256, int(16 * 6 * each), dtype=np.uint8).tobytes()
    (here / "pixels" / f"{format}").write_bytes(bytes([format, 16, 6, 0, format & 3]) + pixels)
    wide = noise.integers(0, 256, 64 * 10, dtype=np.uint8).tobytes()
    (here / "pixels" / f"{format}-padded").write_bytes(bytes([format, 9, 5, 16, 2]) + wide)
