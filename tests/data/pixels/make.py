"""Makes the golden files of tests/source/pixels.rs with OpenCV, which converts and decodes on its own.

Run: python tests/data/pixels/make.py    (needs numpy and opencv-python)
"""

from pathlib import Path

import cv2
import numpy as np

here = Path(__file__).parent
width, height = 64, 48
noise = np.random.default_rng(416)

# Within the limited range; outside it OpenCV clips Y before the matrix, and others after it.
yuyv = noise.integers(16, 236, (height, width, 2), dtype=np.uint8)
yuyv.tofile(here / "yuyv.raw")
cv2.cvtColor(yuyv, cv2.COLOR_YUV2RGB_YUY2).tofile(here / "yuyv.rgb")

nv12 = noise.integers(16, 236, (height * 3 // 2, width), dtype=np.uint8)
nv12.tofile(here / "nv12.raw")
cv2.cvtColor(nv12, cv2.COLOR_YUV2RGB_NV12).tofile(here / "nv12.rgb")

# Soft colours, as chroma is upsampled differently by each decoder where it changes sharply.
y, x = np.mgrid[0:height, 0:width]
soft = np.stack([128 + 100 * np.sin(x / 11 + p) * np.cos(y / 13 - p) for p in (0, 1, 2)], axis=-1)
soft = soft.round().astype(np.uint8)
for name, sampling in (
    ("444", cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
    ("422", cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422),
    ("420", cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420),
):
    options = [cv2.IMWRITE_JPEG_QUALITY, 90, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    data = cv2.imencode(".jpg", soft, options)[1]
    data.tofile(here / f"{name}.jpg")
    cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB).tofile(here / f"{name}.rgb")
# Tall enough that a part of it can be missing; in several scans, and with restart markers.
y, x = np.mgrid[0:160, 0:96]
tall = np.stack([128 + 100 * np.sin(x / 5 + p) * np.cos(y / 7 - p) for p in (0, 1, 2)], axis=-1).round().astype(np.uint8)
for name, option in (
    ("tall", [cv2.IMWRITE_JPEG_OPTIMIZE, 0]),
    ("tall-progressive", [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]),
    ("tall-restart", [cv2.IMWRITE_JPEG_RST_INTERVAL, 4]),
):
    cv2.imencode(".jpg", tall, [cv2.IMWRITE_JPEG_QUALITY, 80, *option])[1].tofile(here / f"{name}.jpg")
gray = cv2.imencode(".jpg", soft[:, :, 0], [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
gray.tofile(here / "gray.jpg")
cv2.imdecode(gray, cv2.IMREAD_GRAYSCALE).tofile(here / "gray.luma")

# OpenCV knows BT.601 in limited range only. The others by the equations of ITU-R BT.601 and BT.709: RGB from Y' and
# the colour differences with the weights of red and blue, each pair of pixels with one U and V.
luma = yuyv[:, :, 0].astype(float)
u = yuyv[:, 0::2, 1].repeat(2, axis=1).astype(float)
v = yuyv[:, 1::2, 1].repeat(2, axis=1).astype(float)
for name, red, blue, full in (
    ("601-full", 0.299, 0.114, True),
    ("709-limited", 0.2126, 0.0722, False),
    ("709-full", 0.2126, 0.0722, True),
):
    y1 = luma / 255 if full else (luma - 16) / 219
    b1, r1 = ((plane - 128) / (255 if full else 224) for plane in (u, v))
    r, b = y1 + 2 * (1 - red) * r1, y1 + 2 * (1 - blue) * b1
    g = (y1 - red * r - blue * b) / (1 - red - blue)
    rgb = (np.stack([r, g, b], axis=-1) * 255).round().clip(0, 255).astype(np.uint8)
    rgb.tofile(here / f"yuyv-{name}.rgb")
