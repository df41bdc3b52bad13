"""Prepared frames in memory, and endless streams of training batches from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from engine.errors import InputFileError
from engine.framing import FRAME_SIZE
from engine.sentences import Sentence
from engine.training.prepare import MARGIN, WIDE, Item, read_manifest

Sample = dict[str, NDArray[Any]]
Batch = dict[str, Tensor]
# Optimizer's name, loss, figures to log; see ``loop.Task``.
Losses = Iterator[tuple[str, Tensor, dict[str, Tensor]]]


@dataclass
class Frames:
    """Wide frames and layouts of one split, in memory.

    Attributes:
        items: one a photo, as in the manifest.
        images: ``(N, 448, 448, 3)`` RGB uint8.
        layouts: ``(N, 448, 448)`` uint8 class ids; 255 = not known.
    """

    items: list[Item]
    images: NDArray[np.uint8]
    layouts: NDArray[np.uint8]

    @classmethod
    def load(
        cls, folder: Path, split: str, *, sources: Sequence[str] = ("labels", "parser")
    ) -> Frames:
        """Read a split of a prepared folder; raises ``InputFileError``.

        Args:
            sources: which layouts will do: ``"labels"``, ``"parser"``, ``"none"``.
        """
        _, items = read_manifest(folder)
        items = [i for i in items if i.split == split and i.layout in sources]
        if not items:
            kinds = " or ".join(sources)
            raise InputFileError(
                Sentence(
                    "{path} holds no {split} photos with layouts from: {kinds}.",
                    path=folder,
                    split=split,
                    kinds=kinds,
                ),
                subject=folder,
            )
        images = np.empty((len(items), WIDE, WIDE, 3), np.uint8)
        layouts = np.empty((len(items), WIDE, WIDE), np.uint8)
        for k, item in enumerate(items):
            bgr = cv2.imread(str(folder / "frames" / f"{item.id:04d}.png"), cv2.IMREAD_COLOR)
            layout = cv2.imread(
                str(folder / "layouts" / f"{item.id:04d}.png"), cv2.IMREAD_UNCHANGED
            )
            if bgr is None or layout is None:
                raise InputFileError(
                    Sentence(
                        "{path} lacks photo {id}; run 'prepare' again.", path=folder, id=item.id
                    ),
                    subject=folder,
                )
            images[k], layouts[k] = bgr[..., ::-1], layout
        return cls(items, images, layouts)

    def __len__(self) -> int:
        return len(self.items)

    def canonical(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """The canonical 256 frame and layout of one photo."""
        m = np.s_[MARGIN : MARGIN + FRAME_SIZE]
        return self.images[index, m, m], self.layouts[index, m, m]


class Stream(IterableDataset[Sample]):
    """Endless samples: ``make(rng)`` drawn with a random state of each worker's own."""

    def __init__(self, make: Callable[[np.random.Generator], Sample], seed: int) -> None:
        super().__init__()
        self.make, self.seed = make, seed

    def __iter__(self) -> Iterator[Sample]:
        info = get_worker_info()
        rng = np.random.default_rng([self.seed, info.id if info else 0])
        if info is not None:  # in a process of its own, beside the training's
            cv2.setNumThreads(0)
        while True:
            yield self.make(rng)


def batches(
    make: Callable[[np.random.Generator], Sample], batch_size: int, *, seed: int, workers: int = 1
) -> Iterable[Batch]:
    """An endless loader of batches of ``make``'s samples."""
    loader: DataLoader[Any] = DataLoader(
        Stream(make, seed), batch_size=batch_size, num_workers=workers,
        prefetch_factor=4 if workers else None,
    )  # fmt: skip
    return loader


def to_tensor(image: NDArray[np.uint8]) -> Tensor:
    """RGB uint8 ``(..., H, W, 3)`` -> float32 ``(..., 3, H, W)`` in [-1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(image)).movedim(-1, -3).float() / 127.5 - 1


def to_image(tensor: Tensor) -> NDArray[np.uint8]:
    """The inverse of ``to_tensor``, clipped."""
    x = (tensor.detach().float().cpu().movedim(-3, -1) + 1) * 127.5
    image: NDArray[np.uint8] = x.round().clamp(0, 255).to(torch.uint8).numpy()
    return image
