"""SG-LDM: the condition encoder tau_theta and the denoising U-Net (paper, section 3.3).

Time runs from 0 (clean) to 1 (pure noise) along the cosine schedule

    z_t = alpha(t) z_0 + sigma(t) eps,   alpha = cos(pi t / 2),  sigma = sin(pi t / 2),

which has zero terminal SNR. The network predicts v = alpha eps - sigma z_0.

Ours: besides z_t and the layout latent s = tau(l) it sees the latents of the frame with its
hole filled (what is known, and a first guess of the rest), the mask m^r and, in the fine pass,
the coarse latents. At t = 1 with z_t = 0 it *is* the coarse pass: v = -z_0, a regression.
Appearance tokens (``appearance_tokens``), where a pack has them, tell it what each class looks
like.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.diffusers_base import ConfigMixin, ModelMixin, register_to_config
from engine.labels import NUM_CLASSES
from engine.nn import UNet, norm, sinusoidal, zeroed
from engine.sgldm.appearance_tokens import AppearanceEncoder, Spread, Tokens
from engine.sgldm.autoencoder import FACTOR, LATENT_CHANNELS


def alpha_sigma(t: Tensor) -> tuple[Tensor, Tensor]:
    """Signal and noise level at time ``t`` in [0, 1], shaped to broadcast over latents."""
    angle = t.float().reshape(-1, 1, 1, 1) * (math.pi / 2)
    return angle.cos(), angle.sin()


def one_hot(layout: Tensor) -> Tensor:
    """Class ids ``(N, H, W)`` -> ``(N, 16, H, W)``; ids above 15 (empty) -> all zero."""
    known = (layout < NUM_CLASSES)[:, None]
    planes = F.one_hot(layout.long().clamp(max=NUM_CLASSES - 1), NUM_CLASSES).movedim(-1, 1)
    return planes * known


class ConditionEncoder(nn.Module):
    """tau_theta: layout ``(N, 16, H, W)`` -> layout latent s ``(N, C, H/4, W/4)``."""

    def __init__(self, channels: int, width: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(NUM_CLASSES * FACTOR**2, width, 1),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(width, channels, 3, padding=1),
        )

    def forward(self, layout: Tensor) -> Tensor:
        s: Tensor = self.layers(F.pixel_unshuffle(layout, FACTOR))
        return s


class Denoiser(ModelMixin, ConfigMixin):
    """epsilon_theta together with tau_theta; a U-Net on 2 x 2 patches of latents.

    Args:
        widths, blocks: the U-Net's levels, from 1/2 latent resolution down.
        layout_channels: channels of the layout latent s.
        attention: number of coarsest levels with self-attention.
        appearance: numbers in an appearance token, 0: without such tokens.
    """

    @register_to_config
    def __init__(
        self,
        widths: tuple[int, ...] = (144, 224, 288),
        blocks: tuple[int, ...] = (2, 2, 1),
        layout_channels: int = 12,
        latent_channels: int = LATENT_CHANNELS,
        attention: int = 2,
        embedding: int = 128,
        appearance: int = 0,
    ) -> None:
        super().__init__()
        self.condition = ConditionEncoder(layout_channels)
        # z_t, filled latents, coarse latents; mask, "coarse given", "layout given"
        channels = 3 * latent_channels + layout_channels + 3
        self.stem = nn.Conv2d(4 * channels, widths[0], 3, padding=1)
        self.time = nn.Sequential(
            nn.Linear(128, embedding), nn.SiLU(), nn.Linear(embedding, embedding)
        )
        self.unet = UNet(tuple(widths), tuple(blocks), embedding=embedding, attention=attention)
        self.looks: AppearanceEncoder | None = None
        self.spread: Spread | None = None
        if appearance:
            down = list(enumerate(widths))
            self.looks = AppearanceEncoder(latent_channels, appearance, len(widths))
            self.spread = Spread(appearance, [*down, *reversed(down[:-1])])
        self.norm = norm(widths[0])
        self.head = zeroed(nn.Conv2d(widths[0], 4 * latent_channels, 3, padding=1))

    def encode_layout(self, layout: Tensor) -> Tensor:
        """s = tau_theta(l): one-hot ``(N, 16, 4h, 4w)`` -> ``(N, C, h, w)``."""
        s: Tensor = self.condition(layout)
        return s

    def encode_appearance(self, z: Tensor, layout: Tensor) -> Tokens | None:
        """What a reference looks like; see ``AppearanceEncoder``. ``None`` without tokens."""
        return None if self.looks is None else self.looks(z, layout)

    def spread_appearance(self, tokens: Tokens | None, layout: Tensor) -> tuple[Tensor, ...] | None:
        """``look`` for ``forward``, the same at each step; see ``Spread``."""
        return None if self.spread is None else self.spread(tokens, layout)

    def forward(
        self,
        z_t: Tensor,
        t: Tensor,
        s: Tensor | None,
        filled: Tensor,
        mask: Tensor,
        coarse: Tensor | None = None,
        look: Sequence[Tensor] | None = None,
    ) -> Tensor:
        """v at ``(z_t, t)``.

        Args:
            z_t: noisy latents ``(N, 4, h, w)``, h and w multiples of 8.
            t: times ``(N,)`` in [0, 1].
            s: layout latent, ``None`` = without a layout; all-zero rows mean the same.
            filled: latents of the frame with its hole filled; all zero = not told.
            mask: m^r, ``(N, 1, h, w)``, 1 = generate.
            coarse: coarse latents, or ``None``; all-zero rows mean the same.
            look: of the appearance tokens, see ``spread_appearance``; all-zero rows where the
                layout isn't told either.
        """
        n, _, h, w = z_t.shape
        if s is None:
            s = z_t.new_zeros(n, self.config.layout_channels, h, w)
        if coarse is None:
            coarse = torch.zeros_like(z_t)
        has_layout = (s != 0).flatten(1).any(1).to(z_t.dtype).reshape(n, 1, 1, 1)
        has_coarse = (coarse != 0).flatten(1).any(1).to(z_t.dtype).reshape(n, 1, 1, 1)
        flags = torch.cat([has_layout, has_coarse], 1).expand(n, 2, h, w)
        x = torch.cat([z_t, filled, coarse, s, mask, flags], 1)
        x = self.stem(F.pixel_unshuffle(x.contiguous(memory_format=torch.channels_last), 2))
        x = self.unet(x, self.time(sinusoidal(t, 128).to(x.dtype)), look)
        v: Tensor = F.pixel_shuffle(self.head(F.silu(self.norm(x))), 2)
        return v
