"""What to do while the result's canvas shows no more than the body photo."""

from __future__ import annotations

from PySide6.QtCore import QObject

from hs_desktop.document.events import Change, Side, What
from hs_desktop.editor import Editor
from hs_desktop.following import DocumentWatch
from hs_desktop.i18n import _
from hs_desktop.views.labels import Hint
from hs_desktop.views.side_view import SideView


class ResultHint(QObject):
    """Says it on the canvas until there is a result or one is being made."""

    def __init__(self, editor: Editor, result: SideView) -> None:
        super().__init__(result)
        self._editor = editor
        self.hint = Hint()
        result.view.add_overlay(self.hint)
        DocumentWatch(editor, self, changed=self._document_changed, replaced=self._follow)
        editor.bridge.added.connect(self._follow)
        editor.bridge.ended.connect(self._follow)
        self._follow()

    def _document_changed(self, change: Change) -> None:
        if change.what is What.ORDER:
            self._follow()

    def _follow(self) -> None:
        state = self._editor.document.state
        if len(state.result) or self._editor.bridge.is_busy or self._editor.is_waiting:
            self.hint.text = ""
        elif not len(state.stack(Side.HEAD)):
            self.hint.text = _("This is the body photo. Open a head photo, then swap.")
        else:
            self.hint.text = _("This is still the body photo. Swap to put the head on it.")
