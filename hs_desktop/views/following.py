"""Hearing of the open document, whichever that is, until a widget dies."""

from __future__ import annotations

from collections.abc import Callable

from psygnal import SignalInstance
from PySide6.QtCore import QObject

from hs_desktop.document.events import Change
from hs_desktop.editor import Editor


class DocumentLink(QObject):
    """Calls back for every change of the document that is open in the editor.

    Args:
        editor: whose document.
        changed: is told each ``Change``.
        replaced: is called when another document is open.
        owner: the link ends with it.
    """

    def __init__(
        self,
        editor: Editor,
        changed: Callable[[Change], None],
        replaced: Callable[[], None],
        owner: QObject,
    ) -> None:
        super().__init__(owner)
        self._editor = editor
        self._changed, self._replaced = changed, replaced
        self._document = editor.document
        self._document.changed.connect(self._hear)
        editor.document_replaced.connect(self._follow)
        self.destroyed.connect(lambda: self._leave())

    def _hear(self, change: Change) -> None:
        self._changed(change)

    def _leave(self) -> None:
        self._document.changed.disconnect(self._hear, missing_ok=True)

    def _follow(self) -> None:
        self._leave()
        self._document = self._editor.document
        self._document.changed.connect(self._hear)
        self._replaced()


def connect_until_destroyed(
    signal: SignalInstance, slot: Callable[[], None], owner: QObject
) -> None:
    """Connect a psygnal to a method of ``owner``, which Qt may delete before Python does."""
    signal.connect(slot)
    owner.destroyed.connect(lambda: signal.disconnect(slot, missing_ok=True))
