"""Appearance tokens: what each class of a reference frame looks like.

A small encoder looks at a reference, pools its features class by class and level by level, and
leaves one short vector each: too narrow a way to copy pixels through. The layout brings them
back to pixels, each of which gets its own class's token (as in SEAN, Zhu et al. 2020), and they
scale and shift the denoiser's features at the level of their resolution.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.labels import NUM_CLASSES
from engine.nn import downsample, zeroed
from engine.sgldm.autoencoder import FACTOR

_LEAST = 24.0  # px of a class in the frame, by which its look can be told


class Tokens(NamedTuple):
    """What the classes of a reference look like.

    Attributes:
        values: ``(N, L, 16, D)``, levels finest first; zero for a class that isn't there.
        present: ``(N, 16)`` bool.
    """

    values: Tensor
    present: Tensor

    @classmethod
    def cat(cls, parts: Sequence[Tokens]) -> Tokens | None:
        """Several as one batch; ``None`` of none."""
        if not parts:
            return None
        return cls(torch.cat([p.values for p in parts]), torch.cat([p.present for p in parts]))

    def to(self, device: torch.device, dtype: torch.dtype) -> Tokens:
        return Tokens(self.values.to(device, dtype), self.present.to(device))

    def without(self, classes: Collection[int]) -> Tokens:
        """The same, saying nothing of some classes."""
        return self.only(set(range(NUM_CLASSES)) - {int(c) for c in classes})

    def only(self, classes: Collection[int]) -> Tokens:
        """The same, saying nothing of all other classes."""
        kept = torch.zeros_like(self.present)
        kept[:, [int(c) for c in classes]] = True
        return Tokens(self.values * kept[:, None, :, None], self.present & kept)

    def mixed(self, other: Tokens, share: float = 0.5) -> Tokens:
        """What ``other`` looks like to ``share``; a class of which one knows nothing: the other's.

        Args:
            share: of ``other``, 0..1.
        """
        other = other.to(self.values.device, self.values.dtype)  # kept from before a card ran out
        both = self.present & other.present
        weight = torch.where(both, share, other.present.float())[:, None, :, None]
        weight = weight.to(self.values.dtype)
        values = self.values * (1 - weight) + other.values * weight
        return Tokens(values, self.present | other.present)


def class_shares(layout: Tensor, cell: int) -> Tensor:
    """Share of each class in cells of ``cell`` px: ``(N, 16, H, W)`` -> ``(N, 16, H/c, W/c)``."""
    return F.avg_pool2d(layout, cell)


class AppearanceEncoder(nn.Module):
    """Latents and layout of a reference -> ``Tokens``.

    Args:
        latent_channels: of the latents.
        width: D, numbers in a token.
        levels: L; the finest is at half the latents' resolution, each further one at half of
            the one before.
        features: channels on the way.
    """

    def __init__(
        self, latent_channels: int, width: int, levels: int = 3, features: int = 64
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(4 * latent_channels, features, 3, padding=1)
        self.shrink = nn.ModuleList(downsample(features, features) for _ in range(levels - 1))
        self.layers = nn.ModuleList(
            nn.Conv2d(features, features, 3, padding=1) for _ in range(levels)
        )
        self.out = nn.ModuleList(nn.Linear(features, width) for _ in range(levels))

    def forward(self, z: Tensor, layout: Tensor) -> Tokens:
        """Tokens of N references.

        Args:
            z: latents ``(N, 4, h, w)``, h and w multiples of 8.
            layout: one-hot ``(N, 16, 4h, 4w)``; all zero where nothing is to be learned from.
        """
        x = self.stem(F.pixel_unshuffle(z, 2))
        cell, values = 2 * FACTOR, []
        for level, (layer, out) in enumerate(zip(self.layers, self.out, strict=True)):
            if level:
                x, cell = self.shrink[level - 1](F.silu(x)), 2 * cell
            x = layer(F.silu(x))
            shares = class_shares(layout, cell).float()
            sums = torch.einsum("nkhw,nchw->nkc", shares, F.silu(x).float())
            means = sums / shares.sum((2, 3)).clamp(min=1e-6)[..., None]
            values.append(out(means.to(x.dtype)))
        present = layout.sum((2, 3)) >= _LEAST
        tokens = torch.stack(values, 1)
        return Tokens(tokens * present[:, None, :, None].to(tokens.dtype), present)


class Spread(nn.Module):
    """Brings tokens back to pixels: scales and shifts for the U-Net's places.

    Args:
        width: numbers in a token.
        places: level (0: finest) and channels of each place, in the U-Net's order.
    """

    def __init__(self, width: int, places: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        self.levels = [level for level, _ in places]
        count = max(self.levels) + 1
        self.null = nn.Parameter(torch.zeros(count, NUM_CLASSES, width))
        self.project = nn.ModuleList(
            zeroed(nn.Linear(width, 2 * channels)) for _, channels in places
        )

    def forward(self, tokens: Tokens | None, layout: Tensor) -> tuple[Tensor, ...]:
        """Maps ``(N, 2C, h, w)`` for each place: scales, then shifts.

        Args:
            tokens: ``None``: of no class anything is known.
            layout: one-hot ``(N, 16, 4h, 4w)`` of what is to be made.
        """
        n, null = len(layout), self.null.to(layout.dtype)
        values = null.expand(n, *null.shape)
        if tokens is not None:
            values = torch.where(tokens.present[:, None, :, None], tokens.values, values)
        maps = []
        for level, project in zip(self.levels, self.project, strict=True):
            shares = class_shares(layout, 2 * FACTOR * 2**level)
            maps.append(torch.einsum("nkc,nkhw->nchw", project(values[:, level]), shares))
        return tuple(maps)
