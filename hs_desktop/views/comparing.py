"""Two variations beside each other on the result's canvas."""

from __future__ import annotations

from PySide6.QtCore import QObject

from hs_desktop.document.events import Change, What
from hs_desktop.editor import Editor
from hs_desktop.following import DocumentWatch
from hs_desktop.i18n import translated
from hs_desktop.views.side_view import SideView


class Comparison(QObject):
    """While the editor compares two variations, the slider stands between them."""

    def __init__(self, editor: Editor, result: SideView) -> None:
        super().__init__(result)
        self._editor, self._result = editor, result
        self._was_split = False
        editor.compared_changed.connect(self._follow)
        DocumentWatch(editor, self, changed=self._document_changed, replaced=self._follow)
        self._follow()

    def _follow(self) -> None:
        view, pair = self._result.view, self._editor.compared
        if pair is not None and self._result.compared is None:
            self._was_split = view.split is not None
        elif pair is None and self._result.compared is not None:
            view.set_split(self._was_split)
            if view.split is not None:
                view.split.labels = None
        self._result.compared = pair
        if pair is not None:
            view.set_split(True)
            self._name()

    def _name(self) -> None:
        pair, split = self._editor.compared, self._result.view.split
        if pair is not None and split is not None:
            result = self._editor.document.result
            left, right = (translated(result[one].name) for one in pair)
            split.labels = left, right

    def _document_changed(self, change: Change) -> None:
        if change.what is What.ATTRIBUTES and "name" in change.names:
            self._name()
