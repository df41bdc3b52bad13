"""Trains the autoencoder: L1 of pixels, of gradients and of texture's strength, noisy latents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.framing import warp
from engine.sgldm.autoencoder import Autoencoder
from engine.training.augment import light_and_colour, random_placement
from engine.training.data import Batch, Frames, Losses, Sample, batches, to_image, to_tensor

CROP = 128
LATENT_NOISE = 0.08
LAMBDA_TEXTURE = 1.0


def gradients(x: Tensor) -> tuple[Tensor, Tensor]:
    return x[..., 1:, :] - x[..., :-1, :], x[..., :, 1:] - x[..., :, :-1]


def reconstruction_loss(output: Tensor, target: Tensor) -> Tensor:
    """L1 of pixels plus L1 of their horizontal and vertical gradients."""
    loss = (output - target).abs().mean()
    for a, b in zip(gradients(output), gradients(target), strict=True):
        loss = loss + (a - b).abs().mean()
    return loss


def texture_loss(output: Tensor, target: Tensor) -> Tensor:
    """L1 between the local deviations of two octaves of detail, ``(N, 3, H, W)`` in [-1, 1].

    What latents can't hold a decoder trained on L1 alone leaves out: its pictures are soft.
    This asks for as much detail as there was, wherever it lies.
    """
    loss = output.new_zeros(())
    strengths = zip(_strengths(output), _strengths(target), strict=True)
    for ours, theirs in strengths:
        loss = loss + (ours - theirs).abs().mean()
    return loss


def _strengths(image: Tensor) -> list[Tensor]:
    grey = image.mean(1, keepdim=True)
    strengths = []
    for radius in (1, 2):
        low = F.avg_pool2d(grey, 2 * radius + 1, 1, radius, count_include_pad=False)
        power = F.avg_pool2d((grey - low).square(), 8, 4)
        strengths.append((power + 1e-5).sqrt())
        grey = low
    return strengths


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """dB over all pixels of two uint8 images."""
    error = float(np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2))
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


class AutoencoderTask:
    """See ``loop.Task``.

    Args:
        trained: folder of a trained autoencoder. Then only its decoder is trained on: latents
            stay what they are, and so do denoisers that know them.
    """

    def __init__(
        self,
        folder: Path,
        *,
        trained: Path | None = None,
        batch_size: int = 12,
        learning_rate: float = 6e-4,
    ) -> None:
        every = ("labels", "parser", "none")
        self.frames = Frames.load(folder, "train", sources=every)
        self.validation = Frames.load(folder, "validation", sources=every)
        model = Autoencoder() if trained is None else Autoencoder.from_pretrained(trained)
        self.decoder_only = trained is not None
        if self.decoder_only:
            model.train().encoder.requires_grad_(False)
        parameters = [p for p in model.parameters() if p.requires_grad]
        self.modules: dict[str, nn.Module] = {"autoencoder": model}
        self.optimizers: dict[str, torch.optim.Optimizer] = {
            "autoencoder": torch.optim.AdamW(
                parameters, learning_rate, betas=(0.9, 0.99), weight_decay=0.0, fused=True
            )
        }
        self.batch_size = batch_size

    def make(self, rng: np.random.Generator) -> Sample:
        """A crop, the person's middle more often than the rest."""
        image = self.frames.images[int(rng.integers(len(self.frames)))]
        placement = random_placement(rng, scale=(0.85, 1.15), degrees=5, shift=90, size=CROP)
        crop = warp(image, placement, (CROP, CROP), interpolation=cv2.INTER_CUBIC)
        if rng.random() < 0.5:
            crop = crop[:, ::-1]
        if rng.random() < 0.5:
            crop = light_and_colour(crop, rng, strength=0.7)
        return {"image": np.ascontiguousarray(crop)}

    def batches(self, seed: int) -> Iterable[Batch]:
        return batches(self.make, self.batch_size, seed=seed)

    def losses(self, batch: Batch, progress: float) -> Losses:
        image = (batch["image"].movedim(-1, 1).float() / 127.5 - 1).contiguous(
            memory_format=torch.channels_last
        )
        output = self.modules["autoencoder"](image, LATENT_NOISE).float()
        texture = texture_loss(output, image)
        loss = reconstruction_loss(output, image) + LAMBDA_TEXTURE * texture
        mse = (output.detach() - image).square().mean()
        yield (
            "autoencoder",
            loss,
            {
                "loss": loss.detach(),
                "texture": texture.detach(),
                "psnr": -10 * torch.log10(mse / 4),
            },
        )

    def _validation_images(self, count: int = 100) -> np.ndarray:
        pick = np.linspace(0, len(self.validation) - 1, count).astype(int)
        return np.stack([self.validation.canonical(int(i))[0] for i in pick])

    def evaluate(self, averaged: Mapping[str, nn.Module]) -> dict[str, float]:
        model = averaged["autoencoder"]
        images = self._validation_images()
        if not self.decoder_only:
            _measure_latents(model, images)
        values = [psnr(reconstruct(model, x[None])[0], x) for x in images]
        return {"psnr_validation": float(np.mean(values))}

    def sample(self, path: Path, averaged: Mapping[str, nn.Module]) -> None:
        images = self._validation_images(6)
        shown = [
            np.hstack(list(images)),
            np.hstack(list(reconstruct(averaged["autoencoder"], images))),
        ]
        cv2.imwrite(str(path), np.ascontiguousarray(np.vstack(shown)[..., ::-1]))

    def save(self, folder: Path, averaged: Mapping[str, nn.Module]) -> None:
        model = averaged["autoencoder"]
        if not self.decoder_only:
            _measure_latents(model, self._validation_images(40))
        model.save_pretrained(folder / "autoencoder")  # type: ignore[operator]


@torch.no_grad()
def reconstruct(model: nn.Module, images: np.ndarray) -> np.ndarray:
    """D(E(x)) of uint8 frames ``(N, H, W, 3)``."""
    device = next(model.parameters()).device
    return to_image(model(to_tensor(images).to(device)))


@torch.no_grad()
def _measure_latents(model: nn.Module, images: np.ndarray) -> None:
    """Set the scaling that gives latents mean 0 and deviation 1 per channel."""
    assert isinstance(model, Autoencoder)
    device = next(model.parameters()).device
    raw = torch.cat([model.encode_raw(to_tensor(x[None]).to(device)).float() for x in images])
    model.latent_mean.copy_(raw.mean((0, 2, 3), keepdim=True))
    model.latent_std.copy_(raw.std((0, 2, 3), keepdim=True))
