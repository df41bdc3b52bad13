"""Trains the finder on whole photos and their landmarks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from engine.errors import InputFileError
from engine.evaluation.finder import finder_figures
from engine.finding.finder import find_heads
from engine.finding.model import CROP, DETECTOR_FACE, REFINER_FACE, STRIDE, Finder
from engine.framing import Similarity, warp
from engine.labels import SemanticClass
from engine.sentences import Sentence
from engine.training.augment import degrade, light_and_colour
from engine.training.data import Batch, Frames, Losses, Sample, batches
from engine.training.prepare import MARGIN, Item, read_manifest
from engine.training.wardrobe import Wardrobe

DETECTOR_CROP = 192
ANSWERED = 2**0.8  # faces within this factor of DETECTOR_FACE are positives
IGNORED = 2**1.25  # beyond this factor they are negatives
HATS = 0.2  # share of photos whose person gets somebody else's hat
# Landmarks that change places in a mirrored photo (order of prepare.KEPT_POINTS).
MIRRORED = (0, 1, 3, 2, 7, 6, 5, 4, 8, 10, 9, 11)


def face_of(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], float, float]:
    """Centre, height and roll (radians, positive clockwise) of a face from its landmarks."""
    top, chin = points[0], points[1]
    dx, dy = chin - top
    return (top + chin) / 2, math.hypot(dx, dy), math.atan2(-dx, dy)


class FinderTask:
    """See ``loop.Task``."""

    def __init__(self, folder: Path, *, batch_size: int = 16, learning_rate: float = 8e-4) -> None:
        self.dataset, items = read_manifest(folder)
        self.items = [i for i in items if i.split == "train"]
        self.validation = [i for i in items if i.split == "validation"]
        self.files = {i.id: (self.dataset / i.photo).read_bytes() for i in self.items}
        self.wardrobe = Wardrobe(Frames.load(folder, "train", sources=("labels",)))
        finder = Finder()
        self.modules: dict[str, nn.Module] = {"finder": finder}
        self.optimizers: dict[str, torch.optim.Optimizer] = {
            "finder": torch.optim.AdamW(
                finder.parameters(), learning_rate, weight_decay=0.02, fused=True
            )
        }
        self.batch_size = batch_size

    def _photo(self, item: Item) -> NDArray[np.uint8]:
        bgr = cv2.imdecode(np.frombuffer(self.files[item.id], np.uint8), cv2.IMREAD_COLOR)
        if bgr is None:
            raise InputFileError(
                Sentence("{path} can't be read as a photo.", path=item.photo), subject=item.photo
            )
        return np.asarray(np.ascontiguousarray(bgr[..., ::-1]), np.uint8)

    def make(self, rng: np.random.Generator) -> Sample:
        item = self.items[int(rng.integers(len(self.items)))]
        photo, points = self._with_hat(self._photo(item), item, rng), np.array(item.points)
        if rng.random() < 0.5:
            photo = np.ascontiguousarray(photo[:, ::-1])
            points = (points * (-1, 1) + (photo.shape[1], 0))[list(MIRRORED)]
        sample = self._detector_sample(photo, points, rng)
        sample.update(self._refiner_sample(photo, points, rng))
        return sample

    def _with_hat(
        self, photo: NDArray[np.uint8], item: Item, rng: np.random.Generator
    ) -> NDArray[np.uint8]:
        hat = self.wardrobe.pick(SemanticClass.HAT, rng) if rng.random() < HATS else None
        if hat is None:
            return photo
        from_wide = Similarity(1.0, 0.0, -MARGIN, -MARGIN).then(item.to_frame.inverse())
        return hat.moved(from_wide, (photo.shape[1], photo.shape[0])).put_on(photo)

    @staticmethod
    def _move(
        points: NDArray[np.float64],
        height: float,
        centre: NDArray[np.float64],
        angle: float,
    ) -> Similarity:
        """The map that turns by ``angle`` and puts the face, ``height`` px high, at ``centre``."""
        at, face, _ = face_of(points)
        turn = Similarity(height / face, angle)
        x, y = turn.apply(at)
        return turn.with_shift(float(centre[0] - x), float(centre[1] - y))

    def _look(
        self, photo: NDArray[np.uint8], move: Similarity, size: int, rng: np.random.Generator
    ) -> NDArray[np.uint8]:
        border = cv2.BORDER_REPLICATE if rng.random() < 0.5 else cv2.BORDER_REFLECT_101
        image = warp(photo, move, (size, size), border=border)
        return degrade(light_and_colour(image, rng), rng)

    def _detector_sample(
        self, photo: NDArray[np.uint8], points: NDArray[np.float64], rng: np.random.Generator
    ) -> Sample:
        size, cells = DETECTOR_CROP, DETECTOR_CROP // STRIDE
        kind = rng.random()
        angle = math.radians(rng.normal(0, 12))
        if kind < 0.75:  # a face of a size that must be answered, anywhere in the crop
            height = DETECTOR_FACE * ANSWERED ** rng.uniform(-1, 1)
            centre = rng.uniform(0, size, size=2)
        elif kind < 0.9:  # any size
            height = math.exp(rng.uniform(math.log(6), math.log(160)))
            centre = rng.uniform(0, size, size=2)
        else:  # beside the face
            height = math.exp(rng.uniform(math.log(20), math.log(200)))
            centre = rng.uniform(-0.5, 1.5, size=2) * size
        move = self._move(points, height, centre, angle)
        image = self._look(photo, move, size, rng)
        (x, y), face, roll = face_of(move.apply(points))
        target = np.zeros((6, cells, cells), np.float32)
        weight = np.ones((cells, cells), np.float32)
        gy, gx = (np.mgrid[:cells, :cells] + 0.5) * STRIDE
        distance = np.hypot(gx - x, gy - y) / face
        ratio = max(face / DETECTOR_FACE, DETECTOR_FACE / face)
        if ratio <= ANSWERED:
            target[0] = np.exp(-((distance / 0.18) ** 2))
            target[0][target[0] < 0.05] = 0
            weight[(distance > 0.18) & (distance < 0.5)] = 0.5
        elif ratio <= IGNORED:
            weight[distance < 0.8] = 0
        target[1], target[2] = (x - gx) / DETECTOR_FACE, (y - gy) / DETECTOR_FACE
        target[3] = math.log(face / DETECTOR_FACE)
        target[4], target[5] = math.sin(roll), math.cos(roll)
        near = ((distance < 0.3) & (ratio <= IGNORED)).astype(np.float32)
        return {"image": image, "target": target, "weight": weight, "near": near}

    def _refiner_sample(
        self, photo: NDArray[np.uint8], points: NDArray[np.float64], rng: np.random.Generator
    ) -> Sample:
        is_face = rng.random() < 0.88
        _, _, roll = face_of(points)
        if is_face:
            height = REFINER_FACE * math.exp(rng.normal(0, 0.2))
            centre = CROP / 2 + rng.normal(0, 7, size=2)
            angle = -roll + math.radians(rng.normal(0, 10))
        else:
            height = REFINER_FACE * math.exp(rng.uniform(-1.8, 1.8))
            away = rng.uniform(0.9, 4) * height
            direction = rng.uniform(0, 2 * math.pi)
            centre = CROP / 2 + away * np.array([math.cos(direction), math.sin(direction)])
            angle = rng.normal(0, 0.3)
        move = self._move(points, height, centre, angle)
        return {
            "crop": self._look(photo, move, CROP, rng),
            "points": move.apply(points).astype(np.float32),
            "is_face": np.array(is_face, np.float32),
        }

    def batches(self, seed: int) -> Iterable[Batch]:
        return batches(self.make, self.batch_size, seed=seed)

    def losses(self, batch: Batch, progress: float) -> Losses:
        def tensor(x: Tensor) -> Tensor:
            return (x.movedim(-1, 1).float() / 127.5 - 1).contiguous(
                memory_format=torch.channels_last
            )

        cells, points, logit = self.modules["finder"](tensor(batch["image"]), tensor(batch["crop"]))
        cells, target, near = cells.float(), batch["target"], batch["near"]
        heat = F.binary_cross_entropy_with_logits(cells[:, 0], target[:, 0], reduction="none")
        # Focal: easy background must not drown the few cells with a face.
        easy = (cells[:, 0].sigmoid().detach() - target[:, 0]).abs().square()
        score = (heat * easy * batch["weight"]).sum() / len(cells)
        box = ((cells[:, 1:] - target[:, 1:]).abs() * near[:, None]).sum() / near.sum().clamp(min=1)
        face = batch["is_face"]
        miss = (points - batch["points"]).abs().sum(-1) / REFINER_FACE
        frame_points = miss[:, :2].mean(1)  # top and chin make the frame: they weigh more
        place = ((miss.mean(1) + 2 * frame_points) * face).sum() / face.sum().clamp(min=1)
        confident = F.binary_cross_entropy_with_logits(logit, face)
        loss = score + box + 4 * place + 0.3 * confident
        shown = {"score": score, "box": box, "place": place, "confident": confident}
        yield "finder", loss, {k: v.detach() for k, v in shown.items()}

    def evaluate(self, averaged: Mapping[str, nn.Module]) -> dict[str, float]:
        find = partial(find_heads, cast(Finder, averaged["finder"]))
        figures, _ = finder_figures(find, self.dataset, self.validation[::4])
        return figures

    def sample(self, path: Path, averaged: Mapping[str, nn.Module]) -> None:
        _, frames = finder_figures(
            partial(find_heads, cast(Finder, averaged["finder"])), self.dataset, self.validation[:8]
        )
        if frames:  # at first it may find nobody
            cv2.imwrite(str(path), np.ascontiguousarray(np.hstack(frames)[..., ::-1]))

    def save(self, folder: Path, averaged: Mapping[str, nn.Module]) -> None:
        averaged["finder"].save_pretrained(folder / "finder")  # type: ignore[operator]
