"""The result forming on the canvas while it is sampled."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QTimer

from engine.jobs import JobState
from engine.requests import Preview
from hs_desktop.canvas.items import PictureItem, transform_of
from hs_desktop.document.events import Change, Side, What
from hs_desktop.editor import Editor
from hs_desktop.engine_bridge import JobRecord
from hs_desktop.following import DocumentWatch
from hs_desktop.views.screen import screen_profile
from hs_desktop.views.side_view import SideView

_LOOK_AGAIN = 50  # ms


class FormingPicture(QObject):
    """Lays previews over the result, from the first until the result itself is a layer.

    A job that fails or is cancelled takes its picture with it at once.
    """

    def __init__(self, editor: Editor, result: SideView) -> None:
        super().__init__(result)
        self._editor = editor
        self._result = result
        self._item: PictureItem | None = None
        self._record: JobRecord | None = None
        self._waiting = QTimer(self)
        self._waiting.setInterval(_LOOK_AGAIN)
        self._waiting.timeout.connect(self._look_again)
        editor.bridge.previewed.connect(self._previewed)
        editor.bridge.ended.connect(self._ended)
        DocumentWatch(editor, self, changed=self._document_changed, replaced=self._clear)

    def _previewed(self, record: JobRecord, preview: Preview) -> None:
        self._waiting.stop()
        if self._item is None:
            chosen = self._editor.preferences["screen_profile"]
            profile = screen_profile(self._result.view.screen(), chosen)
            self._item = PictureItem(preview.frame_image, alpha=preview.shown, screen_icc=profile)
            self._item.matrix = transform_of(np.array(preview.to_photo))
            self._result.show_forming(self._item)
        else:
            self._item.set_pixels(preview.frame_image, alpha=preview.shown)
            self._item.matrix = transform_of(np.array(preview.to_photo))
        self._record = record

    def _ended(self, record: JobRecord) -> None:
        if record is not self._record:
            return
        if record.state is JobState.DONE:
            self._waiting.start()  # it stays on the screen while its layer is being made
        else:
            self._clear()

    def _look_again(self) -> None:
        """A result may be of no use any more: then no layer comes."""
        if not self._editor.is_waiting:
            self._clear()

    def _document_changed(self, change: Change) -> None:
        record = self._record
        if record is None or not record.has_ended or change.side is not Side.RESULT:
            return
        if change.what is What.ORDER or (change.what is What.PIXELS and change.plane is None):
            self._clear()

    def _clear(self) -> None:
        self._waiting.stop()
        self._record = None
        if self._item is not None:
            self._result.show_forming(None)
            self._item.close()
            self._item = None
