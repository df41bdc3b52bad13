"""Thumbnails of layers, made one after another when there is time, and remembered."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap

from hs_desktop.document.events import Change, What
from hs_desktop.editor import Editor
from hs_desktop.following import DocumentWatch

_REST = 400  # ms between two looks at a layer that is being painted on
Make = Callable[[Editor, str], NDArray[np.uint8]]


def whole_layer(editor: Editor, layer_id: str) -> NDArray[np.uint8]:
    """A layer as ``Document.thumbnail`` gives it."""
    return editor.document.thumbnail(layer_id)


class Thumbnails(QObject):
    """Pictures of the open document's layers.

    Args:
        make: H x W x 4 RGBA uint8 sRGB of the layer with this id; raises ``KeyError`` where
            there is none.

    Signals:
        made: a layer's id: its picture is another one now.
    """

    made = Signal(str)

    def __init__(self, editor: Editor, parent: QObject, make: Make = whole_layer) -> None:
        super().__init__(parent)
        self._editor = editor
        self._make = make
        self._made: dict[str, QPixmap] = {}
        self._wanted: dict[str, None] = {}  # in order
        self._soon = self._timer(0)
        self._later = self._timer(_REST)
        self._watch = DocumentWatch(editor, self, changed=self._change, replaced=self._forget_all)

    def of(self, layer_id: str) -> QPixmap | None:
        """What there is; ``made`` follows where there is nothing yet."""
        if layer_id not in self._made and layer_id not in self._wanted:
            self._wanted[layer_id] = None
            self._soon.start()
        return self._made.get(layer_id)

    def _timer(self, milliseconds: int) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(self._make_next)
        return timer

    def _change(self, change: Change) -> None:
        layer_id = change.layer_id
        if change.what is What.PIXELS and layer_id is not None and layer_id in self._made:
            self._wanted[layer_id] = None
            if not self._later.isActive():
                self._later.start()

    def _forget_all(self) -> None:
        self._made.clear()
        self._wanted.clear()

    def _make_next(self) -> None:
        if not self._wanted:
            return
        layer_id = next(iter(self._wanted))
        del self._wanted[layer_id]
        try:
            pixels = np.ascontiguousarray(self._make(self._editor, layer_id))
        except KeyError:  # deleted meanwhile
            self._made.pop(layer_id, None)
        else:
            height, width = pixels.shape[:2]
            image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
            self._made[layer_id] = QPixmap.fromImage(image)
            self.made.emit(layer_id)
        if self._wanted:
            self._soon.start()
