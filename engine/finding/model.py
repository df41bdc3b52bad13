"""Two small networks that find heads: one looks everywhere, one looks closely (ours).

The *detector* is fully convolutional and runs over a scale pyramid; it answers to faces of
about ``DETECTOR_FACE`` px. The *refiner* sees a crop with the face ``REFINER_FACE`` px high
and places landmarks, from which centre, scale and roll of the canonical frame follow.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.diffusers_base import ConfigMixin, ModelMixin, register_to_config
from engine.nn import ResBlock, UNet, norm

STRIDE = 8
DETECTOR_FACE = 30.0  # px; one octave either side of its geometric middle is answered to
CROP = 128
REFINER_FACE = 44.0  # px of face height in the refiner's crop
POINTS = 12


class Detector(nn.Module):
    """Image -> per 8 x 8 cell: score logit, offset (2), log size, roll (sin, cos)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(48, width, 3, padding=1)
        self.trunk = UNet((width, 2 * width, 3 * width), (1, 2, 2), attention=0)
        self.shrink = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)
        self.block = ResBlock(2 * width, 2 * width)
        self.norm = norm(2 * width)
        self.head = nn.Conv2d(2 * width, 6, 1)
        nn.init.zeros_(self.head.weight)
        # No face anywhere, to begin with; of no roll.
        self.head.bias = nn.Parameter(torch.tensor([-4.0, 0, 0, 0, 0, 1]))

    def forward(self, image: Tensor) -> Tensor:
        x = self.trunk(self.stem(F.pixel_unshuffle(image, 4)))
        out: Tensor = self.head(F.silu(self.norm(self.block(self.shrink(x)))))
        return out


class Refiner(nn.Module):
    """Crop -> landmarks by soft-argmax over heat maps, and a logit that a face is there."""

    def __init__(self, width: int, points: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(48, width, 3, padding=1)
        self.trunk = UNet((width, 2 * width, 4 * width), (2, 2, 2), attention=1)
        self.norm = norm(width)
        self.heat = nn.Conv2d(width, points, 1)
        self.face = nn.Linear(width, 1)

    def forward(self, crop: Tensor) -> tuple[Tensor, Tensor]:
        x = F.silu(self.norm(self.trunk(self.stem(F.pixel_unshuffle(crop, 4)))))
        heat = self.heat(x).float()
        n, points, h, w = heat.shape
        p = heat.reshape(n, points, h * w).softmax(-1).reshape(n, points, h, w)
        xs = (torch.arange(w, device=crop.device) + 0.5) * 4
        ys = (torch.arange(h, device=crop.device) + 0.5) * 4
        px, py = (p.sum(2) * xs).sum(-1), (p.sum(3) * ys).sum(-1)
        middle = x.float().mean((2, 3)).to(self.face.weight.dtype)
        return torch.stack([px, py], -1), self.face(middle)[:, 0]


class Finder(ModelMixin, ConfigMixin):
    """Detector and refiner in one checkpoint."""

    @register_to_config
    def __init__(
        self, detector_width: int = 28, refiner_width: int = 36, points: int = POINTS
    ) -> None:
        super().__init__()
        self.detector = Detector(detector_width)
        self.refiner = Refiner(refiner_width, points)

    def detect(self, image: Tensor) -> Tensor:
        """``(N, 3, H, W)`` in [-1, 1], sides multiples of 32 -> ``(N, 6, H/8, W/8)``."""
        out: Tensor = self.detector(image)
        return out

    def refine(self, crop: Tensor) -> tuple[Tensor, Tensor]:
        """``(N, 3, 128, 128)`` -> landmarks ``(N, 12, 2)`` in crop px, face logits ``(N,)``."""
        points, logit = self.refiner(crop)
        return points, logit

    def forward(self, image: Tensor, crop: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Both networks at once, for training."""
        return self.detect(image), *self.refine(crop)
