"""The peer in the matcher's figures: onnxruntime, OpenCV and NumPy doing the same work with the same models on one core.

Arguments: the files of detector, mesh, eyes, embedder, near and far passive score. Reads the path of a picture a line and
answers with a line of JSON: the milliseconds of processor time of each stage, and what was found, so that both sides can be held together.
Coordinates are continuous pixels: the first pixel's centre is (0.5, 0.5).
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
T = TypeVar("T")

# The person's right eye, left eye, nose tip and corners of the mouth in an aligned face of 112 x 112 (ArcFace, CVPR 2019).
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
LEFT_EYE = ((263, 362), ((387, 373), (386, 374), (385, 380)))
RIGHT_EYE = ((33, 133), ((160, 144), (159, 145), (158, 153)))
NOSE_TIP, MOUTH_CORNERS = 1, (61, 291)


class Face(NamedTuple):
    """A detected face: corner and size of its box, and its five points."""

    x: float
    y: float
    width: float
    height: float
    points: Floats


class Square(NamedTuple):
    """A square of the picture: its middle, its side, its tilt in radians."""

    x: float
    y: float
    side: float
    angle: float


class Model:
    """A network on one thread."""

    def __init__(self, path: str) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name

    def __call__(self, values: Floats) -> list[Floats]:
        return [output.reshape(-1) for output in self.session.run(None, {self.input: values})]


def cut(picture: Pixels, map: Floats, side: int, border: int) -> Pixels:
    """The piece of `side` x `side` pixels whose continuous coordinates `map` takes to those of the picture."""
    by_index = map.copy()
    by_index[:, 2] += map[:, :2] @ (0.5, 0.5) - 0.5
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(picture, by_index, (side, side), flags=flags, borderMode=border)


def square_map(square: Square, side: int) -> Floats:
    """From the pixels of a cut-out of `side` to those of the picture."""
    scale = square.side / side
    a, c = scale * math.cos(square.angle), scale * math.sin(square.angle)
    return np.array([[a, -c, square.x - (a - c) * side / 2], [c, a, square.y - (a + c) * side / 2]])


def detect(model: Model, picture: Pixels) -> Face | None:
    """The most prominent face, by YuNet on a letterbox of 320 x 320."""
    height, width = picture.shape[:2]
    scale = max(width, height) / 320
    shrunk = cv2.resize(picture, (round(width / scale), round(height / scale)), interpolation=cv2.INTER_LINEAR)
    letterbox = np.zeros((320, 320, 3), np.uint8)
    letterbox[: shrunk.shape[0], : shrunk.shape[1]] = shrunk
    outputs = model(cv2.dnn.blobFromImage(letterbox))
    boxes, scores, points = [], [], []
    for level, stride in enumerate((8, 16, 32)):
        score = np.sqrt(outputs[level].clip(0, 1) * outputs[3 + level].clip(0, 1))
        cells = np.flatnonzero(score >= 0.6)
        grid = np.stack((cells % (320 // stride), cells // (320 // stride)), axis=1)
        box = outputs[6 + level].reshape(-1, 4)[cells]
        size = np.exp(box[:, 2:])
        boxes.append(np.hstack((grid + box[:, :2] - size / 2, size)) * (stride * scale))
        points.append((grid[:, None] + outputs[9 + level].reshape(-1, 5, 2)[cells]) * (stride * scale))
        scores.append(score[cells])
    found, faces = np.concatenate(boxes), np.concatenate(points)
    kept = np.asarray(cv2.dnn.NMSBoxes(found.tolist(), np.concatenate(scores).tolist(), 0.6, 0.3), np.int64)
    if kept.size == 0:
        return None
    away = np.hypot(*(found[kept, :2] + found[kept, 2:] / 2 - (width / 2, height / 2)).T)
    best = kept[np.argmax(found[kept, 2] * found[kept, 3] - 2 * away**2)]
    return Face(*found[best], points=faces[best])


def align(picture: Pixels, mesh: Floats) -> Pixels:
    """The mesh's face brought to the template by the similarity of least squares: a product of complex numbers and a shift."""
    eyes = [(mesh[outer] + mesh[inner]) / 2 for (outer, inner), _ in (RIGHT_EYE, LEFT_EYE)]
    points = np.array([*eyes, mesh[NOSE_TIP], *mesh[MOUTH_CORNERS, :]])
    here = points[:, 0] + 1j * points[:, 1]
    there = TEMPLATE[:, 0] + 0.5 + 1j * (TEMPLATE[:, 1] + 0.5)
    spread = here - here.mean()
    back = np.vdot(spread, spread) / np.vdot(spread, there - there.mean())
    shift = here.mean() - back * there.mean()
    map = np.array([[back.real, -back.imag, shift.real], [back.imag, back.real, shift.imag]])
    return cut(picture, map, 112, cv2.BORDER_CONSTANT)


def embed(model: Model, aligned: Pixels) -> Floats:
    """EdgeFace's embedding, of unit length."""
    embedding = model(cv2.dnn.blobFromImage(aligned, 1 / 128, mean=(127.5, 127.5, 127.5), swapRB=True))[0]
    return embedding / np.linalg.norm(embedding)


def measure(model: Model, picture: Pixels, face: Face) -> Floats:
    """The mesh's 468 points: measured in the detector's square first, then in that of the first mesh."""
    (right, left), side = face.points[:2], max(face.width, face.height)
    angle = math.atan2(left[1] - right[1], left[0] - right[0])
    x = face.x + face.width / 2 - math.sin(angle) * 0.05 * side
    y = face.y + face.height / 2 + math.cos(angle) * 0.05 * side
    first = measure_in(model, picture, Square(x, y, 1.5 * 0.89 * side, angle))
    angle = tilt(first)
    cos, sin = math.cos(angle), math.sin(angle)
    level = first[:, :2] @ np.array([[cos, -sin], [sin, cos]])
    low, high = level.min(axis=0), level.max(axis=0)
    x, y = (low + high) / 2
    return measure_in(model, picture, Square(cos * x - sin * y, sin * x + cos * y, 1.5 * max(high - low), angle))


def measure_in(model: Model, picture: Pixels, square: Square) -> Floats:
    map = square_map(square, 192)
    face = cut(picture, map, 192, cv2.BORDER_REPLICATE)
    mesh = model(cv2.dnn.blobFromImage(face, 1 / 255, swapRB=True))[0].reshape(-1, 3)
    return np.hstack((mesh[:, :2] @ map[:, :2].T + map[:, 2], mesh[:, 2:] * (square.side / 192)))


def tilt(mesh: Floats) -> float:
    """Tilt of the line through the eyes' outer corners."""
    (right_x, right_y), (left_x, left_y) = mesh[33, :2], mesh[263, :2]
    return math.atan2(left_y - right_y, left_x - right_x)


def openness(model: Model, picture: Pixels, mesh: Floats, eye: tuple) -> float:
    """How open an eye is: the classifier's log odds over three cut-outs, and those of the lids."""
    (outer, inner), lids = eye
    width = float(np.linalg.norm(mesh[outer] - mesh[inner]))
    x, y = (mesh[outer, :2] + mesh[inner, :2]) / 2
    odds = 0.0
    for margin, mirrored in ((1.6, False), (1.8, True), (2.0, False)):
        map = square_map(Square(x, y, margin * width, tilt(mesh)), 32)
        grey = cv2.cvtColor(cut(picture, map, 32, cv2.BORDER_REPLICATE), cv2.COLOR_BGR2GRAY) / np.float32(255)
        grey = (40 / 255 / (grey.std() + 2 / 255) * (grey - grey.mean())).clip(-127 / 255, 128 / 255)
        grey = grey[:, ::-1] if mirrored else grey
        chance = float(model(np.broadcast_to(grey.astype(np.float32), (1, 3, 32, 32)).copy())[0][1])
        odds += min(max(math.log(max(chance, 1e-6) / max(1 - chance, 1e-6)), -6), 6) / 3
    opening = sum(float(np.linalg.norm(mesh[upper] - mesh[lower])) for upper, lower in lids) / 3 / width
    return 1 / (1 + math.exp(-odds - min(max((opening - 0.2) / 0.02, -4), 4)))


def passive(model: Model, picture: Pixels, face: Face, scale: float) -> float:
    """Probability that the face is live, on a crop of `scale` times the face's box that lies within the picture."""
    height, width = picture.shape[:2]
    scale = min(scale, (width - 1) / face.width, (height - 1) / face.height)
    crop = np.array((face.width, face.height)) * scale
    corner = np.array((face.x + face.width / 2, face.y + face.height / 2)) - crop / 2
    corner = np.maximum(np.minimum(corner, np.array((width, height)) - crop), 0)
    map = np.array([[crop[0] / 80, 0, corner[0]], [0, crop[1] / 80, corner[1]]])
    logits = model(cv2.dnn.blobFromImage(cut(picture, map, 80, cv2.BORDER_REPLICATE)))[0]
    powers = np.exp(logits - logits.max())
    return float(powers[1] / powers.sum())


def examine(models: list[Model], encoded: bytes) -> dict[str, object]:
    """All stages on one picture."""
    detector, mesher, eyes, embedder, near, far = models
    ms: dict[str, float] = {}

    def timed(stage: str, work: Callable[[], T]) -> T:
        begun = time.process_time()
        result = work()
        ms[stage] = 1000 * (time.process_time() - begun)
        return result

    picture = timed("decode", lambda: cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR))
    face = timed("detect", lambda: detect(detector, picture))
    if face is None:
        return {"ms": ms}
    mesh = timed("mesh", lambda: measure(mesher, picture, face))
    aligned = timed("align", lambda: align(picture, mesh))
    embedding = timed("embed", lambda: embed(embedder, aligned))
    both = timed("eyes", lambda: [openness(eyes, picture, mesh, eye) for eye in (LEFT_EYE, RIGHT_EYE)])
    live = timed("passive", lambda: (passive(near, picture, face, 2.7) + passive(far, picture, face, 4.0)) / 2)
    found = {"points": face.points, "embedding": embedding, "mesh": mesh[:, :2]}
    return {"ms": ms, "found": {name: values.tolist() for name, values in found.items()} | {"eyes": both, "passive": live}}


def main() -> None:
    cv2.setNumThreads(1)
    models = [Model(path) for path in sys.argv[1:]]
    versions = {"onnxruntime": onnxruntime.__version__, "opencv": cv2.__version__, "numpy": np.__version__}
    print(json.dumps(versions), flush=True)
    for line in sys.stdin:
        print(json.dumps(examine(models, Path(line.rstrip("\n")).read_bytes())), flush=True)


if __name__ == "__main__":
    main()
