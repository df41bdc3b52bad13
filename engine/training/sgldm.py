"""Trains SG-LDM: coarse regression and v-prediction in the same network, on latent crops.

Each batch is encoded on the fly from augmented frames; crops lie round the hole, where the
network is needed, which multiplies the samples per second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from engine.devices import Compute, place
from engine.fill import pull_push
from engine.framing import FRAME_SIZE
from engine.labels import BODY, HEAD, IGNORE, mask_of
from engine.masks import dilate, known_cells
from engine.sgldm.autoencoder import FACTOR, Autoencoder
from engine.sgldm.denoiser import Denoiser, alpha_sigma, one_hot
from engine.sgldm.sampler import SamplerInputs, sample
from engine.training.augment import light_and_colour, place_frame, random_placement
from engine.training.covering import swap_hole, training_hole
from engine.training.data import Batch, Frames, Sample, batches, to_image

CROP = 32  # latent cells a side
MARGIN = 2  # cells round a crop that are encoded but not trained on: the encoder sees them


class SGLDMTask:
    """See ``loop.Task``. Needs the trained autoencoder in ``runs/autoencoder``."""

    def __init__(
        self, folder: Path, runs: Path, *, batch_size: int = 16, learning_rate: float = 4e-4
    ) -> None:
        self.frames = Frames.load(folder, "train")
        self.validation = Frames.load(folder, "validation")
        self.autoencoder = Autoencoder.from_pretrained(runs / "autoencoder" / "autoencoder")
        place(
            self.autoencoder.eval().requires_grad_(False),
            Compute(torch.device("cpu"), torch.bfloat16),
        )
        denoiser = Denoiser()
        self.modules: dict[str, nn.Module] = {"denoiser": denoiser}
        self.optimizers: dict[str, torch.optim.Optimizer] = {
            "denoiser": torch.optim.AdamW(
                denoiser.parameters(), learning_rate, betas=(0.9, 0.99), weight_decay=0.01
            )
        }
        self.batch_size = batch_size

    def make(self, rng: np.random.Generator) -> Sample:
        """A crop of a frame with a hole in it: true and filled pixels, cells, layout."""
        frames = self.frames
        i, j = rng.integers(len(frames), size=2)
        placement = random_placement(rng, scale=(0.8, 1.25), degrees=6, shift=10)
        image, layout = place_frame(
            frames.images[i], frames.layouts[i], placement, flip=rng.random() < 0.5
        )
        image = light_and_colour(image, rng, strength=0.5)
        _, other = frames.canonical(int(j))
        inside = layout != IGNORE
        hole = training_hole(layout, other, rng)
        if rng.random() < 0.15:  # the paper's way: no background is known
            hole |= ~dilate(mask_of(layout, HEAD | BODY), -1)
        known = inside & ~hole
        filled = pull_push(image, known)
        wanted = inside & hole
        side, margin = CROP * FACTOR, MARGIN * FACTOR
        ys, xs = np.nonzero(wanted if wanted.any() else inside)
        k = int(rng.integers(len(ys)))
        limit = FRAME_SIZE - side
        jitter = rng.integers(-side // 3, side // 3 + 1, size=2)
        y = int(np.clip(ys[k] - side // 2 + jitter[0], 0, limit)) // FACTOR * FACTOR
        x = int(np.clip(xs[k] - side // 2 + jitter[1], 0, limit)) // FACTOR * FACTOR

        def crop(a: np.ndarray, m: int = 0) -> np.ndarray:
            if m:
                widths = ((m, m), (m, m)) + ((0, 0),) * (a.ndim - 2)
                a = np.pad(a, widths, mode="reflect")
            return np.ascontiguousarray(a[y : y + side + 2 * m, x : x + side + 2 * m])

        cells = known_cells(crop(known))
        seen = inside.reshape(FRAME_SIZE // FACTOR, FACTOR, -1, FACTOR).mean((1, 3)) > 0.9
        cy, cx = y // FACTOR, x // FACTOR
        seen = seen[cy : cy + CROP, cx : cx + CROP]
        return {
            "image": crop(image, margin),
            "filled": crop(filled, margin),
            "layout": crop(layout),
            "known": cells.astype(np.float32)[None],
            "weight": (seen * np.where(cells, 0.1, 1.0)).astype(np.float32)[None],
        }

    def batches(self, seed: int) -> Iterable[Batch]:
        return batches(self.make, self.batch_size, seed=seed)

    @torch.no_grad()
    def _encode(self, image: Tensor) -> Tensor:
        x = image.movedim(-1, 1).to(torch.bfloat16) / 127.5 - 1
        z = self.autoencoder.to(image.device).encode(
            x.contiguous(memory_format=torch.channels_last)
        )
        return z[..., MARGIN:-MARGIN, MARGIN:-MARGIN].float()

    def losses(self, batch: Batch, progress: float) -> Iterator[tuple[str, Tensor, dict]]:
        model = self.modules["denoiser"]
        both = self._encode(torch.cat([batch["image"], batch["filled"]]))
        z_0, z_filled = both.chunk(2)
        n, device = len(z_0), z_0.device
        is_known, weight = batch["known"], batch["weight"]
        mask = 1 - is_known
        known = z_filled * is_known
        layout = one_hot(batch["layout"]).to(z_0.dtype)

        def keep(p: float) -> Tensor:
            return (torch.rand(n, 1, 1, 1, device=device) < p).float()

        # Coarse pass: t = 1, z_t = 0; the network regresses z_0 = -v.
        t_one = torch.ones(n, device=device)
        s = _unwrap(model).encode_layout(layout)
        coarse_v = model(torch.zeros_like(z_0), t_one, s, known, mask)
        coarse = -coarse_v.float()
        coarse_loss = ((coarse - z_0).abs() * weight).sum() / (weight.sum() * z_0.shape[1])

        # Fine pass: all levels, high ones with less weight; things are dropped at times.
        t = torch.where(
            torch.rand(n, device=device) < 0.75,
            torch.rand(n, device=device) * 0.75,
            0.6 + 0.4 * torch.rand(n, device=device),
        )
        alpha, sigma = alpha_sigma(t)
        eps = torch.randn_like(z_0)
        z_t = alpha * z_0 + sigma * eps
        has_layout, has_known = keep(0.88), keep(0.92)
        has_coarse = keep(0.75) * torch.maximum(has_layout, keep(0.15)) * has_known
        fused = coarse.detach() * mask + known
        v = model(
            z_t, t, s * has_layout, known * has_known,
            torch.where(has_known.bool(), mask, torch.ones_like(mask)), fused * has_coarse,
        )  # fmt: skip
        target = alpha * eps - sigma * z_0
        error = (v.float() - target).square()
        fine_loss = (error * weight).sum() / (weight.sum() * z_0.shape[1])
        yield (
            "denoiser",
            fine_loss + 0.6 * coarse_loss,
            {
                "fine": fine_loss.detach(),
                "coarse": coarse_loss.detach(),
            },
        )

    def _fixed(self, count: int) -> tuple[np.ndarray, SamplerInputs]:
        """Validation frames with the holes of swaps, the same ones each time."""
        rng = np.random.default_rng(1)
        images, layouts, knowns, filled = [], [], [], []
        step = len(self.validation) // count
        for k in range(count):
            image, layout = self.validation.canonical(k * step)
            _, other = self.validation.canonical((k * step + 7) % len(self.validation))
            known = (layout != IGNORE) & ~swap_hole(layout, other, rng)
            images.append(image)
            layouts.append(layout)
            knowns.append(known)
            filled.append(pull_push(image, known))
        x = torch.from_numpy(np.stack(filled)).movedim(-1, 1).to(torch.bfloat16) / 127.5 - 1
        z = self.autoencoder.encode(x).float()
        cells = np.stack([known_cells(k) for k in knowns])
        is_known = torch.from_numpy(cells).float()[:, None]
        return np.stack(images), SamplerInputs(
            known=z * is_known,
            mask=1 - is_known,
            layout=one_hot(torch.from_numpy(np.stack(layouts))).float(),
        )

    def evaluate(self, averaged: Mapping[str, nn.Module]) -> dict[str, float]:
        images, inputs = self._fixed(24)
        x = torch.from_numpy(images).movedim(-1, 1).to(torch.bfloat16) / 127.5 - 1
        z_0 = self.autoencoder.encode(x).float()
        weight = inputs.mask / (inputs.mask.sum() * z_0.shape[1])
        figures = {}
        for name, strength in (("coarse", 0.0), ("fine", 0.6), ("noise", 1.0)):
            z = sample(averaged["denoiser"], inputs, seed=0, steps=8, strength=strength)
            figures[f"{name}_rmse"] = float(((z - z_0).square() * weight).sum().sqrt())
        return figures

    def sample(self, path: Path, averaged: Mapping[str, nn.Module]) -> None:
        images, inputs = self._fixed(6)
        rows = [np.hstack(list(images))]
        for strength in (0.0, 0.6, 1.0):
            z = sample(averaged["denoiser"], inputs, seed=0, steps=8, strength=strength)
            rows.append(np.hstack(list(to_image(self.autoencoder.decode(z.to(torch.bfloat16))))))
        cv2.imwrite(str(path), np.ascontiguousarray(np.vstack(rows)[..., ::-1]))

    def save(self, folder: Path, averaged: Mapping[str, nn.Module]) -> None:
        averaged["denoiser"].save_pretrained(folder / "denoiser")  # type: ignore[operator]


def _unwrap(model: nn.Module) -> nn.Module:
    return getattr(model, "module", model)
