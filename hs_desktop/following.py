"""Hearing of the core's signals, and of the open document, until a widget dies."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from types import MethodType
from typing import Any

from psygnal import SignalInstance
from PySide6.QtCore import QObject

from hs_desktop.document.events import Change
from hs_desktop.editor import Editor


def watch(signal: SignalInstance, slot: MethodType | Callable[..., Any], owner: QObject) -> None:
    """Connect a method of ``owner`` to a signal of the core, until ``owner`` is gone."""
    assert isinstance(slot, MethodType)
    signal.connect(slot)
    method = weakref.WeakMethod(slot)

    def release() -> None:
        if (alive := method()) is not None:
            signal.disconnect(alive, missing_ok=True)

    owner.destroyed.connect(release)


class DocumentWatch(QObject):
    """Connects methods of a widget or model to the open document, whichever that is.

    Args:
        editor: whose document.
        owner: the connections end with it.
        changed: called with each ``Change``.
        history: called after each command, undo and redo.
        replaced: called when another document is open.
    """

    def __init__(
        self,
        editor: Editor,
        owner: QObject,
        *,
        changed: Callable[[Change], None] | None = None,
        history: Callable[[], None] | None = None,
        replaced: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(owner)
        self._editor = editor
        self._changed, self._history, self._replaced = changed, history, replaced
        self._release: Callable[[], None] = lambda: None
        editor.document_replaced.connect(self._follow)
        owner.destroyed.connect(lambda: self._release())
        self._connect()

    def _follow(self) -> None:
        self._release()
        self._connect()
        if self._replaced is not None:
            self._replaced()

    def _connect(self) -> None:
        document = self._editor.document
        pairs = [
            (signal, slot)
            for signal, slot in (
                (document.changed, self._changed), (document.history.changed, self._history)
            )
            if slot is not None
        ]  # fmt: skip
        for signal, slot in pairs:
            signal.connect(slot)

        def release() -> None:
            for signal, slot in pairs:
                signal.disconnect(slot, missing_ok=True)

        self._release = release
