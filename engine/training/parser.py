"""Trains the parser: class-weighted cross-entropy and soft Dice on augmented frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from engine.evaluation.parser import iou_figures, parse_frames
from engine.fill import pull_push
from engine.labels import HEAD, IGNORE, NUM_CLASSES, Layout, SemanticClass, mask_of, palette
from engine.masks import dilate
from engine.parsing.model import Parser
from engine.training.augment import (
    beside_head,
    degrade,
    drapery,
    dyed,
    light_and_colour,
    new_background,
    place_frame,
    random_placement,
    studio,
    transplanted,
)
from engine.training.data import Batch, Frames, Losses, Sample, batches
from engine.training.wardrobe import Wardrobe

DYED = frozenset({SemanticClass.UPPER_CLOTHES, SemanticClass.HAT, SemanticClass.BODY_ACCESSORY})
BESIDE_SHARE = 0.2  # of the heads have cloth of other photos behind and beside them
TRANSPLANT_SHARE = 0.25  # of the people wear a head, with all its hair, of somebody else
CLOSING_SHARE = 0.35  # of the frames are made up as much as that at the end of a training


def class_weights(layouts: np.ndarray) -> Tensor:
    """Rare classes weigh more: (median frequency / frequency) ** 0.4, clipped to 0.5..4."""
    counts = np.bincount(layouts.ravel(), minlength=256)[:NUM_CLASSES].astype(np.float64)
    share = np.maximum(counts, 1) / counts.sum()
    weights = (np.median(share[counts > 0]) / share) ** 0.4
    return torch.tensor(np.clip(weights, 0.5, 4.0), dtype=torch.float32)


def dice_loss(logits: Tensor, target: Tensor) -> Tensor:
    """1 - soft Dice over the batch, averaged over the classes present in it."""
    known = (target != IGNORE)[:, None]
    p = logits.float().softmax(1) * known
    y = F.one_hot(target.clamp(max=NUM_CLASSES - 1), NUM_CLASSES).movedim(-1, 1) * known
    overlap, total = (p * y).sum((0, 2, 3)), (p + y).sum((0, 2, 3))
    present = y.sum((0, 2, 3)) > 0
    return 1 - ((2 * overlap + 1) / (total + 1))[present].mean()


class ParserTask:
    """See ``loop.Task``."""

    def __init__(
        self,
        folder: Path,
        *,
        batch_size: int = 8,
        learning_rate: float = 1e-3,
        closing: bool = False,
    ) -> None:
        self.frames = Frames.load(folder, "train")
        self.validation = Frames.load(folder, "validation", sources=("labels",))
        parser = Parser()
        self.modules: dict[str, nn.Module] = {"parser": parser}
        self.optimizers: dict[str, torch.optim.Optimizer] = {
            "parser": torch.optim.AdamW(
                parser.parameters(), learning_rate, weight_decay=0.03, fused=True
            )
        }
        self.batch_size = batch_size
        self.made_up = CLOSING_SHARE if closing else 1.0
        self.weights = class_weights(self.frames.layouts)
        self.wardrobe = Wardrobe(self.frames)
        # Noisy student (Xie et al. 2020): the parser's own labels teach too, half as often as
        # a person's, since the student sees the frames augmented. Hats and scarves are rare,
        # so that they are drawn twice as often.
        draw = np.where([item.layout == "labels" for item in self.frames.items], 1.0, 0.5)
        for those in self.wardrobe.worn_by.values():
            draw[those] *= 2
        self.draw = draw / draw.sum()
        self.labelled = np.flatnonzero([item.layout == "labels" for item in self.frames.items])

    def make(self, rng: np.random.Generator) -> Sample:
        """A frame, most about the canonical one, some far from it: person finding needs those."""
        i = int(rng.choice(len(self.draw), p=self.draw))
        made_up = rng.random() < self.made_up
        wide = made_up and rng.random() < 0.2
        placement = random_placement(
            rng,
            scale=(0.6, 1.8) if wide else (0.8, 1.25),
            degrees=20 if wide else 10,
            shift=40 if wide else 12,
        )
        image, layout = self.frames.images[i], self.frames.layouts[i]
        if made_up:
            image, layout = self._dressed(image, layout, rng)
        image, layout = place_frame(image, layout, placement, flip=rng.random() < 0.5)
        if made_up:
            image = self._elsewhere(image, layout, rng)
        if made_up and rng.random() < BESIDE_SHARE:
            for j in rng.choice(self.labelled, size=int(rng.integers(1, 4))):
                image = beside_head(
                    image, layout, self.frames.images[j], self.frames.layouts[j], rng
                )
        image = light_and_colour(image, rng, strength=1.0 if made_up else 0.5)
        if made_up:
            image = degrade(image, rng)
        return {"image": image, "layout": layout}

    def _dressed(
        self, image: NDArray[np.uint8], layout: Layout, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], Layout]:
        """Sometimes with a head, hat or scarf of somebody else."""
        if rng.random() < TRANSPLANT_SHARE:
            j = int(rng.choice(self.labelled))
            image, layout = transplanted(
                image, layout, self.frames.images[j], self.frames.layouts[j], rng
            )
        for kind, share in ((SemanticClass.HAT, 0.08), (SemanticClass.BODY_ACCESSORY, 0.08)):
            garment = self.wardrobe.pick(kind, rng) if rng.random() < share else None
            if garment is not None:
                image, layout = garment.put_on(image), garment.put_into(layout)
        return image, layout

    def _elsewhere(
        self, image: NDArray[np.uint8], layout: Layout, rng: np.random.Generator
    ) -> NDArray[np.uint8]:
        """Sometimes other clothes' colours and another background: street photos aren't all."""
        if rng.random() < 0.25:
            image = dyed(image, mask_of(layout, DYED), rng)
        kind = rng.random()
        if kind < 0.12:
            return new_background(image, layout, studio(rng))
        if kind < 0.24:
            # In the head's own colours now and then, no more: nothing tells them apart then.
            like = image[mask_of(layout, HEAD)] if rng.random() < 0.25 else None
            return new_background(image, layout, drapery(rng, like=like))
        if kind < 0.46:
            j = int(rng.integers(len(self.frames)))
            away = random_placement(rng, scale=(0.7, 1.6), degrees=15, shift=60)
            other, its = place_frame(
                self.frames.images[j], self.frames.layouts[j], away, flip=rng.random() < 0.5
            )
            empty = ~dilate((its != SemanticClass.BACKGROUND) & (its != IGNORE), 6)
            return new_background(image, layout, pull_push(other, empty))
        return image

    def batches(self, seed: int) -> Iterable[Batch]:
        return batches(self.make, self.batch_size, seed=seed)

    def losses(self, batch: Batch, progress: float) -> Losses:
        image = (batch["image"].movedim(-1, 1).float() / 127.5 - 1).contiguous(
            memory_format=torch.channels_last
        )
        target = batch["layout"].long()
        logits = self.modules["parser"](image)
        # A quarter of the pixels, others each time, tells as much at a quarter of the time.
        y, x = torch.randint(2, (2,)).tolist()
        logits, target = logits[..., y::2, x::2], target[..., y::2, x::2]
        ce = F.cross_entropy(
            logits.float(), target, weight=self.weights.to(logits.device), ignore_index=IGNORE
        )
        dice = dice_loss(logits, target)
        yield "parser", ce + 0.5 * dice, {"ce": ce.detach(), "dice": dice.detach()}

    def evaluate(self, averaged: Mapping[str, nn.Module]) -> dict[str, float]:
        pairs = [self.validation.canonical(i) for i in range(len(self.validation))]
        images = np.stack([image for image, _ in pairs])
        truth = np.stack([layout for _, layout in pairs])
        return iou_figures(parse_frames(averaged["parser"], images), truth)

    def sample(self, path: Path, averaged: Mapping[str, nn.Module]) -> None:
        picks = np.linspace(0, len(self.validation) - 1, 8).astype(int)
        images = np.stack([self.validation.canonical(int(i))[0] for i in picks])
        layouts = parse_frames(averaged["parser"], images)
        grid = np.concatenate([np.hstack(list(images)), np.hstack(list(palette()[layouts]))])
        cv2.imwrite(str(path), np.ascontiguousarray(grid[..., ::-1]))

    def save(self, folder: Path, averaged: Mapping[str, nn.Module]) -> None:
        averaged["parser"].save_pretrained(folder / "parser")  # type: ignore[operator]
