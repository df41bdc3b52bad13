"""How well heads are found, against landmarks, on whole photos as they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import InputFileError
from engine.finding.finder import Head
from engine.framing import FRAME_SIZE, warp
from engine.sentences import Sentence
from engine.training.prepare import Item

Find = Callable[[NDArray[np.uint8]], Sequence[Head]]


def finder_figures(
    find: Find, dataset: Path, items: Sequence[Item]
) -> tuple[dict[str, float], list[NDArray[np.uint8]]]:
    """Errors of the first head found against the landmarks, and the frames found.

    Centre errors are in face heights, scale errors relative; ``within`` is the share of
    photos whose centre is within 5 % of the face height and scale within 8 %.
    """
    centres, scales, rolls, frames = [], [], [], []
    for item in items:
        bgr = cv2.imread(str(dataset / item.photo), cv2.IMREAD_COLOR)
        if bgr is None:
            path = dataset / item.photo
            raise InputFileError(
                Sentence("{path} can't be read as a photo.", path=path), subject=path
            )
        photo = np.asarray(np.ascontiguousarray(bgr[..., ::-1]), np.uint8)
        top, chin = np.array(item.points[0]), np.array(item.points[1])
        height = math.dist(top, chin)
        heads = find(photo)
        if not heads:
            centres.append(math.inf)
            scales.append(math.inf)
            continue
        head = heads[0]
        centres.append(math.dist(head.centre, (top + chin) / 2) / height)
        scales.append(abs(head.height / height - 1))
        rolls.append(abs(math.degrees(head.to_frame.angle - item.to_frame.angle)))
        frames.append(warp(photo, head.to_frame, (FRAME_SIZE, FRAME_SIZE)))
    centre, scale = np.array(centres), np.array(scales)
    return {
        "photos": float(len(items)),
        "missed": float(np.isinf(centre).mean()),
        "centre_median": float(np.median(centre)),
        "centre_95": float(np.quantile(centre, 0.95, method="lower")),
        "scale_median": float(np.median(scale)),
        "scale_95": float(np.quantile(scale, 0.95, method="lower")),
        "roll_median_degrees": float(np.median(rolls)) if rolls else math.inf,
        "within": float(((centre <= 0.05) & (scale <= 0.08)).mean()),
    }, frames
