"""The detector's mathematics in NumPy and OpenCV, written from the model card, not from Twinsight's sources."""

import cv2
import numpy as np

INPUT = 416
PADDING = 114
# Grid width -> stride and anchors from the card; anchor 0 (10, 14) is unused.
HEADS = {
    26: (16, [(23, 27), (37, 58), (81, 82)]),
    13: (32, [(81, 82), (135, 169), (344, 319)]),
}
SCALE_X_Y = 1.05
# The most boxes of an image.
TOP = 2000


def placement(width, height, size=INPUT):
    """Return (new width, new height, left, top) of an image inside the square input."""
    r = min(size / width, size / height)
    new_w, new_h = (max(1, int(np.floor(side * r + 0.5))) for side in (width, height))
    return new_w, new_h, (size - new_w) // 2, (size - new_h) // 2


def letterbox(rgb, size=INPUT):
    """uint8 [h, w, 3] -> float32 [1, 3, size, size] in 0..1, and the placement."""
    height, width = rgb.shape[:2]
    new_w, new_h, left, top = placement(width, height, size)
    canvas = np.full((size, size, 3), PADDING, np.uint8)
    canvas[top : top + new_h, left : left + new_w] = cv2.resize(rgb, (new_w, new_h), interpolation=cv2.INTER_LINEAR)
    tensor = np.ascontiguousarray(canvas.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
    return tensor, (new_w, new_h, left, top)


def sigmoid(x):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def decode(heads, image_size, place, score_threshold, classes=80):
    """Raw heads -> (class ids, scores, boxes in image pixels), in the order head, anchor, cell, class.

    Boxes are whole, as darknet compares them in NMS; those without a part inside the image are left out. Double
    precision, so that a comparison shows Twinsight's rounding.
    """
    width, height = image_size
    new_w, new_h, left, top = place
    ids, scores, boxes = [], [], []
    # Finest grid first, whatever the order of the outputs.
    for raw in sorted(heads, key=lambda h: -h.shape[-1]):
        grid = raw.shape[-1]
        stride, anchors = HEADS[grid]
        raw = raw.astype(np.float64).reshape(len(anchors), 5 + classes, grid, grid)
        row, column = np.mgrid[0:grid, 0:grid]
        for planes, (anchor_w, anchor_h) in zip(raw, anchors):
            shift = (SCALE_X_Y - 1) / 2
            x = (sigmoid(planes[0]) * SCALE_X_Y - shift + column) * stride
            y = (sigmoid(planes[1]) * SCALE_X_Y - shift + row) * stride
            with np.errstate(over="ignore"):
                w, h = anchor_w * np.exp(planes[2]), anchor_h * np.exp(planes[3])
            corners = np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], -1)
            scale = np.array([new_w / width, new_h / height] * 2)
            corners = (corners - [left, top, left, top]) / scale
            finite = np.isfinite(corners).all(-1)
            part = clip(corners, image_size)
            inside = finite & (part[..., 2] > part[..., 0]) & (part[..., 3] > part[..., 1])
            score = sigmoid(planes[4])[..., None] * sigmoid(planes[5:]).transpose(1, 2, 0)
            found = np.argwhere((score > score_threshold) & inside[..., None])
            for r, c, k in found:
                ids.append(int(k))
                scores.append(float(score[r, c, k]))
                boxes.append(corners[r, c])
    return np.array(ids, int), np.array(scores, float), np.array(boxes, float).reshape(-1, 4)


def clip(boxes, image_size):
    """Return the parts of the boxes inside the image."""
    width, height = image_size
    return boxes.clip(0, [width, height, width, height])


def iou(box, others):
    w = np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0])
    h = np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1])
    both = w.clip(0) * h.clip(0)
    area = lambda b: (b[..., 2] - b[..., 0]) * (b[..., 3] - b[..., 1])  # noqa: E731
    union = area(box) + area(others) - both
    return np.where(both > 0, both / np.where(union > 0, union, 1), 0)


def nms(ids, scores, boxes, iou_threshold, top=TOP):
    """Return the indices of the kept boxes, highest score first: greedy, within each class."""
    kept = []
    for k in np.unique(ids):
        rest = np.flatnonzero(ids == k)
        rest = rest[np.argsort(-scores[rest], kind="stable")]
        while len(rest):
            kept.append(rest[0])
            rest = rest[1:][iou(boxes[rest[0]], boxes[rest[1:]]) <= iou_threshold]
    kept = np.array(kept, int)
    # Ties in the order of the raw heads, which is that of the candidates.
    kept.sort()
    return kept[np.argsort(-scores[kept], kind="stable")][:top]
