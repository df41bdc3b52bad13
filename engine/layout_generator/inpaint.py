"""Filling a blended layout with G_layout."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.labels import HEAD, IGNORE, MIRRORED, NUM_CLASSES, Layout
from engine.sgldm.denoiser import one_hot

NO_HEAD = 0.5  # of an empty pixel that can't show a head; 1: it may show anything


@torch.no_grad()
def inpaint_layout(generator: nn.Module, blended: Layout, *, whole_head: bool = False) -> Layout:
    """Fill the empty pixels (``IGNORE``) of a frame's layout; all others stay as they are.

    Args:
        blended: ``(256, 256)`` uint8 class ids or ``IGNORE``.
        whole_head: the head is there already, so that no empty pixel becomes HEAD.
    """
    return inpaint_layouts(generator, blended[None], whole_head=whole_head)[0]


@torch.no_grad()
def inpaint_layouts(
    generator: nn.Module, blended: NDArray[np.uint8], *, whole_head: bool = False
) -> NDArray[np.uint8]:
    """A batch of ``inpaint_layout``: ``(N, H, W)``; mirrored views are averaged."""
    if not (blended >= NUM_CLASSES).any():
        return blended.copy()
    parameter = next(generator.parameters())
    ids = torch.from_numpy(blended).to(parameter.device)
    layout = one_hot(ids).to(parameter.dtype)
    empty = (ids == IGNORE)[:, None].to(parameter.dtype) * (NO_HEAD if whole_head else 1)
    both, _ = generator(torch.cat([layout, mirrored(layout)]), torch.cat([empty, empty.flip(-1)]))
    straight, back = both.float().softmax(1).chunk(2)
    p = straight + mirrored(back)
    if whole_head:
        p[:, sorted(int(label) for label in HEAD)] = 0
    filled = p.argmax(1).to(torch.uint8).cpu().numpy()
    out: NDArray[np.uint8] = np.where(blended == IGNORE, filled, blended)
    return out


def mirrored(planes: Tensor) -> Tensor:
    """Class planes ``(N, 16, H, W)`` of the mirrored picture: left and right change, too."""
    return planes.flip(-1)[:, MIRRORED]
