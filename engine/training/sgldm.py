"""Trains SG-LDM: coarse regression and v-prediction in the same network, on latent crops.

Each batch is encoded on the fly from augmented frames; crops lie round the hole, where the
network is needed, which multiplies the samples per second. A part of each batch starts as a
swap does, from the noised coarse estimate, and is judged by a discriminator (``adversarial``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.devices import Compute, place
from engine.fill import fill_by_class
from engine.labels import IGNORE, SemanticClass
from engine.layout_generator.model import LayoutGenerator
from engine.masks import known_cells
from engine.sgldm.appearance_tokens import Tokens
from engine.sgldm.autoencoder import FACTOR, Autoencoder
from engine.sgldm.denoiser import Denoiser, alpha_sigma, one_hot
from engine.sgldm.sampler import SamplerInputs, sample
from engine.training.adversarial import TextureDiscriminator, fooled, judged
from engine.training.autoencoder import texture_loss
from engine.training.covering import swap_hole
from engine.training.crops import MARGIN, CropMaker
from engine.training.data import Batch, Frames, Losses, batches, to_image, to_tensor

ECHOES = 2  # steps with each batch, for making one takes long (data echoing, Choi et al. 2019)
COARSE_SHARE = 0.625  # of each batch gets coarse latents
IN_USE_SHARE = 0.5  # of each batch starts from its own coarse latents, as in use
LAMBDA_GAN, LAMBDA_TEXTURE, LAMBDA_LOW = 0.25, 8.0, 3.0
PASSES = (("coarse", 0.0, 1), ("fine", 0.3, 2), ("noise", 1.0, 20))  # strength, steps
TOKEN_WIDTH = 128  # numbers in an appearance token
ALL_TOKENS, ONE_TOKEN = 0.15, 0.1  # how often all of them are dropped, and each


class Crops(NamedTuple):
    """Encoded crops: ``(N, 4, h, w)`` latents of the true and of the filled photo, then
    ``(N, 1, h, w)`` known cells and weights, and layouts ``(N, 4h, 4w)``; of the references the
    latents ``(N, 4, 64, 64)`` and layouts ``(N, 256, 256)``, ``IGNORE`` where nothing is told."""

    z_true: Tensor
    z_filled: Tensor
    is_known: Tensor
    weight: Tensor
    layout: Tensor
    z_reference: Tensor
    reference_layout: Tensor


class Given(NamedTuple):
    """What the denoiser sees beside z_t and t; see ``Denoiser.forward``."""

    s: Tensor
    filled: Tensor
    mask: Tensor
    coarse: Tensor
    look: list[Tensor]

    def rows(self, rows: slice) -> Given:
        """Some samples only, no gradient."""
        s, filled, mask, coarse = (x[rows].detach() for x in self[:4])
        return Given(s, filled, mask, coarse, [x[rows].detach() for x in self.look])


class SGLDMTask:
    """See ``loop.Task``. Needs the trained autoencoder in ``runs/autoencoder`` and G_layout in
    ``runs/layout``."""

    def __init__(
        self, folder: Path, runs: Path, *, batch_size: int = 16, learning_rate: float = 4e-4
    ) -> None:
        self.frames = Frames.load(folder, "train")
        self.validation = Frames.load(folder, "validation")
        self.autoencoder: Autoencoder = Autoencoder.from_pretrained(
            runs / "autoencoder" / "autoencoder"
        )
        place(
            self.autoencoder.eval().requires_grad_(False),
            Compute(torch.device("cpu"), torch.bfloat16),
        )
        layout_generator: LayoutGenerator = LayoutGenerator.from_pretrained(
            runs / "layout" / "generator"
        )
        self.crops = CropMaker(self.frames, layout_generator.eval().requires_grad_(False))
        denoiser, discriminator = Denoiser(appearance=TOKEN_WIDTH), TextureDiscriminator()
        self.modules: dict[str, nn.Module] = {
            "denoiser": denoiser,
            "discriminator": discriminator,
        }
        self.optimizers: dict[str, torch.optim.Optimizer] = {
            "denoiser": torch.optim.AdamW(
                denoiser.parameters(),
                learning_rate,
                betas=(0.9, 0.99),
                weight_decay=0.01,
                fused=True,
            ),
            "discriminator": torch.optim.AdamW(
                discriminator.parameters(), learning_rate, betas=(0.5, 0.99), fused=True
            ),
        }
        self.batch_size = batch_size

    def batches(self, seed: int) -> Iterable[Batch]:
        return batches(self.crops.make, self.batch_size, seed=seed)

    @torch.no_grad()
    def _encode(self, image: Tensor) -> Tensor:
        x = (image.movedim(-1, 1).float() / 127.5 - 1).to(torch.bfloat16)
        z = self.autoencoder.to(image.device).encode(
            x.contiguous(memory_format=torch.channels_last)
        )
        return z[..., MARGIN:-MARGIN, MARGIN:-MARGIN].float()

    @torch.no_grad()
    def _encode_frames(self, images: np.ndarray | Tensor) -> Tensor:
        if isinstance(images, Tensor):
            x = images.movedim(-1, 1).float() / 127.5 - 1
        else:
            x = to_tensor(images)
        x = x.to(self.autoencoder.device, torch.bfloat16)
        return self.autoencoder.encode(x).float()

    def losses(self, batch: Batch, progress: float) -> Losses:
        z_true, z_filled = self._encode(torch.cat([batch["image"], batch["filled"]])).chunk(2)
        z_reference = self._encode_frames(batch["reference"])
        parts = (
            z_true, z_filled, batch["known"], batch["weight"], batch["layout"],
            z_reference, batch["reference_layout"],
        )  # fmt: skip
        for echo in range(ECHOES):
            # Others get a coarse pass each time; times, noise and what is dropped are new, too.
            rolled = Crops(*(x.roll(echo * (len(x) // 2), 0) for x in parts))
            loss, judge, shown = self._loss(rolled)
            yield "denoiser", loss, {} if echo else shown
            loss = judge()
            yield "discriminator", loss, {} if echo else {"judged": loss.detach()}

    def _loss(self, batch: Crops) -> tuple[Tensor, Callable[[], Tensor], dict[str, Tensor]]:
        """The denoiser's loss, the discriminator's (to be asked for after the step), figures."""
        model = self.modules["denoiser"]
        z_true, z_filled, is_known, weight, layout, z_reference, reference_layout = batch
        n, device = len(z_true), z_true.device
        mask = 1 - is_known
        # Known cells never hold what the true photo's latents say of the hole beside them.
        z_0 = z_true * mask + z_filled * is_known
        planes = one_hot(layout).to(z_0.dtype)
        bare = _unwrap(model)
        s = bare.encode_layout(planes)

        def keep(p: float) -> Tensor:
            return (torch.rand(n, 1, 1, 1, device=device) < p).float()

        tokens = bare.encode_appearance(z_reference, one_hot(reference_layout).to(z_0.dtype))
        assert tokens is not None
        told = keep(1 - ALL_TOKENS)[..., 0, 0] > 0
        told = told & (torch.rand(tokens.present.shape, device=device) > ONE_TOKEN)
        look = bare.spread_appearance(Tokens(tokens.values, tokens.present & told), planes)
        assert look is not None

        def mean(error: Tensor, rows: slice = slice(None)) -> Tensor:
            return (error * weight[rows]).sum() / (weight[rows].sum() * error.shape[1])

        # Coarse pass for a part of the batch: t = 1, z_t = 0; it regresses z_0 = -v.
        first = slice(max(1, round(n * COARSE_SHARE)))
        zeros = torch.zeros_like(z_0[first])
        ones = torch.ones(len(zeros), device=device)
        coarse = -model(
            zeros, ones, s[first], z_filled[first], mask[first], None, [x[first] for x in look]
        ).float()
        coarse_loss = mean((coarse - z_0[first]).abs(), first)
        fused = torch.zeros_like(z_0)
        fused[first] = coarse.detach() * mask[first] + (z_filled * is_known)[first]

        # Fine pass: all levels, high ones with less weight; things are dropped at times.
        t = torch.where(
            torch.rand(n, device=device) < 0.75,
            torch.rand(n, device=device) * 0.75,
            0.6 + 0.4 * torch.rand(n, device=device),
        )
        eps = torch.randn_like(z_0)
        has_layout, has_known = keep(0.88), keep(0.92)
        has_coarse = torch.maximum(has_layout, keep(0.15)) * has_known
        # As in use: nothing is dropped, and z_t comes from the coarse latents.
        used, rest = slice(round(n * IN_USE_SHARE)), slice(round(n * IN_USE_SHARE), n)
        for has in (has_layout, has_known, has_coarse):
            has[used] = 1
        # Without a layout no fill that was made by it.
        filled = torch.where(has_layout.bool(), z_filled, z_filled * is_known)
        given = Given(
            s * has_layout,
            filled * has_known,
            torch.where(has_known.bool(), mask, torch.ones_like(mask)),
            fused * has_coarse,
            [x * has_layout for x in look],
        )
        start = z_0.clone()
        start[used], t[used] = self._in_use(fused[used], eps[used], given.rows(used))
        alpha, sigma = alpha_sigma(t)
        z_t = alpha * start + sigma * eps
        v = model(z_t, t, *given).float()
        fine_loss = mean((v - (alpha * eps - sigma * z_0)).square()[rest], rest)

        # Where it starts as in use: low frequencies, texture's strength, and a judge.
        estimate = (alpha * z_t - sigma * v)[used] * mask[used] + (z_0 * is_known)[used]
        low, low_true = F.avg_pool2d(estimate, 2), F.avg_pool2d(z_0[used], 2)
        low_loss = (low - low_true).abs().mean()
        made = self._decode(estimate)
        with torch.no_grad():
            true = self._decode(z_0[used])
        texture = texture_loss(made, true)
        where = (mask * weight)[used]
        seen = (F.avg_pool2d(planes[used], FACTOR), mask[used])
        discriminator = self.modules["discriminator"]
        adversarial = fooled(discriminator(made, *seen), where)
        loss = fine_loss + 0.6 * coarse_loss
        loss = loss + LAMBDA_LOW * low_loss + LAMBDA_TEXTURE * texture + LAMBDA_GAN * adversarial
        shown = {
            "fine": fine_loss, "coarse": coarse_loss, "low": low_loss, "texture": texture,
            "fooled": adversarial,
        }  # fmt: skip
        shown = {name: value.detach() for name, value in shown.items()}

        def judge() -> Tensor:
            pictures = made.detach()
            return judged(discriminator(true, *seen), discriminator(pictures, *seen), where)

        return loss, judge, shown

    @torch.no_grad()
    def _in_use(self, fused: Tensor, eps: Tensor, given: Given) -> tuple[Tensor, Tensor]:
        """Where a step of the sampler may start: estimates of z_0, and times ``(N,)``.

        Half of the time after the first step, from what the denoiser made of the start.
        """
        n = len(fused)
        t = 0.2 + 0.4 * torch.rand(n, device=fused.device)
        if torch.rand(()) < 0.5:
            return fused, t
        alpha, sigma = alpha_sigma(t)
        z_t = alpha * fused + sigma * eps
        v = self.modules["denoiser"](z_t, t, *given).float()
        estimate = (alpha * z_t - sigma * v) * given.mask + fused * (1 - given.mask)
        return estimate, t * torch.rand(n, device=t.device).clamp(min=0.1)

    def _decode(self, z: Tensor) -> Tensor:
        autoencoder = self.autoencoder.to(z.device)
        return autoencoder.decode(z.to(torch.bfloat16)).float()

    def _fixed(self, count: int) -> tuple[np.ndarray, SamplerInputs]:
        """Validation frames with the holes of swaps, the same ones each time."""
        rng = np.random.default_rng(1)
        images, layouts, cells, filled = [], [], [], []
        count = min(count, len(self.validation))
        step = len(self.validation) // count
        for k in range(count):
            image, layout = self.validation.canonical(k * step)
            _, other = self.validation.canonical((k * step + 7) % len(self.validation))
            known = (layout != IGNORE) & ~swap_hole(layout, other, rng)
            images.append(image)
            layouts.append(np.where(layout == IGNORE, SemanticClass.BACKGROUND, layout))
            cells.append(known_cells(known))
            filled.append(fill_by_class(image, known, layouts[-1]))
        z = self._encode_frames(np.stack(filled))
        is_known = torch.from_numpy(np.stack(cells)).to(z.device).float()[:, None]
        planes = one_hot(torch.from_numpy(np.stack(layouts)))
        return np.stack(images), SamplerInputs(z, 1 - is_known, planes.float())

    def evaluate(self, averaged: Mapping[str, nn.Module]) -> dict[str, float]:
        images, inputs = self._fixed(24)
        z_0 = self._encode_frames(images)
        weight = inputs.mask / (inputs.mask.sum() * z_0.shape[1])
        figures = {}
        for name, strength, steps in PASSES:
            z = sample(averaged["denoiser"], inputs, seed=0, steps=steps, strength=strength)
            figures[f"{name}_rmse"] = float(((z - z_0).square() * weight).sum().sqrt())
        return figures

    def sample(self, path: Path, averaged: Mapping[str, nn.Module]) -> None:
        images, inputs = self._fixed(6)
        rows = [np.hstack(list(images))]
        for _, strength, steps in PASSES:
            z = sample(averaged["denoiser"], inputs, seed=0, steps=steps, strength=strength)
            z = z.to(self.autoencoder.device, torch.bfloat16)
            rows.append(np.hstack(list(to_image(self.autoencoder.decode(z)))))
        cv2.imwrite(str(path), np.ascontiguousarray(np.vstack(rows)[..., ::-1]))

    def save(self, folder: Path, averaged: Mapping[str, nn.Module]) -> None:
        averaged["denoiser"].save_pretrained(folder / "denoiser")  # type: ignore[operator]


def _unwrap(model: nn.Module) -> Denoiser:
    inner: Any = model
    while not isinstance(inner, Denoiser):  # wrapped by torch.compile, or for several GPUs
        inner = inner.module if hasattr(inner, "module") else inner._orig_mod
    return inner
