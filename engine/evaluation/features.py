"""A frozen feature network, so that figures stay comparable when packs change.

The first three levels of this project's first parser (22 minutes of training on CCP), kept
with the evaluation code. Not Inception and not LPIPS: figures compare within this project.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from engine.nn import ResBlock, downsample
from engine.resources import resource_path

WIDTHS, BLOCKS = (24, 64, 128), (1, 2, 2)


class FeatureNet(nn.Module):
    """Frames in [-1, 1] -> feature maps at 1/2, 1/4 and 1/8 resolution."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(12, WIDTHS[0], 3, padding=1)
        self.levels = nn.ModuleList(
            nn.Sequential(*(ResBlock(w, w) for _ in range(n)))
            for w, n in zip(WIDTHS, BLOCKS, strict=True)
        )
        self.shrink = nn.ModuleList(downsample(a, b) for a, b in pairwise(WIDTHS))

    def forward(self, image: Tensor) -> list[Tensor]:
        x = self.stem(F.pixel_unshuffle(image, 2))
        maps = []
        for i, level in enumerate(self.levels):
            x = level(x)
            maps.append(x)
            if i < len(self.shrink):
                x = self.shrink[i](x)
        return maps


def load_features() -> FeatureNet:
    """The frozen network, float32 on the CPU."""
    net = FeatureNet().eval().requires_grad_(False)
    state = load_file(str(resource_path("evaluation") / "features.safetensors"))
    net.load_state_dict({name: value.float() for name, value in state.items()})
    return net


@torch.no_grad()
def place_features(
    net: FeatureNet, images: NDArray[np.uint8], masks: NDArray[np.bool_], *, share: float = 0.5
) -> list[NDArray[np.float64]]:
    """Feature vectors of the places within the masks, all else being grey.

    One vector a place of 8 x 8 px, not one a picture: a hundred pictures don't determine the
    covariance of hundreds of numbers, some ten thousand places do.

    Args:
        images: frames ``(N, H, W, 3)``, H and W multiples of 8.
        masks: ``(N, H, W)``, what is looked at.
        share: of a place that has to lie within its mask.

    Returns:
        for each frame ``(places, 216)``; none where its mask is small.
    """
    vectors = []
    for image, mask in zip(images, masks, strict=True):
        seen = np.where(mask[..., None], image, np.uint8(127))
        maps = net(torch.from_numpy(seen)[None].movedim(-1, 1).float() / 127.5 - 1)
        size = maps[-1].shape[-2:]
        stacked = torch.cat([F.adaptive_avg_pool2d(m, size) for m in maps], 1)[0]
        weight = F.adaptive_avg_pool2d(torch.from_numpy(mask)[None, None].float(), size)[0, 0]
        vectors.append(stacked[:, weight >= share].T.double().numpy())
    return vectors


@torch.no_grad()
def feature_maps(net: FeatureNet, images: NDArray[np.uint8]) -> list[Tensor]:
    """Unit-length feature vectors per pixel, of frames ``(N, 256, 256, 3)``."""
    x = torch.from_numpy(images).movedim(-1, 1).float() / 127.5 - 1
    return [F.normalize(m, dim=1) for m in net(x)]


def feature_distance(
    net: FeatureNet, a: NDArray[np.uint8], b: NDArray[np.uint8], mask: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """LPIPS-like distance within ``mask``, one per frame: ``(N,)``.

    Mean over the levels of the mean squared difference of unit feature vectors.
    """
    weight = torch.from_numpy(mask)[:, None].float()
    total = np.zeros(len(a))
    maps = list(zip(feature_maps(net, a), feature_maps(net, b), strict=True))
    for x, y in maps:
        w = F.adaptive_avg_pool2d(weight, x.shape[-1])
        distance = ((x - y).square().sum(1, keepdim=True) * w).sum((1, 2, 3))
        total += (distance / w.sum((1, 2, 3)).clamp(min=1e-6)).numpy()
    return total / len(maps)
