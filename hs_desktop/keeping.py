"""The open document on disk: written in other threads while the user goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from hs_desktop.document import hsd
from hs_desktop.document.autosave import Autosave
from hs_desktop.document.document import Document


class Keeper:
    """Saves documents, and keeps what isn't saved of the open one for the case of a crash.

    Args:
        folder: for autosaves; ``None``: nothing is kept.

    Attributes:
        autosave: of the open document.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._saving = asyncio.Lock()
        self._keeping = asyncio.Lock()
        self.autosave: Autosave | None = None

    def watch(self, document: Document) -> None:
        """This document is open now."""
        self.autosave = None if self._folder is None else Autosave(self._folder, document)

    def leave(self, *, keep: bool = False) -> None:
        """None is open any more; what was kept of it goes, unless it is to be recovered."""
        autosave, self.autosave = self.autosave, None
        if autosave is not None and not keep:
            autosave.close()

    async def keep(self) -> None:
        """As ``Editor.autosave_now``."""
        async with self._keeping:  # what has changed while something was written is next
            pending = None if self.autosave is None else self.autosave.snapshot()
            if pending is not None:
                await asyncio.to_thread(pending.write)

    async def save(self, document: Document, target: Path) -> None:
        """Write a document's project; unmodified where nothing was done meanwhile.

        Raises ``OutputFileError``.
        """
        async with self._saving:  # or an older state might be written over a newer one
            document.settle()
            state, serial = document.state.frozen(), document.serial
            await self.aside(target, lambda: hsd.write_project(state, target))
            document.path = target
            if document.serial == serial:
                document.history.mark_clean()

    async def aside(self, target: Path, write: Callable[[], None]) -> None:
        """Write a file in another thread; should the program die, what it leaves is found."""
        note = nullcontext() if self.autosave is None else self.autosave.saving(target)

        def noted() -> None:
            with note:
                write()

        await asyncio.to_thread(noted)
