"""The autoencoder (E, D) of SG-LDM: 256 px frames <-> 64 x 64 latents, f = 4 (paper, section 3.1).

Residual blocks without normalisation: what a latent holds depends only on the pixels round
it, never on the whole frame's statistics, so known pixels stay what they are.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.diffusers_base import ConfigMixin, ModelMixin, register_to_config

FACTOR = 4
LATENT_CHANNELS = 4
_BOUND = 2.5  # latents before scaling lie within +-_BOUND


class PlainBlock(nn.Module):
    """x + conv(silu(conv(silu(x))))"""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.conv2(F.silu(self.conv1(F.silu(x))))
        return out


class Autoencoder(ModelMixin, ConfigMixin):
    """f = 4, four channels; latents leave ``encode`` with mean 0 and deviation 1 per channel.

    Args:
        encoder_width, encoder_blocks: trunk of E at 1/4 resolution.
        decoder_width, decoder_blocks: trunk of D at 1/4 resolution.
        fine_width: channels of D's last block at 1/2 resolution.
    """

    latent_mean: Tensor
    latent_std: Tensor

    @register_to_config
    def __init__(
        self,
        encoder_width: int = 96,
        encoder_blocks: int = 3,
        decoder_width: int = 128,
        decoder_blocks: int = 6,
        fine_width: int = 40,
        latent_channels: int = LATENT_CHANNELS,
    ) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(3 * FACTOR**2, encoder_width, 3, padding=1),
            *(PlainBlock(encoder_width) for _ in range(encoder_blocks)),
            nn.SiLU(),
            nn.Conv2d(encoder_width, latent_channels, 3, padding=1),
        )
        self.decoder = nn.Sequential(
            nn.Conv2d(latent_channels, decoder_width, 3, padding=1),
            *(PlainBlock(decoder_width) for _ in range(decoder_blocks)),
            nn.SiLU(),
            nn.Conv2d(decoder_width, 4 * fine_width, 1),
            nn.PixelShuffle(2),
            nn.Conv2d(fine_width, fine_width, 3, padding=1),
            PlainBlock(fine_width),
            nn.SiLU(),
            nn.Conv2d(fine_width, 12, 3, padding=1),
            nn.PixelShuffle(2),
        )
        self.register_buffer("latent_mean", torch.zeros(1, latent_channels, 1, 1))
        self.register_buffer("latent_std", torch.ones(1, latent_channels, 1, 1))

    def encode_raw(self, image: Tensor) -> Tensor:
        """Latents before scaling, bounded so that a little noise can't be drowned out."""
        return _BOUND * torch.tanh(self.encoder(F.pixel_unshuffle(image, FACTOR)) / _BOUND)

    def decode_raw(self, latents: Tensor) -> Tensor:
        out: Tensor = self.decoder(latents)
        return out

    def encode(self, image: Tensor) -> Tensor:
        """``(N, 3, H, W)`` in [-1, 1], H and W multiples of 4 -> ``(N, 4, H/4, W/4)``."""
        return (self.encode_raw(image) - self.latent_mean) / self.latent_std

    def decode(self, latents: Tensor) -> Tensor:
        """``(N, 4, h, w)`` -> ``(N, 3, 4h, 4w)``, roughly in [-1, 1] (not clipped)."""
        return self.decode_raw(latents * self.latent_std + self.latent_mean)

    def forward(self, image: Tensor, noise: float = 0.0) -> Tensor:
        """D(E(x)), with that much noise on the latents before scaling (in training)."""
        latents = self.encode_raw(image)
        if noise:
            latents = latents + noise * torch.randn_like(latents)
        return self.decode_raw(latents)
