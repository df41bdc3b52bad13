"""Trains G_layout, self-supervised: holes are cut into layouts and must be restored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from engine.labels import (
    BODY,
    HEAD,
    IGNORE,
    NECK,
    NUM_CLASSES,
    Layout,
    SemanticClass,
    mask_of,
    palette,
)
from engine.layout_generator.inpaint import NO_HEAD, inpaint_layouts
from engine.layout_generator.model import Discriminator, LayoutGenerator, mix
from engine.masks import dilate
from engine.sgldm.denoiser import one_hot
from engine.training.augment import place_frame, random_placement
from engine.training.covering import strokes, swap_hole
from engine.training.data import Batch, Frames, Losses, Sample, batches

LAMBDA_CE, LAMBDA_GAN = 1.0, 0.2  # paper, equation 4


def layout_hole(
    layout: Layout,
    other: Layout,
    rng: np.random.Generator,
    *,
    keep_background: bool,
    keep_head: bool = True,
) -> np.ndarray:
    """Neck removed and head-cover applied (paper, section 3.2): bool, true where empty.

    Args:
        keep_head: the head itself stays: it is what a swap's new neck must fit. Else its rim
            is lost, too, as under a retouch or in the restore test.
    """
    head = mask_of(layout, HEAD) if keep_head else np.zeros(layout.shape, bool)
    hole = swap_hole(layout, other, rng) & ~head
    hole |= mask_of(layout, NECK)
    if rng.random() < 0.1:
        hole |= strokes(rng) & ~head
    if not keep_background:
        hole |= ~dilate(mask_of(layout, HEAD | BODY), 0)
    return hole


class LayoutTask:
    """See ``loop.Task``."""

    def __init__(self, folder: Path, *, batch_size: int = 10, learning_rate: float = 1e-3) -> None:
        self.frames = Frames.load(folder, "train")
        self.validation = Frames.load(folder, "validation", sources=("labels",))
        generator, discriminator = LayoutGenerator(), Discriminator()
        self.modules: dict[str, nn.Module] = {
            "generator": generator,
            "discriminator": discriminator,
        }
        self.optimizers: dict[str, torch.optim.Optimizer] = {
            "generator": torch.optim.AdamW(
                generator.parameters(), learning_rate, betas=(0.5, 0.99), weight_decay=0.02
            ),
            "discriminator": torch.optim.AdamW(
                discriminator.parameters(), 0.3 * learning_rate, betas=(0.5, 0.99)
            ),
        }
        self.batch_size = batch_size

    def make(self, rng: np.random.Generator) -> Sample:
        i, j = rng.integers(len(self.frames), size=2)
        placement = random_placement(rng, scale=(0.85, 1.2), degrees=8, shift=10)
        _, layout = place_frame(
            self.frames.images[i][:, :, :1], self.frames.layouts[i], placement,
            flip=rng.random() < 0.5,
        )  # fmt: skip
        _, other = self.frames.canonical(int(j))
        whole_head = rng.random() < 0.6
        hole = layout_hole(
            layout, other, rng, keep_background=rng.random() < 0.7, keep_head=whole_head
        )
        return {
            "layout": layout,
            "hole": hole | (layout == IGNORE),
            "whole_head": np.array(whole_head),
        }

    def batches(self, seed: int) -> Iterable[Batch]:
        return batches(self.make, self.batch_size, seed=seed)

    def losses(self, batch: Batch, progress: float) -> Losses:
        truth, hole = batch["layout"], batch["hole"][:, None]
        known = (truth != IGNORE)[:, None]
        real = one_hot(truth).float()
        whole_head = batch["whole_head"][:, None, None, None]
        layout, empty = real * ~hole, hole * torch.where(whole_head, NO_HEAD, 1.0)
        logits, focus = self.modules["generator"](layout, empty)
        # -log l~ of the true class, without the other 15: l~ = m_focus l^ + (1 - m_focus) l.
        ids = truth.long().clamp(max=NUM_CLASSES - 1)[:, None]
        nll = F.cross_entropy(logits, ids[:, 0], reduction="none").float()[:, None]
        p = focus * (-nll).exp() + (1 - focus) * (known & ~hole)
        # Every pixel counts a little, the hole counts fully.
        weight = known * (0.15 + hole)
        ce = (-p.clamp(min=1e-6).log() * weight).sum() / weight.sum()
        # Straight-through Gumbel-softmax: the discriminator sees hard layouts, at half size.
        half = np.s_[..., ::2, ::2]
        seen, real = known[half], real[half]
        mixed = mix(logits[half], focus[half], layout[half])
        hard = F.gumbel_softmax(mixed.clamp(min=1e-6).log(), tau=1.0, hard=True, dim=1) * seen
        fooled = (self.modules["discriminator"](hard).float() - 1).square().mean()
        yield (
            "generator",
            LAMBDA_CE * ce + LAMBDA_GAN * fooled,
            {
                "ce": ce.detach(),
                "fooled": fooled.detach(),
            },
        )
        judge = self.modules["discriminator"]
        loss = 0.5 * (
            (judge(real).float() - 1).square().mean() + judge(hard.detach()).float().square().mean()
        )
        yield "discriminator", loss, {"discriminator": loss.detach()}

    def evaluate(self, averaged: Mapping[str, nn.Module]) -> dict[str, float]:
        return restored_layouts(averaged["generator"], self.validation)

    def sample(self, path: Path, averaged: Mapping[str, nn.Module]) -> None:
        truth, blended = fixed_holes(self.validation)
        pick = slice(0, 48, 6)
        filled = inpaint_layouts(averaged["generator"], blended[pick], whole_head=True)
        colours = np.vstack([palette(), np.full((240, 3), 255, np.uint8)])
        rows = [np.hstack(list(colours[x])) for x in (truth[pick], blended[pick], filled)]
        cv2.imwrite(str(path), np.ascontiguousarray(np.vstack(rows)[..., ::-1]))

    def save(self, folder: Path, averaged: Mapping[str, nn.Module]) -> None:
        averaged["generator"].save_pretrained(folder / "generator")  # type: ignore[operator]


def fixed_holes(frames: Frames) -> tuple[np.ndarray, np.ndarray]:
    """True and blended layouts ``(N, 256, 256)`` of labelled frames, the same ones each time."""
    rng = np.random.default_rng(3)
    truth = np.stack([frames.canonical(i)[1] for i in range(len(frames))])
    blended = truth.copy()
    for k in range(len(truth)):
        other = truth[(k + 11) % len(truth)]
        blended[k][layout_hole(truth[k], other, rng, keep_background=True)] = IGNORE
    return truth, blended


def restored_layouts(generator: nn.Module, frames: Frames) -> dict[str, float]:
    """Neck removed and head-cover applied: how well G_layout restores labelled frames."""
    truth, blended = fixed_holes(frames)
    parts = np.array_split(blended, max(1, len(blended) // 10))
    filled = np.concatenate([inpaint_layouts(generator, part, whole_head=True) for part in parts])
    a, b = filled == SemanticClass.NECK, truth == SemanticClass.NECK
    seen = truth != IGNORE
    hole = (blended == IGNORE) & seen
    known = blended != IGNORE
    return {
        "neck_iou": float((a & b & seen).sum() / ((a | b) & seen).sum()),
        "hole_accuracy": float((filled == truth)[hole].mean()),
        "changed_outside": float((filled != truth)[known].sum()),
    }
