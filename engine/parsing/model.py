"""The parser: canonical frame -> class logits. A compact residual U-Net (ours)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from engine.diffusers_base import ConfigMixin, ModelMixin, register_to_config
from engine.labels import NUM_CLASSES
from engine.nn import UNet, norm


class Parser(ModelMixin, ConfigMixin):
    """U-Net at half resolution behind a 2x pixel-unshuffle; logits at full resolution.

    Args:
        widths: channels per level, from 1/2 resolution down.
        blocks: residual blocks per level.
    """

    @register_to_config
    def __init__(
        self,
        widths: tuple[int, ...] = (24, 64, 128, 256),
        blocks: tuple[int, ...] = (1, 2, 2, 2),
        classes: int = NUM_CLASSES,
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(12, widths[0], 3, padding=1)
        self.unet = UNet(tuple(widths), tuple(blocks), attention=1)
        self.norm = norm(widths[0])
        self.head = nn.Conv2d(widths[0], 4 * classes, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        """``(N, 3, H, W)`` in [-1, 1], H and W multiples of 16 -> logits ``(N, 16, H, W)``."""
        x = self.unet(self.stem(F.pixel_unshuffle(image, 2)))
        return F.pixel_shuffle(self.head(F.silu(self.norm(x))), 2)
