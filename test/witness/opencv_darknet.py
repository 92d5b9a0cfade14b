"""What OpenCV's DNN module finds with a Darknet network, as JSON: an independent reading of the same cfg and weights.

    python3 -m venv venv && venv/bin/pip install 'opencv-python-headless<5'    # OpenCV 5 reads no Darknet files
    venv/bin/python test/witness/opencv_darknet.py CFG WEIGHTS IMAGE... > test/fixtures/darknet/NAME.opencv.json

Images are stretched to the input (bilinear), red first, values from 0 to 1. Boxes are [x, y, width, height] in pixels of
the image, unclipped. Also told are the sums and some values of feature maps, for the first image.
"""

import json
import os
import platform
import sys

try:
    import cv2
    import numpy
except ImportError:
    sys.exit("This witness needs OpenCV: pip install 'opencv-python-headless<5' (or the package python3-opencv).")

THRESHOLD = 0.25
OVERLAP = 0.45


def detect(network, image, width, height):
    blob = cv2.dnn.blobFromImage(image, 1 / 255, (width, height), swapRB=True, crop=False)
    network.setInput(blob)
    rows = numpy.concatenate([rows for rows in network.forward(network.getUnconnectedOutLayersNames())])
    across, down = image.shape[1], image.shape[0]
    found = []
    for index in range(rows.shape[1] - 5):
        scores = rows[:, 5 + index]
        chosen = rows[scores > THRESHOLD]
        if len(chosen) == 0:
            continue
        boxes = [
            [float((x - w / 2) * across), float((y - h / 2) * down), float(w * across), float(h * down)]
            for x, y, w, h in chosen[:, :4]
        ]
        scores = [float(score) for score in chosen[:, 5 + index]]
        for kept in numpy.array(cv2.dnn.NMSBoxes(boxes, scores, THRESHOLD, OVERLAP)).flatten():
            found.append({"class": index, "score": round(scores[kept], 5), "box": [round(v, 3) for v in boxes[kept]]})
    return sorted(found, key=lambda one: -one["score"])


def feature_maps(cfg, weights, image, width, height):
    # Of its own: a network that gives single maps must not fuse layers, nor keep one map where another was.
    network = cv2.dnn.readNetFromDarknet(cfg, weights)
    network.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    network.enableFusion(False)
    blob = cv2.dnn.blobFromImage(image, 1 / 255, (width, height), swapRB=True, crop=False)
    network.setInput(blob)
    # Names end in the number of Darknet's layer; the last one with a number gives what that layer gives.
    last = {}
    for name in network.getLayerNames():
        number = name.split("_")[-1]
        if number.isdigit() and not name.startswith(("yolo", "permute")):
            last[int(number)] = name
    chosen = [index for index in sorted(last) if index % 5 == 0]
    maps = []
    for index, values in zip(chosen, network.forward([last[index] for index in chosen])):
        maps.append(
            {
                "layer": index,
                "name": last[index],
                "shape": list(values.shape[1:]),
                "mean": float(numpy.mean(values, dtype=numpy.float64)),
                "deviation": float(numpy.std(values, dtype=numpy.float64)),
                # A column through the channels in the middle of the map, at most 12 of them.
                "middle": [round(float(v), 5) for v in values[0, :12, values.shape[2] // 2, values.shape[3] // 2]],
            }
        )
    return maps


def main(cfg, weights, images):
    network = cv2.dnn.readNetFromDarknet(cfg, weights)
    network.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    # The first width and height of a cfg are those of [net].
    with open(cfg, encoding="utf-8") as text:
        lines = [line.replace(" ", "").strip() for line in text]
    width, height = (int(next(line for line in lines if line.startswith(key)).split("=")[1]) for key in ("width=", "height="))
    photos = []
    for path in images:
        image = cv2.imread(path)
        if image is None:
            sys.exit(f"OpenCV cannot read {path}.")
        photos.append(
            {
                "image": os.path.basename(path),
                "width": image.shape[1],
                "height": image.shape[0],
                "boxes": detect(network, image, width, height),
            }
        )
    report = {
        "witness": f"OpenCV {cv2.__version__}, NumPy {numpy.__version__}, Python {platform.python_version()}",
        "network": os.path.basename(cfg),
        "input": [height, width],
        "threshold": THRESHOLD,
        "overlap": OVERLAP,
        "photos": photos,
        "maps": feature_maps(cfg, weights, cv2.imread(images[0]), width, height),
    }
    json.dump(report, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
