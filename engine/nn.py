"""Building blocks that all our networks share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def groups_of(channels: int) -> int:
    """Number of normalisation groups: at most 32, at least 4 channels in each."""
    groups = min(32, max(1, channels // 4))
    while channels % groups:
        groups -= 1
    return groups


def norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(groups_of(channels), channels)


def zeroed(layer: nn.Conv2d | nn.Linear) -> nn.Conv2d | nn.Linear:
    """The same layer with all its weights 0: at first it adds nothing."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


class ResBlock(nn.Module):
    """Pre-activation residual block; an embedding, if any, scales and shifts its middle.

    Args:
        embedding: length of the embedding vector, 0 for none.
    """

    def __init__(self, in_channels: int, out_channels: int, embedding: int = 0) -> None:
        super().__init__()
        self.norm1 = norm(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.norm2 = norm(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.embed = zeroed(nn.Linear(embedding, 2 * out_channels)) if embedding else None
        nn.init.zeros_(self.conv2.weight)
        self.skip: nn.Module = nn.Identity()
        if in_channels != out_channels:
            self.skip = nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x: Tensor, embedding: Tensor | None = None) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.norm2(h)
        if self.embed is not None and embedding is not None:
            scale, shift = self.embed(F.silu(embedding))[:, :, None, None].chunk(2, dim=1)
            h = h * (1 + scale) + shift
        out: Tensor = self.skip(x) + self.conv2(F.silu(h))
        return out


class Attention(nn.Module):
    """Self-attention over all pixels of a small feature map."""

    def __init__(self, channels: int, head_width: int = 64) -> None:
        super().__init__()
        self.heads = max(1, channels // head_width)
        while channels % self.heads:
            self.heads -= 1
        self.norm = norm(channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.out = zeroed(nn.Conv2d(channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        qkv = self.qkv(self.norm(x)).reshape(n, 3, self.heads, c // self.heads, h * w)
        q, k, v = (t.transpose(-1, -2) for t in qkv.unbind(1))
        y = F.scaled_dot_product_attention(q, k, v)
        y = y.transpose(-1, -2).reshape(n, c, h, w).contiguous(memory_format=torch.channels_last)
        out: Tensor = x + self.out(y)
        return out


class Upsample(nn.Module):
    """Nearest-neighbour doubling, then a convolution."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        return out


def downsample(in_channels: int, out_channels: int) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, 3, stride=2, padding=1)


def sinusoidal(t: Tensor, width: int) -> Tensor:
    """Sinusoidal embedding of times in [0, 1]: (N,) -> (N, width), float32."""
    half = width // 2
    rates = torch.exp(torch.arange(half, device=t.device) * (-math.log(10_000.0) / (half - 1)))
    angles = 1000.0 * t.float()[:, None] * rates[None]
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class UNet(nn.Module):
    """Plain residual U-Net trunk: features in and out at the same resolution.

    Args:
        widths: channels per level, finest first; each level halves the resolution.
        blocks: residual blocks per level, on the way down and up alike.
        embedding: length of the conditioning vector, 0 for none.
        attention: number of coarsest levels with self-attention.
    """

    def __init__(
        self,
        widths: tuple[int, ...],
        blocks: tuple[int, ...],
        *,
        embedding: int = 0,
        attention: int = 1,
    ) -> None:
        super().__init__()
        levels = len(widths)
        self.down = nn.ModuleList()
        self.shrink = nn.ModuleList()
        self.up = nn.ModuleList()
        self.grow = nn.ModuleList()
        for level, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            attend = level >= levels - attention
            self.down.append(_stage([width] * (count + 1), embedding, attend))
            if level < levels - 1:
                self.shrink.append(downsample(width, widths[level + 1]))
                self.grow.append(Upsample(widths[level + 1], width))
                self.up.append(_stage([2 * width] + [width] * count, embedding, attend))

    def forward(
        self, x: Tensor, embedding: Tensor | None = None, look: Sequence[Tensor] | None = None
    ) -> Tensor:
        """Features to features.

        Args:
            look: scales and shifts ``(N, 2C, h, w)`` of the normalised features that come into
                each stage: those on the way down, then those on the way up.
        """
        kept: list[Tensor] = []
        places = iter(look) if look is not None else None
        for level, stage in enumerate(self.down):
            if places is not None:
                x = modulated(x, next(places))
            x = _run(stage, x, embedding)
            if level < len(self.shrink):
                kept.append(x)
                x = self.shrink[level](x)
        for level in reversed(range(len(self.up))):
            x = self.grow[level](x)
            if places is not None:
                x = modulated(x, next(places))
            x = torch.cat([x, kept.pop()], dim=1)
            x = _run(self.up[level], x, embedding)
        return x


def modulated(x: Tensor, look: Tensor) -> Tensor:
    """``x`` with its normalised self scaled and shifted by ``(N, 2C, h, w)``; by 0: as it was."""
    scale, shift = look.chunk(2, dim=1)
    return x + F.group_norm(x, groups_of(x.shape[1])) * scale + shift


def _stage(widths: list[int], embedding: int, attend: bool) -> nn.ModuleList:
    stage = nn.ModuleList(ResBlock(a, b, embedding) for a, b in pairwise(widths))
    if attend:
        stage.append(Attention(widths[-1]))
    return stage


def _run(stage: nn.Module, x: Tensor, embedding: Tensor | None) -> Tensor:
    for block in stage.children():
        x = block(x, embedding) if isinstance(block, ResBlock) else block(x)
    return x
