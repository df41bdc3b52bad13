"""Swaps of random validation pairs, checked pixel by pixel, and a contact sheet to look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine import stages
from engine.engine import Engine
from engine.errors import EngineError
from engine.evaluation.joins import Joins
from engine.framing import FRAME_SIZE, warp
from engine.imageio import read_photo
from engine.labels import HEAD, NECK, mask_of
from engine.requests import Result, SamplingSettings, SwapRequest
from engine.runner import PipelineRunner
from engine.training.prepare import Item, read_manifest


def random_pairs(items: list[Item], count: int, *, seed: int = 11) -> list[tuple[Item, Item]]:
    """Pairs (head, body) of different photos."""
    rng = np.random.default_rng(seed)
    pairs: list[tuple[Item, Item]] = []
    while len(pairs) < count:
        a, b = rng.integers(len(items), size=2)
        if a != b:
            pairs.append((items[int(a)], items[int(b)]))
    return pairs


def swap_figures(
    runner: PipelineRunner,
    data: Path,
    *,
    count: int = 100,
    out: Path | None = None,
    papers_way: PipelineRunner | None = None,
) -> dict[str, object]:
    """Errors, pixels changed where none may be, how large the regions are and how real they look.

    Args:
        papers_way: samples as the paper does, to be compared with; takes long.

    Returns:
        ``errors``: swaps that failed; ``changed_outside``: pixels outside the region that
        differ both from the body photo and from the placed head; ``region_ratio_*``:
        region's area over that of both heads and necks; and the figures of ``Joins``.
    """
    dataset, items = validation_photos(data)
    errors: list[str] = []
    changed = 0
    ratios: list[float] = []
    cells: list[NDArray[np.uint8]] = []
    joins = Joins(runner, dataset, items)
    with ExitStack() as stack:
        slow = None if papers_way is None else stack.enter_context(_engine(papers_way))
        for k, swap in enumerate(validation_swaps(runner, data, count)):
            if isinstance(swap, str):
                errors.append(swap)
                continue
            request, result = swap.request, swap.result
            changed += changed_outside(runner, request, result)
            others = {}
            if slow is not None:
                photo = slow.submit(request).result()[0].photo
                assert photo is not None
                others["papers_way"] = photo.pixels
            joins.look_at(request, result, swap.body, others)
            assert result.region is not None
            ratios.append(float((result.region > 0).sum()) / max(1.0, _head_area(runner, swap)))
            cells.append(_cell(swap))
            if out is not None and result.photo is not None:
                rgb = result.photo.pixels
                cv2.imwrite(str(out / f"swap-{k:03d}.png"), np.ascontiguousarray(rgb[..., ::-1]))
    if out is not None:
        for page in range(0, len(cells), 24):
            rows = [np.hstack(cells[i : i + 4]) for i in range(page, min(page + 24, len(cells)), 4)]
            width = max(row.shape[1] for row in rows)
            rows = [np.pad(r, ((0, 0), (0, width - r.shape[1]), (0, 0))) for r in rows]
            sheet = np.ascontiguousarray(np.vstack(rows)[..., ::-1])
            cv2.imwrite(str(out / f"sheet-{page // 24}.png"), sheet)
    return {
        "pairs": count,
        "errors": len(errors),
        "error_list": errors,
        "changed_outside": changed,
        "region_ratio_median": float(np.median(ratios)) if ratios else None,
        "region_ratio_max": float(np.max(ratios)) if ratios else None,
        **(joins.figures() if ratios else {}),
    }


def validation_photos(data: Path) -> tuple[Path, list[Item]]:
    dataset, items = read_manifest(data)
    return dataset, [item for item in items if item.split == "validation"]


@dataclass(frozen=True)
class MadeSwap:
    """A swap of two validation photos.

    Attributes:
        head, body: their entries in the manifest.
        request, result: what was asked for and what came.
    """

    head: Item
    body: Item
    request: SwapRequest
    result: Result


def validation_swaps(runner: PipelineRunner, data: Path, count: int) -> Iterator[MadeSwap | str]:
    """Swaps of ``count`` random pairs, each with a seed of its own; of those that fail, why."""
    dataset, items = validation_photos(data)
    with _engine(runner) as engine:
        for k, (head, body) in enumerate(random_pairs(items, count)):
            request = SwapRequest(
                read_photo(dataset / head.photo), read_photo(dataset / body.photo),
                sampling=SamplingSettings(seed=k),
            )  # fmt: skip
            try:
                (result,) = engine.submit(request).result()
            except EngineError as error:
                kind = type(error).__name__  # the sentence may name this machine's folders
                yield f"{head.photo} -> {body.photo}: {kind}"
                continue
            yield MadeSwap(head, body, request, result)


def _engine(runner: PipelineRunner) -> Engine:
    return Engine(lambda: runner)


def changed_outside(runner: PipelineRunner, request: SwapRequest, result: Result) -> int:
    """Pixels outside the region that are neither the body's own nor the placed head's."""
    assert result.photo is not None
    assert result.region is not None
    outside = result.region == 0
    differs = (result.photo.pixels != request.body.pixels).any(-1) & outside
    if not differs.any():
        return 0
    placed = runner.placed_head(request)
    differs &= (result.photo.pixels != placed).any(-1)
    return int(differs.sum())


def _head_area(runner: PipelineRunner, swap: MadeSwap) -> float:
    """Area of both heads and necks, in body-photo pixels, as parsed in the landmarks' frames."""
    area = 0.0
    for photo, item in ((swap.request.head, swap.head), (swap.request.body, swap.body)):
        parsed = stages.parse(runner.pipeline, stages.view(photo, item.to_frame))
        area += float(mask_of(parsed.layout, HEAD | NECK).sum()) / swap.body.to_frame.scale**2
    return area


def _cell(swap: MadeSwap) -> NDArray[np.uint8]:
    """Head, body and result side by side in canonical frames."""
    made = swap.result.photo
    assert made is not None
    shown = (swap.request.head, swap.head), (swap.request.body, swap.body), (made, swap.body)
    size = (FRAME_SIZE, FRAME_SIZE)
    return np.hstack([warp(photo.pixels, item.to_frame, size) for photo, item in shown])
