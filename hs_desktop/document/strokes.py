"""Editing a layer's pixels: from the press of a button to its release, one undo command."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from hs_desktop.document.events import Change, What
from hs_desktop.document.stack import need_unlocked
from hs_desktop.document.tiles import Recorder
from hs_desktop.document.undo import PixelCommand
from hs_desktop.rects import Rect

if TYPE_CHECKING:
    from hs_desktop.document.document import Document


class Stroke:
    """An edit in the making; ``Document.stroke`` begins one, and only one at a time.

    Observers hear of every part of it at once. As a context manager it is finished at the
    end of the block, or taken back after an exception::

        with document.stroke(layer_id, _("Fill")) as stroke:
            with stroke.edit("ids", rect) as pixels:
                pixels[where] = SemanticClass.HAIR

    Raises:
        LayerError: the layer is locked.
    """

    def __init__(self, document: Document, layer_id: str, name: str, key: Hashable = None) -> None:
        self._document = document
        self._layer = document.layer(layer_id)
        self._side = document.state.side_of(layer_id)
        need_unlocked(self._layer)
        self._name = name
        self._key = key
        self._recorders: dict[str, Recorder] = {}
        self.is_open = True

    @contextmanager
    def edit(self, plane: str, rect: Rect) -> Iterator[NDArray[Any]]:
        """The pixels under ``rect`` to be written, cut at the layer's edges.

        Use ``clip`` to know what is left of ``rect``: the array is of that size.
        """
        recorder = self._recorder(plane)
        rect = self.clip(plane, rect)
        yield recorder.touch(rect)
        if not rect.empty:
            self._tell(plane, (rect,))

    def clip(self, plane: str, rect: Rect) -> Rect:
        """``rect`` as far as it lies within the layer."""
        return rect.intersected(self._layer.planes[plane].rect)

    def replace(self, plane: str, pixels: NDArray[Any]) -> None:
        """Give a plane other pixels, of the same shape and type; only what differs counts."""
        recorder = self._recorder(plane)
        target = recorder.plane
        if pixels.shape != target.pixels.shape or pixels.dtype != target.pixels.dtype:
            raise ValueError(
                f"pixels of {pixels.dtype} {pixels.shape} in place of "
                f"{target.pixels.dtype} {target.pixels.shape}"
            )
        rects = []
        for tile in target.tiles(target.rect):
            rect = target.tile_rect(tile)
            if not np.array_equal(target.pixels[rect.slices], pixels[rect.slices]):
                recorder.touch(rect)[...] = pixels[rect.slices]
                rects.append(rect)
        if rects:
            self._tell(plane, tuple(rects))

    def finish(self) -> None:
        """Make what was done an undo command; nothing where no pixel differs."""
        if not self._close():
            return
        patches = {name: recorder.patch() for name, recorder in self._recorders.items()}
        patches = {name: patch for name, patch in patches.items() if patch.deltas}
        if patches:
            command = PixelCommand(self._name, self._side, self._layer.id, patches, self._key)
            self._document.history.done(command, self._document.state, told=True)

    def cancel(self) -> None:
        """Take back what was done."""
        if self._close():
            for name, recorder in self._recorders.items():
                if rects := recorder.restore():
                    self._tell(name, rects)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.finish()
        else:
            self.cancel()

    def _close(self) -> bool:
        was_open, self.is_open = self.is_open, False
        return was_open

    def _recorder(self, plane: str) -> Recorder:
        if not self.is_open:
            raise RuntimeError("the stroke has ended")
        if plane not in self._recorders:
            self._recorders[plane] = Recorder(self._layer.planes[plane])
        return self._recorders[plane]

    def _tell(self, plane: str, rects: tuple[Rect, ...]) -> None:
        self._document.tell([Change(What.PIXELS, self._side, self._layer.id, plane, rects)])
