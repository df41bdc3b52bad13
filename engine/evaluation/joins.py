"""How real the joins of swaps look, beside what a retoucher has today; and what is left behind.

Mask-FID and Focal-FID of the paper (section 4), with floors: real photos against real ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from engine import stages
from engine.arrays import Mask
from engine.evaluation.baselines import pasted_swaps
from engine.evaluation.distances import Vectors, mean_and_interval
from engine.evaluation.features import load_features, place_features
from engine.evaluation.realism import focal_mask, realism_figures
from engine.framing import FRAME_SIZE, inside_mask, warp
from engine.imageio import Photo, read_photo
from engine.labels import HEAD, NECK, Layout, SemanticClass, mask_of
from engine.masks import dilate, swap_masks
from engine.requests import Result, SwapRequest
from engine.runner import PipelineRunner
from engine.training.prepare import Item

_SIZE = FRAME_SIZE, FRAME_SIZE
_EDGE = 2  # frame px to either side of a head's outline that a swap makes anew, too
_RIM = 4  # frame px beside the new head that aren't counted as left of the old one
Kinds = dict[str, dict[str, list[Vectors]]]  # "mask", "focal" -> method -> pictures


def made_anew(layout: Layout, old: Layout) -> Mask:
    """What a swap would have made anew, had it put this very head on this very body.

    Mask-FID is of pictures with their head and body masked out: of a real photo the background,
    neck and edges have to be compared that a swap has to make, not whatever lies there. Else a
    head left in its place passes for real.

    Args:
        layout: of a real photo, in its canonical frame.
        old: of the photo whose head is gone.
    """
    without = np.where(mask_of(layout, HEAD), np.uint8(SemanticClass.BACKGROUND), layout)
    before = np.where(mask_of(old, HEAD | NECK), old, without)
    head = mask_of(layout, HEAD)
    masks = swap_masks(layout, before, np.ones(layout.shape, bool))
    return masks.region | (dilate(head, _EDGE) & ~dilate(head, -_EDGE))


class Joins:
    """Looks at swaps one by one, then gives the figures of all.

    Args:
        runner: that made them.
        dataset, items: real photos to compare with.
    """

    def __init__(
        self,
        runner: PipelineRunner,
        dataset: Path,
        items: list[Item],
        *,
        seed: int = 3,
    ) -> None:
        self._runner, self._dataset = runner, dataset
        order = np.random.default_rng(seed).permutation(len(items))
        halves = order[: len(order) // 2], order[len(order) // 2 :]
        self._real = [[items[i] for i in half] for half in halves]
        self._net = load_features()
        self._vectors: Kinds = {"mask": {}, "focal": {}}
        self._remnants: list[float] = []
        self._count = 0

    def look_at(
        self,
        request: SwapRequest,
        result: Result,
        body_item: Item,
        others: Mapping[str, NDArray[np.uint8]] = MappingProxyType({}),
    ) -> None:
        """Take a swap's picture in, the same swap by classical means, and by ``others``."""
        assert result.photo is not None
        assert result.region is not None
        shown = np.where(result.region > 0, np.uint8(255), np.uint8(0))
        region = warp(shown, body_item.to_frame, _SIZE) > 127
        pictures = {
            "ours": result.photo.pixels,
            **pasted_swaps(self._runner, request, result),
            **others,
        }
        for name, image in pictures.items():
            self._look_at_picture(name, image, region, body_item)
        old = self._layout(request.body, body_item)
        for name, half in zip(("reference", "real"), self._real, strict=True):
            item = half[self._count % len(half)]
            photo = read_photo(self._dataset / item.photo)
            alike = made_anew(self._layout(photo, item), old)
            self._look_at_picture(name, photo.pixels, alike, item)
        self._remnants.append(self._remnant(request, result, body_item))
        self._count += 1

    def _layout(self, photo: Photo, item: Item) -> Layout:
        return stages.parse(self._runner.pipeline, stages.view(photo, item.to_frame)).layout

    def _look_at_picture(
        self, name: str, image: NDArray[np.uint8], region: NDArray[np.bool_], item: Item
    ) -> None:
        """8-bit RGB; ``region`` lies in the canonical frame."""
        frame = warp(image, item.to_frame, _SIZE)
        inside = inside_mask(image.shape, item.to_frame)
        for kind, mask in (("mask", region), ("focal", focal_mask())):
            vectors = place_features(self._net, frame[None], (mask & inside)[None])
            self._vectors[kind].setdefault(name, []).extend(vectors)

    def figures(self) -> Mapping[str, object]:
        """``mask`` and ``focal``: distances by method, ``real`` being the floor; ``remnant``: how
        much of the old head's area is still parsed as a head beside the new one."""
        figures: dict[str, object] = {}
        for kind, pictures in self._vectors.items():
            reference = [x for x in pictures["reference"] if len(x)]
            others = {name: made for name, made in pictures.items() if name != "reference"}
            figures[kind] = realism_figures(reference, others)
        remnant, interval = mean_and_interval(np.array(self._remnants))
        figures["remnant"] = remnant
        figures["remnant_interval"] = interval
        figures["remnant_max"] = max(self._remnants)
        return figures

    def _remnant(self, request: SwapRequest, result: Result, body_item: Item) -> float:
        assert result.photo is not None
        before, after = (self._layout(photo, body_item) for photo in (request.body, result.photo))
        made = warp(result.layout, body_item.to_frame, _SIZE, interpolation=cv2.INTER_NEAREST)
        old = mask_of(before, HEAD)
        left = old & mask_of(after, HEAD) & ~dilate(mask_of(made, HEAD), _RIM)
        return float(left.sum() / max(1, old.sum()))
