"""How well the parser parses: intersection over union on labelled validation frames."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from engine.labels import CLASSES, HEAD, IGNORE, NUM_CLASSES, mask_of


@torch.no_grad()
def parse_frames(
    parser: nn.Module, images: NDArray[np.uint8], *, batch_size: int = 8
) -> NDArray[np.uint8]:
    """Layouts ``(N, H, W)`` of frames ``(N, H, W, 3)``."""
    device = next(parser.parameters()).device
    layouts = []
    for start in range(0, len(images), batch_size):
        x = torch.from_numpy(images[start : start + batch_size]).to(device)
        x = (x.movedim(-1, 1).float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
        layouts.append(parser(x).argmax(1).to(torch.uint8).cpu().numpy())
    return np.concatenate(layouts)


def iou_figures(predicted: NDArray[np.uint8], truth: NDArray[np.uint8]) -> dict[str, float]:
    """IoU per class and of the HEAD group over all pixels whose truth is known."""
    known = truth != IGNORE
    p, y = predicted[known].astype(np.int64), truth[known].astype(np.int64)
    confusion = np.bincount(y * NUM_CLASSES + p, minlength=NUM_CLASSES**2)
    confusion = confusion.reshape(NUM_CLASSES, NUM_CLASSES)
    union = confusion.sum(0) + confusion.sum(1) - np.diag(confusion)
    figures = {}
    a, b = mask_of(predicted, HEAD) & known, mask_of(truth, HEAD) & known
    figures["HEAD"] = float((a & b).sum() / max(1, (a | b).sum()))
    for info in CLASSES:
        if confusion[info.id].sum():
            figures[info.name] = float(confusion[info.id, info.id] / union[info.id])
    return figures
