"""The results of a document, the oldest first, and behind them those that are being made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QImage, QPixmap

from engine.requests import Preview, RetouchRequest, SwapRequest
from hs_desktop.document.events import Change, Side, What
from hs_desktop.document.thumbnails import photo_thumbnail
from hs_desktop.document.variation import Variation
from hs_desktop.editor import LIVE, Editor
from hs_desktop.engine_bridge import JobRecord
from hs_desktop.following import DocumentWatch
from hs_desktop.i18n import _, translated
from hs_desktop.panels.parts import rearrange
from hs_desktop.panels.thumbnails import Thumbnails

ROW = Qt.ItemDataRole.UserRole
PIXELS = 192  # of a thumbnail's longer side


@dataclass(frozen=True)
class Forming:
    """A job that will give results.

    Attributes:
        number: the job's.
        title: the job's, in the user's language.
        picture: what is to be seen of it yet.
        fraction: how far it is, 0..1.
    """

    number: int
    title: str
    picture: QPixmap | None = None
    fraction: float = 0.0


class VariationModel(QAbstractListModel):
    """Rows are ``Variation``s and ``Forming``s.

    Signals:
        added: the indices' first row: results have come.
    """

    added = Signal(int)

    def __init__(self, editor: Editor, parent: QObject) -> None:
        super().__init__(parent)
        self._editor = editor
        self._forming: dict[JobRecord, Forming] = {}
        self.rows: list[Variation | Forming] = []
        self._thumbnails = Thumbnails(editor, self, thumbnail)
        self._thumbnails.made.connect(self._thumbnail_made)
        bridge = editor.bridge
        bridge.added.connect(self._job_added)
        bridge.changed.connect(self._job_changed)
        bridge.previewed.connect(self._job_previewed)
        bridge.ended.connect(self._job_ended)
        self._watch = DocumentWatch(editor, self, changed=self._change, replaced=self._arrange)
        self._arrange()

    # --- what Qt asks --------------------------------------------------------------------------

    def rowCount(self, parent: Any = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role == ROW:
            return row
        if isinstance(row, Forming):
            return {
                Qt.ItemDataRole.DisplayRole: row.title,
                Qt.ItemDataRole.DecorationRole: row.picture,
                Qt.ItemDataRole.AccessibleTextRole: _("{title}, being made").format(
                    title=row.title
                ),
            }.get(Qt.ItemDataRole(role))
        if role == Qt.ItemDataRole.DisplayRole:
            return translated(row.name)
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnails.of(row.id)
        if role == Qt.ItemDataRole.ToolTipRole:
            return _told(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            words = (
                [translated(row.name)] + [_("starred")] * row.starred + [_("shown")] * row.visible
            )
            return ", ".join(words)
        return None

    def flags(self, index: Any) -> Qt.ItemFlag:
        if not index.isValid() or isinstance(self.rows[index.row()], Forming):
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def index_of(self, layer_id: str) -> QModelIndex:
        """Invalid where there is no such variation."""
        for at, row in enumerate(self.rows):
            if isinstance(row, Variation) and row.id == layer_id:
                return self.index(at, 0)
        return QModelIndex()

    # --- following the document ----------------------------------------------------------------

    def _change(self, change: Change) -> None:
        if change.side is Side.RESULT and change.what in (What.ORDER, What.ATTRIBUTES):
            self._arrange()

    def _arrange(self) -> None:
        made = [layer for layer in self._editor.document.result if isinstance(layer, Variation)]
        before = {_key(row) for row in self.rows}
        wanted: list[Variation | Forming] = [*made, *self._forming.values()]
        rearrange(self, QModelIndex(), self.rows, wanted, _key)
        if self.rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, 0))
        new = [at for at, row in enumerate(self.rows) if _key(row) not in before]
        if new:
            self.added.emit(new[0])

    def _thumbnail_made(self, layer_id: str) -> None:
        index = self.index_of(layer_id)
        if index.isValid():
            self.dataChanged.emit(index, index, [Qt.ItemDataRole.DecorationRole])

    # --- following the jobs --------------------------------------------------------------------

    def _job_added(self, record: JobRecord) -> None:
        if isinstance(record.request, SwapRequest | RetouchRequest) and record.lane != LIVE:
            self._forming[record] = Forming(record.number, record.title)
            self._arrange()

    def _job_changed(self, record: JobRecord) -> None:
        self._update(record, fraction=record.progress.fraction)

    def _job_previewed(self, record: JobRecord, preview: Preview) -> None:
        frame = np.ascontiguousarray(preview.frame_image)
        height, width = frame.shape[:2]
        image = QImage(frame.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        self._update(record, picture=QPixmap.fromImage(image))

    def _job_ended(self, record: JobRecord) -> None:
        if self._forming.pop(record, None) is not None:
            self._arrange()

    def _update(self, record: JobRecord, **changes: Any) -> None:
        if record not in self._forming:
            return
        forming = self._forming[record] = replace(self._forming[record], **changes)
        for at, row in enumerate(self.rows):
            if isinstance(row, Forming) and row.number == forming.number:
                self.rows[at] = forming
                self.dataChanged.emit(self.index(at, 0), self.index(at, 0))


def _key(row: Variation | Forming) -> object:
    return row.id if isinstance(row, Variation) else row.number


def _told(variation: Variation) -> str:
    sampling = variation.sampling
    lines = [
        translated(variation.name),
        _("Seed {seed}, guidance {guidance:g}, {steps} steps, strength {strength:g}").format(
            seed=sampling.seed, guidance=sampling.guidance, steps=sampling.steps,
            strength=sampling.strength,
        ),
    ]  # fmt: skip
    return "\n".join([*lines, *map(translated, variation.notes)])


def thumbnail(editor: Editor, layer_id: str) -> np.ndarray:
    """What was made, with a little of what lies around it: H x W x 4 RGBA uint8 sRGB."""
    layer = editor.document.layer(layer_id)
    if not isinstance(layer, Variation):
        return editor.document.thumbnail(layer_id, PIXELS)
    patch = layer.patch.rect
    around = max(patch.width, patch.height) // 8
    whole = layer.base.pixels.shape
    box = patch.grown(around).intersected(type(patch).of(whole[:2]))
    pixels = layer.base.pixels[box.slices].copy()
    pixels[patch.shifted(-box.x0, -box.y0).slices] = layer.patch.pixels
    small = photo_thumbnail(layer.base.with_pixels(pixels), PIXELS)
    return np.dstack([small, np.full(small.shape[:2], 255, np.uint8)])
