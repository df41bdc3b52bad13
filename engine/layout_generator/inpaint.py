"""Filling a blended layout with G_layout."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from engine.labels import IGNORE, NUM_CLASSES, Layout
from engine.sgldm.denoiser import one_hot


@torch.no_grad()
def inpaint_layout(
    generator: nn.Module, blended: Layout, *, without: Collection[int] = ()
) -> Layout:
    """Fill the empty pixels (``IGNORE``) of a frame's layout; all others stay as they are.

    Args:
        blended: ``(256, 256)`` uint8 class ids or ``IGNORE``.
        without: classes that no empty pixel may become.
    """
    return inpaint_layouts(generator, blended[None], without=without)[0]


@torch.no_grad()
def inpaint_layouts(
    generator: nn.Module, blended: NDArray[np.uint8], *, without: Collection[int] = ()
) -> NDArray[np.uint8]:
    """A batch of ``inpaint_layout``: ``(N, H, W)``."""
    if not (blended >= NUM_CLASSES).any():
        return blended.copy()
    parameter = next(generator.parameters())
    ids = torch.from_numpy(blended).to(parameter.device)
    layout = one_hot(ids).to(parameter.dtype)
    empty = (ids == IGNORE)[:, None].to(parameter.dtype)
    logits, _ = generator(layout, empty)
    logits[:, [int(label) for label in without]] = -torch.inf
    filled = logits.argmax(1).to(torch.uint8).cpu().numpy()
    out: NDArray[np.uint8] = np.where(blended == IGNORE, filled, blended)
    return out
