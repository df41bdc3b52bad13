"""Adversarial training of the denoiser where it is used: a few steps from the coarse estimate.

A denoiser trained on v alone answers with the mean of all pictures that would fit, and from a
smooth estimate little noise leads back to a smooth picture. A discriminator that knows the
layout asks for texture instead, on decoded pictures (after adversarial diffusion distillation,
Sauer et al. 2023).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from engine.labels import NUM_CLASSES


class TextureDiscriminator(nn.Module):
    """Tells generated from true patches of a photo, class by class.

    Small receptive field (about 30 px): it judges texture and edges, not what is shown.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.first = nn.ModuleList(
            [_conv(3, width // 2, 3, 1), _conv(width // 2, width, 4, 2), _conv(width, width, 4, 2)]
        )
        self.last = nn.ModuleList(
            [_conv(width + NUM_CLASSES + 1, 2 * width, 3, 1), _conv(2 * width, 2 * width, 3, 1)]
        )
        self.score = _conv(2 * width, 1, 1, 1)

    def forward(self, image: Tensor, layout: Tensor, mask: Tensor) -> Tensor:
        """Scores ``(N, 1, H/4, W/4)``, higher = truer.

        Args:
            image: ``(N, 3, H, W)`` in [-1, 1].
            layout: one-hot, ``(N, 16, H/4, W/4)``, may be soft.
            mask: m^r, ``(N, 1, H/4, W/4)``.
        """
        x = image.contiguous(memory_format=torch.channels_last)
        for layer in self.first:
            x = F.leaky_relu(layer(x), 0.2)
        x = torch.cat([x, layout, mask], 1)
        for layer in self.last:
            x = F.leaky_relu(layer(x), 0.2)
        score: Tensor = self.score(x)
        return score


def _conv(inputs: int, outputs: int, size: int, stride: int) -> nn.Module:
    padding = (size - 1) // 2
    return spectral_norm(nn.Conv2d(inputs, outputs, size, stride, padding))


def judged(true: Tensor, generated: Tensor, weight: Tensor) -> Tensor:
    """The discriminator's hinge loss; ``weight`` as the scores, where it counts."""
    loss = F.relu(1 - true) + F.relu(1 + generated)
    return (loss * weight).sum() / weight.sum().clamp(min=1)


def fooled(generated: Tensor, weight: Tensor) -> Tensor:
    """The denoiser's part of it."""
    return -(generated * weight).sum() / weight.sum().clamp(min=1)
