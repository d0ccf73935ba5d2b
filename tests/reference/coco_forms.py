#!/usr/bin/env python3
"""COCO annotations in the forms that other programs write, and COCO's twelve metrics of each, computed with pycocotools.

  coco_forms.py > tests/data/coco_forms.json

Every form says the same as the plain file, or leaves a part of it out, in another way. Where pycocotools takes the file as it is,
the metrics are of that file ("as_is": true). Where it raises an error, they are of the file as mended here.
"""

import contextlib
import copy
import io
import json
import sys
import tempfile

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

BIG = 2**63 + 12345


def plain():
    random = np.random.default_rng(11)
    images = [{"id": id, "file_name": f"{id}.jpg", "width": 810, "height": 1080} for id in (4, 9, 17)]
    categories = [{"id": 1, "name": "person", "supercategory": "people"}, {"id": 3, "name": "dog", "supercategory": "animals"}]
    annotations = []
    for image in images:
        for _ in range(5):
            x, y = (int(v) for v in random.integers(0, 500, 2))
            w, h = (int(v) for v in random.integers(10, 200, 2))
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image["id"],
                    "category_id": int(random.choice([1, 3])),
                    "bbox": [x, y, w, h],
                    "area": w * h,
                    "iscrowd": int(len(annotations) in (2, 8)),
                }
            )
    return {"images": images, "annotations": annotations, "categories": categories}


def detections(truth):
    """File name, class, score, left, top, width, height."""
    random = np.random.default_rng(12)
    files = {image["id"]: image["file_name"] for image in truth["images"]}
    names = {category["id"]: category["name"] for category in truth["categories"]}
    found = []
    for i, a in enumerate(truth["annotations"]):
        x, y, w, h = a["bbox"]
        dx, dy, dw, dh = random.normal(0, 0.1, 4) * [w, h, w, h]
        box = [round(float(v), 2) for v in (x + dx, y + dy, max(w + dw, 1), max(h + dh, 1))]
        found.append([files[a["image_id"]], names[a["category_id"]], round(0.95 - i / 25, 2), *box])
        if i % 3 == 0:
            found.append([files[a["image_id"]], "dog", round(0.9 - i / 25, 2), box[0] + 40, box[1], box[2], box[3]])
    return found


def with_ids(change):
    def form(truth):
        for image in truth["images"]:
            image["id"] = change(image["id"])
        for annotation in truth["annotations"]:
            annotation["image_id"] = change(annotation["image_id"])

    return form


def category_ids(change):
    def form(truth):
        for category in truth["categories"]:
            category["id"] = change(category["id"])
        for annotation in truth["annotations"]:
            annotation["category_id"] = change(annotation["category_id"])

    return form


def annotation(place, **values):
    return lambda truth: truth["annotations"][place].update(values)


def every_annotation(**values):
    return lambda truth: [a.update({k: v(a) for k, v in values.items()}) for a in truth["annotations"]]


def every_image(**values):
    return lambda truth: [image.update(values) for image in truth["images"]]


def without(place, *keys):
    return lambda truth: [truth["annotations"][place].pop(key) for key in keys]


def category(at, **values):
    return lambda truth: truth["categories"].insert(at, values)


def more(**values):
    one = {"id": 99, "image_id": 4, "category_id": 1, "bbox": [5, 5, 50, 60], "area": 3000, "iscrowd": 0}
    return lambda truth: truth["annotations"].append(one | values)


def box_as_text(truth):
    truth["annotations"][1]["bbox"] = [str(v) for v in truth["annotations"][1]["bbox"]]


def drop_last(truth):
    truth["annotations"].pop()


def mend_area(truth):
    for a in truth["annotations"]:
        a["area"] = a["bbox"][2] * a["bbox"][3]


def mend_crowd(truth):
    for a in truth["annotations"]:
        a["iscrowd"] = int(a.get("iscrowd") or 0)


def shift_ids(truth):
    for a in truth["annotations"]:
        a["id"] = a["id"] + 1 if isinstance(a["id"], int) else 1 + int(a["id"].split("-")[1])


def same_images(truth):
    truth["images"].append(dict(truth["images"][0]))


# Name, what is changed, and how pycocotools can be made to take it where it does not, or takes it for something else.
FORMS = [
    ("as it is", lambda truth: None, None),
    ("float ids", with_ids(float), None),
    ("float image_id alone", annotation(0, image_id=4.0), None),
    ("float category ids", category_ids(float), None),
    ("text image ids", with_ids(lambda id: f"bus-{id:03}"), None),
    ("text category ids", category_ids(lambda id: f"c{id}"), None),
    ("text annotation ids", every_annotation(id=lambda a: f"a-{a['id']}"), shift_ids),
    ("image ids over 2^63", with_ids(lambda id: BIG + id), None),
    ("negative ids", with_ids(lambda id: id - 100), None),
    ("annotation ids from 0", every_annotation(id=lambda a: a["id"] - 1), shift_ids),
    ("iscrowd false and true", every_annotation(iscrowd=lambda a: bool(a["iscrowd"])), None),
    ("iscrowd 0.0 and 1.0", every_annotation(iscrowd=lambda a: float(a["iscrowd"])), None),
    ("iscrowd missing where it is 0", lambda truth: [a["iscrowd"] or a.pop("iscrowd") for a in truth["annotations"]], mend_crowd),
    ("iscrowd null where it is 0", every_annotation(iscrowd=lambda a: a["iscrowd"] or None), mend_crowd),
    ("sizes 810.0", every_image(width=810.0, height=1080.0), None),
    ("sizes as text", every_image(width="810", height="1080"), None),
    ("sizes -1", every_image(width=-1, height=-1), None),
    ("sizes null", every_image(width=None, height=None), None),
    ("sizes missing", lambda truth: [image.pop("width") and image.pop("height") for image in truth["images"]], None),
    ("a root category of the same name", category(0, id=0, name="person", supercategory="none"), None),
    ("a root category with a capital", category(0, id=0, name="Person", supercategory="none"), None),
    ("a root category behind", category(2, id=7, name="DOG", supercategory="none"), None),
    ("a category twice", category(2, id=1, name="person", supercategory="people"), None),
    ("an image twice", same_images, None),
    ("a box of an image that is not listed", more(image_id=5), None),
    ("a box of a category that is not listed", more(category_id=2), None),
    ("a box of no category", more(category_id=None), None),
    ("no bbox", lambda truth: (more()(truth), truth["annotations"][-1].pop("bbox")), drop_last),
    ("bbox null", more(bbox=None), drop_last),
    ("bbox empty", more(bbox=[]), drop_last),
    ("bbox as text", box_as_text, None),
    ("a negative width", more(bbox=[50, 5, -20, 60], area=1200), None),
    ("a negative area", annotation(3, area=-5), None),
    ("area missing", without(1, "area"), mend_area),
    ("area null", annotation(1, area=None), mend_area),
    ("area as text", annotation(1, area="a lot"), mend_area),
    ("extra keys", every_annotation(ignore=lambda a: 1, attributes=lambda a: {"occluded": True}, segmentation=lambda a: None), None),
]


def figures(text, found):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file, contextlib.redirect_stdout(io.StringIO()):
        file.write(text)
        file.flush()
        truth = COCO(file.name)
        images = {image["file_name"]: image["id"] for image in truth.dataset["images"]}
        used = {a["category_id"] for a in truth.dataset["annotations"]}
        names = {c["name"]: c["id"] for c in truth.dataset["categories"] if c["id"] in used}
        results = [
            {"image_id": images[f], "category_id": names[n], "score": score, "bbox": box} for f, n, score, *box in found
        ]
        evaluation = COCOeval(truth, truth.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        return [float(v) for v in evaluation.stats]


def main():
    base = plain()
    found = detections(base)
    forms = []
    for name, change, mend in FORMS:
        truth = copy.deepcopy(base)
        change(truth)
        text = json.dumps(truth, separators=(",", ":"))
        if mend is None:
            stats = figures(text, found)
        else:
            mended = copy.deepcopy(truth)
            mend(mended)
            stats = figures(json.dumps(mended), found)
            try:
                same = figures(text, found) == stats
            except Exception as error:
                print(f"{name}: pycocotools: {type(error).__name__}: {error}", file=sys.stderr)
            else:
                print(f"{name}: pycocotools takes it, {'the same' if same else 'for something else'}", file=sys.stderr)
        forms.append({"name": name, "as_is": mend is None, "file": text, "figures": stats})
    print('{"found":' + json.dumps(found, separators=(",", ":")) + ',\n"forms":[')
    print(",\n".join(json.dumps(form, separators=(",", ":")) for form in forms) + "]}")


if __name__ == "__main__":
    main()
