"""G_layout: a nested U-Net with a focus channel that fills the empty part of a layout.

Paper, section 3.2: l~ = m_focus . l^ + (1 - m_focus) . l. Trained with cross-entropy and an
LSGAN whose gradient comes through Gumbel-softmax.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.diffusers_base import ConfigMixin, ModelMixin, register_to_config
from engine.labels import NUM_CLASSES
from engine.nn import Attention, ResBlock, downsample, norm

PATCH = 4


class LayoutGenerator(ModelMixin, ConfigMixin):
    """UNet++ on 4 x 4 patches of one-hot layouts.

    Node X[i][j] (level i, column j) sees every X[i][k], k < j, and X[i+1][j-1] upsampled.

    Args:
        widths: channels per level, from 1/4 resolution down.
    """

    @register_to_config
    def __init__(self, widths: tuple[int, ...] = (48, 64, 96, 128)) -> None:
        super().__init__()
        levels = len(widths)
        self.stem = nn.Conv2d((NUM_CLASSES + 1) * PATCH**2, widths[0], 3, padding=1)
        self.shrink = nn.ModuleList(downsample(a, b) for a, b in pairwise(widths))
        self.nodes = nn.ModuleDict()
        for j in range(levels):
            for i in range(levels - j):
                inputs = widths[i] if j == 0 else j * widths[i] + widths[i + 1]
                self.nodes[f"{i}_{j}"] = ResBlock(inputs, widths[i])
        self.attention = Attention(widths[-1])
        self.norm = norm(widths[0])
        self.head = nn.Conv2d(widths[0], (NUM_CLASSES + 1) * PATCH**2, 3, padding=1)

    def forward(self, layout: Tensor, empty: Tensor) -> tuple[Tensor, Tensor]:
        """Class logits of l^ and the focus map.

        Args:
            layout: one-hot l, ``(N, 16, H, W)``, all zero where empty; H, W multiples of 32.
            empty: ``(N, 1, H, W)``, 1 where the layout is to be filled, 1/2 where the head is
                there already and doesn't go on.

        Returns:
            logits ``(N, 16, H, W)`` and m_focus ``(N, 1, H, W)`` in [0, 1].
        """
        x = F.pixel_unshuffle(torch.cat([layout, empty], 1), PATCH)
        x = self.stem(x.contiguous(memory_format=torch.channels_last))
        levels = len(self.config.widths)
        columns: list[list[Tensor]] = []
        for i in range(levels):
            x = self.nodes[f"{i}_0"](x)
            if i == levels - 1:
                x = self.attention(x)
            columns.append([x])
            if i < levels - 1:
                x = self.shrink[i](x)
        for j in range(1, levels):
            for i in range(levels - j):
                below = F.interpolate(columns[i + 1][j - 1], scale_factor=2.0, mode="nearest")
                columns[i].append(self.nodes[f"{i}_{j}"](torch.cat([*columns[i], below], 1)))
        out = self.head(F.silu(self.norm(columns[0][-1])))
        logits, focus = F.pixel_shuffle(out, PATCH).split([NUM_CLASSES, 1], 1)
        return logits, focus.float().sigmoid()


class Discriminator(nn.Module):
    """Patch discriminator on layouts: ``(N, 16, H, W)`` -> ``(N, 1, H/16, W/16)`` scores."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(NUM_CLASSES * PATCH**2, width, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 2 * width, 3, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 1, 3, padding=1),
        )

    def forward(self, layout: Tensor) -> Tensor:
        out: Tensor = self.layers(F.pixel_unshuffle(layout, PATCH))
        return out


def mix(logits: Tensor, focus: Tensor, layout: Tensor) -> Tensor:
    """l~ = m_focus . l^ + (1 - m_focus) . l as class probabilities, float32."""
    return focus * logits.float().softmax(1) + (1 - focus) * layout
